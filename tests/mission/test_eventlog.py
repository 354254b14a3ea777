"""Event logs: what is readable is kept, what is not is marked, and several copies unite the same way anywhere."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DAY,
    Record,
    assert_caught,
    bystanders,
    histories,
    line_of,
    log_of,
    logs,
    misfits,
    records,
    runtime_annotations,
    spellings,
    transitions,
    ulid,
)

from spec_kitty_hooks import limits
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
from spec_kitty_hooks.model.events import (
    ANNOTATION,
    LIFECYCLE,
    RETROSPECTIVE,
    TRANSITION,
    UNKNOWN,
    Damage,
    Event,
    EventLog,
)

GOOD: Record = {
    "event_id": ulid(1),
    "mission_slug": "034-feature",
    "wp_id": "WP01",
    "from_lane": "planned",
    "to_lane": "claimed",
    "at": DAY + "0+00:00",
    "actor": "agent-one",
    "force": False,
    "execution_mode": "worktree",
}
NOTE: Record = {
    "event_id": ulid(2),
    "kind": "annotation",
    "wp_id": "WP01",
    "at": DAY + "1+00:00",
    "actor": "user",
    "delta": {"note": "x"},
}
LINE = line_of(GOOD)


def read(record: Record) -> Event:
    found = parse_line(line_of(record), 1)
    assert isinstance(found, Event)
    return found


def without(record: Record, key: str) -> Record:
    return {name: value for name, value in record.items() if name != key}


def raws(log: EventLog) -> list[bytes]:
    return [event.raw for event in log.events]


# --- lines -----------------------------------------------------------------------------------------------------------


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


# --- logs ------------------------------------------------------------------------------------------------------------


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


@given(st.tuples(transitions(), runtime_annotations(), bystanders(), misfits()))
def test_what_a_client_writes_is_understood_and_nothing_else(found: tuple[Record, ...]) -> None:
    kinds = [read(record).kind for record in found]
    assert kinds[0] == TRANSITION
    assert kinds[1] == ANNOTATION
    assert kinds[2] in (LIFECYCLE, RETROSPECTIVE)
    assert kinds[3] == UNKNOWN


# --- several copies --------------------------------------------------------------------------------------------------


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
