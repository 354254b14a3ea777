"""The check of event logs on contexts written down: what a change may not do to a log, and how to undo it."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import (
    BASE,
    LOG,
    MISSION,
    NOW,
    codes,
    damage,
    event,
    find,
    judged,
    log_change,
    merged,
    placement,
    situation,
)

from spec_kitty_hooks.checks.log_integrity import check, describe
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.events import LIFECYCLE, UNKNOWN, Event

WHERE = "spec-kitty-hooks where 034-feature"
RESTORE = f"git restore --staged --source={BASE} -- {LOG}"
UNITE = f"keep the lines of both sides in {LOG} and nothing else, then git add it and commit again"
ONE, TWO = event("E1"), event("E2", "claimed", "in_progress")
MANY = tuple(event(f"E{number}") for number in range(5))


def changed(**fields: Any) -> Any:
    return judged(logs=(log_change(**fields),))


def united(**fields: Any) -> Any:
    return merged(logs=(log_change(**fields),))


def first(**fields: Any) -> Any:
    return judged(logs=(log_change(**fields),), situation=situation(parents=()))


def test_a_log_to_which_nothing_happens_is_silent() -> None:
    assert codes(check, changed()) == []
    assert codes(check, changed(added=(ONE, TWO))) == []
    assert codes(check, judged()) == []


def test_published_events_that_are_gone_are_refused_with_their_names() -> None:
    found = find(check, changed(lost=(ONE, TWO)))
    assert found.diagnostic_code == "EVENT_LOG_NOT_APPEND_ONLY"
    assert found.message == (
        f"{LOG} lacks or alters 2 events already published: "
        "WP01 planned > claimed (E1), WP01 claimed > in_progress (E2)"
    )
    assert (found.mission, found.path, found.severity) == ("034-feature", LOG.encode(), "")
    assert (found.work_package_id, found.branch_or_work_package) == ("", situation().branch)
    assert found.details == {"event_ids": ["E1", "E2"]}
    assert found.remediation == (RESTORE, WHERE)


def test_lost_events_that_only_another_commit_has_are_to_be_put_back_by_hand() -> None:
    assert find(check, changed(lost=(ONE,), kept_at="abc")).remediation == (
        f"git show abc:{LOG}",
        f"put the lost lines back into {LOG}, then git add it and commit again",
        WHERE,
    )


def test_of_many_events_three_are_listed() -> None:
    message = find(check, changed(lost=MANY)).message
    assert "alters 5 events" in message
    assert message.endswith("WP01 planned > claimed (E2) and 2 more")
    assert find(check, changed(lost=MANY[:3])).message.endswith("WP01 planned > claimed (E2)")
    assert "alters 1 event already" in find(check, changed(lost=MANY[:1])).message


def test_the_mission_of_the_log_counts_not_that_of_the_branch() -> None:
    found = find(check, judged(logs=(log_change(mission="other", lost=(ONE,)),)))
    assert found.mission == "other"
    assert found.remediation[-1] == "spec-kitty-hooks where other"
    alone = judged(logs=(log_change(lost=(ONE,)),), placement=placement(mission=None, role=context.OTHER))
    assert find(check, alone).mission == MISSION.directory


def test_unpublished_events_that_are_taken_back_are_told() -> None:
    found = find(check, changed(taken_back=(ONE,)))
    assert found.diagnostic_code == "EVENT_LOG_ROLLED_BACK"
    assert found.message == f"{LOG} takes back 1 event never published: WP01 planned > claimed (E1)"
    assert found.details == {"event_ids": ["E1"]}
    assert found.remediation == (RESTORE,)


def test_events_that_a_merge_drops_are_refused() -> None:
    found = find(check, united(merge_lost=(ONE,)))
    assert found.diagnostic_code == "MERGE_LOST_EVENTS"
    assert found.message == f"the merge drops 1 event from {LOG}: WP01 planned > claimed (E1)"
    assert found.details == {"event_ids": ["E1"]}
    assert found.remediation == (UNITE, WHERE)


def test_a_loss_that_cannot_be_refused_any_more_names_what_brings_it_back() -> None:
    recover = "spec-kitty-hooks recover --events --apply --mission 034-feature"
    found = find(check, united(merge_lost=(ONE,)).replace(compared="abc def"))
    assert (found.severity, found.remediation) == ("", (recover, f"git diff abc def -- {LOG}", WHERE))
    elsewhere = united(merge_lost=(ONE,), at_home=False).replace(compared="abc def")
    assert find(check, elsewhere).severity == "warn"


def test_what_a_rebase_drops_no_merge_has() -> None:
    rebased = united(merge_lost=(ONE,), kept_at="abc")
    rebased = rebased.replace(compared="abc def", situation=rebased.situation.replace(operation="rebase"))
    found = find(check, rebased)
    assert found.message == f"the rebase drops 1 event from {LOG}: WP01 planned > claimed (E1)"
    assert f"git show abc:{LOG}" in found.remediation
    assert f"put the lost lines back into {LOG}, then git add it and commit again" in found.remediation


def test_what_a_past_merge_dropped_warns_at_a_commit_and_blocks_a_push() -> None:
    ctx = changed(unrepaired=(ONE,))
    at_commit, at_push = find(check, ctx), find(check, ctx.replace(compared="abc def"))
    assert (at_commit.diagnostic_code, at_commit.severity) == ("MERGE_LOST_EVENTS", "warn")
    assert (at_push.diagnostic_code, at_push.severity) == ("MERGE_LOST_EVENTS", "")
    assert (
        at_commit.message
        == f"a merge dropped 1 event from {LOG}, and nothing has brought back: WP01 planned > claimed (E1)"
    )
    assert at_commit.remediation == ("spec-kitty-hooks recover --events --apply --mission 034-feature", WHERE)
    assert at_push.remediation[-1].startswith("if this is old history, ")


def test_claims_that_crossed_are_told_with_both_names() -> None:
    found = find(check, united(claimed_twice=((ONE, TWO),)))
    assert (found.diagnostic_code, found.severity, found.work_package_id) == ("WP_CLAIMED_TWICE", "", TWO.wp_id)
    assert found.details == {"event_ids": ["E1", "E2"]}
    assert found.remediation[0].startswith("spec-kitty-hooks log 034-feature --wp ")


def test_history_that_is_cut_off_is_told() -> None:
    found = find(check, changed(unknown_base=True))
    assert found.diagnostic_code == "SHALLOW_HISTORY"
    assert found.message == f"history is cut off before the commit that {LOG} has to be compared with"
    assert found.details == {}
    assert found.remediation == ("git fetch --unshallow",)


# -- damage and conflicts


def test_a_log_that_is_no_file_is_refused_and_nothing_else_said_of_it() -> None:
    found = find(check, changed(not_a_file="a symbolic link", lost=(ONE,), unknown_base=True))
    assert found.diagnostic_code == "EVENT_LOG_UNREADABLE"
    assert found.message == f"{LOG} becomes a symbolic link; an event log is a plain file"
    assert found.remediation == (RESTORE, WHERE)


def test_one_bad_log_hides_no_other() -> None:
    logs = (log_change(not_a_file="a submodule"), log_change(lost=(ONE,)))
    assert codes(check, judged(logs=logs)) == ["EVENT_LOG_UNREADABLE", "EVENT_LOG_NOT_APPEND_ONLY"]


def test_new_damage_is_refused_and_old_damage_warned_about() -> None:
    new, old = check(changed(new_damage=(damage(3),), old_damage=(damage(1, "conflict marker"), damage(2))))
    assert (new.diagnostic_code, new.severity) == ("EVENT_LOG_UNREADABLE", "")
    assert new.message == f"{LOG} gets lines that cannot be read: line 3: not a JSON object"
    assert new.remediation == (RESTORE, WHERE)
    assert (old.diagnostic_code, old.severity) == ("EVENT_LOG_UNREADABLE", "warn")
    assert old.message == (f"{LOG} has lines that cannot be read: line 1: conflict marker, line 2: not a JSON object")
    branch = situation().branch
    assert old.remediation == (f"take these lines out of {LOG} on branch {branch}, and commit that there", WHERE)


@pytest.mark.parametrize(
    ("lines", "end"), [(3, "line 2: not a JSON object"), (5, "line 2: not a JSON object and 2 more")]
)
def test_of_many_bad_lines_three_are_listed(lines: int, end: str) -> None:
    bad = tuple(damage(line) for line in range(lines))
    assert find(check, changed(new_damage=bad)).message.endswith(end)


def test_one_id_with_two_contents_is_refused_with_both_places() -> None:
    pair = (event("E1", line=4), event("E1", "claimed", "blocked", line=9))
    found = find(check, changed(conflicts=(pair,)))
    assert found.diagnostic_code == "EVENT_ID_CONFLICT"
    assert found.message == (
        f"{LOG} has two different events with the id E1: "
        "WP01 planned > claimed (line 4) and WP01 claimed > blocked (line 9)"
    )
    assert found.details == {"event_ids": ["E1"]}
    assert found.remediation == (RESTORE, WHERE)


def test_one_id_from_both_sides_of_a_merge_is_to_be_told_apart() -> None:
    found = find(check, united(conflicts=((ONE, TWO),)))
    step = f"keep both lines in {LOG}, the unpublished one under a new event_id, then git add it and commit again"
    assert found.remediation == (step, WHERE)


@pytest.mark.parametrize(("make", "step"), [(changed, (RESTORE,)), (united, (UNITE,)), (first, ())])
def test_a_log_goes_back_to_where_it_came_from(make: Any, step: tuple[str, ...]) -> None:
    found = find(check, make(taken_back=(ONE,)))
    left = () if step else (f"git rm --cached -- {LOG}",)
    assert found.remediation == step + left


# -- new events


def test_a_legal_event_passes_and_an_illegal_one_is_refused() -> None:
    found = find(check, changed(added=(ONE, event("E3", "planned", "done", line=7))))
    assert found.diagnostic_code == "EVENT_TRANSITION_ILLEGAL"
    assert found.message == (f"{LOG} line 7: WP01 planned > done: there is no way from planned to done without force")
    assert (found.work_package_id, found.severity) == ("WP01", "")
    assert found.details == {"event_ids": ["E3"]}
    assert found.remediation == (RESTORE,)


@pytest.mark.parametrize(
    ("seconds", "severity", "span"),
    [
        (300, None, ""),
        (301, "warn", "5 min"),
        (7_169, "warn", "119 min"),
        (7_199, "warn", "2 h"),
        (86_400, "warn", "24 h"),
        (86_401, "block", "24 h"),
        (200_000, "block", "56 h"),
        (-999_999, None, ""),
    ],
)
def test_an_event_from_the_future_is_told_or_refused(seconds: int, severity: str | None, span: str) -> None:
    at = "2026-01-05T09:00:00Z"
    ctx = judged(logs=(log_change(added=(event("E1", at=at, line=2),)),), now=NOW - seconds)
    found = list(check(ctx))
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    for one in found:
        assert one.diagnostic_code == "EVENT_FROM_FUTURE"
        assert one.message == f"{LOG} line 2: WP01 planned > claimed is dated {at}, {span} from now"
        assert one.work_package_id == "WP01"
        assert one.details == {"event_ids": ["E1"]}
        assert one.remediation == (RESTORE, "set the clock of this machine right, then record the event again")


def test_every_new_event_is_looked_at() -> None:
    bad = tuple(event(name, "planned", "done", at="2030-01-01T00:00:00Z") for name in ("E1", "E2"))
    assert codes(check, changed(added=bad)) == ["EVENT_TRANSITION_ILLEGAL", "EVENT_FROM_FUTURE"] * 2


# -- notes


def test_a_broken_chain_is_noted_with_the_lane_before() -> None:
    found = find(check, changed(broken=((event("E2", "claimed", "in_progress", line=3), "approved"),)))
    assert found.diagnostic_code == "EVENT_CHAIN_BROKEN"
    assert found.message == f"{LOG} line 3: WP01 claimed > in_progress, but WP01 was in approved"
    assert (found.work_package_id, found.remediation) == ("WP01", (WHERE,))
    assert found.details == {"event_ids": ["E2"]}


def test_a_snapshot_that_differs_is_noted() -> None:
    found = find(check, changed(drifted=("WP01", "WP03")))
    assert found.diagnostic_code == "STATUS_SNAPSHOT_DRIFT"
    assert found.message == "status.json of mission 034-feature differs from the log for WP01, WP03"
    assert found.remediation == ("let Spec Kitty write status.json anew: its next transition does", WHERE)


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (ONE, "WP01 planned > claimed"),
        (Event(LIFECYCLE, {}, b"", 1, "E9"), "lifecycle E9"),
        (Event(UNKNOWN, {}, b"", 1), "unknown"),
    ],
)
def test_an_event_is_named_for_a_person(one: Event, name: str) -> None:
    assert describe(one) == name


def test_everything_about_a_log_comes_in_the_order_of_its_weight() -> None:
    ctx = changed(
        unknown_base=True,
        lost=(ONE,),
        taken_back=(ONE,),
        merge_lost=(ONE,),
        new_damage=(damage(1),),
        old_damage=(damage(2),),
        conflicts=((ONE, TWO),),
        added=(event("E3", "planned", "done"),),
        broken=((TWO, "done"),),
        drifted=("WP01",),
    )
    assert codes(check, ctx) == [
        "SHALLOW_HISTORY",
        "EVENT_LOG_NOT_APPEND_ONLY",
        "EVENT_LOG_ROLLED_BACK",
        "MERGE_LOST_EVENTS",
        "EVENT_LOG_UNREADABLE",
        "EVENT_LOG_UNREADABLE",
        "EVENT_ID_CONFLICT",
        "EVENT_TRANSITION_ILLEGAL",
        "EVENT_CHAIN_BROKEN",
        "STATUS_SNAPSHOT_DRIFT",
    ]
