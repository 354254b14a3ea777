"""What one record of an event log is: the rules of formats 2.1 to 2.3, each with what breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from strategies import ulid
from support.records import UNSET, annotation, transition

from spec_kitty_hooks.mission.records import read_record
from spec_kitty_hooks.model.events import ANNOTATION, LIFECYCLE, RETROSPECTIVE, TRANSITION, UNKNOWN, Event

AT = "2026-01-05T10:00:00Z"
ACTOR = {"role": "r", "profile": None, "tool": "t", "model": None}
REVIEW: dict[str, Any] = {"reviewer": "a", "verdict": "approved", "reference": "x"}
REPO: dict[str, Any] = {"repo": "a", "branch": "b", "commit": "c"}
RUN: dict[str, Any] = {"command": "a", "result": "b", "summary": "c"}
WHOLE: dict[str, Any] = {"review": {**REVIEW, "more": 1}, "repos": [REPO], "verification": [RUN, RUN]}
OTHER_VALUES: tuple[Any, ...] = (None, {}, "", ["x"])
MOVE = transition("WP01", "planned", "claimed", at=AT, event_id="E1", mission_slug="m", mission_id="i")
NOTE = annotation("WP01", {"note": "x"}, at=AT, event_id=ulid(1))


def read(record: dict[str, Any]) -> Event:
    return read_record(record, b"raw", 7)


def without(record: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != key}


def problem(record: dict[str, Any]) -> str:
    found = read(record)
    assert (found.kind == UNKNOWN) == bool(found.problem)
    assert found.kind != UNKNOWN or (found.from_lane, found.to_lane) == ("", "")
    return found.problem


def test_a_transition_has_its_fields() -> None:
    found = read(MOVE)
    assert (found.kind, found.record, found.raw, found.line) == (TRANSITION, MOVE, b"raw", 7)
    assert (found.event_id, found.wp_id, found.at) == ("E1", "WP01", AT)
    assert (found.from_lane, found.to_lane, found.problem) == ("planned", "claimed", "")


def test_an_annotation_has_its_fields() -> None:
    found = read(NOTE)
    assert (found.kind, found.record, found.raw, found.line) == (ANNOTATION, NOTE, b"raw", 7)
    assert (found.event_id, found.wp_id, found.at) == (ulid(1), "WP01", AT)
    assert (found.from_lane, found.to_lane, found.problem) == ("", "", "")


def test_lanes_are_canonical() -> None:
    found = read({**MOVE, "from_lane": " Planned ", "to_lane": "doing"})
    assert (found.from_lane, found.to_lane) == ("planned", "in_progress")


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (MOVE, TRANSITION),
        ({**MOVE, "kind": None}, TRANSITION),
        (NOTE, ANNOTATION),
        ({**MOVE, "event_type": "x"}, LIFECYCLE),
        ({**MOVE, "event_type": None}, LIFECYCLE),
        ({"event_name": "retrospective.completed"}, RETROSPECTIVE),
        ({"event_name": "retrospective.x", "event_type": "x"}, RETROSPECTIVE),
        ({"event_name": "mission.closed", "event_type": "x"}, LIFECYCLE),
        ({"event_name": 1, "event_type": "x"}, LIFECYCLE),
        ({"type": "RetrospectiveCaptured"}, RETROSPECTIVE),
        ({"type": "RetrospectiveCaptureFailed"}, RETROSPECTIVE),
        ({"type": "RetrospectiveSkipped"}, RETROSPECTIVE),
        ({"type": "Retrospective", "event_type": "x"}, LIFECYCLE),
        ({"type": "RetrospectiveCaptured", "kind": "annotation"}, UNKNOWN),
        ({**MOVE, "kind": "transition"}, UNKNOWN),
    ],
)
def test_the_kind_follows_from_the_discriminators_in_their_order(record: dict[str, Any], kind: str) -> None:
    assert read(record).kind == kind


@pytest.mark.parametrize("key", ["event_id", "wp_id", "from_lane", "to_lane", "at", "actor", "force", "execution_mode"])
def test_a_transition_needs_its_keys(key: str) -> None:
    assert problem(without(MOVE, key)) == f"{key} is missing"


@pytest.mark.parametrize("key", ["event_id", "wp_id", "at", "actor", "delta"])
def test_an_annotation_needs_its_keys(key: str) -> None:
    assert problem(without(NOTE, key)) == f"{key} is missing"


def test_of_several_missing_keys_the_first_is_named() -> None:
    assert problem({"kind": "annotation"}) == "actor is missing"


@pytest.mark.parametrize("record", [MOVE, NOTE])
@pytest.mark.parametrize("key", ["event_id", "wp_id", "at"])
@pytest.mark.parametrize(("value", "shown"), [("", "''"), (1, "1"), (None, "None"), ([], "[]")])
def test_ids_and_times_are_text(record: dict[str, Any], key: str, value: object, shown: str) -> None:
    assert problem({**record, key: value}) == f"{key} is no text: {shown}"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(57, "['" + "x" * 56 + "']"), (58, "['" + "x" * 57 + "'..."), (90, "['" + "x" * 58 + "...")],
)
def test_what_is_shown_of_a_value_is_cut_at_sixty_characters(size: int, shown: str) -> None:
    assert problem({**MOVE, "wp_id": ["x" * (size - 1)]}) == f"wp_id is no text: {shown}"


@pytest.mark.parametrize("actor", ["", "agent", None, 7, [], ACTOR, {**ACTOR, "role": None}])
def test_an_actor_is_a_name_or_four_texts(actor: object) -> None:
    assert problem({**MOVE, "actor": actor}) == ""


@pytest.mark.parametrize("actor", [{}, without(ACTOR, "role"), {**ACTOR, "more": "x"}, {**ACTOR, "tool": 1}])
def test_an_actor_of_another_shape_is_not_understood(actor: dict[str, Any]) -> None:
    said = "actor is neither a name nor role, profile, tool and model: "
    assert problem({**MOVE, "actor": actor}).startswith(said)


@pytest.mark.parametrize(
    ("lanes", "said"),
    [
        ({"from_lane": "x"}, "from_lane is no lane: 'x'"),
        ({"to_lane": 1}, "to_lane is no lane: 1"),
        ({"from_lane": None, "to_lane": None}, "from_lane is no lane: None"),
    ],
)
def test_a_transition_is_between_lanes(lanes: dict[str, Any], said: str) -> None:
    assert problem({**MOVE, **lanes}) == said


@pytest.mark.parametrize(
    "evidence",
    [None, {}, "", {"review": REVIEW}, WHOLE],
)
def test_evidence_may_be_absent_or_whole(evidence: object) -> None:
    assert problem({**MOVE, "evidence": evidence}) == ""


@pytest.mark.parametrize(
    "evidence",
    [
        *("x", ["review"], {"review": None}, {"review": [*REVIEW]}, {"reviews": REVIEW}),
        *({"review": without(REVIEW, key)} for key in REVIEW),
        *({"review": REVIEW, "repos": [REPO, without(REPO, key)]} for key in REPO),
        *({"review": REVIEW, "verification": [without(RUN, key)]} for key in RUN),
        *({"review": REVIEW, name: value} for name in ("repos", "verification") for value in OTHER_VALUES),
    ],
)
def test_other_evidence_is_not_understood(evidence: object) -> None:
    assert problem({**MOVE, "evidence": evidence}).startswith("evidence is not understood: ")


@pytest.mark.parametrize("result", [UNSET, None, {}, "", REVIEW])
def test_a_verdict_may_be_absent_or_whole(result: Any) -> None:
    record = transition(
        "WP01", "planned", "claimed", at=AT, event_id="E1", mission_slug="m", mission_id="i", review_result=result
    )
    assert problem(record) == ""


@pytest.mark.parametrize("result", ["x", [*REVIEW], *(without(REVIEW, key) for key in REVIEW)])
def test_another_verdict_is_not_understood(result: object) -> None:
    said = "review_result lacks reviewer, verdict or reference: "
    assert problem({**MOVE, "review_result": result}).startswith(said)


@pytest.mark.parametrize("event_id", ["x", ulid(1)[:-1], ulid(1) + "0", ulid(1)[:-1] + "U", ulid(1)[:-1] + "a"])
def test_an_annotation_has_a_ulid(event_id: str) -> None:
    assert problem({**NOTE, "event_id": event_id}) == f"event_id is no ULID: {event_id!r}"


@pytest.mark.parametrize("delta", [None, [], "x", 1])
def test_a_delta_is_an_object(delta: object) -> None:
    assert problem({**NOTE, "delta": delta}) == f"delta is no object: {delta!r}"


OVERRIDE = dict.fromkeys(("at", "actor", "wp_id", "reason"), "")


@pytest.mark.parametrize(
    "delta",
    [
        *({}, {"unknown": []}, {"subtasks": {}}, {"subtasks": {"T1": "doing"}}, {"review": OVERRIDE}),
        *({"shell_pid": 1}, {"shell_pid": "17"}, {"shell_pid": 1.5}, {"tracker_refs": []}, {"tracker_refs": ["x"]}),
        *({"tracker_refs_replace": ["x"]}, dict.fromkeys(("subtasks", "review", "shell_pid", "tracker_refs"))),
    ],
)
def test_a_delta_is_free_but_for_what_readers_use(delta: dict[str, Any]) -> None:
    assert problem({**NOTE, "delta": delta}) == ""


BROKEN: dict[str, list[object]] = {
    "subtasks": [[], "x", {"T1": "x"}, {"T1": "done", "T2": None}],
    "review": [[*OVERRIDE], "x", *(without(OVERRIDE, key) for key in OVERRIDE)],
    "shell_pid": ["x", "", [], {}, "9" * 5000],
    "tracker_refs": ["x", {}, [1], ["x", None]],
    "tracker_refs_replace": ["x", {}, [1], ["x", None]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in BROKEN.items() for value in values])
def test_a_delta_that_a_reader_cannot_use_is_not_understood(key: str, value: object) -> None:
    assert problem({**NOTE, "delta": {key: value}}).startswith(f"delta.{key} is not understood: ")


@pytest.mark.parametrize("value", [1, None, [], {}])
def test_a_field_that_is_no_text_counts_as_none(value: object) -> None:
    found = read({"event_type": "x", "event_id": value, "wp_id": value, "at": value})
    assert (found.event_id, found.wp_id, found.at) == ("", "", "")


@pytest.mark.parametrize(
    ("fields", "at"),
    [({"timestamp": "1"}, "1"), ({"at": "2", "timestamp": "1"}, "2"), ({"at": "", "timestamp": "1"}, "1")],
)
def test_the_time_is_at_or_else_the_timestamp(fields: dict[str, Any], at: str) -> None:
    assert read({"event_type": "x", **fields}).at == at


def test_an_unknown_kind_is_shown() -> None:
    assert problem({"kind": ["x"]}) == "unknown kind ['x']"
