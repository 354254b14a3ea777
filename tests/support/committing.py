"""A mission whose log is committed with every event, put back to the same start before each run.

The log's branch is checked out in the repository itself, or nowhere, so that events are written as git objects.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from support.clock import Clock
from support.forks import Forks
from support.missions import build_mission, seed
from support.repo import Repo
from support.strace import Call, Strace
from support.workshop import LANES, NEXT, TRANSITION, Run

#: What starts programs and waits for them; git is what our process starts.
_TRACE = "?clone,?clone3,?vfork,?fork,?wait4,?waitid,flock"


class Committing:
    """A repository with one mission; `here` says whether its log's branch is checked out."""

    def __init__(self, place: Path, env: Mapping[str, str], forks: Forks, *, here: bool) -> None:
        self.repo = seed(Repo.init(place / "repo", env, Clock()))
        self.forks = forks
        self.here = here
        self.mission = build_mission(self.repo, LANES)
        if not here:
            self.repo.checkout("side", "-b")
        self._output = place / "trace"
        self._kept = dict(self._read_all())

    def reset(self) -> None:
        """Put everything back but objects, which no run finds without a ref."""
        now = dict(self._read_all())
        for path in now.keys() - self._kept.keys():
            path.unlink()
        for path, content in self._kept.items():
            if now.get(path) != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def run(self, *options: str, next_one: bool = False) -> tuple[Run, list[Call]]:
        """Let a child make the transition and commit it, under strace with these options."""
        words = {
            **TRANSITION,
            **({"wp": "WP02", "to": "blocked", "event_id": NEXT} if next_one else {}),
            "commit": True,
        }
        before = self.read()
        pid = self.forks.start("transition", repo=str(self.repo.path), **words)
        strace = Strace(pid, self._output, *options) if options else None
        ended = self.forks.finish()
        return Run(ended, before, self.read()), strace.calls() if strace else []

    def find_steps(self) -> list[Call]:
        """Return where our process starts a program, or waits for one, once it holds the log's lock."""
        calls = self.run("-e", f"trace={_TRACE}")[1]
        locked = next(at for at, call in enumerate(calls) if call.name == "flock")
        return [call for call in calls[locked:] if call.name != "flock"]

    def read(self) -> bytes:
        """Return the log where it is written: the file, or the branch."""
        if self.here:
            return (self.repo.path / self.mission.log_path).read_bytes()
        return self.read_committed()

    def read_committed(self) -> bytes:
        """Return the log that the branch has."""
        return self.repo.show("main", self.mission.log_path)

    def _read_all(self) -> Iterator[tuple[Path, bytes]]:
        for top in (self.repo.path / ".git", self.repo.path / "kitty-specs"):
            for directory, below, names in os.walk(top):
                below[:] = [name for name in below if name != "objects"]
                yield from ((path, path.read_bytes()) for path in (Path(directory, name) for name in names))
