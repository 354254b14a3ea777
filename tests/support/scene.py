"""A mission at work for hostile repositories to be made of: canaries, commands, and what must not change.

What fails here raises; nothing a builder plants is run but by the programs under test.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spec_kitty_hooks import install as room
from support.clock import Clock
from support.hooks import installed, product_root
from support.missions import Mission, build_mission, seed
from support.repo import Repo
from support.sealed import sealed_environment
from support.trace import Snapshot, snapshot

GIT = shutil.which("git") or "git"
SECONDS = 100  # far more than anything here needs on a busy machine: a hang, not a slow test
OWN, FOREIGN = "src/a/new.py", "src/b/new.py"
#: Cannot judge is refused in every scene, so that the table shows whether the gate fails closed.
POLICY = {"hooks": {"cannot_judge": {"commit": "block"}}}

_PASS_ON = f"{shutil.which('cat') or '/bin/cat'} 2>/dev/null"  # a canary may be named cat itself
_CANARY = """\
#!/bin/sh
who=$$
while [ "$who" -gt 1 ] && [ "$who" != {tests} ]; do
    {ps} -o args= -p "$who" >> {fired}
    who=$({ps} -o ppid= -p "$who" | tr -d ' ')
done
echo end >> {fired}
{rest}
"""
_OURS = ("spec-kitty-hooks/hooks/pre-commit", "spec_kitty_hooks")
_PYTHON_CANARY = 'open({fired!r}, "a").write("spec_kitty_hooks: " + __file__ + "\\nend\\n")\n'
#: What a commit changes by itself; everything else of the repository has to stay.
_GIT_WRITES = (b".git/worktrees", b".git/logs", b".git/refs/heads", b".git/objects", b".git/spec-kitty-hooks")


@dataclass
class Said:
    """What one program ended with and said."""

    code: int
    out: bytes
    error: bytes

    @property
    def text(self) -> str:
        """Both streams as text."""
        return (self.out + self.error).decode("utf-8", "surrogateescape")


@dataclass
class Scene:
    """A mission at work: WP01 (src/a/**) is in progress on lane-a, WP02 (src/b/**) planned; our hooks installed.

    `env` is laid over the environment of every program, `commit_env` over that of `git commit` alone. Commands are
    run in `at`. `own` and `foreign` are the paths that the two commits change, `typed` how
    both are typed there if not so.
    """

    root: Path
    repo: Repo
    mission: Mission
    lane: Repo
    at: Path
    env: dict[str, str] = field(default_factory=dict)
    commit_env: dict[str, str] = field(default_factory=dict)
    own: bytes = OWN.encode()
    foreign: bytes = FOREIGN.encode()
    typed: tuple[bytes, bytes] | None = None

    @property
    def typed_own(self) -> bytes:
        """The owned path as a person types it in `at`."""
        return self.typed[0] if self.typed else self.own

    @property
    def typed_foreign(self) -> bytes:
        """The unowned path as a person types it in `at`."""
        return self.typed[1] if self.typed else self.foreign

    @property
    def outside(self) -> Path:
        """A directory that belongs to nobody's repository."""
        place = self.root / "outside"
        place.mkdir(exist_ok=True)
        return place

    @property
    def fired(self) -> Path:
        """Where canaries sing."""
        return self.root / "fired"

    def canary(self, name: str = "canary", rest: str = _PASS_ON) -> str:
        """Return a program that writes down who ran it; as a filter it passes its input on."""
        return str(self.plant_program(self.root / "canaries" / name, rest))

    def plant_program(self, path: Path, rest: str = _PASS_ON) -> Path:
        """Put a canary at `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        names = {"tests": os.getpid(), "ps": shutil.which("ps") or "/bin/ps", "fired": f"'{self.fired}'"}
        path.write_text(_CANARY.format(**names, rest=rest))
        path.chmod(0o755)
        return path

    def plant_module(self, *names: str) -> None:
        """Put Python modules that sing when they are imported where commands and hooks stand."""
        for place in (self.repo, self.lane):
            for name in names:
                for below in ("", "src/a/"):
                    place.write(below + name, _PYTHON_CANARY.format(fired=str(self.fired)))

    def configure(self, **keys: str) -> None:
        """Set configuration; `__` in a name stands for the dot."""
        for name, value in keys.items():
            self.repo.git("config", name.replace("__", "."), value)

    def write_git(self, path: str, text: str) -> None:
        """Write a file of the git directory."""
        file = self.repo.path / ".git" / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    def plan(self, path: str, content: str | bytes) -> None:
        """Commit a file of the mission directory on the target branch, where it counts."""
        self.mission.edit(f"{self.mission.path}/{path}", content)

    def plan_json(self, name: str, **changes: Any) -> None:
        """Change keys of meta.json or lanes.json on the target branch; None removes one."""
        values = json.loads(self.repo.read(f"{self.mission.path}/{name}"))
        values.update(changes)
        kept = {key: value for key, value in values.items() if value is not None}
        self.plan(name, json.dumps(kept))

    def songs(self) -> list[str]:
        """Return who ran canaries, if it was we; what git does by itself when a person commits is not ours."""
        text = self.fired.read_text() if self.fired.exists() else ""
        return [song for song in text.split("end\n") if any(word in song for word in _OURS)]

    # -- commands

    def command(self, *args: str | bytes) -> Said:
        """Run the command line where the person stands, as the console script runs it."""
        place = {} if installed() else {"PYTHONPATH": str(product_root())}
        words = [sys.executable, "-P", "-m", "spec_kitty_hooks", *args]
        return self.run(words, self.at, {**self.env, **place})

    def run(self, words: list[str | bytes], at: Path, env: Mapping[str, str]) -> Said:
        """Run a program to its end, within SECONDS."""
        self.repo.clock.tick()
        ran = subprocess.run(
            words,
            cwd=at,
            env={**self.repo.env, **self.repo.clock.dates(), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        return Said(ran.returncode, ran.stdout, ran.stderr)

    def stage(self, path: bytes, content: bytes = b"new = True\n") -> None:
        """Stage a blob at a path without reading the work tree, running a filter or touching another entry."""
        oid = self.plainly("hash-object", "-w", "--no-filters", "--stdin", input=content).strip()
        self.plainly("update-index", "--add", "--cacheinfo", b"100644," + oid + b"," + path)

    def unstage(self) -> None:
        """Put the index back to HEAD."""
        self.plainly("read-tree", "HEAD")

    def commit(self) -> Said:
        """Make a real commit of what is staged, with the installed hook."""
        return self.run([GIT, "commit", "-q", "-m", "work"], self.lane.path, {**self.env, **self.commit_env})

    def run_hook(self, *, git: bool = True) -> Said:
        """Run the installed hook by itself, where git would."""
        hook = self.repo.path / ".git" / "spec-kitty-hooks" / "hooks" / "pre-commit"
        exported = {"GIT_DIR": self.plainly("rev-parse", "--absolute-git-dir").decode().strip()} if git else {}
        return self.run([bytes(hook)], self.lane.path, {**self.env, **self.commit_env, **exported})

    def move(self, path: Path) -> None:
        """Say that the repository lies at `path` now, where somebody moved it to."""
        self.repo = self.mission.repo = self.repo.at(path)
        self.lane = self.mission.lane_worktree("lane-a")
        self.at = self.lane.path
        settle(self.repo, self.lane)
        report = room.install(path, environ=self.repo.env)
        assert report.ok, report

    def plain_main(self, *args: str | bytes) -> bytes:
        """Run git in the primary checkout, which has main out, without any hook or monitor."""
        return self.plainly("-C", bytes(self.repo.path), *args)

    def plainly(self, *args: str | bytes, input: bytes = b"") -> bytes:  # noqa: A002 (as Repo.git calls it)
        """Run git in the lane without any hook or monitor, as scenery."""
        self.repo.clock.tick()
        ran = subprocess.run(
            [GIT, "-c", "core.fsmonitor=", "-c", f"core.hooksPath={os.devnull}", *args],
            cwd=self.lane.path,
            env={**self.repo.env, **self.repo.clock.dates()},
            input=input,
            capture_output=True,
            check=False,
        )
        assert not ran.returncode, ran.stderr
        return ran.stdout

    # -- what must not change

    def everything(self, *, but: tuple[bytes, ...] = (b".git/objects", b".git/spec-kitty-hooks")) -> Snapshot:
        """Return every file of the scene, in and outside of the repository, without what lies below `but`."""
        free = tuple(os.path.join(os.fsencode(self.repo.path), name) for name in but)
        mine = (os.fsencode(self.fired), os.path.join(os.fsencode(self.lane.path), b".git"))
        seen = snapshot((os.fsencode(self.root),), ())
        return {name: what for name, what in seen.items() if name not in mine and not name.startswith(free)}

    def outside_of_git(self) -> Snapshot:
        """Return what a commit must leave alone: everything but git's own index, refs and logs."""
        return self.everything(but=_GIT_WRITES)

    def crashes(self) -> list[str]:
        """Return the crash reports that were written."""
        places = (self.repo.path / ".git" / "spec-kitty-hooks", self.root)
        return [file.read_text() for place in places for file in place.glob("crash-*")]


def build_template(place: Path) -> tuple[Repo, Mission]:
    """Build the mission at work once, with the hooks installed as `spec-kitty-hooks install` does it."""
    env = sealed_environment(place / ".sealed")
    repo = seed(Repo.init(place / "repo", env, Clock()))
    lanes = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
    mission = build_mission(repo, lanes, policy=POLICY)
    mission.implement("WP01")
    report = room.install(repo.path, environ=env)
    assert report.ok, report
    return repo, mission


def copy_scene(template: tuple[Repo, Mission], root: Path, env: Mapping[str, str]) -> Scene:
    """Return a fresh copy of the template below `root`, as it would be had it been built there."""
    source, drawn = template
    path = root / "repo"
    shutil.copytree(source.path, path, symlinks=True)
    clock = copy.deepcopy(source.clock)
    repo, mission = Repo(path, env, clock), copy.deepcopy(drawn)
    mission.repo, mission.clock = repo, clock
    lane = mission.lane_worktree("lane-a")
    settle(repo, lane)
    home = path / ".git" / "spec-kitty-hooks"
    repo.git("config", "core.hooksPath", home / "hooks")
    for file in (file for file in home.rglob("*") if file.is_file()):
        file.write_bytes(file.read_bytes().replace(bytes(source.path), bytes(path)))
    return Scene(root=root, repo=repo, mission=mission, lane=lane, at=lane.path)


def settle(repo: Repo, lane: Repo) -> None:
    """Make a repository that was moved know its linked work tree.

    Not by `git worktree repair`: it believes a copied pointer, and mends the repository that was copied.
    """
    admin = repo.path / ".git" / "worktrees" / lane.path.name
    (admin / "gitdir").write_text(f"{lane.path}/.git\n", errors="surrogateescape")
    (lane.path / ".git").write_text(f"gitdir: {admin}\n", errors="surrogateescape")
