"""Lines of an event log: what kind of record each holds, and what is wrong with one that cannot be understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DAY, Record, bystanders, line_of, misfits, runtime_annotations, transitions, ulid
from support.singles import GOOD, LINE, NOTE, read, without

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.eventlog import parse_line, parse_log
from spec_kitty_hooks.model.events import (
    ANNOTATION,
    LIFECYCLE,
    RETROSPECTIVE,
    TRANSITION,
    UNKNOWN,
    Damage,
    Event,
)


def test_a_transition_is_read_with_its_bytes_and_place() -> None:
    event = parse_line(LINE, 7)
    assert isinstance(event, Event)
    assert (event.kind, event.problem, event.record, event.raw, event.line) == (TRANSITION, "", GOOD, LINE, 7)
    assert (event.event_id, event.wp_id, event.at) == (ulid(1), "WP01", DAY + "0+00:00")
    assert (event.from_lane, event.to_lane) == ("planned", "claimed")


@pytest.mark.parametrize(
    ("record", "kind", "at"),
    [
        (NOTE, ANNOTATION, DAY + "1+00:00"),
        ({"event_id": "A", "event_type": "WPCreated", "timestamp": "2026", "payload": {}}, LIFECYCLE, "2026"),
        ({"event_id": "A", "event_type": "DecisionPointOpened", "at": "2027", "payload": {}}, LIFECYCLE, "2027"),
        ({**GOOD, "event_type": None}, LIFECYCLE, GOOD["at"]),
        ({"event_type": "WPCreated"}, LIFECYCLE, ""),
        ({**GOOD, "type": "RetrospectiveCaptured"}, RETROSPECTIVE, GOOD["at"]),
        ({"type": "RetrospectiveCaptureFailed", "event_type": "x"}, RETROSPECTIVE, ""),
        ({"type": "RetrospectiveSkipped"}, RETROSPECTIVE, ""),
        ({**GOOD, "event_name": "retrospective.completed"}, RETROSPECTIVE, GOOD["at"]),
        ({**GOOD, "type": "Other", "event_name": "other", "kind": None}, TRANSITION, GOOD["at"]),
        ({**NOTE, "event_type": "x", "type": "RetrospectiveSkipped"}, ANNOTATION, NOTE["at"]),
    ],
)
def test_the_kind_follows_the_order_of_discriminators(record: Record, kind: str, at: str) -> None:
    event = read(record)
    assert (event.kind, event.problem, event.at) == (kind, "", at)


@pytest.mark.parametrize(
    "record",
    [
        {**without(GOOD, "mission_slug"), "feature_slug": "034-feature"},
        {**GOOD, "work_package_id": "WP02", "legacy_aggregate_id": "WP01", "execution_mode": "code_change"},
        {**GOOD, "event_id": "not-a-ulid"},
        {**GOOD, "actor": {"role": None, "profile": None, "tool": "agent-two", "model": None}},
        {**GOOD, "evidence": {"review": {"reviewer": "a", "verdict": "approved", "reference": "b"}}},
        {**GOOD, "evidence": {}, "review_result": {}, "policy_metadata": None},
    ],
)
def test_legacy_and_optional_shapes_are_transitions(record: Record) -> None:
    event = read(record)
    assert (event.kind, event.wp_id, event.problem) == (TRANSITION, "WP01", "")


@pytest.mark.parametrize("alias", ["doing", " Doing\t", "IN_PROGRESS"])
def test_a_lane_by_another_name_is_the_canonical_lane(alias: str) -> None:
    event = read({**GOOD, "to_lane": alias})
    assert (event.kind, event.to_lane) == (TRANSITION, "in_progress")


MISFITS: dict[str, tuple[Record, str]] = {
    "unknown kind": ({**GOOD, "kind": "snapshot"}, "unknown kind 'snapshot'"),
    "kind of another type": ({**GOOD, "kind": []}, "unknown kind []"),
    "no key at all": ({}, "actor is missing"),
    "unknown lane": ({**GOOD, "to_lane": "reviewing"}, "to_lane is no lane: 'reviewing'"),
    "no lane": ({**GOOD, "from_lane": None}, "from_lane is no lane: None"),
    "an id that is a number": ({**GOOD, "event_id": 1}, "event_id is no text: 1"),
    "no moment": ({**GOOD, "at": ""}, "at is no text: ''"),
    "an actor of another shape": ({**GOOD, "actor": {"id": 1}}, "actor is neither a name"),
    "an actor with a number": (
        {**GOOD, "actor": {"role": 1, "profile": None, "tool": None, "model": None}},
        "actor is neither",
    ),
    "evidence as text": ({**GOOD, "evidence": "reviewed"}, "evidence is not understood: 'reviewed'"),
    "evidence with a bad list": (
        {**GOOD, "evidence": {"review": {"reviewer": 1, "verdict": 1, "reference": 1}, "repos": [{}]}},
        "evidence is not understood",
    ),
    "half a verdict": ({**GOOD, "review_result": {"verdict": "approved"}}, "review_result lacks reviewer"),
    "an annotation without delta": ({**NOTE, "delta": None}, "delta is no object: None"),
    "an annotation with no ULID": ({**NOTE, "event_id": "x"}, "event_id is no ULID: 'x'"),
    "an annotation without work package": ({**NOTE, "wp_id": None}, "wp_id is no text: None"),
    "subtasks in no lane": ({**NOTE, "delta": {"subtasks": {"T1": "finished"}}}, "delta.subtasks is not understood"),
    "half an override": ({**NOTE, "delta": {"review": {"at": "x"}}}, "delta.review is not understood"),
    "a pid that is a word": ({**NOTE, "delta": {"shell_pid": "x"}}, "delta.shell_pid is not understood"),
    "a pid that is a list": ({**NOTE, "delta": {"shell_pid": []}}, "delta.shell_pid is not understood"),
    "references as text": ({**NOTE, "delta": {"tracker_refs": "#1"}}, "delta.tracker_refs is not understood"),
    "references as numbers": ({**NOTE, "delta": {"tracker_refs_replace": [1]}}, "delta.tracker_refs_replace is"),
    **{f"no {key}": (without(GOOD, key), f"{key} is") for key in GOOD if key != "mission_slug"},
    **{f"no {key} in an annotation": (without(NOTE, key), f"{key} is") for key in NOTE if key != "kind"},
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_is_not_understood_is_kept_and_says_why(name: str) -> None:
    record, problem = MISFITS[name]
    event = read(record)
    assert (event.kind, event.from_lane, event.to_lane, event.record) == (UNKNOWN, "", "", record)
    assert event.problem.startswith(problem)
    assert len(event.problem) < 200


def test_a_problem_shows_no_more_of_a_record_than_a_line_can_hold() -> None:
    assert len(read({**GOOD, "kind": "x" * 100_000}).problem) < 200


DAMAGE: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"hello", "a JSON value is missing at character 0"),
    "a list": (b"[]", "not a JSON object"),
    "a number": (b"1", "not a JSON object"),
    "null": (b"null", "not a JSON object"),
    "ours begins": (b"<<<<<<< HEAD", "conflict marker"),
    "the base begins": (b"||||||| 1234567", "conflict marker"),
    "theirs begins": (b"=======", "conflict marker"),
    "theirs ends": (b">>>>>>> kitty/mission-x-lane-a", "conflict marker"),
    "a rule of equal signs": (b"========", "a JSON value is missing at character 0"),
    "two records on one line": (LINE + LINE, f"text after the JSON value at character {len(LINE)}"),
    "200 levels": (b'{"a":' * 200 + b"1" + b"}" * 200, "nested deeper than 64 levels"),
    "NaN": (b'{"a": NaN}', "NaN is not a JSON value"),
    "a huge number": (b'{"a": ' + b"1" * 5000 + b"}", "a number with more than 4000 digits"),
    "not UTF-8": (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "a byte order mark inside the log"),
    "more than a line may have": (b"{" + b" " * limits.LINE_BYTES + b"}", "longer than 4194304 bytes"),
    "zeros": (b"\0" * 40, "a JSON value is missing at character 0"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_bad_line_is_marked_and_hides_no_other(name: str) -> None:
    bad, reason = DAMAGE[name]
    log = parse_log(LINE + b"\n" + bad + b"\n" + line_of(NOTE) + b"\n")
    assert [event.line for event in log.events] == [1, 3]
    assert log.damage == (Damage(line=2, reason=reason, raw=bad),)


@given(st.tuples(transitions(), runtime_annotations(), bystanders(), misfits()))
def test_what_a_client_writes_is_understood_and_nothing_else(found: tuple[Record, ...]) -> None:
    kinds = [read(record).kind for record in found]
    assert kinds[0] == TRANSITION
    assert kinds[1] == ANNOTATION
    assert kinds[2] in (LIFECYCLE, RETROSPECTIVE)
    assert kinds[3] == UNKNOWN
