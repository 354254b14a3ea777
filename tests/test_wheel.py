"""What is shipped: the wheel's exact content, and that it works in an environment with nothing else in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from support.clock import Clock
from support.repo import Repo

import spec_kitty_hooks
from tools.docs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

VERSION = spec_kitty_hooks.__version__
RUN_TIME = {"click", "pydantic", "pygit2", "pyyaml", "rich"}
# Read before a test seals the environment: pip works with the machine's own configuration.
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "COVERAGE_"))}


def run(*command: str | Path, env: dict[str, str] = OUTSIDE, cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build source distribution and, from that, the wheel; hatchling is here already, so nothing is downloaded."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty environment and return that environment's bin directory."""
    place = tmp_path_factory.mktemp("empty")
    venv.create(place, with_pip=True)
    run(place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return place / "bin"


def test_the_wheel_holds_the_package_and_the_licence_and_nothing_else(wheel: Path) -> None:
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "spec_kitty_hooks").rglob("*.py")}
    info = f"spec_kitty_hooks-{VERSION}.dist-info"
    about = {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    with zipfile.ZipFile(wheel) as archive:
        assert set(archive.namelist()) == package | about | {"spec_kitty_hooks/py.typed"}


def test_the_wheel_needs_what_is_decided_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read(f"spec_kitty_hooks-{VERSION}.dist-info/METADATA").decode())
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {line.partition(">")[0].lower() for line in needed} == RUN_TIME
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_wheel_works_in_an_empty_environment(
    installed: Path, tmp_path: Path, sealed: dict[str, str], clock: Clock
) -> None:
    repo = Repo.init(tmp_path / "clone", sealed, clock)
    command = installed / "spec-kitty-hooks"
    assert run(command, "--version", cwd=repo.path).split()[-1] == VERSION
    usage = run(command, "--help", cwd=repo.path)
    assert [name for name in ("install", "check", "explain", "demo") if name not in usage] == []
    assert "properties" in json.loads(run(command, "schema", "check", cwd=repo.path))
    run(command, "install", env=sealed, cwd=repo.path)
    assert repo.git("commit", "-q", "--allow-empty", "-m", "first").stderr == ""
    run(command, "uninstall", env=sealed, cwd=repo.path)
