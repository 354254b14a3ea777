"""Two clones of one mission that meet: this one has our hooks, the other one, a colleague's or a forge, has none."""

from __future__ import annotations

import json
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import records
from support.hooks import cli, hook_command, install_native
from support.judging import printed_codes
from support.missions import Mission
from support.place import Arg
from support.records import Actor, Record
from support.repo import Repo
from support.sealed import ROOT_VARIABLE

HOOKS = ("pre-commit", "pre-merge-commit", "pre-push", "post-merge", "post-rewrite")
_PREFIX = "spec-kitty-hooks: "
_CALL = "from spec_kitty_hooks.__main__ import main; main()"
_UNION = "*.jsonl merge=union\n"


@dataclass(frozen=True)
class Said:
    """What one git command ended with, and what our hooks printed: codes, and the lines of news without their age."""

    code: int
    codes: tuple[str, ...]
    news: tuple[str, ...]
    text: str

    @property
    def silent(self) -> bool:
        """Tell whether the command succeeded and no hook said a word."""
        return self.code == 0 and "spec-kitty-hooks" not in self.text

    def step(self, start: str) -> str:
        """Return the one next step that begins so."""
        steps = [line.partition("next: ")[2] for line in self.text.splitlines() if "next: " in line]
        [found] = dict.fromkeys(step for step in steps if step.startswith(start))
        return found


def run(place: Repo, *args: Arg) -> Said:
    """Run `git ARGS`; never raises."""
    place.clock.tick()
    done = place.git(*args, check=False)
    lines = [line.removeprefix(_PREFIX) for line in done.stderr.splitlines() if line.startswith(_PREFIX)]
    codes = tuple(printed_codes(done.stderr))
    news = [line for line in lines if not any(code in line for code in codes)]
    told = tuple(line.partition(", ")[0] if " ago" in line else line for line in news)
    return Said(done.returncode, codes, told, done.stderr)


@dataclass
class Meeting:
    """`mission.repo` is this clone with main checked out, `other` the colleague's, `origin` the bare one between."""

    mission: Mission
    origin: Repo
    other: Repo

    @property
    def repo(self) -> Repo:
        return self.mission.repo

    def event(self, wp_id: str, start: str, to: str, actor: Actor = "codex", event_id: str = "") -> Record:
        """Return a transition that nobody has appended yet."""
        clock = self.mission.clock
        names: Any = {"mission_slug": self.mission.directory, "mission_id": self.mission.mission_id}
        stamp: Any = {"at": clock.at(), "event_id": event_id or clock.ulid()}
        return records.transition(wp_id, start, to, actor=actor, **names, **stamp)

    def append(self, place: Repo, wp_id: str, start: str, to: str, actor: Actor = "codex") -> Record:
        """Append a transition in a checkout and commit it there without any hook."""
        record = self.event(wp_id, start, to, actor)
        place.append(self.mission.log_path, records.line(record))
        place.commit_quietly(f"chore: {wp_id} {to}", (self.mission.log_path,))
        return record

    def theirs(
        self, wp_id: str = "WP02", start: str = "planned", to: str = "claimed", actor: Actor = "codex"
    ) -> Record:
        """Let the colleague publish a transition on main."""
        record = self.append(self.other, wp_id, start, to, actor)
        self.other.push("main")
        return record

    def mine(self, wp_id: str = "WP01", to: str = "claimed", actor: Actor = "agent-one") -> Record:
        """Append a transition in this clone and commit it."""
        return self.mission.transition(wp_id, to, actor=actor)

    def ids(self, revision: str = "HEAD") -> list[str]:
        """Return the event ids of the log in a commit of this clone, in file order."""
        return [record["event_id"] for record in self.read(self.repo, revision)]

    def read(self, place: Repo, revision: str = "HEAD") -> list[Record]:
        """Return the records of the log in a commit."""
        return [json.loads(line) for line in place.show(revision, self.mission.log_path).splitlines()]

    def unite(self, place: Repo | None = None) -> None:
        """Let this clone merge logs line by line, as git's own union does."""
        info = (place or self.repo).common_dir() / "info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(_UNION)


def meet(mission: Mission, root: Path) -> Meeting:
    """Publish a mission's main, clone it for the colleague, and install our hooks here."""
    repo = mission.repo
    origin = Repo.init(root / "origin.git", repo.env, repo.clock, "--bare", "-b", "main")
    repo.add_remote("origin", origin)
    repo.push("main")
    repo.git("branch", "-q", "--set-upstream-to=origin/main", "main")
    other = origin.clone(root / "other")
    install_native(repo, HOOKS)
    return Meeting(mission, origin, other)


@contextmanager
def broken(repo: Repo, root: Path) -> Iterator[None]:
    """Let the hooks here come from another copy of the package, below `root`."""
    before = repo.ask("config", "core.hooksPath")
    directory = Path(repo.env[ROOT_VARIABLE]) / "broken-hooks"
    directory.mkdir()
    for name in HOOKS:
        words = hook_command(name)
        words[words.index("-c") + 1] = f"import sys; sys.path.insert(0, {str(root)!r}); {_CALL}"
        shim = directory / name
        shim.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *words[1:]])} "$@"\n')
        shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    repo.git("config", "core.hooksPath", str(directory))
    yield
    repo.git("config", "core.hooksPath", before)


def obey(place: Repo, step: str) -> str:
    """Type a next step that is a command of ours, and return what it printed; it has to succeed."""
    words = shlex.split(step)
    assert words[0] == "spec-kitty-hooks"
    done = cli(place, *words[1:])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
