"""R10: transitions, retries, crashes, git and clocks in any order, held against a dictionary (reliability 6)."""

from __future__ import annotations

import inspect
import itertools
import json
import shlex
import textwrap
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support import records
from support.hooks import cli, cli_json
from support.ledger import Ledger
from support.missions import Mission, build_mission
from support.repo import Repo
from support.tally import Tally
from support.world import ACTS, TARGET, Crash, World

from spec_kitty_hooks import recorder, transitions
from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.git import checkouts
from spec_kitty_hooks.mission import journal, proposal, reducer, surfaces
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model.ids import new_ulid

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: The ways without force, as far as these lanes go, and what each still lacks here.
WAYS = {
    ("planned", "claimed"): "",
    ("planned", "blocked"): "",
    ("claimed", "in_progress"): "TRANSITION_GUARD_UNMET",  # there is no work tree of the lane
    ("claimed", "blocked"): "",
    ("in_progress", "planned"): "",
    ("in_progress", "blocked"): "",
    ("blocked", "in_progress"): "",
}
LANES = ("planned", "claimed", "in_progress", "blocked")
PACKAGES = ("WP01", "WP02")
#: How two texts of the log become one: git's own way, and a driver that writes a third text.
DRIVERS = {"union": "", "lines": "sort -u %A %B %O > %A.new && mv %A.new %A"}
GIT = (*ACTS, "merge", "clone", "clone", "checkout HEAD~1", "commit")

lanes, packages = st.sampled_from(LANES), st.sampled_from(PACKAGES)
RARELY = st.sampled_from((False, False, False, True))  # what takes twenty processes of git


class LogMachine(RuleBasedStateMachine):
    """One log. `events` is what must be in it, by id; `acknowledged` are the ids that must never be lost."""

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
        self.acknowledged: set[str] = set()
        self.refresh()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    # -- what the model knows

    def refresh(self) -> None:
        """Take the log as it is, after git or a crash changed it."""
        self.data = self.world.read()
        ledger = Ledger(self.data)
        self.events: dict[str, dict[str, Any]] = {}
        for record in ledger.records:
            self.events.setdefault(record["event_id"], record)
        *lines, tail = self.data.split(b"\n")
        self.torn = bool(tail) and not _is_json(tail)
        self.damaged = not all(map(_is_json, lines))

    def chain(self, wp_id: str) -> list[dict[str, Any]]:
        """Return the transitions of a work package, the last one last."""
        mine = [record for record in self.events.values() if record.get("wp_id") == wp_id and "to_lane" in record]
        return sorted(mine, key=lambda record: (record["at"], record["event_id"]))

    def lane(self, wp_id: str) -> str:
        return str(self.chain(wp_id)[-1]["to_lane"])

    def time_of_next(self, wp_id: str) -> datetime:
        last = datetime.fromisoformat(self.chain(wp_id)[-1]["at"])
        return max(self.now, last + timedelta(microseconds=1))

    def foresee(self, request: Request, commit: bool) -> str:
        """Return the outcome of a request, or the code of its refusal."""
        return self.foresee_surface(commit) or self.foresee_id(request) or self.foresee_step(request)

    def foresee_surface(self, commit: bool) -> str:
        if self.torn or self.damaged:
            return "EVENT_LOG_UNREADABLE"
        if not self.world.is_out():
            return "" if commit else "EVENT_LOG_OUT_OF_REACH"
        return "EVENT_LOG_SURFACES_DISAGREE" if self.world.committed().count.keys() - self.events.keys() else ""

    def foresee_id(self, request: Request) -> str:
        if known := self.events.get(request.event_id):
            same = known["wp_id"] == request.work_package_id and known["to_lane"] == request.to_lane
            return "ALREADY" if same and known["force"] == request.force else "EVENT_ID_CONFLICT"
        return "EVENT_LOG_SURFACES_DISAGREE" if request.event_id in self.world.kept() else ""

    def foresee_step(self, request: Request) -> str:
        lane = self.lane(request.work_package_id)
        if request.expect and request.expect != lane:
            return "LANE_MOVED"
        unmet = WAYS.get((lane, request.to_lane), "TRANSITION_ILLEGAL") if not request.force else ""
        if unmet == "TRANSITION_ILLEGAL":
            return unmet
        if self.time_of_next(request.work_package_id) - self.now > timedelta(days=1):
            return "EVENT_FROM_FUTURE"
        return unmet or "ACK"

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
        self.world.log.write_bytes(b"\n".join((*filter(_is_json, lines), tail)))
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


def _is_json(tail: bytes) -> bool:
    try:
        json.loads(tail)
    except ValueError:
        return False
    return True


@pytest.fixture
def machine(repo: Repo, tmp_path: Path) -> type[LogMachine]:
    """A machine whose worlds are copies of one repository, counted for itself."""
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
    repo.commit("so that the commit before the last has the same log", allow_empty=True)
    repo.git("gc", "-q")
    words = {"template": mission, "place": tmp_path, "count": Tally("R10", "any order"), "numbers": itertools.count()}
    return type("Machine", (LogMachine,), words)


def run(machine: type[LogMachine], examples: int, steps: int, **options: Any) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps, **options))


@pytest.mark.parametrize("number", range(4))
def test_the_log_is_what_the_model_says(
    machine: type[LogMachine], tally: Callable[[str, str], Tally], number: int
) -> None:
    machine.count = tally("R10", "any order of writers, crashes, git and clocks")
    run(seed(number)(machine), 30, 50)
    machine.count.check()


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("number", range(10))
def test_the_log_is_what_the_model_says_for_an_hour(
    machine: type[LogMachine], tally: Callable[[str, str], Tally], number: int
) -> None:
    machine.count = tally("R10", "any order of writers, crashes, git and clocks")
    run(seed(100 + number)(machine), 1_000, 100)
    machine.count.check()


def _rewrite(function: Callable[..., Any], old: str, new: str) -> Callable[..., Any]:
    """Return a function of the product with one place of its text changed."""
    text = textwrap.dedent(inspect.getsource(function))
    assert text.count(old) == 1
    found: dict[str, Any] = {}
    exec(f"from __future__ import annotations\n{text.replace(old, new)}", function.__globals__, found)
    return found[function.__name__]  # type: ignore[no-any-return]


BROKEN: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "knows no id again": (
        transitions._Transition,
        "run",
        _rewrite(transitions._Transition.run, "event.event_id == request.event_id", "False"),
    ),
    "gives a lost id a second content": (transitions._Transition, "_check_lost", lambda _self: None),
    "goes by the clock alone": (proposal, "choose_time", lambda _log, _wp_id, now: proposal._spell(now)),
    "goes by ids alone": (reducer, "_sort_key", lambda event: ("", event.event_id)),
    "lets two records share a line": (
        journal.OpenLog,
        "append",
        _rewrite(journal.OpenLog.append, 'guard = b"\\n" if', 'guard = b"" if'),
    ),
    "keeps no copy": (recorder.Recorder, "keep", lambda _self, _lines: None),
    "does not miss what was committed": (surfaces, "_find_withdrawn", lambda *_about: ()),
    "leaves the index behind": (checkouts.Checkout, "stage", lambda _self, _entries: (False, ())),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_product_that_breaks_one_rule_is_found_out(
    machine: type[LogMachine], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(*BROKEN[name])
    with pytest.raises(Exception):  # noqa: B017, PT011 (each fails another assertion)
        run(machine, 100, 50, phases=[Phase.generate], report_multiple_bugs=False)


# -- what the refusals that the model knows tell a person to do


def move(repo: Repo, *args: str, code: int = 0) -> Any:
    return cli_json(repo, "transition", "WP01", "--to", "claimed", "--actor", "agent", *args, code=code)


def follow(repo: Repo, step: str, **names: str) -> None:
    """Do what a remediation says, with the words in capitals replaced, and then what that says in its turn."""
    program, *words = [names.get(word, word) for word in shlex.split(step)]
    if program == "git":
        repo.git(*words)
        return
    found = cli_json(repo, *words)
    for one in [*found["lost_events"], *([found["torn"]] if found["torn"] else [])]:
        assert cli(repo, *shlex.split(one["remediation"][0])[1:]).returncode == 0


def test_an_id_whose_event_git_took_away_is_there_again_after_the_command_that_is_named(mission: Mission) -> None:
    made = move(mission.repo, "--no-commit")
    mission.repo.git("checkout", "--", mission.log_path)
    refused = move(mission.repo, "--event-id", made["event_id"], code=1)
    assert refused["diagnostic_code"] == "EVENT_LOG_SURFACES_DISAGREE"
    follow(mission.repo, refused["remediation"][0])
    again = move(mission.repo, "--event-id", made["event_id"])
    assert (again["outcome"], again["at"]) == ("ALREADY", made["at"])


def test_half_a_line_that_was_committed_is_mended_by_the_commands_that_are_named(
    mission: Mission, tmp_path: Path
) -> None:
    repo = mission.repo
    repo.append(mission.log_path, b'{"half": ')
    repo.commit_quietly("half a line", (mission.log_path,))
    repo.checkout("elsewhere", "-b")
    refused = move(repo, code=1)
    assert refused["diagnostic_code"] == "EVENT_LOG_UNREADABLE"
    for step in refused["remediation"]:
        follow(repo, step, DIR=str(tmp_path / "main"))
    assert move(repo)["outcome"] == "ACK"
