"""The checks of reviews on facts written down: who is believed when log and artifacts disagree."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import codes, find
from checks.reviewed import AGAIN, CYCLE, LOG, OVERRIDE, REFERENCE, artifact, later, of, package
from hypothesis import given
from hypothesis import strategies as st
from strategies import assert_caught

from spec_kitty_hooks.checks.review_consistency import CLEAR, check, check_thoroughly, weigh
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.reviews import (
    APPROVED,
    APPROVING,
    CHANGES_REQUESTED,
    REJECTING,
    Approval,
    Artifact,
    PackageReview,
)

CONFLICT = "REJECTED_REVIEW_ARTIFACT_CONFLICT"

# -- who is believed

_times = st.sampled_from((0.0, 5.0, 10.0, 15.0, 20.0, 30.0))
_artifacts = st.builds(
    artifact,
    st.sampled_from(sorted(APPROVING | REJECTING | {"", "who knows"})),
    at=_times,
    problem=st.sampled_from(("", "x")),
)
_approvals = st.lists(st.builds(later, _times, weak=st.booleans()), max_size=3).map(tuple)
packages = st.builds(
    package,
    lane=st.sampled_from((*lanes.BOARD, "")),
    override=st.none() | st.none() | st.just(OVERRIDE),
    verdict=st.sampled_from(("", APPROVED, CHANGES_REQUESTED, "odd")),
    verdict_at=_times,
    approvals=_approvals,
    artifact=st.none() | _artifacts,
    landed_at=_times,
)


def rejects(one: PackageReview) -> bool:
    """Tell whether the weightiest authority that says anything of a work package rejects it."""
    if one.verdict in (APPROVED, CHANGES_REQUESTED):
        return one.verdict == CHANGES_REQUESTED
    return one.artifact is not None and one.artifact.verdict in REJECTING


def is_approved_since(one: PackageReview) -> bool:
    """Tell whether anything in the log approves a work package at or after the statement that rejects it."""
    since = (
        one.verdict_at
        if one.verdict == CHANGES_REQUESTED
        else (one.artifact.at if one.artifact else 0) or one.landed_at
    )
    return any(approval.at >= since for approval in one.approvals)


def read_files_only(one: PackageReview) -> str:
    """Judge as a hook that reads only the artifacts would."""
    held = one.lane in lanes.TERMINAL and one.artifact is not None and one.artifact.verdict in REJECTING
    return "block" if held else CLEAR


def read_events_only(one: PackageReview) -> str:
    """Judge as the released client does: by override and verdict alone."""
    held = one.lane in lanes.TERMINAL and one.override is None and one.verdict == CHANGES_REQUESTED
    return "block" if held else CLEAR


def is_wrong(one: PackageReview, severity: str) -> bool:
    """Tell whether a judgement breaks the order of authority."""
    if one.lane not in lanes.TERMINAL or one.override is not None or one.verdict == APPROVED:
        return severity == "block"
    approving_file = one.artifact is not None and one.artifact.verdict in APPROVING
    if rejects(one) and not is_approved_since(one) and not approving_file:
        return severity != "block"
    return severity == "block" and (is_approved_since(one) or not rejects(one))


@given(packages)
def test_the_weightier_authority_decides_and_only_what_nothing_later_approves_is_refused(one: PackageReview) -> None:
    assert not is_wrong(one, weigh(one)[0])


@pytest.mark.parametrize("careless", [read_files_only, read_events_only], ids=["files only", "events only"])
def test_a_judgement_that_reads_half_of_it_is_caught(careless: Any) -> None:
    assert_caught(packages, lambda one: is_wrong(one, careless(one)))


@given(packages, st.builds(later, _times, weak=st.booleans()))
def test_one_approval_more_never_makes_it_worse(one: PackageReview, more: Approval) -> None:
    order = (CLEAR, "warn", "block")
    after = one.replace(approvals=(*one.approvals, more))
    assert order.index(weigh(after)[0]) <= order.index(weigh(one)[0])


@given(packages, st.none() | _artifacts)
def test_what_a_weightier_authority_says_no_artifact_refuses_or_clears(
    one: PackageReview, other: Artifact | None
) -> None:
    swapped = one.replace(artifact=other)
    if one.override is not None:
        assert weigh(swapped)[0] == CLEAR
    if one.verdict == APPROVED:
        assert weigh(swapped)[0] != "block"
    if one.verdict == CHANGES_REQUESTED and one.lane in lanes.TERMINAL and one.override is None:
        assert weigh(swapped)[0] != CLEAR


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        pytest.param({}, "block", id="nothing approves it"),
        pytest.param({"artifact": artifact("approved")}, CLEAR, id="the artifact approves"),
        pytest.param({"artifact": artifact("")}, CLEAR, id="an artifact of today, which has no verdict"),
        pytest.param({"artifact": None}, CLEAR, id="no artifact"),
        pytest.param({"lane": "in_review"}, CLEAR, id="not approved yet"),
        pytest.param({"lane": "done"}, "block", id="done"),
        pytest.param({"override": OVERRIDE}, CLEAR, id="an override"),
        pytest.param({"verdict": APPROVED, "verdict_at": 11.0}, CLEAR, id="a verdict approves later"),
        pytest.param({"verdict": APPROVED, "verdict_at": 10.0}, CLEAR, id="a verdict approves at once"),
        pytest.param({"verdict": APPROVED, "verdict_at": 9.0}, "warn", id="a verdict approved earlier"),
        pytest.param({"approvals": (later(),)}, CLEAR, id="evidence approves later"),
        pytest.param({"approvals": (later(weak=True),)}, "warn", id="forced through later"),
        pytest.param({"approvals": (later(9.0),)}, "block", id="evidence approved earlier"),
        pytest.param({"verdict": CHANGES_REQUESTED, "verdict_at": 10.0}, "block", id="the verdict asks for changes"),
        pytest.param(
            {"verdict": CHANGES_REQUESTED, "verdict_at": 10.0, "artifact": None}, "block", id="the verdict alone"
        ),
        pytest.param(
            {"verdict": CHANGES_REQUESTED, "verdict_at": 10.0, "approvals": (later(10.0),)},
            "warn",
            id="no verdict of its own",
        ),
        pytest.param(
            {"verdict": CHANGES_REQUESTED, "verdict_at": 10.0, "approvals": (later(9.0),)},
            "block",
            id="evidence before the verdict",
        ),
        pytest.param(
            {"verdict": CHANGES_REQUESTED, "verdict_at": 10.0, "artifact": artifact("approved")}, "warn", id="by a file"
        ),
        pytest.param(
            {"verdict": CHANGES_REQUESTED, "verdict_at": 11.0, "artifact": artifact("approved")}, "block", id="old file"
        ),
        pytest.param({"artifact": artifact(at=0.0), "approvals": (later(19.0),)}, "block", id="before it was approved"),
        pytest.param({"artifact": artifact(at=0.0), "approvals": (later(20.0),)}, CLEAR, id="with what approved it"),
    ],
)
def test_each_way_to_a_contradiction_has_its_weight(fields: dict[str, Any], severity: str) -> None:
    assert weigh(package(**fields))[0] == severity
    assert codes(check, of(package(**fields))) == ([CONFLICT] if severity else [])


@pytest.mark.blocker(904)
def test_a_contradiction_names_package_lane_and_artifact_as_upstream_does() -> None:
    found = find(check, of(package()))
    assert (found.diagnostic_code, found.severity) == (CONFLICT, "block")
    assert (found.mission, found.work_package_id, found.branch_or_work_package) == ("034-feature", "WP01", "WP01")
    assert found.violated_invariant == "terminal_wp_latest_review_artifact_must_not_be_rejected"
    assert found.message == (
        "WP01 of mission 034-feature is approved, but its latest review artifact rejects it, and nothing later "
        f"approves it ({CYCLE} says rejected)"
    )
    assert found.details == {
        "canonical_lane": "approved",
        "latest_review_cycle_path": CYCLE,
        "latest_review_cycle_verdict": "rejected",
        "review_cycle_number": 2,
    }
    assert found.remediation == (
        f"spec-kitty-hooks transition WP01 --to in_progress --evidence reference={REFERENCE} --mission 034-feature",
        AGAIN,
        f"git show {'c' * 12}:{CYCLE}",
        LOG,
    )


def test_a_contradiction_without_an_artifact_says_what_the_verdict_was() -> None:
    found = find(check, of(package(artifact=None, verdict=CHANGES_REQUESTED, lane="done")))
    assert found.message.endswith(
        "is done, but the last verdict in the event log asks for changes, and nothing later approves it"
    )
    assert found.details["latest_review_cycle_path"] is found.details["review_cycle_number"] is None
    assert found.details["latest_review_cycle_verdict"] == CHANGES_REQUESTED
    assert found.remediation == (AGAIN, LOG)


def test_what_approves_less_firmly_is_named() -> None:
    found = find(check, of(package(approvals=(later(weak=True),))))
    assert found.severity == "warn"
    assert "event E9 approves it later, but not by a verdict" in found.message


# -- artifacts


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"problem": "the frontmatter cannot be read: a tab", "line": 4}, f"{CYCLE} line 4, cannot be used: the front"),
        ({"verdict": "perhaps"}, "its verdict is perhaps, which neither approves nor rejects"),
    ],
)
def test_a_latest_artifact_that_cannot_be_used_is_warned_about(fields: dict[str, Any], said: str) -> None:
    found = find(check, of(package(artifact=artifact(**{"verdict": "", **fields}), lane="in_review")))
    assert (found.diagnostic_code, found.severity) == ("REVIEW_ARTIFACT_SCHEMA_INVALID", "")
    assert said in found.message
    assert found.remediation == (f"mend {CYCLE} on branch main, and commit that there", f"git show {'c' * 12}:{CYCLE}")


def test_only_a_person_who_asks_is_told_of_gaps_and_missing_names() -> None:
    odd = package(
        artifact=artifact(""), numbers=(2, 5), implementer="agent-one", approver="agent-one", worked=False, approvals=()
    )
    assert codes(check, of(odd)) == []
    assert codes(check_thoroughly, of(odd)) == [
        "REVIEW_ARTIFACT_SEQUENCE_GAP",
        "REVIEW_APPROVAL_UNEVIDENCED",
        "REVIEW_SELF_APPROVAL",
        "WP_APPROVED_WITHOUT_WORK",
    ]
    assert [found.severity for found in check_thoroughly(of(odd))] == [""] * 4
    gap = next(iter(check_thoroughly(of(odd))))
    assert gap.message == "WP01 has a review cycle 5, but no file for cycle 1, 3, 4"
    assert gap.remediation == (f"put the missing file beside {CYCLE} on branch main, and commit that there", LOG)


@pytest.mark.parametrize(
    "fields",
    [
        {"lane": "in_review"},
        {"override": OVERRIDE},
        {"approvals": (later(),)},
        {"verdict": APPROVED},
        {"artifact": artifact("approved_after_orchestrator_fix")},
    ],
)
def test_an_approval_with_anything_behind_it_is_evidenced(fields: dict[str, Any]) -> None:
    assert codes(check_thoroughly, of(package(**{"artifact": artifact(""), **fields}))) == []


def test_a_refused_approval_is_not_reported_twice() -> None:
    assert codes(check_thoroughly, of(package())) == [CONFLICT]


def test_a_self_approval_that_the_log_tells_of_needs_no_names() -> None:
    one = package(artifact=None, numbers=(), approvals=(later(),))
    assert codes(check_thoroughly, of(one)) == []
    assert codes(check_thoroughly, of(one.replace(told_on=True))) == ["REVIEW_SELF_APPROVAL"]
    assert codes(check_thoroughly, of(one.replace(implementer="a", approver="b"))) == []


@pytest.mark.parametrize(("worked", "lane"), [(None, "approved"), (True, "approved"), (False, "done")])
def test_work_that_landed_or_cannot_be_looked_for_is_not_missed(worked: bool | None, lane: str) -> None:
    assert (
        codes(check_thoroughly, of(package(artifact=None, numbers=(), approvals=(later(),), worked=worked, lane=lane)))
        == []
    )
