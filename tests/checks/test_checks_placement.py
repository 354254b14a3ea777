"""The placement check on contexts written down: what cannot be told, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import (
    BRANCH,
    LANE,
    LOG,
    WP01,
    active,
    codes,
    copy,
    damage,
    event,
    find,
    judged,
    placement,
    situation,
)

from spec_kitty_hooks.checks.placement import check, check_copies
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import PolicyView
from spec_kitty_hooks.model.events import EventLog

WHERE = "spec-kitty-hooks where 034-feature"
TORN = EventLog(damage=(damage(2), damage(5, "not UTF-8 at byte 3")))


def test_an_ordinary_lane_raises_no_question() -> None:
    assert codes(check, judged("src/a/x.py", copies=(copy(),))) == []
    assert codes(check, judged("src/a/x.py")) == []


@pytest.mark.parametrize("role", [context.OTHER, context.TARGET, context.COORDINATION, context.INTEGRATION])
def test_off_a_lane_nothing_has_to_be_told(role: str) -> None:
    ctx = judged("x", placement=placement(role=role), active=None, copies=(copy(log=TORN),), withheld=(b"x",))
    assert codes(check, ctx) == []


def test_a_branch_named_like_a_lane_that_nobody_records_is_reported() -> None:
    found = find(check, judged("x", placement=placement(role=context.UNRECORDED_LANE, mission=None, lane=None)))
    assert found.diagnostic_code == "ACTIVE_WP_CONTEXT_MISSING"
    assert found.message == f"branch {BRANCH} is named like a lane, but no mission within reach records it"
    assert found.branch_or_work_package == BRANCH
    assert found.remediation == (
        f"fetch the branch that plans the mission of {BRANCH}, or rename that branch if it is no lane",
        "spec-kitty-hooks context",
    )


def test_a_branch_that_two_missions_may_mean_is_reported_as_such() -> None:
    ctx = judged("x", placement=placement(role=context.UNRECORDED_LANE, problem="two missions have this lane"))
    found = find(check, ctx)
    assert (found.diagnostic_code, found.message) == ("ACTIVE_WP_CONTEXT_AMBIGUOUS", "two missions have this lane")


def test_another_branch_in_a_lanes_work_tree_is_reported() -> None:
    ctx = judged("x", placement=placement(role=context.DETACHED_LANE), situation=situation(branch="topic"))
    found = find(check, ctx)
    assert found.diagnostic_code == "ACTIVE_WP_CONTEXT_MISSING"
    assert found.message == (
        "branch topic is checked out in the work tree of lane-a of mission 034-feature, "
        "so no work package can be held to it"
    )
    assert found.remediation == (f"git switch {BRANCH}", "spec-kitty-hooks context")


def test_a_detached_head_in_a_lanes_work_tree_is_reported() -> None:
    ctx = judged("x", placement=placement(role=context.DETACHED_LANE), situation=situation(branch="", detached=True))
    found = find(check, ctx)
    assert found.diagnostic_code == "DETACHED_HEAD"
    assert found.message == (
        "the work tree of lane-a of mission 034-feature is on a detached HEAD, so a commit made here belongs to no lane"
    )
    assert (found.branch_or_work_package, found.remediation) == ("HEAD", (f"git switch {BRANCH}",))


@pytest.mark.parametrize("branch", ["", "topic"])
def test_of_the_names_that_a_lanes_branch_may_have_the_recorded_one_is_to_be_switched_to(branch: str) -> None:
    place = placement(role=context.DETACHED_LANE, lane=LANE.replace(branches=(BRANCH, "other")))
    found = find(check, judged("x", placement=place, situation=situation(branch=branch)))
    assert found.remediation[0] == f"git switch {BRANCH}"


@pytest.mark.parametrize("lacking", ["mission", "lane"])
def test_a_lanes_work_tree_of_which_nothing_is_known_is_left_alone(lacking: str) -> None:
    known = placement(role=context.DETACHED_LANE, **{lacking: None})
    assert codes(check, judged("x", placement=known)) == []


def test_the_target_is_asked_about_only_if_policy_judges_it_and_something_changes() -> None:
    place = placement(role=context.TARGET, problem="two lanes are at work")
    policy = PolicyView(ownership_on_target=True)
    found = find(check, judged("x", placement=place, policy=policy))
    assert (found.diagnostic_code, found.message) == ("ACTIVE_WP_CONTEXT_AMBIGUOUS", "two lanes are at work")
    for ctx in (
        judged("x", placement=place),
        judged("x", placement=place.replace(role=context.OTHER), policy=policy),
        judged(placement=place, policy=policy),
        judged("x", placement=place.replace(problem=""), policy=policy),
        judged("x", placement=place.replace(plan=""), policy=policy),
    ):
        assert codes(check, ctx) == []


# -- objects that a partial clone lacks


@pytest.mark.parametrize("role", [context.LANE, context.UNRECORDED_LANE])
def test_objects_that_are_lacking_are_named_before_anything_else(role: str) -> None:
    lacking = (b"refs/heads/main:kitty-specs/034-feature/meta.json", b"x", b"y")
    found = find(check, judged("x", placement=placement(role=role), active=None, withheld=lacking))
    assert found.diagnostic_code == "REPOSITORY_UNSUPPORTED"
    said = f"this partial clone lacks {lacking[0].decode()}"
    assert found.message == f"{said} and 2 more, which the judgement needs"
    assert found.remediation[0] == "git archive -o /dev/null refs/heads/main -- kitty-specs/034-feature"
    alone = find(check, judged("x", placement=placement(role=role), withheld=lacking[:1]))
    assert alone.message == f"{said}, which the judgement needs"


def test_a_lacking_path_may_hold_a_colon() -> None:
    found = find(check, judged("x", withheld=(b"main:kitty-specs/034-feature/a:b", b"x")))
    assert (
        found.message
        == "this partial clone lacks main:kitty-specs/034-feature/a:b and 1 more, which the judgement needs"
    )
    assert found.remediation[0] == "git archive -o /dev/null main -- kitty-specs/034-feature"


def test_a_lacking_object_without_a_path_has_no_part_to_fetch() -> None:
    found = find(check, judged("x", withheld=(b"1" * 40,)))
    assert found.message == f"this partial clone lacks {'1' * 40}, which the judgement needs"
    assert found.remediation == ("git status",)


# -- the log


def test_a_log_without_any_copy_is_only_noted() -> None:
    found = find(check, judged("x", active=None))
    assert found.diagnostic_code == "ACTIVE_WP_STATUS_UNAVAILABLE"
    assert found.message == ("the event log of mission 034-feature cannot be read (no copy of it can be reached)")
    assert found.severity == "note"
    assert found.remediation == ("fetch branch main, which has the event log", WHERE)


def test_a_log_that_no_copy_can_show_is_reported_with_every_copy() -> None:
    copies = tuple(
        copy(where, role="unreadable", log=None, problem=problem) for where, problem in (("one", "a link"), ("two", ""))
    )
    found = find(check, judged("x", active=active(WP01, basis=context.UNPROVEN), copies=copies))
    assert found.message == "the event log of mission 034-feature cannot be read (one: a link; two: )"
    assert found.severity == ""
    assert found.remediation == (f"put the event log back: {LOG} on branch main", WHERE)


def test_without_a_mission_no_log_is_missed() -> None:
    place = placement(mission=None)
    assert codes(check, judged("x", active=None, placement=place)) == []
    spare = copy("one", role="unreadable", log=None, kind="worktree")
    found = find(check, judged("x", active=None, placement=place, copies=(spare,)))
    assert (found.diagnostic_code, found.remediation) == ("EVENT_LOG_UNREADABLE", ())


@pytest.mark.parametrize(
    ("kind", "steps"), [("worktree", (f"git -C /w restore -- {LOG}", WHERE)), ("branch", (WHERE,))]
)
def test_an_unreadable_copy_beside_a_readable_one_is_warned_about(kind: str, steps: tuple[str, ...]) -> None:
    bad = copy("/w", role="unreadable", log=None, problem="it is a link", kind=kind)
    found = find(check, judged("x", copies=(copy("main", "1"), bad)))
    assert (found.diagnostic_code, found.severity) == ("EVENT_LOG_UNREADABLE", "warn")
    assert found.message == "the event log in /w cannot be read (it is a link); its committed copy was used"
    assert found.remediation == steps


def test_damaged_lines_of_a_copy_are_warned_about() -> None:
    found = find(check, judged("x", copies=(copy("refs/heads/main", log=TORN),)))
    assert (found.diagnostic_code, found.severity) == ("EVENT_LOG_UNREADABLE", "warn")
    assert found.message == (
        "the event log in refs/heads/main has lines that cannot be read "
        "(line 2: not a JSON object, line 5: not UTF-8 at byte 3); the others were used"
    )
    assert found.remediation == (f"take these lines out of {LOG} on branch main, and commit that there", WHERE)


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (3, "line 3: not a JSON object)"),
        (4, "line 3: not a JSON object and 1 more)"),
        (5, "line 3: not a JSON object and 2 more)"),
    ],
)
def test_of_many_damaged_lines_three_are_listed(lines: int, end: str) -> None:
    log = EventLog(damage=tuple(damage(line) for line in range(1, lines + 1)))
    assert f"{end}; the others were used" in find(check, judged("x", copies=(copy(log=log),))).message


def test_asked_for_its_copies_alone_what_cannot_be_read_is_told() -> None:
    unread = judged(active=None, copies=(copy("/w", role="unreadable", log=None, problem="x"), copy()))
    assert codes(check_copies, unread) == ["EVENT_LOG_UNREADABLE"]


def test_damage_without_a_mission_has_no_file_to_mend() -> None:
    ctx = judged("x", placement=placement(mission=None), copies=(copy(log=TORN),))
    assert find(check, ctx).remediation == ()


# -- copies that disagree


def test_copies_of_which_each_has_events_of_its_own_are_noted() -> None:
    copies = (
        copy("refs/heads/main", "1", "2"),
        copy("refs/remotes/origin/main", "1", "3"),
        copy("refs/remotes/fork/main", "4"),
    )
    found = find(check, judged("x", copies=copies))
    assert found.diagnostic_code == "EVENT_LOG_SURFACES_DISAGREE"
    assert found.message == (
        "copies of the event log hold different events, which were united: "
        "refs/heads/main and refs/remotes/origin/main and refs/remotes/fork/main"
    )
    assert found.severity == ""
    assert found.remediation == (
        "merge 'origin/main, fork/main' into branch main, keeping every line of both logs",
        WHERE,
    )


def test_copies_that_disagree_about_a_lane_are_warned_about() -> None:
    copies = (copy("a", "1"), copy("b", "2"))
    found = find(check, judged("x", copies=copies, torn_packages=("WP01", "WP02")))
    assert found.severity == "warn"
    assert found.message.endswith(": a and b; they disagree about WP01, WP02")


@pytest.mark.parametrize(
    "copies",
    [
        (copy("a", "1", "2"), copy("b", "1")),  # behind
        (copy("a", "1"), copy("b", "1", "2")),  # ahead
        (copy("a", "1"), copy("b", "2", role="superseded")),
        (copy("a", "1"), copy("b", "2", role="frozen")),
        (copy("a", "1"), copy("b", log=None)),
        (copy("/w", "1", commit="c", kind="worktree"), copy("a", "2", commit="c")),  # one copy: the file and its commit
        (copy("a", "1"),),
    ],
)
def test_copies_that_agree_or_do_not_count_are_no_news(copies: Any) -> None:
    assert codes(check, judged("x", copies=copies)) == []


def test_a_copy_that_is_merely_behind_is_not_named() -> None:
    copies = (copy("a", "1", "2"), copy("b", "1"), copy("c", "3"))
    assert find(check, judged("x", copies=copies)).message.endswith(": a and c")


def test_of_a_file_and_the_commit_under_it_the_file_speaks() -> None:
    copies = (copy("/w", "1", commit="c"), copy("a", "2", commit="c"), copy("b", "2"))
    assert find(check, judged("x", copies=copies)).message.endswith(": /w and b")


def respelled(event_id: str, raw: bytes) -> EventLog:
    one = event("?")
    one.event_id, one.raw = event_id, raw
    return EventLog(events=(one,))


@pytest.mark.parametrize(
    ("first", "second", "agree"),
    [
        (respelled("E1", b"x"), respelled("E1", b"y"), True),
        (respelled("", b"x"), respelled("", b"x"), True),
        (respelled("", b"x"), respelled("", b"y"), False),
        (respelled("E1", b"x"), respelled("E2", b"x"), False),
    ],
)
def test_records_are_compared_by_id_or_else_by_their_bytes(first: EventLog, second: EventLog, agree: bool) -> None:
    found = codes(check, judged("x", copies=(copy("a", log=first), copy("b", log=second))))
    assert found == ([] if agree else ["EVENT_LOG_SURFACES_DISAGREE"])


def test_a_copy_without_a_log_hides_no_disagreement() -> None:
    copies = (copy("none", log=None), copy("a", "1"), copy("b", "2"))
    assert find(check, judged("x", copies=copies)).message.endswith(": a and b")


@pytest.mark.parametrize(
    ("ids", "events", "listed"),
    [
        (("E1",), "1 committed event", "E1"),
        (("E1", "E2", "E3"), "3 committed events", "E1, E2, E3"),
        (("E1", "E2", "E3", "E4"), "4 committed events", "E1, E2, E3 ..."),
    ],
)
def test_a_working_file_that_takes_committed_events_back_is_warned_about(
    ids: tuple[str, ...], events: str, listed: str
) -> None:
    found = find(check, judged("x", copies=(copy("/w", "E9", withdrawn=ids), copy("main", "E9"))))
    assert (found.diagnostic_code, found.severity) == ("EVENT_LOG_SURFACES_DISAGREE", "warn")
    assert found.message == f"the event log in /w lacks {events}, and was used without: {listed}"
    assert found.remediation == (f"git -C /w diff -- {LOG}", WHERE)
