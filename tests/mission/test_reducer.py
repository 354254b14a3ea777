"""The reducer: the rules of formats 2.7 one by one, and its laws."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DAY,
    Record,
    assert_caught,
    histories,
    log_of,
    logs,
    runtime_annotations,
    transitions,
    ulid,
)

from spec_kitty_hooks.mission import reducer
from spec_kitty_hooks.mission.eventlog import parse_log, union
from spec_kitty_hooks.mission.reducer import order_transitions, reduce_log, render_entry
from spec_kitty_hooks.model.events import TRANSITION, Event, EventLog, Snapshot
from spec_kitty_hooks.model.lanes import BOARD, GENESIS, UNINITIALIZED

LANES = {*BOARD, GENESIS, UNINITIALIZED}
VERDICT = {"reviewer": "r", "verdict": "approved", "reference": "f"}
OVERRIDE = {"at": "t", "actor": "a", "wp_id": "WP01", "reason": "r"}
RELEASED = dict.fromkeys(("agent", "shell_pid", "shell_pid_created_at"))
BOTH_DONE = {"T1": "done", "T2": "done"}


def move(from_lane: str, to_lane: str, second: int = 0, **more: Any) -> Record:
    """One transition; ids follow the seconds unless told otherwise."""
    return {
        "event_id": ulid(second),
        "wp_id": "WP01",
        "from_lane": from_lane,
        "to_lane": to_lane,
        "at": f"{DAY}{second}+00:00",
        "actor": "agent-one",
        "force": False,
        "execution_mode": "worktree",
        **more,
    }


def note(second: int = 0, **delta: Any) -> Record:
    """One annotation."""
    at = f"{DAY}{second}+00:00"
    return {"event_id": ulid(second), "kind": "annotation", "wp_id": "WP01", "at": at, "actor": "user", "delta": delta}


def entries(log: EventLog) -> dict[str, Any]:
    return {wp_id: render_entry(state) for wp_id, state in reduce_log(log).work_packages.items()}


def entry(*found: Record) -> dict[str, Any]:
    """Return the status.json entry of WP01."""
    return dict(entries(parse_log(log_of(list(found))))["WP01"])


# --- rules -----------------------------------------------------------------------------------------------------------


def test_a_log_without_records_has_no_state() -> None:
    assert reduce_log(EventLog()) == Snapshot(work_packages={})


def test_one_transition_is_a_whole_entry() -> None:
    assert entry(move("genesis", "planned")) == {
        "lane": "planned",
        "actor": "agent-one",
        "last_event_id": ulid(0),
        "last_transition_at": DAY + "0+00:00",
        "force_count": 0,
    }


def test_the_moment_decides_and_neither_file_order_nor_id() -> None:
    later = move("planned", "claimed", 2, event_id=ulid(1))
    earlier = move("genesis", "planned", 1, event_id=ulid(2))
    assert entry(later, earlier)["lane"] == "claimed"


def test_moments_are_compared_as_text() -> None:
    whole = move("planned", "claimed", at="2026-01-05T10:00:00Z")
    part = move("claimed", "in_progress", 1, at="2026-01-05T10:00:00.900000+00:00")
    assert entry(whole, part)["lane"] == "claimed"


def test_at_one_moment_the_id_decides() -> None:
    first, second = move("planned", "claimed", event_id=ulid(1)), move("claimed", "blocked", event_id=ulid(2))
    assert entry(second, first)["lane"] == "blocked"


def test_of_one_id_the_first_record_counts() -> None:
    first, second = move("planned", "claimed", 1), move("planned", "blocked", 2, event_id=ulid(1))
    snapshot = reduce_log(parse_log(log_of([first, second])))
    assert (snapshot.work_packages["WP01"].lane, snapshot.event_count) == ("claimed", 1)


def test_a_broken_chain_moves_the_lane_all_the_same() -> None:
    assert entry(move("genesis", "planned"), move("approved", "done", 1))["lane"] == "done"


@pytest.mark.parametrize(
    ("rollback", "wins"),
    [
        (move("in_review", "in_progress"), True),
        (move("for_review", "in_progress", review_ref="x"), True),
        (move("for_review", "in_progress", review_ref=""), True),
        (move("for_review", "in_progress", review_ref=None), False),
        (move("for_review", "in_progress"), False),
        (move("in_review", "planned"), False),
        (move("claimed", "in_progress", review_ref="x"), False),
    ],
)
def test_a_rollback_is_not_overruled_by_a_move_of_the_same_moment(rollback: Record, wins: bool) -> None:
    forward = move("in_review", "approved", event_id=ulid(9))
    assert entry(rollback, forward)["lane"] == (rollback["to_lane"] if wins else "approved")
    assert entry(rollback, {**forward, "at": DAY + "1+00:00"})["lane"] == "approved"


def test_of_two_rollbacks_of_one_moment_the_later_id_counts() -> None:
    first, second = move("in_review", "in_progress"), move("in_review", "in_progress", event_id=ulid(9), actor="other")
    assert entry(first, second)["actor"] == "other"


def test_an_overruled_move_is_counted_as_an_event_but_not_as_forced() -> None:
    forward = move("in_review", "approved", event_id=ulid(9), force=True)
    snapshot = reduce_log(parse_log(log_of([move("in_review", "in_progress"), forward])))
    assert (snapshot.event_count, snapshot.last_event_id, snapshot.last_event_at) == (2, ulid(9), DAY + "0+00:00")
    assert snapshot.work_packages["WP01"].force_count == 0


def test_forced_moves_are_counted() -> None:
    found = [move("planned", "claimed", n, force=n % 2 == 0) for n in range(5)]
    assert entry(*found)["force_count"] == 3


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        ("x", "x"),
        (None, "None"),
        (7, "7"),
        ({"role": "reviewer", "profile": None, "tool": "agent-two", "model": None}, "agent-two"),
        ({"role": "reviewer", "profile": None, "tool": "", "model": None}, "reviewer"),
        ({"role": None, "profile": "p", "tool": None, "model": "m"}, ""),
    ],
)
def test_an_actor_is_shown_by_one_name(actor: object, name: str) -> None:
    assert entry(move("planned", "claimed", actor=actor))["actor"] == name
    assert entry({**note(), "actor": actor})["actor"] == name


@pytest.mark.parametrize(
    ("edge", "sidecar", "slots"),
    [
        (("planned", "claimed"), {"shell_pid": 0, "shell_pid_created_at": "", "agent": "a"}, ("a", 0, "")),
        (("planned", "claimed"), {"shell_pid": None, "agent": ""}, ()),
        (("planned", "claimed"), "text", ()),
        (("claimed", "in_progress"), {"agent": "a"}, ()),
        (("genesis", "claimed"), {"agent": "a"}, ()),
        (("planned", "blocked"), {"agent": "a"}, ()),
    ],
)
def test_only_a_claim_takes_over_its_sidecar(edge: tuple[str, str], sidecar: object, slots: tuple[object, ...]) -> None:
    found = entry(move(*edge, policy_metadata=sidecar), move("claimed", "in_progress", 1))
    names = ("agent", "shell_pid", "shell_pid_created_at")
    assert tuple(found[name] for name in names if name in found) == slots


def test_a_verdict_stays_until_the_next_one_or_the_next_way_out_of_review() -> None:
    given_one = move("in_progress", "approved", 1, review_result={**VERDICT, "feedback_path": None, "more": 1})
    assert "review_result" not in entry(move("planned", "claimed"))
    assert entry(given_one)["review_result"] == VERDICT
    assert entry(given_one, move("approved", "done", 2, review_result=None))["review_result"] == VERDICT
    assert entry(given_one, move("in_review", "done", 2, review_result={}))["review_result"] is None
    path = {**VERDICT, "feedback_path": "p"}
    assert entry(given_one, move("in_review", "planned", 2, review_result=path))["review_result"] == path


def test_the_state_tells_no_verdict_from_no_slot() -> None:
    log = parse_log(log_of([move("in_review", "done"), move("genesis", "planned", 1, wp_id="WP02")]))
    one, other = reduce_log(log).work_packages.values()
    assert (one.has_review_result, one.review_result) == (True, None)
    assert (other.has_review_result, other.review_result) == (False, None)


@pytest.mark.parametrize(
    ("record", "source"),
    [
        ({"reason": "No longer needed"}, "operator"),
        ({"reason": "Force move to canceled"}, "synthetic"),
        ({"reason": "move-task: planned -> canceled"}, "synthetic"),
        ({"reason": " "}, "synthetic"),
        ({"reason": None}, "synthetic"),
        ({}, "synthetic"),
        ({"reason": "No longer needed", "reason_source": "synthetic"}, "synthetic"),
        ({"reason": "Force move to canceled", "reason_source": "operator"}, "operator"),
    ],
)
def test_a_cancellation_says_why_and_by_whom_as_long_as_it_lasts(record: Record, source: str) -> None:
    canceled = move("planned", "canceled", **record)
    found = entry(canceled)
    assert (found["cancellation_reason"], found["reason_source"]) == (record.get("reason"), source)
    assert not {"cancellation_reason", "reason_source"} & entry(canceled, move("canceled", "planned", 1)).keys()


def test_an_annotation_moves_no_lane_and_needs_no_transition() -> None:
    assert entry(note(1, note="n")) == {
        "lane": "uninitialized",
        "actor": "user",
        "last_event_id": None,
        "last_transition_at": None,
        "force_count": 0,
        "notes": ["n"],
    }
    snapshot = reduce_log(parse_log(log_of([note(1, note="n")])))
    assert (snapshot.event_count, snapshot.last_event_id, snapshot.last_event_at) == (0, "", "")
    assert entry(move("genesis", "planned"), note(1, note="n"))["lane"] == "planned"


def test_annotations_fold_on_top_of_all_transitions_in_their_own_order() -> None:
    claim = move("planned", "claimed", 5, policy_metadata={"agent": "claimer"})
    assert entry(note(2, agent="second"), note(1, agent="first"), claim)["agent"] == "second"


@pytest.mark.parametrize(
    ("deltas", "slots"),
    [
        ([{"agent": "a"}, {"agent": "", "model": None}], {"agent": "a"}),
        ([{"agent": "a"}, {"release_runtime_claim": True}], RELEASED),
        ([{"shell_pid": 3}, {"release_runtime_claim": True, "agent": "b"}], {**RELEASED, "agent": "b"}),
        ([{"shell_pid": 3}, {"shell_pid": 0}], {"shell_pid": 0}),
        ([{"shell_pid": "3"}], {"shell_pid": 3}),
        ([{"note": "a"}, {"note": ""}, {"note": "a"}], {"notes": ["a", "", "a"]}),
        ([{"subtasks": {"T1": "done", "T2": "planned"}}, {"subtasks": {"T2": "done"}}], {"subtasks": BOTH_DONE}),
        ([{"subtasks": {"T1": "doing"}}], {"subtasks": {"T1": "in_progress"}}),
        ([{"subtasks": {}}], {"subtasks": {}}),
        ([{"tracker_refs": ["b", "a", "b"]}, {"tracker_refs": ["c", "a"]}], {"tracker_refs": ["b", "a", "c"]}),
        ([{"tracker_refs": ["a"]}, {"tracker_refs_replace": ["c", "c"]}], {"tracker_refs": ["c"]}),
        ([{"tracker_refs": ["a"], "tracker_refs_replace": ["b"]}], {"tracker_refs": ["b"]}),
        ([{"tracker_refs": ["a"]}, {"tracker_refs_replace": []}], {"tracker_refs": []}),
        ([{"review": {**OVERRIDE, "reason": 1, "more": 2}}], {"review": {**OVERRIDE, "reason": "1"}}),
        ([{"review": {**OVERRIDE, "reason": ""}}], {"review": {**OVERRIDE, "reason": ""}}),
        ([{"review": OVERRIDE}, {"review": dict.fromkeys(OVERRIDE, "")}], {"review": None}),
        ([{"role": "r", "provider": "p", "review_result": VERDICT, "unknown": 1}], {"role": "r", "provider": "p"}),
    ],
)
def test_each_key_of_a_delta_folds_in_its_own_way(deltas: list[Record], slots: Record) -> None:
    found = entry(*(note(n, **delta) for n, delta in enumerate(deltas)))
    assert {name: value for name, value in found.items() if name not in entry(note())} == slots


@pytest.mark.parametrize(
    "name",
    [
        *("shell_pid_created_at", "agent", "assignee", "role"),
        *("agent_profile", "agent_profile_version", "model", "provider"),
    ],
)
def test_each_text_of_a_delta_is_kept_as_it_is_written(name: str) -> None:
    assert entry(note(0, **{name: "x"})).get(name) == "x"


def test_an_override_is_at_hand_in_the_state() -> None:
    state = reduce_log(parse_log(log_of([note(review=OVERRIDE)]))).work_packages["WP01"]
    assert (state.review, state.slots["review"]) == (OVERRIDE, OVERRIDE)


def test_reducing_twice_changes_nothing() -> None:
    log = parse_log(
        log_of([move("planned", "canceled"), note(1, note="n", tracker_refs=["a"], subtasks={"T": "done"})])
    )
    assert reduce_log(log) == reduce_log(log)


# --- laws ------------------------------------------------------------------------------------------------------------

#: Annotations whose repetition shows nowhere: only notes pile up, upstream as here (formats 2.7).
_no_notes = st.fixed_dictionaries({"agent": st.sampled_from(("a", "b")), "tracker_refs": st.just(["#1"])})
_shuffled = histories().flatmap(lambda found: st.tuples(st.just(found), st.permutations(found)))
_doubled = st.lists(
    transitions() | runtime_annotations(deltas=_no_notes), max_size=8, unique_by=lambda record: record["event_id"]
).flatmap(lambda found: st.tuples(st.just(found), st.lists(st.sampled_from(found)) if found else st.just([])))


def reduces_alike(pair: tuple[list[Record], list[Record]]) -> bool:
    one, other = (reduce_log(parse_log(log_of(list(found)))) for found in pair)
    return one == other


@given(_shuffled)
def test_the_order_of_lines_is_free(pair: tuple[list[Record], list[Record]]) -> None:
    assert reduces_alike(pair)


@given(_doubled)
def test_repeated_lines_change_nothing(pair: tuple[list[Record], list[Record]]) -> None:
    found, again = pair
    assert reduces_alike((found, [*found, *again]))


@given(histories())
def test_reduction_is_a_function_of_the_log(found: list[Record]) -> None:
    log = parse_log(log_of(found))
    assert reduce_log(log) == reduce_log(log) == reduce_log(union((log, log))[0])


@given(logs().map(parse_log))
def test_any_log_reduces_to_known_lanes(log: EventLog) -> None:
    snapshot = reduce_log(log)
    assert snapshot.event_count == len(order_transitions(log))
    assert all(state.lane in LANES and state.force_count >= 0 for state in snapshot.work_packages.values())
    assert {event.wp_id for event in order_transitions(log)} <= snapshot.work_packages.keys()


def test_a_reducer_in_which_the_last_line_wins_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducer, "_sort_key", lambda _event: ("", ""))
    assert_caught(_shuffled, lambda pair: not reduces_alike(pair))


def test_a_reducer_that_counts_repetitions_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    def keep_all(log: EventLog) -> list[Event]:
        return sorted((event for event in log.events if event.kind == TRANSITION), key=reducer._sort_key)

    monkeypatch.setattr(reducer, "order_transitions", keep_all)
    assert_caught(_doubled, lambda pair: not reduces_alike((pair[0], [*pair[0], *pair[1]])))


def test_a_reducer_that_goes_by_id_alone_fails_the_rule_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducer, "_sort_key", lambda event: event.event_id)
    with pytest.raises(AssertionError):
        test_the_moment_decides_and_neither_file_order_nor_id()
