"""Two clones of one mission that both record events, and what a merge of the two has to come to."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from spec_kitty_hooks import install as room
from support.missions import Mission
from support.records import Record
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}


#: The hooks that judge; those that run after a merge have something to say.
JUDGES = ("pre-commit", "pre-merge-commit", "pre-push")


def install(repo: Repo, python: Path) -> room.InstallReport:
    """Install the hooks that judge, and the merge drivers, run by the interpreter `python`."""
    report = room.install(repo.path, hook_types=JUDGES, python=str(python), environ=repo.env)
    assert report.ok, report
    return report


def seen_from(mission: Mission, repo: Repo) -> Mission:
    """Return the same mission, as it now stands, with another repository to write to."""
    moved = copy.copy(mission)
    moved.repo, moved.stands, moved.transitions = repo, dict(mission.stands), list(mission.transitions)
    return moved


def read_records(data: bytes) -> list[Record]:
    """Return the records of a log; damage raises."""
    return [json.loads(line) for line in data.splitlines()]


def unite(*logs: bytes) -> bytes:
    """Return the union of logs without conflicts, worked out by nothing of ours."""
    found = {record["event_id"]: record for log in logs for record in read_records(log)}
    ordered = sorted(found.values(), key=lambda one: (one.get("at") or one.get("timestamp", ""), one["event_id"]))
    return b"".join(json.dumps(record, sort_keys=True).encode() + b"\n" for record in ordered)


@dataclass(frozen=True)
class Clones:
    """A mission in two clones of one remote: `ours` is where merges are made, `theirs` has been pushed."""

    ours: Mission
    theirs: Mission

    @property
    def repo(self) -> Repo:
        """The clone in which merges are made."""
        return self.ours.repo

    @property
    def log_path(self) -> str:
        """The mission's log, in both."""
        return self.ours.log_path

    @property
    def status_path(self) -> str:
        """The mission's status.json, in both."""
        return f"{self.ours.path}/status.json"

    @property
    def log(self) -> bytes:
        """The log as our clone's work tree has it."""
        return self.repo.read(self.log_path)

    def publish(self) -> None:
        """Push what they have, and fetch it here."""
        self.theirs.repo.push("--no-verify", "main")
        self.repo.git("fetch", "-q", "origin")

    def expect(self) -> bytes:
        """Return what the log has to be once both sides are in it."""
        return unite(self.repo.show("main", self.log_path), self.repo.show("origin/main", self.log_path))

    def run(self, *args: str) -> CompletedProcess[str]:
        """Run a git command in our clone; never raises."""
        return self.repo.git(*args, check=False)

    def unmerged(self) -> list[str]:
        """Return the paths that git says conflict."""
        return sorted({line.partition("\t")[2] for line in self.repo.ask("ls-files", "-u").splitlines()})


def make_clones(mission: Mission, place: Path) -> Clones:
    """Give a mission's repository a remote and another clone of that; nothing of ours is installed."""
    origin = Repo.init(place / "origin.git", mission.repo.env, mission.clock, "--bare")
    mission.repo.add_remote("origin", origin)
    mission.repo.push("main")
    mission.repo.git("fetch", "-q", "origin")
    mission.repo.git("branch", "-q", "--set-upstream-to=origin/main")
    return Clones(mission, seen_from(mission, origin.clone(place / "theirs")))


def record_on_both(clones: Clones) -> None:
    """Let each side record two transitions of its own, and publish theirs."""
    clones.theirs.walk("WP03", "in_progress", actor="agent-two")
    clones.ours.walk("WP01", "in_progress")
    clones.publish()
