"""What the findings about reviews say, on facts written down: the whole sentence, and what is left out of it."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import codes, find, placement
from checks.reviewed import AGAIN, CYCLE, LOG, artifact, later, of, package

from spec_kitty_hooks.checks.review_consistency import check, check_thoroughly
from spec_kitty_hooks.model.reviews import APPROVED, CHANGES_REQUESTED

ASKS = "the last verdict in the event log asks for changes"
LATER = "the event's verdict approves it, but the review artifact that rejects it is later"
FIRMLY = "event E9 approves it later, but not by a verdict"
#: Nothing to say of it: approved later than any artifact that rejects it.
CALM = package(artifact=artifact(""), approvals=(later(),))
SHOW = f"git show {'c' * 12}:{CYCLE}"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param(
            {"verdict": APPROVED, "verdict_at": 9.0},
            f"{LATER} ({CYCLE} says rejected)",
            id="a verdict before the artifact",
        ),
        pytest.param(
            {"approvals": (later(25.0, event_id="E8", weak=True), later(weak=True))},
            f"its latest review artifact rejects it; {FIRMLY} ({CYCLE} says rejected)",
            id="the last of two forced approvals",
        ),
        pytest.param(
            {"verdict": CHANGES_REQUESTED, "verdict_at": 9.0, "artifact": artifact(APPROVED)},
            f"{ASKS}; a later review artifact approves it, without a verdict in the log ({CYCLE} says approved)",
            id="an artifact after the verdict",
        ),
        pytest.param(
            {
                "verdict": CHANGES_REQUESTED,
                "verdict_at": 9.0,
                "artifact": artifact(APPROVED),
                "approvals": (later(),),
            },
            f"{ASKS}; {FIRMLY} ({CYCLE} says approved)",
            id="an event before an artifact",
        ),
        pytest.param(
            {"verdict": CHANGES_REQUESTED, "artifact": artifact("")},
            f"{ASKS}, and nothing later approves it",
            id="an artifact that says nothing",
        ),
    ],
)
def test_a_contradiction_says_what_decided_it(fields: dict[str, Any], said: str) -> None:
    found = find(check, of(package(**{"approvals": (), **fields})))
    assert found.message == f"WP01 of mission 034-feature is approved, but {said}"


def test_what_is_done_is_not_to_be_opened_again() -> None:
    assert find(check, of(package(lane="done"))).remediation == (AGAIN, SHOW, LOG)


def test_the_mission_is_the_reviewed_one_whatever_is_checked_out() -> None:
    ctx = of(package(lane="done")).replace(placement=placement(mission=None))
    found = find(check, ctx)
    assert (found.mission, found.remediation) == ("034-feature", (AGAIN, SHOW, LOG))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verdict": "", "problem": "a tab", "line": 4}, f"{CYCLE} line 4, cannot be used: a tab"),
        ({"verdict": "", "problem": "no head"}, f"{CYCLE}, cannot be used: no head"),
        ({"verdict": "perhaps", "problem": "a tab"}, f"{CYCLE}, cannot be used: a tab"),
        (
            {"verdict": "perhaps"},
            f"{CYCLE}, cannot be used: its verdict is perhaps, which neither approves nor rejects",
        ),
    ],
)
def test_an_artifact_that_cannot_be_used_is_named_with_its_first_problem(fields: dict[str, Any], said: str) -> None:
    found = find(check, of(package(lane="in_review", artifact=artifact(**fields))))
    assert found.message == f"the latest review of WP01, {said}"


@pytest.mark.parametrize(
    ("numbers", "listed"),
    [((), ""), ((1,), ""), ((2,), "1"), ((1, 5), "2, 3, 4"), ((6,), "1, 2, 3 ..."), ((10_000,), "1, 2, 3 ...")],
)
def test_of_many_missing_cycles_three_are_listed(numbers: tuple[int, ...], listed: str) -> None:
    found = check_thoroughly(of(CALM.replace(numbers=numbers)))
    said = f"WP01 has a review cycle {max(numbers, default=0)}, but no file for cycle {listed}"
    assert [one.message for one in found] == ([said] if listed else [])


def test_a_number_that_no_review_ever_reached_is_no_sequence() -> None:
    assert codes(check_thoroughly, of(CALM.replace(numbers=(10_001,)))) == []


def test_an_approval_with_nothing_behind_it_says_so() -> None:
    for nothing in (None, artifact("")):
        found = find(check_thoroughly, of(package(artifact=nothing, approvals=())))
        assert found.diagnostic_code == "REVIEW_APPROVAL_UNEVIDENCED"
        assert found.message == "WP01 is approved, but no verdict, evidence or review artifact approves it"
        assert found.details["latest_review_cycle_verdict"] is None


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({"implementer": "agent-one", "approver": "agent-one"}, "agent-one"),
        ({"told_on": True, "approver": "agent-two"}, "agent-two"),
        ({"told_on": True}, "whoever implemented it"),
    ],
)
def test_a_self_approval_names_who_did_it(fields: dict[str, Any], who: str) -> None:
    found = find(check_thoroughly, of(CALM.replace(**fields)))
    assert found.diagnostic_code == "REVIEW_SELF_APPROVAL"
    assert found.message == f"WP01 was approved by {who}, who also implemented it"


def test_work_that_does_not_exist_is_missed_in_so_many_words() -> None:
    found = find(check_thoroughly, of(CALM.replace(worked=False)))
    assert found.message == "WP01 is approved, but its lane changed nothing that it owns"
