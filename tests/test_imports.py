"""What may import what: the budget of the commit path, and the one-way arrow between the rooms."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.missions import Mission
from support.repo import Repo

import spec_kitty_hooks

PACKAGE = Path(spec_kitty_hooks.__file__).parent
ROOT = PACKAGE.parent
LINTER = Path(sys.executable).parent / "lint-imports"

#: What the hook shares with any start of Python: the builtins, and what `site` imports before anything else runs.
#: `_json` and `select` are builtins in some builds of CPython and small extension modules in others.
CHEAP = frozenset(sys.builtin_module_names) | {"_json", "select"}
NEVER = {
    *("click", "pydantic", "pygit2", "rich", "yaml"),
    *("re", "typing", "dataclasses", "enum", "pathlib", "subprocess", "json", "logging", "datetime", "inspect"),
    *("collections", "functools", "contextlib", "tempfile", "shutil"),
}
DATED = {"datetime", "_datetime", "math"}


def imported(code: str, *arguments: str, root: Path = ROOT, cwd: Path = ROOT, stdin: str = "") -> tuple[int, set[str]]:
    """Run code as the shim does and return the exit code with the names of all modules imported on the way.

    `-S` leaves out the .pth files of the environment that the tests run in, so that what they import (coverage,
    editable installs) can hide nothing. Names come from `-X importtime`: an exit by `os._exit` cannot lose them.
    """
    start = f"import sys; sys.path.insert(0, {os.fspath(root)!r}); {code}"
    command = [sys.executable, "-I", "-S", "-X", "importtime", "-c", start, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, input=stdin, check=False)
    return done.returncode, set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)) - {"package"}


def over_budget(
    code: str, *arguments: str, root: Path = ROOT, cwd: Path = ROOT, stdin: str = ""
) -> tuple[int, set[str]]:
    """Return the exit code, and the modules that a run imported beyond ours and those of a bare start."""
    _, bare = imported("import os, __future__")
    status, names = imported(code, *arguments, root=root, cwd=cwd, stdin=stdin)
    assert any(name.startswith("spec_kitty_hooks.") for name in names), "the package was not reached"
    return status, {name for name in names - bare - CHEAP if name.partition(".")[0] != "spec_kitty_hooks"}


def judge(repo: Repo, root: Path = ROOT) -> tuple[int, set[str]]:
    return over_budget(
        "from spec_kitty_hooks.__main__ import main; main()", "hook", "pre-commit", root=root, cwd=repo.path
    )


def push(place: Repo, branch: str, root: Path = ROOT) -> tuple[int, set[str]]:
    """Judge a push of HEAD as a branch that the remote has not got; events are dated, so datetime is allowed."""
    code = "from spec_kitty_hooks.__main__ import main; main()"
    line = f"refs/heads/{branch} {place.head()} refs/heads/{branch} {'0' * len(place.head())}\n"
    arguments = ("hook", "pre-push", "origin", "url")
    status, names = over_budget(code, *arguments, root=root, cwd=place.path, stdin=line)
    return status, names - DATED


def broken_copy(tmp_path: Path, module: str, line: str) -> Path:
    """Copy the package with one line added to the end of a module; return the directory to import it from."""
    shutil.copytree(PACKAGE, tmp_path / "broken" / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "broken" / PACKAGE.name / module).open("a") as file:
        file.write(f"\n{line}\n")
    return tmp_path / "broken"


def test_a_bare_start_has_none_of_the_expensive_modules() -> None:
    _, bare = imported("import os, __future__")
    assert (bare | CHEAP) & NEVER == set()


def test_a_commit_without_missions_stays_within_the_import_budget(repo: Repo) -> None:
    repo.write("src/a/x.py", "x = 1\n")
    repo.git("add", "-A")
    assert judge(repo) == (0, set())


def test_a_commit_on_a_lane_stays_within_the_import_budget(mission: Mission) -> None:
    lane = mission.implement("WP01")
    lane.write("src/a/x.py", "x = 1\n")
    lane.stage()
    assert judge(lane) == (0, set())


def test_a_refused_commit_stays_within_the_import_budget(mission: Mission) -> None:
    lane = mission.implement("WP01")
    lane.write("src/c/x.py", "x = 1\n")
    lane.stage()
    assert judge(lane) == (1, set())


def test_a_push_of_a_lane_stays_within_the_import_budget(mission: Mission) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "x = 1\n"})
    status, names = push(lane, mission.lane_branch("lane-a"))
    assert (status, names & NEVER) == (0, set()), names
    lane.commit(files={"src/c/x.py": "x = 1\n"})
    status, names = push(lane, mission.lane_branch("lane-a"))
    assert (status, names & NEVER) == (1, set()), names


def look_back(place: Repo, root: Path = ROOT) -> tuple[int, set[str]]:
    """Tell what came of the last merge; news have an age, so datetime is allowed."""
    code = "from spec_kitty_hooks.__main__ import main; main()"
    status, names = over_budget(code, "hook", "post-merge", "0", root=root, cwd=place.path)
    return status, names - DATED


def test_a_look_back_at_a_merge_stays_within_the_import_budget(mission: Mission) -> None:
    mission.repo.branch("side")
    mission.transition("WP01", "claimed")
    mission.repo.commit_to("side", {"docs/side.md": "side\n"})
    mission.repo.git("merge", "-q", "--no-edit", "side")
    assert look_back(mission.repo) == (0, set())
    mission.repo.git("reset", "-q", "--hard", "HEAD~2")
    mission.repo.git("merge", "-q", "--ff-only", "HEAD@{1}")
    status, names = look_back(mission.repo)
    assert (status, names & NEVER) == (0, set()), names


def test_an_expensive_import_on_the_way_back_is_caught(mission: Mission, tmp_path: Path) -> None:
    mission.transition("WP01", "claimed")
    mission.repo.git("reset", "-q", "--hard", "HEAD~1")
    mission.repo.git("merge", "-q", "--ff-only", "HEAD@{1}")
    assert "logging" in look_back(mission.repo, broken_copy(tmp_path, "news.py", "import logging"))[1]


def merge(place: Path, root: Path = ROOT) -> tuple[int, set[str]]:
    """Merge two logs as git has it done; records are written by json, which loads re and what that needs."""
    for name in "OAB":
        (place / name).write_text(f'{{"event_id": "{name}", "event_type": "x"}}\n')
    code = "from spec_kitty_hooks.__main__ import main; main()"
    status, names = over_budget(code, "merge-driver", "O", "A", "B", root=root, cwd=place)
    return status, names - imported("import json")[1]


def test_a_merge_of_logs_stays_within_the_import_budget(tmp_path: Path) -> None:
    assert merge(tmp_path) == (0, set())
    assert len((tmp_path / "A").read_bytes().splitlines()) == 3


def test_an_expensive_import_on_the_way_of_a_merge_is_caught(tmp_path: Path) -> None:
    assert "logging" in merge(tmp_path, broken_copy(tmp_path, "mission/logmerge.py", "import logging"))[1]


@pytest.mark.parametrize("name", ["re", "typing", "dataclasses", "enum", "pathlib", "subprocess", "json", "datetime"])
def test_an_expensive_import_on_the_commit_path_is_caught(repo: Repo, tmp_path: Path, name: str) -> None:
    status, names = judge(repo, root=broken_copy(tmp_path, "errors.py", f"import {name}"))
    assert status == 0
    assert name in names


def test_an_expensive_import_on_the_way_of_a_push_is_caught(mission: Mission, tmp_path: Path) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "x = 1\n"})
    root = broken_copy(tmp_path, "pushes.py", "import logging")
    assert "logging" in push(lane, mission.lane_branch("lane-a"), root)[1]


def test_a_third_party_import_on_the_commit_path_is_caught(repo: Repo, tmp_path: Path) -> None:
    status, _ = judge(repo, root=broken_copy(tmp_path, "errors.py", "import click"))
    assert status != 0, "without site-packages this import must fail"


def lint(root: Path) -> tuple[int, str]:
    """Run the import contracts of pyproject.toml over the package below `root`."""
    command: list[str | Path] = [LINTER, "--config", ROOT / "pyproject.toml", "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_import_contracts_hold() -> None:
    status, output = lint(ROOT)
    assert status == 0, output


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("git/__init__.py", "import spec_kitty_hooks.mission", "data flows one way"),
        ("mission/__init__.py", "import spec_kitty_hooks.git", "data flows one way"),
        ("model/__init__.py", "import spec_kitty_hooks.checks", "data flows one way"),
        ("runner.py", "import spec_kitty_hooks.cli", "data flows one way"),
        ("checks/ownership.py", "import os", "checks, model and pathglob are pure"),
        ("model/lanes.py", "import io", "checks, model and pathglob are pure"),
        ("pathglob.py", "import pathlib", "checks, model and pathglob are pure"),
        ("pathglob.py", "import re", "no regular expression is built from a pattern"),
        ("runner.py", "import click", "only the command line knows click and rich"),
        ("mission/__init__.py", "import pygit2", "only git knows pygit2"),
        (
            "mission/__init__.py",
            "import subprocess",
            "only git, install, demonstration and the command line start programs",
        ),
    ],
)
def test_an_import_against_the_arrow_breaks_a_contract(tmp_path: Path, module: str, line: str, contract: str) -> None:
    status, output = lint(broken_copy(tmp_path, module, line))
    assert status == 1
    assert re.search(rf"^{contract} BROKEN", output, re.MULTILINE), output
