"""Whole missions of the released client: driven by its own builder script, kept stage by stage, unpacked elsewhere.

The script gets a `spec-kitty` of ours on PATH that calls the released one and, after `init`, prepares the repository.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from support.clock import Clock
from support.hooks import hook_command
from support.judging import json_of
from support.repo import Repo

TOPOLOGIES = ("lanes", "coord")

#: Our own words in whatever a hook prints, and those of upstream's guard.
OURS, GUARD = "spec-kitty-hooks", "[spec-kitty guard]"

#: Any word with a digit, and abbreviated object ids that happen to have none.
_PASSING = re.compile(r"\w*\d\w*|\b[a-f]{4,}\b")

_CLIENT = """#!/bin/sh
keep() {{ git for-each-ref --format='%(objectname) %(refname)' refs/heads; echo; }}
keep >> {refs}
{client} "$@" || exit
keep >> {refs}
[ "$1" = init ] || exit 0
{prepare}
"""

# In place of Python: answers as Python does, and keeps what a hook prints and answers.
_WITNESS = """#!/bin/sh
[ $# -gt 3 ] || exec {python} "$@"
shift 3
said=$({command} "$@" 2>&1)
code=$?
printf '%s %s <%s>\\n' "$2" "$code" "$said" >> {notes}
[ -z "$said" ] || printf '%s\\n' "$said" >&2
exit $code
"""


@dataclass(frozen=True)
class Call:
    """One call of the client: its words without those that name this run, exit code, and both outputs."""

    words: str
    code: int
    out: str
    err: str


class Client:
    """The released client, called in a sealed environment."""

    def __init__(self, python: str, env: Mapping[str, str]) -> None:
        self._program = Path(python).with_name("spec-kitty")
        quiet = {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "160", "PYTHONHASHSEED": "0"}  # it prints sets
        asked_for = {"SPEC_KITTY_NO_UPGRADE_CHECK": "1", "SPEC_KITTY_NON_INTERACTIVE": "1"}
        path = f"{self._program.parent}{os.pathsep}{env['PATH']}"
        self.env = {**env, **quiet, **asked_for, "PATH": path}

    def __str__(self) -> str:
        return str(self._program)

    def run(self, repo: Repo, *args: str) -> Call:
        """Call the client in a work tree; never raises."""
        command = [str(self._program), *args]
        ran = subprocess.run(
            command, cwd=repo.path, env=self.env, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        return Call(" ".join(args), ran.returncode, ran.stdout, ran.stderr)

    def lanes(self, repo: Repo, mission: str) -> dict[str, str]:
        """Return the lane of each work package as the client's own board has it."""
        ran = self.run(repo, "agent", "tasks", "status", "--mission", mission, "--json")
        assert ran.code == 0, ran.err
        return {package["id"]: package["lane"] for package in json_of(ran.out)["work_packages"]}


class Witness:
    """An interpreter for the hooks that keeps, for each run, the hook's name, exit code and output."""

    def __init__(self, directory: Path, command: str = "") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path, self._notes = directory / "python", directory / "notes"
        python = shlex.quote(sys.executable)
        ours = command or shlex.join(hook_command("")[:-2])
        self.path.write_text(_WITNESS.format(python=python, command=ours, notes=shlex.quote(str(self._notes))))
        self.path.chmod(0o755)

    def runs(self) -> list[str]:
        """Return one `NAME CODE <OUTPUT>` for each run, in order; an output of several lines makes several."""
        return self._notes.read_text().splitlines() if self._notes.exists() else []

    def forget(self) -> None:
        """Forget the runs so far."""
        self._notes.unlink(missing_ok=True)


class Whole:
    """A whole mission as the script built it below `root`: every call, and a tarball of every stage."""

    def __init__(self, root: Path, topology: str) -> None:
        self.root, self.topology = root, topology
        self.top, self.log, self.tars = root / topology, root / f"{topology}.log", root / "stages"

    def start(self, script: Path, client: Client, prepare: str) -> subprocess.Popen[bytes]:
        """Start the script; the shell command `prepare` runs in the repository after `init`, before its commit."""
        programs, scratch = self.root / "bin", self.root / "tmp"
        for directory in (programs, scratch):
            directory.mkdir(parents=True, exist_ok=True)
        called = programs / "spec-kitty"
        refs = shlex.quote(str(self.root / "refs"))
        called.write_text(_CLIENT.format(client=shlex.quote(str(client)), prepare=prepare, refs=refs))
        called.chmod(0o755)
        env = {**client.env, "TMPDIR": str(scratch), "PATH": f"{programs}{os.pathsep}{client.env['PATH']}"}
        with (self.root / "script.out").open("wb") as out:
            command = ["bash", str(script), str(self.top), str(self.tars), self.topology]
            return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def story(self) -> str:
        """Return what the script itself printed."""
        return (self.root / "script.out").read_text()

    @cached_property
    def mission(self) -> str:
        """The mission's directory name."""
        return (self.top / "MISSION").read_text().strip()

    @property
    def calls(self) -> list[Call]:
        """Every call of the client, in order."""
        found = []
        for file in sorted(self.log.glob("*.cmd")):
            read = {kind: file.with_suffix(f".{kind}").read_text() for kind in ("cmd", "rc", "out", "err")}
            found.append(Call(self.anonymous(read["cmd"]).strip(), int(read["rc"]), read["out"], read["err"]))
        return found

    def anonymous(self, text: str) -> str:
        """Return a text without the names that belong to this one run."""
        return text.replace(self.mission, "MISSION").replace(str(self.top), "TOP").replace(str(self.root), "ROOT")

    def said(self) -> dict[str, str]:
        """Return everything that was printed, by the client and by the script's own git calls, by file name."""
        kept = ("*.out", "*.err", "*.txt")
        return {file.name: file.read_text() for kind in kept for file in sorted(self.log.glob(kind))}

    def words(self) -> dict[str, list[str]]:
        """Return the same in words, without those that differ from run to run: ids, times, process numbers."""
        return {name: _PASSING.sub(" ", self.anonymous(text)).split() for name, text in self.said().items()}

    @property
    def states(self) -> list[dict[str, str]]:
        """Return branches and their commits as they were before and after every call, each state once, in order."""
        blocks = (self.root / "refs").read_text().split("\n\n")
        found = [dict(line.split(" ")[::-1] for line in block.splitlines()) for block in blocks if block]
        return [state for before, state in zip([{}, *found], found, strict=False) if state != before]

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in order."""
        return sorted(file.name.removesuffix(".tar.gz") for file in self.tars.glob("*.tar.gz"))

    def unpack(self, prefix: str, to: Path, env: Mapping[str, str]) -> Stage:
        """Unpack the one stage whose name starts with `prefix` below `to`, its linked work trees included."""
        (name,) = (name for name in self.stages if name.startswith(prefix))
        to.mkdir(parents=True)
        subprocess.run(["tar", "-C", str(to), "-xzf", str(self.tars / f"{name}.tar.gz")], check=True)
        top = to / self.topology
        # `git worktree repair` would follow the links back to the place of the original and mend them there.
        for admin in (top / "repo/.git/worktrees").glob("*"):
            name = Path((admin / "gitdir").read_text()).parent.name
            link = top / "repo/.worktrees" / name / ".git"
            (admin / "gitdir").write_text(f"{link}\n")
            if link.exists():
                link.write_text(f"gitdir: {admin}\n")
        return Stage(top, self.mission, Repo(top / "repo", env, Clock()))


@dataclass(frozen=True)
class Stage:
    """A mission at one stage, in a place of its own: the primary checkout `repo` beside `origin.git`."""

    top: Path
    mission: str
    repo: Repo

    @property
    def log_path(self) -> str:
        """Repository-relative path of the event log."""
        return f"kitty-specs/{self.mission}/status.events.jsonl"

    @property
    def lane_branch(self) -> str:
        """The branch of lane-a, as the client records it."""
        return f"kitty/mission-{self.mission}-lane-a"

    @property
    def lane(self) -> Repo:
        """The work tree of lane-a."""
        return self.work_tree("lane-a")

    def work_tree(self, name: str) -> Repo:
        """Return the work tree of a lane, or of the coordination branch (`coord`)."""
        return self.repo.at(self.repo.path / ".worktrees" / f"{self.mission}-{name}")

    def lane_trees(self) -> dict[str, Repo]:
        """Return the work trees of lanes that are there, by lane."""
        found = sorted((self.repo.path / ".worktrees").glob(f"{self.mission}-lane-*"))
        return {place.name.removeprefix(f"{self.mission}-"): self.repo.at(place) for place in found}

    def planned(self) -> dict[str, list[str]]:
        """Return the work packages of each lane, from lanes.json of the primary checkout."""
        lanes: Any = json_of(self.repo.read(f"kitty-specs/{self.mission}/lanes.json").decode())["lanes"]
        return {lane["lane_id"]: lane["wp_ids"] for lane in lanes}


#: Unpacks the stage whose name starts with a prefix, in a place of the test's own.
Unpack = Callable[[str], Stage]
