"""Judges whether what is approved was approved by a review that still holds (design 5, "Review consistency").

Of two statements that disagree the more authoritative counts: a complete recorded override, the event's verdict,
approving evidence in the log later than the artifact, the artifact. Only what nothing later approves is refused.
"""

from __future__ import annotations

from spec_kitty_hooks.checks.finding import make, show
from spec_kitty_hooks.checks.staleness import check_stale
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.findings import BLOCK, WARN
from spec_kitty_hooks.model.reviews import APPROVED, APPROVING, CHANGES_REQUESTED, REJECTING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.reviews import Approval, Artifact, MissionReviews, PackageReview

    Weight = tuple[str, str]  # block, warn or CLEAR, and what weighs so much

CLEAR = ""
_NOTHING: Weight = (CLEAR, "")


def check(ctx: Context) -> Iterator[Finding]:
    """Yield what hooks and range checks say of `ctx.reviews`.

    Codes: REJECTED_REVIEW_ARTIFACT_CONFLICT (block; warn where something approves after all, but less firmly),
    REVIEW_ARTIFACT_SCHEMA_INVALID, REVIEW_APPROVAL_STALE.
    """
    for reviews in ctx.reviews:
        for package in reviews.packages:
            yield from _check_conflict(ctx, reviews, package)
            yield from _check_artifact(ctx, reviews, package)
        yield from check_stale(ctx, reviews)


def check_thoroughly(ctx: Context) -> Iterator[Finding]:
    """Yield what `check` does and what only a person who asks is told: signs that a review was none.

    Codes besides: REVIEW_ARTIFACT_SEQUENCE_GAP, REVIEW_APPROVAL_UNEVIDENCED, REVIEW_SELF_APPROVAL,
    WP_APPROVED_WITHOUT_WORK.
    """
    yield from check(ctx)
    for reviews in ctx.reviews:
        for package in reviews.packages:
            yield from _check_sequence(ctx, reviews, package)
            if package.lane in lanes.TERMINAL:
                yield from _check_evidence(ctx, reviews, package)


def weigh(package: PackageReview) -> Weight:
    """Return how heavy the contradiction of a work package's lane and its reviews is, block, warn or CLEAR, and why.

    A statement that approves clears what is not later than it; one that is less firm than the rejection (no verdict,
    forced, a merge's own note) leaves a warning.
    """
    if package.lane not in lanes.TERMINAL or package.override is not None:
        return _NOTHING
    artifact = package.artifact
    if package.verdict == CHANGES_REQUESTED:
        return _weigh_verdict(package)
    if artifact is None or artifact.verdict not in REJECTING:
        return _NOTHING
    return _weigh_artifact(package, artifact)


def _weigh_artifact(package: PackageReview, artifact: Artifact) -> Weight:
    if package.verdict == APPROVED:
        if package.verdict_at >= artifact.at:
            return _NOTHING
        return WARN, "the event's verdict approves it, but the review artifact that rejects it is later"
    since = artifact.at or package.landed_at
    later = [approval for approval in package.approvals if approval.at >= since]
    if any(not approval.weak for approval in later):
        return _NOTHING
    return _settle(later, "its latest review artifact rejects it")


def _weigh_verdict(package: PackageReview) -> Weight:
    later = [approval for approval in package.approvals if approval.at >= package.verdict_at]
    artifact = package.artifact
    why = "the last verdict in the event log asks for changes"
    if not later and artifact is not None and artifact.verdict in APPROVING and artifact.at >= package.verdict_at:
        return WARN, f"{why}; a later review artifact approves it, without a verdict in the log"
    return _settle(later, why)


def _settle(later: list[Approval], why: str) -> Weight:
    if not later:
        return BLOCK, f"{why}, and nothing later approves it"
    return WARN, f"{why}; event {later[-1].event_id} approves it later, but not by a verdict"


def _check_conflict(ctx: Context, reviews: MissionReviews, package: PackageReview) -> Iterator[Finding]:
    severity, why = weigh(package)
    if severity != CLEAR:
        message = f"{package.wp_id} of mission {reviews.mission.directory} is {package.lane}, but {why}"
        if package.artifact is not None and package.artifact.verdict:
            message += f" ({show(package.artifact.path)} says {package.artifact.verdict})"
        yield tell(ctx, reviews, package, "REJECTED_REVIEW_ARTIFACT_CONFLICT", message, severity=severity)


def _check_artifact(ctx: Context, reviews: MissionReviews, package: PackageReview) -> Iterator[Finding]:
    artifact = package.artifact
    if artifact is None:
        return
    problem = artifact.problem
    if not problem and artifact.verdict and artifact.verdict not in APPROVING | REJECTING:
        problem = f"its verdict is {artifact.verdict}, which neither approves nor rejects"
    if problem:
        line = f" line {artifact.line}" if artifact.line else ""
        message = f"the latest review of {package.wp_id}, {show(artifact.path)}{line}, cannot be used: {problem}"
        yield tell(ctx, reviews, package, "REVIEW_ARTIFACT_SCHEMA_INVALID", message)


def _check_sequence(ctx: Context, reviews: MissionReviews, package: PackageReview) -> Iterator[Finding]:
    last = max(package.numbers, default=0)
    missing = sorted(set(range(1, last)) - set(package.numbers)) if last <= _COUNTED else []
    if missing:
        listed = ", ".join(str(number) for number in missing[:_LISTED]) + (" ..." if len(missing) > _LISTED else "")
        message = f"{package.wp_id} has a review cycle {last}, but no file for cycle {listed}"
        yield tell(ctx, reviews, package, "REVIEW_ARTIFACT_SEQUENCE_GAP", message)


def _check_evidence(ctx: Context, reviews: MissionReviews, package: PackageReview) -> Iterator[Finding]:
    artifact = package.artifact
    said = package.override is not None or package.approvals or package.verdict == APPROVED
    if not said and weigh(package) == _NOTHING and not (artifact is not None and artifact.verdict in APPROVING):
        message = f"{package.wp_id} is {package.lane}, but no verdict, evidence or review artifact approves it"
        yield tell(ctx, reviews, package, "REVIEW_APPROVAL_UNEVIDENCED", message)
    if package.told_on or (package.approver and package.approver == package.implementer):
        who = package.approver or "whoever implemented it"
        message = f"{package.wp_id} was approved by {who}, who also implemented it"
        yield tell(ctx, reviews, package, "REVIEW_SELF_APPROVAL", message)
    if package.lane == lanes.APPROVED and package.worked is False:
        message = f"{package.wp_id} is approved, but its lane changed nothing that it owns"
        yield tell(ctx, reviews, package, "WP_APPROVED_WITHOUT_WORK", message)


_COUNTED = 10_000  # review cycles of one work package; the most in real data is 7
_LISTED = 3


def tell(
    ctx: Context, reviews: MissionReviews, package: PackageReview, code: str, message: str, *, severity: str = ""
) -> Finding:
    """Build the finding of one work package: upstream's payload, and what remedies need (formats 10)."""
    mission, artifact = reviews.mission, package.artifact
    facts: dict[str, str | bytes] = {"mission": mission.directory, "log_branch": reviews.log_branch}
    if artifact is not None:
        facts |= {"source": f"{artifact.commit}:{show(artifact.path)}", "artifact": artifact.path}
    if package.lane == lanes.APPROVED and artifact is not None:
        facts["reopened"] = describe_reference(mission.directory, artifact)
    details: dict[str, Any] = {
        "canonical_lane": package.lane,
        "latest_review_cycle_path": show(artifact.path) if artifact is not None else None,
        "latest_review_cycle_verdict": (artifact.verdict if artifact is not None else "") or package.verdict or None,
        "review_cycle_number": artifact.number if artifact is not None else None,
    }
    found: Finding = make(
        ctx, code, message, severity=severity, work_package_id=package.wp_id, details=details, facts=facts
    ).replace(mission=mission.directory)
    return found


def describe_reference(directory: str, artifact: Artifact) -> str:
    """Return an artifact as events cite it: `review-cycle://<mission>/<dir>/review-cycle-N.md` (formats 2.4)."""
    return f"review-cycle://{directory}/{'/'.join(show(artifact.path).split('/')[-2:])}"
