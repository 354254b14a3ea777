"""Several copies of an event log: they unite the same way anywhere, and what sets one apart from another is found."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Record, assert_caught, histories, line_of, log_of, logs, records, spellings, ulid
from support.singles import GOOD, LINE, raws, read

from spec_kitty_hooks.mission import eventlog
from spec_kitty_hooks.mission.eventlog import (
    changed_events,
    duplicates,
    missing_events,
    new_events,
    parse_line,
    parse_log,
    same_content,
    union,
)
from spec_kitty_hooks.model.events import Event, EventLog


@given(st.data(), records())
def test_spelling_is_not_content(data: st.DataObject, record: Record) -> None:
    one, other = (parse_line(data.draw(spellings(record)), 1) for _ in range(2))
    assert isinstance(one, Event)
    assert isinstance(other, Event)
    assert same_content(one, other)


_UNLIKE: tuple[object, ...] = (True, 1, 1.0, "1", None, [1], {"a": 1}, {"a": True}, {}, [])


@pytest.mark.parametrize("pair", list(itertools.combinations(_UNLIKE, 2)))
def test_values_of_two_types_are_two_contents(pair: tuple[object, object]) -> None:
    one, other = (read({**GOOD, "policy_metadata": {"value": value}}) for value in pair)
    assert not same_content(one, other)


copies = st.lists(logs().map(parse_log), min_size=3, max_size=3)


@given(copies)
def test_union_is_commutative(found: list[EventLog]) -> None:
    united, conflicts = union(found)
    for order in itertools.permutations(found):
        again, same = union(order)
        assert (raws(again), again.damage, again.size) == (raws(united), united.damage, united.size)
        assert [(c.event_id, c.first.raw, c.second.raw) for c in same] == [
            (c.event_id, c.first.raw, c.second.raw) for c in conflicts
        ]


@given(copies)
def test_union_is_associative(found: list[EventLog]) -> None:
    a, b, c = found
    left, right = union((union((a, b))[0], c))[0], union((a, union((b, c))[0]))[0]
    assert raws(left) == raws(right) == raws(union(found)[0])
    assert left.damage == right.damage == union(found)[0].damage


@given(logs().map(parse_log))
def test_union_is_idempotent(log: EventLog) -> None:
    once, conflicts = union((log,))
    assert (raws(union((once, once))[0]), union((once, once))[1]) == (raws(once), ())
    assert raws(union((log, log))[0]) == raws(once)
    assert len(union((log, log))[1]) == len(conflicts)


def is_sorted(log: EventLog) -> bool:
    keys = [(event.at, event.event_id) for event in log.events]
    return keys == sorted(keys)


@given(copies)
def test_union_holds_every_record_of_every_copy_once_and_sorted(found: list[EventLog]) -> None:
    united, _conflicts = union(found)
    assert is_sorted(united)
    assert all(missing_events(log, united) == () for log in found)
    assert new_events(found, united) == ()
    ids = [event.event_id for event in united.events if event.event_id]
    assert len(ids) == len(set(ids))
    assert {item for log in found for item in log.damage} == set(united.damage)


def test_a_union_that_keeps_what_came_first_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventlog, "min", lambda held, _other, **_key: held, raising=False)
    monkeypatch.setattr(eventlog, "max", lambda _held, other, **_key: other, raising=False)
    assert_caught(copies, lambda found: raws(union(found)[0]) != raws(union(found[::-1])[0]))


def test_a_union_that_sorts_by_id_alone_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventlog, "_sort_key", lambda event: (event.event_id, event.raw))
    assert_caught(copies, lambda found: not is_sorted(union(found)[0]))


def test_records_without_an_id_are_kept_once_each_by_content() -> None:
    one, other = {"event_type": "A", "at": "2026"}, {"event_type": "B", "at": "2025"}
    united, conflicts = union((parse_log(log_of([one, one, other])), parse_log(b'{"at":"2026","event_type":"A"}\n')))
    assert ([event.record for event in united.events], conflicts) == ([other, one], ())


def test_an_id_with_two_contents_is_one_conflict_whatever_copy_comes_first() -> None:
    one, other = GOOD, {**GOOD, "to_lane": "blocked"}
    for order in ([one, other], [other, one]):
        united, (conflict,) = union(parse_log(log_of([record])) for record in order)
        assert (conflict.event_id, conflict.first.record, conflict.second.record) == (ulid(1), other, one)
        assert raws(united) == [line_of(other)]


def test_the_first_record_of_an_id_counts_within_a_copy() -> None:
    one, other = GOOD, {**GOOD, "to_lane": "blocked"}
    united, (conflict,) = union((parse_log(log_of([one, other, one])),))
    assert raws(united) == [line_of(one)]
    assert conflict.second.record == other


def test_duplicates_are_conflicts_only_with_another_content() -> None:
    respelled = json.dumps(GOOD, indent=None, separators=(",", ":")).encode()
    assert duplicates(parse_log(LINE + b"\n" + LINE + b"\n" + respelled + b"\n")) == ()
    (conflict,) = duplicates(parse_log(log_of([GOOD, {**GOOD, "force": 0}, GOOD])))
    assert (conflict.first.record, conflict.second.record["force"]) == (GOOD, 0)


@given(histories(), st.data())
def test_what_is_missing_new_and_changed_is_exactly_what_was_done(history: list[Record], data: st.DataObject) -> None:
    places = st.sets(st.integers(0, 11)).map(lambda found: {place for place in found if place < len(history)})
    gone = data.draw(places)
    edited = {place for place in data.draw(places) - gone if "event_id" in history[place]}
    old = parse_log(log_of(history))
    extra = {**GOOD, "event_id": ulid(0, "1")}
    kept = [{**record, "extra": 1} if n in edited else record for n, record in enumerate(history) if n not in gone]
    new = parse_log(log_of(data.draw(st.permutations([*kept, extra]))))
    assert [event.line - 1 for event in missing_events(old, new)] == sorted(gone)
    assert [event.record for event in new_events((old,), new)] == [extra]
    assert sorted(conflict.first.line - 1 for conflict in changed_events(old, new)) == sorted(edited)
    assert all(conflict.second.record["extra"] == 1 for conflict in changed_events(old, new))


def test_a_change_is_held_against_the_record_that_counted() -> None:
    one, other, third = ({**GOOD, "to_lane": lane} for lane in ("claimed", "blocked", "canceled"))
    (conflict,) = changed_events(parse_log(log_of([one, other])), parse_log(log_of([third])))
    assert (conflict.first.record, conflict.second.record) == (one, third)


def test_an_event_taken_up_elsewhere_is_not_new() -> None:
    a, b, c = ({**GOOD, "event_id": ulid(n)} for n in range(3))
    found = new_events((parse_log(log_of([a])), parse_log(log_of([b]))), parse_log(log_of([a, b, c, c])))
    assert [event.record for event in found] == [c]
