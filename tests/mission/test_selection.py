"""Which events are picked, what an annotation says, and how firmly an event stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MOMENTS, assert_caught, bystanders, log_of, logs, misfits, records, ulids

from spec_kitty_hooks.mission.annotations import says_something, summarise_delta
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.selection import ALL, Selection, actor_of, subject_of
from spec_kitty_hooks.mission.standing import Standing
from spec_kitty_hooks.model.events import ANNOTATION, LIFECYCLE, RETROSPECTIVE, TRANSITION, UNKNOWN, Event, EventLog
from spec_kitty_hooks.model.mission import LogCopy


def log(*found: dict[str, Any]) -> EventLog:
    return parse_log(log_of(list(found)))


def move(number: int, wp: str = "WP01", to: str = "claimed", **fields: Any) -> dict[str, Any]:
    record = {"event_id": f"{number:026}", "wp_id": wp, "from_lane": "planned", "to_lane": to, "at": MOMENTS[0]}
    return {**record, "actor": "agent-one", "force": False, "execution_mode": "worktree", **fields}


def note(number: int, **delta: Any) -> dict[str, Any]:
    record = {"event_id": f"{number:026}", "kind": "annotation", "wp_id": "WP01", "at": MOMENTS[0]}
    return {**record, "actor": "user", "delta": delta}


def picked(found: EventLog, **wanted: Any) -> list[int]:
    """Return the numbers of the events that a selection picks."""
    return [int(event.event_id or 0) for event in Selection(**wanted).pick(found)]


# -- picking

MIXED = log(
    move(1, at=MOMENTS[1]),
    move(2, "WP02", "canceled", actor={"role": "reviewer", "profile": None, "tool": "Agent-Two", "model": None}),
    note(3, note="x"),
    note(4, agent="x", shell_pid=7),
    {"event_id": f"{5:026}", "event_type": "WPCreated", "timestamp": MOMENTS[0], "payload": {"wp_id": "WP02"}},
    {"event_name": "retrospective.completed", "at": MOMENTS[0]},
    {"event_id": f"{7:026}", "kind": "snapshot", "at": "soon"},
)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [2, 3, 1, 7]),
        ({"kind": "transition"}, [2, 1]),
        ({"kind": "annotation"}, [3, 4]),
        ({"kind": "lifecycle"}, [0, 5]),
        ({"kind": "all"}, [0, 2, 3, 4, 5, 1, 7]),
        ({"work_packages": frozenset(("WP02",)), "kind": "all"}, [2, 5]),
        ({"actor": "TWO"}, [2]),
        ({"lanes": frozenset(("claimed",))}, [1]),
        ({"lanes": frozenset(("planned",))}, [2, 1]),
        ({"since": 1767607201.0}, [1, 7]),
        ({"until": 1767607200.0}, [2, 3, 7]),
    ],
)
def test_each_filter_keeps_what_it_names_in_the_order_in_which_events_count(
    wanted: dict[str, Any], numbers: list[int]
) -> None:
    assert picked(MIXED, **wanted) == numbers


def test_a_repeated_line_is_shown_once_and_a_contradicting_one_twice() -> None:
    assert picked(log(move(1), move(1), move(1, reason="other"))) == [1, 1]


_IDS = ulids(pool=6)
_LOGS = st.lists(records(_IDS) | bystanders(_IDS) | misfits(_IDS), max_size=8).map(lambda found: log(*found))
_KINDS = {TRANSITION: {TRANSITION}, ANNOTATION: {ANNOTATION}, LIFECYCLE: {LIFECYCLE, RETROSPECTIVE}}


def union_of_kinds(found: EventLog) -> set[bytes]:
    return {event.raw for kind in _KINDS for event in Selection(kind=kind).pick(found)}


@given(_LOGS)
def test_the_kinds_together_are_everything_that_is_understood(found: EventLog) -> None:
    everything = {event.raw for event in Selection(kind=ALL).pick(found)}
    assert everything == {event.raw for event in found.events}
    assert union_of_kinds(found) == everything - {event.raw for event in found.events if event.kind == UNKNOWN}


@given(_LOGS)
def test_subject_and_actor_of_any_event_are_text(found: EventLog) -> None:
    assert all(isinstance(subject_of(event), str) and isinstance(actor_of(event), str) for event in found.events)


# -- what an annotation says


def test_bookkeeping_alone_says_nothing_and_comes_last() -> None:
    assert not says_something({"agent": "x", "shell_pid": 7, "model": "m", "release_runtime_claim": True})
    assert not says_something({"note": "", "subtasks": None, "tracker_refs": []})
    assert says_something({"agent": "x", "subtasks": {"T001": "done"}})
    delta = {"agent": "x", "tracker_refs": ["#1", "#2"], "subtasks": {"T001": "done", "T002": "planned"}, "note": "n"}
    assert summarise_delta(delta) == "note: n; subtasks: T001 done, T002 planned; tracker: #1, #2; agent: x"


def test_what_nobody_knows_is_named_all_the_same() -> None:
    assert says_something({"waiver": {"code": ["X", 1]}})
    assert summarise_delta({"waiver": {"code": ["X", 1]}}) == "waiver: code X, 1"


@given(
    st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5))
)
def test_no_delta_makes_it_raise(delta: dict[str, Any]) -> None:
    assert isinstance(summarise_delta(json.loads(json.dumps(delta))), str)


# -- how firmly an event stands


def copies(*held: tuple[str, EventLog | None]) -> list[LogCopy]:
    return [LogCopy(kind=kind, where=f"{kind}-{at}", role="", log=found) for at, (kind, found) in enumerate(held)]


def test_an_event_is_committed_by_a_commit_and_published_by_a_remote_one() -> None:
    one, two, three = log(move(1)), log(move(1), move(2)), log(move(9), move(1), move(2), move(3))
    standing = Standing(copies(("worktree", three), ("branch", two), ("remote", one), ("remote", None)))
    stands = [(standing.is_committed(event), standing.is_published(event)) for event in three.events]
    assert stands == [(False, False), (True, True), (True, False), (False, False)]
    assert [event.line for event in standing.uncommitted(three)] == [1, 4]
    places = [(place.where, place.line) for place in standing.places(three.events[1])]
    assert places == [("worktree-0", 2), ("branch-1", 1), ("remote-2", 1)]


def test_an_event_without_an_id_is_known_by_its_line() -> None:
    bare = log({"event_name": "retrospective.completed", "at": MOMENTS[0]})
    standing = Standing(copies(("worktree", bare), ("commit", bare)))
    assert standing.is_committed(bare.events[0])
    assert not standing.is_published(bare.events[0])
    assert not Standing(copies(("worktree", bare))).is_committed(bare.events[0])


_TWO_LOGS = st.tuples(logs().map(parse_log), logs().map(parse_log))


def keys(events: Any) -> set[str | bytes]:
    return {event.event_id or event.raw for event in events}


@given(_TWO_LOGS)
def test_uncommitted_is_what_the_commit_lacks(found: tuple[EventLog, EventLog]) -> None:
    working, committed = found
    loose = Standing(copies(("worktree", working), ("branch", committed))).uncommitted(working)
    assert keys(loose) == keys(working.events) - keys(committed.events)


def test_a_standing_that_trusts_the_working_file_is_caught() -> None:
    def trusting(event: Event, standing: Standing) -> bool:
        return bool(standing.places(event))

    def breaks(found: tuple[EventLog, EventLog]) -> bool:
        standing = Standing(copies(("worktree", found[0]), ("branch", found[1])))
        return any(trusting(event, standing) != standing.is_committed(event) for event in found[0].events)

    assert_caught(_TWO_LOGS, breaks)
