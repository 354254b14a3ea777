"""Two sides of a log become one: everything of both, once, the same bytes whoever merges; or a person is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DAY,
    Record,
    assert_caught,
    histories,
    line_of,
    log_of,
    logs,
    misfits,
    records,
    spellings,
    transitions,
    ulid,
    ulids,
)
from support.oracle import ask

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import eventlog, logmerge
from spec_kitty_hooks.mission.eventlog import parse_log, same_content
from spec_kitty_hooks.mission.logmerge import BASE, OURS, THEIRS, TWOFOLD, UNREADABLE, Merge, merge_logs
from spec_kitty_hooks.model.events import Event

A: Record = {"event_id": ulid(1), "at": DAY + "1Z", "event_type": "WPCreated", "payload": {"ü": ["€", 1, 0.5, None]}}
B: Record = {"event_id": ulid(2), "timestamp": DAY + "0Z", "event_type": "MissionCreated"}
NOTE: Record = {"event_id": ulid(3), "at": DAY + "1Z", "kind": "annotation", "wp_id": "WP01", "delta": {"note": "x"}}
NAMELESS: Record = {"type": "RetrospectiveCaptured", "at": DAY + "1Z"}
UNDATED: Record = {"event_id": ulid(9), "event_type": "Whatever"}

LINE_A = (
    b'{"at": "2026-01-05T10:00:01Z", "event_id": "0' + ulid(1)[1:].encode() + b'", "event_type": "WPCreated", '
    b'"payload": {"\\u00fc": ["\\u20ac", 1, 0.5, null]}}\n'
)


def united(*sides: bytes) -> bytes:
    """Unite base, ours and theirs, and fail if a person would be asked."""
    found = merge_logs(*sides)
    assert not found.obstacles
    assert found.data is not None
    return found.data


def is_refused(merge: Merge) -> bool:
    return bool(merge.obstacles)


def holds(data: bytes, events: tuple[Event, ...]) -> bool:
    """Tell whether a log has each of these records with its content."""
    kept = parse_log(data).events
    known = {event.event_id: event for event in kept if event.event_id}
    return all(
        same_content(event, known[event.event_id])
        if event.event_id in known
        else any(same_content(event, other) for other in kept)
        for event in events
    )


def test_the_bytes_are_those_that_the_client_writes() -> None:
    ours, theirs = log_of([A, UNDATED]), line_of(B, ascii_only=False, sort_keys=False)
    assert united(b"", ours, theirs) == line_of(UNDATED) + b"\n" + line_of(B) + b"\n" + LINE_A


def test_of_one_moment_the_id_decides_and_a_time_that_is_no_text_counts_as_its_text() -> None:
    odd = {"event_id": ulid(4), "at": 5, "event_type": "x"}
    blank = {"event_id": ulid(5), "at": "", "timestamp": DAY + "0Z", "event_type": "x"}
    found = united(b"", log_of([NOTE, odd]), log_of([A, blank]))
    assert [json.loads(line)["event_id"] for line in found.splitlines()] == [ulid(n) for n in (5, 1, 3, 4)]


def test_records_without_an_id_are_kept_once_each() -> None:
    other = {**NAMELESS, "wp_id": "WP01"}
    assert united(b"", log_of([NAMELESS, NAMELESS, other]), log_of([NAMELESS])) == log_of([other, NAMELESS])


def test_a_missing_final_newline_or_crlf_makes_no_difference() -> None:
    plain = united(b"", log_of([A]), log_of([NOTE]))
    assert united(b"", line_of(A), log_of([NOTE])) == plain
    assert united(b"", log_of([A]).replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + line_of(NOTE)) == plain


def test_lines_that_a_text_merge_doubled_become_one() -> None:
    assert united(log_of([A]), log_of([A, NOTE, A]), log_of([A, NOTE, NOTE])) == log_of([A, NOTE])


def test_what_one_side_took_out_since_the_base_comes_back_as_upstream_has_it() -> None:
    assert united(log_of([A, NOTE]), log_of([A]), log_of([A, NOTE])) == log_of([A, NOTE])


def shared() -> st.SearchStrategy[tuple[bytes, bytes, bytes]]:
    """Three logs that share some of their records and contradict each other nowhere."""
    masks = st.lists(st.integers(1, 7), min_size=12, max_size=12)

    def split(found: list[Record], sides: list[int]) -> tuple[bytes, bytes, bytes]:
        chosen = [[one for one, mask in zip(found, sides, strict=False) if mask >> side & 1] for side in range(3)]
        return log_of(chosen[0]), log_of(chosen[1]), log_of(chosen[2])

    return st.builds(split, histories(), masks)


@given(shared())
def test_everything_of_both_sides_is_in_the_result(sides: tuple[bytes, bytes, bytes]) -> None:
    found = united(*sides)
    for side in sides:
        assert holds(found, parse_log(side).events)
    assert not parse_log(found).damage


@given(logs(), logs(), logs())
def test_it_is_commutative(base: bytes, ours: bytes, theirs: bytes) -> None:
    there, back = merge_logs(base, ours, theirs), merge_logs(base, theirs, ours)
    assert is_refused(there) == is_refused(back)
    if not is_refused(there):
        assert there.data == back.data


@given(*[st.lists(records(ulids(pool=3)).flatmap(spellings), max_size=4).map(b"\n".join)] * 3)
def test_it_is_associative(one: bytes, two: bytes, three: bytes) -> None:
    left, right = merge_logs(b"", one, two), merge_logs(b"", two, three)
    if left.obstacles or right.obstacles or left.data is None or right.data is None:
        return
    there, back = merge_logs(b"", left.data, three), merge_logs(b"", one, right.data)
    assert is_refused(there) == is_refused(back)
    assert is_refused(there) or there.data == back.data


@given(histories())
def test_it_is_idempotent(side: list[Record]) -> None:
    once = united(b"", log_of(side), b"")
    assert united(once, once, once) == once
    assert united(log_of(side), log_of(side), log_of(side)) == once


@given(logs(), logs(), logs())
def test_nothing_of_either_side_is_gone_when_a_person_is_asked(base: bytes, ours: bytes, theirs: bytes) -> None:
    found = merge_logs(base, ours, theirs)
    assert found.data is not None
    kept, lines = parse_log(found.data).events, found.data.split(b"\n")
    for side in (ours, theirs):
        log = parse_log(side)
        assert all(damage.raw in lines for damage in log.damage)
        assert all(any(same_content(event, other) for other in kept) for event in log.events)


def test_the_laws_would_catch_a_union_that_forgets_one_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logmerge, "union", lambda logs: eventlog.union(list(logs)[:2]))
    assert_caught(shared(), lambda sides: not holds(united(*sides), parse_log(sides[2]).events))
    assert_caught(shared(), lambda sides: united(*sides) != united(sides[0], sides[2], sides[1]))


# -- what a person is asked


def test_one_id_with_two_contents_stands_between_markers_and_all_else_is_united() -> None:
    changed = {**NOTE, "delta": {"note": "y"}}
    found = merge_logs(b"", log_of([A, NOTE]), log_of([changed, B]))
    assert found.data == (
        log_of([B, A]) + b"<<<<<<< ours\n" + log_of([NOTE]) + b"=======\n" + log_of([changed]) + b">>>>>>> theirs\n"
    )
    (obstacle,) = found.obstacles
    assert obstacle.code == TWOFOLD
    assert [(place.side, place.line, place.raw) for place in obstacle.places] == [
        (OURS, 2, line_of(NOTE)),
        (THEIRS, 1, line_of(changed)),
    ]


def test_what_only_the_base_had_of_such_an_event_is_shown_too() -> None:
    changed = {**NOTE, "delta": {"note": "y"}}
    found = merge_logs(log_of([NOTE]), log_of([changed]), log_of([changed]))
    assert found.data == b"\n".join(
        [
            b"<<<<<<< ours",
            line_of(changed),
            b"||||||| base",
            line_of(NOTE),
            b"=======",
            line_of(changed),
            b">>>>>>> theirs",
            b"",
        ]
    )
    assert [place.side for place in found.obstacles[0].places] == [OURS, THEIRS, BASE]


def test_true_is_not_one() -> None:
    assert is_refused(merge_logs(b"", log_of([{**B, "payload": True}]), log_of([{**B, "payload": 1}])))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "a JSON value is missing"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not UTF-8"),
        (b"=======", "conflict marker"),
        (b'{"x": NaN}', "NaN"),
    ],
)
def test_a_line_that_cannot_be_read_is_kept_and_named(line: bytes, reason: str) -> None:
    found = merge_logs(b"", log_of([A]), log_of([NOTE]) + line + b"\n" + log_of([B]))
    assert found.data == log_of([B, A, NOTE]) + b"<<<<<<< ours\n=======\n" + line + b"\n>>>>>>> theirs\n"
    (obstacle,) = found.obstacles
    assert (obstacle.code, obstacle.places[0].side, obstacle.places[0].line) == (UNREADABLE, THEIRS, 2)
    assert reason in obstacle.reason


def test_a_torn_line_says_so() -> None:
    (obstacle,) = merge_logs(b"", log_of([A]) + b'{"event_id": "0', log_of([NOTE])).obstacles
    assert obstacle.reason.startswith("cut off: ")


def test_damage_that_both_sides_took_out_stops_nobody() -> None:
    assert united(b"damaged\n" + log_of([A]), log_of([A]), log_of([A, NOTE])) == log_of([A, NOTE])


@pytest.mark.parametrize("side", [0, 1, 2])
def test_a_log_that_is_not_read_to_its_end_is_left_as_it_is(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOG_EVENTS", 2)
    sides = [log_of([A])] * 3
    sides[side] = log_of([A, B, NOTE])
    found = merge_logs(*sides)
    assert found.data is None
    assert [(obstacle.code, obstacle.places[0].side) for obstacle in found.obstacles] == [
        (UNREADABLE, (BASE, OURS, THEIRS)[side])
    ]


def test_a_log_too_large_to_hold_its_records_is_united_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HELD_LOG_BYTES", 1)
    assert united(b"", log_of([A]), log_of([NOTE])) == log_of([A, NOTE])


# -- the released driver

_MERGE = """
from specify_cli.status.event_log_merge import EventLogMergeError, merge_event_log_files

def answer(text):
    sides = json.loads(text)
    names = [place / name for name in ("base", "ours", "theirs")]
    for name, side in zip(names, sides):
        name.write_text(side, encoding="utf-8")
    try:
        merge_event_log_files(base_path=names[0], ours_path=names[1], theirs_path=names[2])
    except EventLogMergeError as error:
        return {"error": str(error)}
    return {"bytes": names[1].read_bytes().decode()}
"""
_IDS = ulids(pool=3)
_SIDES = st.lists(st.one_of(records(_IDS), transitions(), misfits(_IDS)).flatmap(spellings), max_size=5).flatmap(
    lambda lines: st.sampled_from((b"\n", b"", b"\n\n")).map(lambda end: b"\n".join(lines) + end)
)


def sample() -> list[tuple[bytes, bytes, bytes]]:
    found: list[tuple[bytes, bytes, bytes]] = []

    @given(st.tuples(_SIDES, _SIDES, _SIDES))
    def collect(sides: tuple[bytes, bytes, bytes]) -> None:
        if not any(separator in side.decode() for side in sides for separator in "\u2028\x85"):
            found.append(sides)

    collect()
    return found


@pytest.mark.peer
def test_what_the_released_driver_accepts_comes_out_as_the_same_bytes(peer_python: str, tmp_path: Path) -> None:
    cases = sample()
    answers = ask(peer_python, tmp_path, _MERGE, [json.dumps([side.decode() for side in case]) for case in cases])
    accepted = [(case, found["bytes"]) for case, found in zip(cases, answers, strict=True) if "bytes" in found]
    assert 10 < len(accepted) < len(cases)
    for case, expected in accepted:
        assert united(*case) == expected.encode()


@pytest.mark.peer
def test_what_both_refuse_or_only_upstream_refuses(peer_python: str, tmp_path: Path) -> None:
    cases = [
        ((b"", log_of([NOTE]), log_of([{**NOTE, "delta": {}}])), True),
        ((b"", log_of([A]), b"damaged"), True),
        ((b"", log_of([NAMELESS]), log_of([A])), False),
        ((b"", log_of([{**A, "event_id": 7}]), log_of([A])), False),
    ]
    answers = ask(peer_python, tmp_path, _MERGE, [json.dumps([side.decode() for side in case]) for case, _ in cases])
    assert all("error" in found for found in answers)
    assert [is_refused(merge_logs(*case)) for case, _ in cases] == [ours for _, ours in cases]
