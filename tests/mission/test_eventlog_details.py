"""Bounds and corners of reading a log that only a small change to the reader would show."""

from __future__ import annotations

from typing import Any

import pytest
from strategies import log_of, ulid
from support import records

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.eventlog import parse_line, parse_log, union
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model.events import Damage, Event

RECORDS = [{"event_id": ulid(number), "event_type": "x", "at": "2026-01-05"} for number in range(3)]


@pytest.mark.parametrize(("beyond", "reason"), [(-1, ""), (0, ""), (1, "longer than 100 bytes")])
def test_a_line_is_read_up_to_its_limit(monkeypatch: pytest.MonkeyPatch, beyond: int, reason: str) -> None:
    monkeypatch.setattr(limits, "LINE_BYTES", 100)
    found = parse_line(b"{" + b" " * (98 + beyond) + b"}", 1)
    assert (found.reason if isinstance(found, Damage) else "") == reason


@pytest.mark.parametrize(("beyond", "torn"), [(0, True), (1, False)])
def test_a_line_at_the_limit_can_be_torn_and_one_beyond_is_too_long(
    monkeypatch: pytest.MonkeyPatch, beyond: int, torn: bool
) -> None:
    monkeypatch.setattr(limits, "LINE_BYTES", 100)
    assert [item.torn for item in parse_log(b"{}\n" + b"{" + b" " * (99 + beyond)).damage] == [torn]


@pytest.mark.parametrize("first", [b"bad", b"<<<<<<< HEAD"])
def test_of_several_bad_lines_only_the_last_is_torn(first: bytes) -> None:
    damage = parse_log(first + b"\n{}\nworse\n{").damage
    assert [(item.line, item.torn, item.raw) for item in damage] == [
        (1, False, first),
        (3, False, b"worse"),
        (4, True, b"{"),
    ]


def test_a_log_with_too_many_lines_says_how_many_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOG_EVENTS", 2)
    log = parse_log(log_of(RECORDS))
    assert [(item.line, item.reason) for item in log.damage] == [(3, "more than 2 lines: the rest is not read")]


@pytest.mark.parametrize(("beyond", "held"), [(0, True), (1, False)])
def test_a_long_log_reads_the_same_and_keeps_no_record(
    monkeypatch: pytest.MonkeyPatch, beyond: int, held: bool
) -> None:
    data = log_of([*_way(), *RECORDS]) + b'{"actor": {"tool": "x"}}\nbroken\n'
    plain = parse_log(data)
    monkeypatch.setattr(limits, "HELD_LOG_BYTES", len(data) - beyond)
    log = parse_log(data)
    assert [event.record is event.record for event in log.events] == [held] * len(log.events)
    assert [event.record for event in log.events] == [event.record for event in plain.events]
    assert [repr(event) for event in log.events] == [repr(event) for event in plain.events]
    assert log.damage == plain.damage
    assert reduce_log(log) == reduce_log(plain)
    assert union((log, plain))[1] == ()


def _way() -> list[records.Record]:
    """Return the way of a work package from lane to lane, with a claim, verdicts and evidence."""
    names: dict[str, Any] = {"mission_slug": "m", "mission_id": ulid(1)}
    edges = enumerate(zip(records.ROAD[1:], records.ROAD[2:], strict=False))
    return [
        records.transition("WP01", *edge, at=f"2026-01-0{number}", event_id=ulid(50 + number), reference="r", **names)
        for number, edge in edges
    ]


@pytest.mark.parametrize(("beyond", "reason"), [(0, ""), (1, "more than 40 commas")])
def test_a_log_with_too_many_values_is_not_read(monkeypatch: pytest.MonkeyPatch, beyond: int, reason: str) -> None:
    monkeypatch.setattr(limits, "LOG_VALUES", 40)
    log = parse_log(b'{"x":[' + b"0," * (40 + beyond) + b"0]}\n")
    assert [(item.line, item.reason) for item in log.damage] == ([(0, reason)] if reason else [])
    assert len(log.events) == (not reason)


def test_the_size_of_a_union_is_that_of_its_lines_written_out() -> None:
    united, _conflicts = union((parse_log(log_of(RECORDS[:2])), parse_log(log_of(RECORDS[1:]))))
    assert all(isinstance(event, Event) for event in united.events)
    assert united.size == len(log_of(RECORDS))
