"""A mission whose log is written again and again from the same start, while the kernel kills the writer or fails it.

Every run begins with the files put back as they were, and ends with the question what became of the events.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import reduce_log
from support.acts import CODES
from support.clock import Clock, encode_ulid
from support.forks import Ended, Forks
from support.missions import build_mission, seed
from support.repo import Repo
from support.shapes import make_shapes
from support.strace import Call, Strace
from support.tally import Tally

EVENT, NEXT = encode_ulid(1_772_000_000_000, 1), encode_ulid(1_772_000_000_000, 2)
LANE = "claimed"
TRANSITION = {"wp": "WP01", "to": LANE, "event_id": EVENT, "commit": False}
LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}


@dataclass(frozen=True)
class Run:
    """One run: how it ended, and the log before and after it (b"" for a missing one)."""

    ended: Ended
    before: bytes
    after: bytes

    @property
    def outcome(self) -> str:
        """ACK, ALREADY, REFUSED, LOCKED or UNKNOWN; "" if nothing was said."""
        return self.ended.said[0].split(" ")[0] if self.ended.said else ""

    @property
    def acknowledged(self) -> bool:
        """Tell whether it said that the event is in the log."""
        return self.outcome in ("ACK", "ALREADY")

    @property
    def broken(self) -> bool:
        """Tell whether it ended in a traceback or with another exit code than its outcome has."""
        if "Traceback" in self.ended.error or self.ended.code == 70:
            return True
        wanted = (3, CODES["REFUSED"]) if self.outcome == "REFUSED" else (CODES.get(self.outcome),)
        return self.ended.code != -9 and self.ended.code not in wanted


def count_event(content: bytes, event_id: str) -> int:
    """Return how often an event stands in a log."""
    return sum(event.event_id == event_id for event in parse_log(content).events)


class Workshop:
    """A repository with one mission, whose log no commit has; `forks` are the children that write to it."""

    def __init__(self, place: Path, env: Mapping[str, str], forks: Forks) -> None:
        self.repo = seed(Repo.init(place / "repo", env, Clock()))
        self.forks = forks
        self.mission = build_mission(self.repo, LANES)
        self.log = self.repo.path / self.mission.log_path
        self.shapes = make_shapes(self.mission)
        self.repo.git("rm", "-q", "--cached", self.mission.log_path)
        self.repo.commit("chore: forget the log", paths=())
        common = self.repo.common_dir()
        self.lock = common / "spec-kitty-locks" / f"{self.mission.directory}.status.lock"
        self.copy = common / "spec-kitty-hooks" / f"{self.mission.mission_id}.journal"
        self.status = self.log.with_name("status.json")
        self._output = place / "trace"
        self._written: dict[str, bytes] = {}
        self._proven: dict[bytes, list[Run]] = {}

    # -- before a run

    def reset(self, shape: str, *, retry: bool = False) -> None:
        """Put everything back; for a `retry` an earlier run has written the event and was killed before its copy."""
        for place in (self.lock.parent, self.copy.parent):
            shutil.rmtree(place, ignore_errors=True)
        for litter in self.log.parent.glob(".status.json.new"):
            litter.unlink()
        self.status.unlink(missing_ok=True)
        self._write(self.shapes[shape])
        if shape == "torn copy":
            self.copy.parent.mkdir()
            self.copy.write_bytes(b'{"actor": "agent", "at": "20')
        if retry:
            if shape not in self._written:
                assert self.run()[0].outcome in ("ACK", "REFUSED")
                self._written[shape] = self.read()
                self.reset(shape)
            self.log.write_bytes(self._written[shape])

    def watched(self) -> tuple[Path, ...]:
        """Return the paths that matter: log, lock, copy, status.json, and their directories."""
        files = (self.log, self.lock, self.copy, self.status, self.status.with_name(".status.json.new"))
        return (*files, *dict.fromkeys(file.parent for file in files), self.repo.common_dir())

    # -- runs

    def run(self, *options: str, everywhere: bool = False, **changes: Any) -> tuple[Run, list[Call]]:
        """Let a child make the transition, under strace with these options; return its calls to what is watched.

        With `everywhere` all calls are traced and counted, those to other files and pipes too.
        """
        before = self.read()
        pid = self.forks.start("transition", repo=str(self.repo.path), **{**TRANSITION, **changes})
        strace = Strace(pid, self._output, *options, paths=() if everywhere else self.watched()) if options else None
        ended = self.forks.finish()
        return Run(ended, before, self.read()), strace.calls() if strace else []

    def trace(self, **changes: Any) -> list[Call]:
        """Return the calls of a run that nobody disturbs."""
        return self.run("-e", "trace=all", **changes)[1]

    def prove(self, count: Tally, *, mend: bytes | None = None, variant: str = "") -> list[Run]:
        """Retry what was asked for, then ask for something else; nothing disturbs either.

        What two runs would find the same is done once. `mend` is what a person would make of a log that is damaged.
        """
        state = self._state(variant)
        if state not in self._proven:
            if mend is not None:
                self.log.write_bytes(mend)
            other: dict[str, Any] = {"wp": "WP02", "to": "blocked", "event_id": NEXT}
            self._proven[state] = [self.run(variant=variant)[0], self.run(variant=variant, **other)[0]]
        runs = self._proven[state]
        after = runs[-1].after
        for event_id, run in zip((EVENT, NEXT), runs, strict=True):
            copies = count_event(after, event_id)
            count.lost += not run.acknowledged or not copies
            count.doubled += copies > 1
            count.tracebacks += run.broken
        count.lost += not self.has_all(mend if mend is not None else runs[0].before, after)
        return runs

    # -- after a run

    def read(self) -> bytes:
        """Return the log; b"" if there is none."""
        return self.log.read_bytes() if self.log.exists() else b""

    def has_all(self, before: bytes, after: bytes) -> bool:
        """Tell whether a log still has every line of an earlier one, in order, and no damage that it had not."""
        old, new = parse_log(before), parse_log(after)
        return [event.raw for event in new.events][: len(old.events)] == [event.raw for event in old.events] and len(
            new.damage
        ) <= len(old.damage)

    def lane(self, content: bytes) -> str:
        """Return the lane that a log brings WP01 to."""
        state = reduce_log(parse_log(content)).work_packages.get("WP01")
        return state.lane if state is not None else ""

    def _write(self, content: bytes | None) -> None:
        if content is None:
            self.log.unlink(missing_ok=True)
        else:
            self.log.write_bytes(content)

    def _state(self, variant: str) -> bytes:
        """Return a fingerprint of all that a later run can see; who signed the lock does not matter."""
        found = blake2b(variant.encode())
        for path in self._files():
            found.update(b"%s\0" % path.name.split(".json.")[0].encode())
            found.update(b"" if path == self.lock else path.read_bytes())
        return found.digest()

    def _files(self) -> Iterator[Path]:
        places = (self.log.parent, self.lock.parent, self.copy.parent)
        yield from sorted(path for place in places if place.is_dir() for path in place.iterdir() if path.is_file())
