"""The rules by which a log is driven: transitions, retries, crashes, git and clocks, each held against the model."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from spec_kitty_hooks import transitions
from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model.ids import new_ulid
from support import records
from support.ledger import Ledger
from support.logmodel import LANES, WAYS, LogModel, is_json
from support.missions import Mission
from support.tally import Tally
from support.world import ACTS, TARGET, Crash, World

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACKAGES = ("WP01", "WP02")
#: How two texts of the log become one: git's own way, and a driver that writes a third text.
DRIVERS = {"union": "", "lines": "sort -u %A %B %O > %A.new && mv %A.new %A"}
GIT = (*ACTS, "merge", "clone", "clone", "checkout HEAD~1", "commit")

lanes, packages = st.sampled_from(LANES), st.sampled_from(PACKAGES)
RARELY = st.sampled_from((False, False, False, True))  # what takes twenty processes of git


class LogMachine(LogModel, RuleBasedStateMachine):
    """Copies of the repository of `template`, made in `place`; what is done there goes to `count`."""

    template: ClassVar[Mission]
    place: ClassVar[Path]
    count: ClassVar[Tally]
    numbers: ClassVar[itertools.count[int]]

    @initialize(driver=st.sampled_from(sorted(DRIVERS)))
    def begin(self, driver: str) -> None:
        self.world = World(self.template, self.place / str(next(self.numbers)))
        attributes = self.world.repo.path / ".git/info/attributes"
        attributes.write_text(f"*.jsonl merge={driver}\n")
        if DRIVERS[driver]:
            self.world.git("config", f"merge.{driver}.driver", DRIVERS[driver])
        self.now, self.ids = START, itertools.count(1)
        self.asked: dict[str, Request] = {}
        self.acknowledged = set()
        self.refresh()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    # -- asking for transitions

    def attempt(self, request: Request, **how: bool) -> transitions.Result | HooksError:
        try:
            return self.world.move(request, self.now, **how)
        except HooksError as error:
            return error

    def ask(self, request: Request, *, commit: bool = False, linked: bool = False) -> None:
        """Ask, and hold the answer and the log to what was foreseen."""
        self.count.runs += 1
        expected = self.foresee(request, commit)
        self.asked[request.event_id] = request
        was_out, refs = self.world.is_out(), self.world.repo.refs() if commit else {}
        done = self.attempt(request, commit=commit, linked=linked)
        if isinstance(done, HooksError):
            assert done.code == expected, done.message
            assert done.remediation
            assert self.world.read() == self.data
            assert not commit or self.world.repo.refs() == refs
            return
        assert done.outcome == expected
        self.acknowledged.add(request.event_id)
        assert done.problems == ()
        if done.outcome == "ACK":
            self.add(request)
        assert self.world.read() == self.data
        if commit and was_out:
            assert self.world.repo.show(TARGET, self.world.log_path) == self.data
            assert self.world.repo.git("status", "--porcelain", "--", self.world.log_path).stdout == ""

    def add(self, request: Request) -> None:
        """Let the model have what was acknowledged: the old bytes, a newline where one was missing, and one record."""
        found = self.world.read()
        guard = b"\n" if self.data and not self.data.endswith(b"\n") else b""
        assert found.startswith(self.data + guard)
        *lines, rest = found[len(self.data + guard) :].split(b"\n")
        assert (len(lines), rest) == (1, b"")
        record = json.loads(lines[0])
        wp_id = request.work_package_id
        expected = {
            "event_id": request.event_id,
            "wp_id": wp_id,
            "from_lane": self.lane(wp_id),
            "to_lane": request.to_lane,
            "at": self.time_of_next(wp_id).isoformat(timespec="microseconds"),
            "actor": "agent",
            "force": request.force,
        }
        assert {name: record[name] for name in expected} == expected
        self.events[request.event_id], self.data = record, found

    def request(self, wp_id: str, to: str, expect: str = "", force: bool = False) -> Request:
        event_id = new_ulid(self.now.timestamp(), next(self.ids).to_bytes(10, "big"))
        wanted: dict[str, Any] = {"work_package_id": wp_id, "to_lane": to, "expect": expect, "force": force}
        return Request(**wanted, actor="agent", reason="a reason", event_id=event_id)

    @rule(wp_id=packages, step=st.integers(0, 1))
    def go_on(self, wp_id: str, step: int) -> None:
        """A step that the lane machine allows."""
        ways = [to for (start, to), unmet in WAYS.items() if start == self.lane(wp_id) and not unmet]
        self.ask(self.request(wp_id, ways[step % len(ways)], expect=self.lane(wp_id)))

    @rule(wp_id=packages, step=st.integers(0, 1))
    def tidy_up_and_go_on(self, wp_id: str, step: int) -> None:
        """The same by somebody who first clears away what would stop him, so that there is always a way on."""
        if not self.world.is_out():
            self.come_back()
        if self.damaged:
            self.take_out()
        if self.torn or self.acknowledged - self.events.keys():
            self.restore()
        self.now = max(self.now, self.time_of_next(wp_id) - timedelta(hours=1))
        self.go_on(wp_id, step)

    @rule(wp_id=packages, to=lanes, expect=st.none() | lanes, force=st.booleans(), commit=RARELY, linked=RARELY)
    def want_anything(self, wp_id: str, to: str, expect: str | None, force: bool, commit: bool, linked: bool) -> None:
        self.ask(self.request(wp_id, to, expect or "", force), commit=commit, linked=linked)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """Ask for the same again, whatever became of it."""
        request = self.asked[data.draw(st.sampled_from(sorted(self.asked)))]
        self.ask(request.replace(expect=""))

    @precondition(lambda self: self.acknowledged - self.events.keys())
    @rule(commit=RARELY)
    def retry_what_is_lost(self, commit: bool) -> None:
        """Ask for the same again where git took it away."""
        request = self.asked[min(self.acknowledged - self.events.keys())]
        self.ask(request.replace(expect=""), commit=commit)

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), to=lanes)
    def ask_for_something_else_with_the_same_id(self, data: st.DataObject, to: str) -> None:
        request = self.asked[data.draw(st.sampled_from(sorted(self.asked)))]
        if request.event_id in self.events:
            self.ask(request.replace(expect="", to_lane=to))

    @rule(wp_id=packages, step=st.integers(0, 1), calls=st.integers(0, 30), part=st.floats(0, 1))
    def crash(self, wp_id: str, step: int, calls: int, part: float) -> None:
        """Die somewhere between the first look at the log and the last word, then see what is there."""
        ways = [to for (start, to), unmet in WAYS.items() if start == self.lane(wp_id) and not unmet]
        request = self.request(wp_id, ways[step % len(ways)])
        expected, before = self.foresee(request, commit=False), self.data
        self.count.runs += 1
        self.asked[request.event_id] = request
        with suppress(Crash), self.world.failing(calls, part):
            done = self.attempt(request)
            if isinstance(done, HooksError):
                assert done.code == expected, done.message
            else:
                assert done.outcome == expected
                self.acknowledged.add(request.event_id)
        after = self.world.read()
        assert after.startswith(before)
        assert expected == "ACK" or after == before
        self.refresh()
        assert Ledger(after).count[request.event_id] <= 1
        assert request.event_id in self.events or request.event_id not in self.acknowledged

    # -- what happens around

    @rule(seconds=st.sampled_from((0, 1, 60, -1, -3600, 5 * 3600, 26 * 3600, -26 * 3600)))
    def turn_the_clock(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(what=st.sampled_from(GIT))
    def let_git(self, what: str) -> None:
        """Do one thing with git, and hold the log to what git promises of it."""
        before = self.data
        if what == "clone":
            self.write_elsewhere()
        else:
            self.world.act(what)
        self.refresh()
        if what in ("add", "commit", "clone", "worktree"):
            assert self.data == before or not self.world.is_out()
        if what == "merge" and not (self.torn or self.damaged) and self.world.is_out():
            assert Ledger(before).count.keys() <= self.events.keys()

    @precondition(lambda self: self.world.is_out() and self.acknowledged - self.world.committed().count.keys())
    @rule()
    def take_away(self) -> None:
        """Let git take away what was acknowledged and is not committed."""
        self.world.act("checkout HEAD")
        self.refresh()

    @precondition(lambda self: self.world.is_out())
    @rule()
    def go_back(self) -> None:
        """Commit the log, and put the one before into the work tree."""
        self.world.act("commit")
        self.world.act("checkout HEAD~1")
        self.refresh()

    def write_elsewhere(self) -> None:
        """Let somebody in another clone append and commit, on a branch that comes from main."""
        log = self.world.read_side()
        lane = Ledger(log).lanes()["WP02"]
        to = next(end for start, end in WAYS if start == lane)
        event_id = new_ulid(self.now.timestamp(), b"side" + next(self.ids).to_bytes(6, "big"))
        at = (self.now + timedelta(microseconds=500)).isoformat(timespec="microseconds")
        stamp: dict[str, Any] = {"at": at, "event_id": event_id, "actor": "other"}
        stamp |= {"mission_slug": self.template.directory, "mission_id": self.template.mission_id}
        guard = b"\n" if not log.endswith(b"\n") else b""
        self.world.write_side(log + guard + records.line(records.transition("WP02", lane, to, **stamp)))

    @precondition(lambda self: not self.world.is_out())
    @rule()
    def come_back(self) -> None:
        self.world.git("checkout", "-q", TARGET)
        self.refresh()

    @precondition(lambda self: self.world.is_out() and self.data.endswith(b"\n"))
    @rule(part=st.sampled_from((0.4, 1.0)))
    def tear(self, part: float) -> None:
        """Let somebody else die while he writes a line: half of it is there, or all of it but the newline."""
        at, event_id = self.now.isoformat(timespec="microseconds"), new_ulid(1, next(self.ids).to_bytes(10, "big"))
        record = records.annotation("WP01", {"note": "half"}, at=at, event_id=event_id, actor="other")
        line = records.line(record)[:-1]
        self.world.repo.append(self.world.log_path, line[: int(len(line) * part)])
        self.refresh()
        assert self.torn == (part < 1)

    @precondition(lambda self: self.damaged)
    @rule()
    def take_out(self) -> None:
        """Let a person take out what git put into the middle of the log: half a line that somebody had committed."""
        if not self.world.is_out():
            self.come_back()
        *lines, tail = self.data.split(b"\n")
        self.world.log.write_bytes(b"\n".join((*filter(is_json, lines), tail)))
        self.refresh()
        assert not self.damaged

    @precondition(lambda self: self.torn or self.acknowledged - self.events.keys())
    @rule()
    def restore(self) -> None:
        """Put back what was acknowledged and lost: from here on it is all there."""
        self.count.runs += 1
        if self.damaged or (self.torn and not self.world.is_out()):  # that takes a person, or a work tree
            with suppress(HooksError):
                assert self.world.restore().events == ()
            assert self.world.read() == self.data
            return
        self.world.restore()
        self.refresh()
        assert not self.torn
        assert self.acknowledged <= self.events.keys()

    # -- what always holds

    @invariant()
    def what_was_acknowledged_is_kept_once(self) -> None:
        if not hasattr(self, "world"):
            return
        kept = self.world.kept().count
        self.count.lost += len(self.acknowledged - kept.keys())
        self.count.doubled += sum(1 for event_id in self.acknowledged if kept[event_id] > 1)
        assert self.acknowledged <= kept.keys()
        assert all(kept[event_id] == 1 for event_id in self.acknowledged)

    @invariant()
    def the_reduced_lanes_are_the_models(self) -> None:
        if hasattr(self, "world"):
            found = reduce_log(parse_log(self.data)).work_packages
            assert {wp_id: found[wp_id].lane for wp_id in PACKAGES} == {wp_id: self.lane(wp_id) for wp_id in PACKAGES}
