"""Event logs: what is readable is kept, and what is not is marked; no content raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import line_of, logs
from support.singles import GOOD, LINE, NOTE, raws

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.eventlog import changed_events, duplicates, missing_events, parse_log, union
from spec_kitty_hooks.model.events import TRANSITION, UNKNOWN, Damage, EventLog


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n", b" \n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_log_has_nothing_and_no_damage(data: bytes) -> None:
    assert parse_log(data) == EventLog(size=len(data))


@pytest.mark.parametrize("data", [LINE + b"\n", LINE + b"\r\n", LINE, b"\xef\xbb\xbf" + LINE + b"\n", b"\n" + LINE])
def test_mark_line_ends_and_blank_lines_are_no_part_of_a_record(data: bytes) -> None:
    log = parse_log(data)
    assert (raws(log), log.damage, log.size) == ([LINE], (), len(data))


@pytest.mark.parametrize("cut", [1, 20, len(LINE) - 1])
def test_an_unfinished_last_line_is_torn(cut: int) -> None:
    log = parse_log(line_of(NOTE) + b"\n" + LINE[:cut])
    assert raws(log) == [line_of(NOTE)]
    assert [(item.line, item.torn) for item in log.damage] == [(2, True)]


@pytest.mark.parametrize(
    "data",
    [
        LINE[:20] + b"\n" + LINE + b"\n",
        LINE[:20] + b"\n" + LINE,
        LINE[:20] + b"\n",
        LINE[:20] + b"\n\n",
        LINE + b"\n[]",
        LINE + b"\n>>>>>>> x",
        LINE + b"\n" + b"{" * (limits.LINE_BYTES + 1),
    ],
)
def test_other_damage_is_not_torn(data: bytes) -> None:
    assert [item.torn for item in parse_log(data).damage] == [False]


def test_a_log_is_split_at_line_feeds_alone() -> None:
    record = {**GOOD, "reason": "a\u2028b\u0085c\x0bd\x1ce"}
    data = json.dumps(record, ensure_ascii=False).replace("\\u000b", "\x7f").encode() + b"\n"
    assert len(data.decode().splitlines()) > 1  # where other readers split
    assert [len(parse_log(data).events), parse_log(data).damage] == [1, ()]


def test_a_line_of_600_kilobytes_and_lone_surrogates_are_read() -> None:
    record = {**GOOD, "policy_metadata": {"blob": "[" * 600_000}, "reason": "\ud800"}
    (event,) = parse_log(line_of(record)).events
    assert (event.kind, event.record) == (TRANSITION, record)


def test_a_log_beyond_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOG_BYTES", 2 * len(LINE))
    data = (LINE + b"\n") * 2
    assert parse_log(data) == EventLog(
        damage=(Damage(line=0, reason=f"longer than {2 * len(LINE)} bytes"),), size=len(data)
    )
    assert len(parse_log(data[:-2]).events) == 1


@pytest.mark.parametrize(
    ("data", "events", "damage"),
    [
        (b"{}\n{}\n", 2, []),
        (b"{}\n{}", 2, []),
        (b"{}\n{}\n \n", 2, []),
        (b"{}\n{\n", 1, [(2, False)]),
        (b"{}\n{\n ", 1, [(2, False)]),
        (b"{}\n{}\n{}\n{}\n", 2, [(3, False)]),
        (b"{}\n{}\n{", 2, [(3, False)]),
    ],
)
def test_lines_beyond_the_limit_are_one_damage(
    monkeypatch: pytest.MonkeyPatch, data: bytes, events: int, damage: list[tuple[int, bool]]
) -> None:
    monkeypatch.setattr(limits, "LOG_EVENTS", 2)
    log = parse_log(data)
    assert (len(log.events), [(item.line, item.torn) for item in log.damage]) == (events, damage)


@given(
    st.binary()
    | logs()
    | st.tuples(logs(), st.integers(0, 500), st.binary(max_size=3)).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :])
)
def test_no_content_raises_and_no_line_is_forgotten(data: bytes) -> None:  # fmt: skip
    log = parse_log(data)
    filled = [n for n, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1) if line.strip()]
    assert sorted([event.line for event in log.events] + [item.line for item in log.damage]) == filled
    assert [item.line for item in log.damage if item.torn] in ([], filled[-1:])
    assert all(event.kind == UNKNOWN for event in log.events if event.problem)
    united, _conflicts = union((log, log))
    assert union((united,))[0] == united
    assert (duplicates(log), missing_events(log, log), changed_events(log, log)) == (duplicates(log), (), ())
