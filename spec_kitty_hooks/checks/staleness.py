"""Judges whether the work that was reviewed is the work that is there: REVIEW_APPROVAL_STALE (design 5)."""

from __future__ import annotations

from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.reviews import REJECTING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.git import Change
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.reviews import MissionReviews, PackageReview

_LISTED = 3
_SHOWN_OID = 12


def check_stale(ctx: Context, reviews: MissionReviews) -> Iterator[Finding]:
    """Yield one finding for each work package that a lane's commit changed after it was reviewed."""
    recorded = {lane.lane_id: lane.wp_ids for lane in reviews.mission.lanes}
    for lane_id, commits in reviews.commits.items():
        wp_ids = recorded.get(lane_id, (lane_id,))  # an old lane of one work package goes by its id
        packages = [package for package in reviews.packages if package.wp_id in wp_ids]
        for package in packages:
            if package.lane in lanes.TERMINAL:
                others = [other for other in packages if other is not package]
                late = [commit for commit in _list_later(package, commits) if _changes(package, commit, others)]
                if late:
                    yield _describe(ctx, reviews, package, late)


def _list_later(package: PackageReview, commits: Sequence[Commit]) -> list[Commit]:
    """Return the commits that the review has not seen: not in the commit that it names, else dated after it."""
    artifact = package.artifact
    if artifact is None or not artifact.reviewed or artifact.verdict in REJECTING:
        return [commit for commit in commits if commit.authored_at > package.landed_at > 0]
    seen = _reach(artifact.reviewed, commits)
    # What was done when the work package had been opened again was approved again, be it without an artifact.
    again = [span for span in package.stints if span[0] > artifact.at > 0]
    return [commit for commit in commits if commit.oid not in seen and not _is_within(commit.authored_at, again)]


def _reach(tip: str, commits: Sequence[Commit]) -> set[str]:
    parents = {commit.oid: commit.parents for commit in commits}
    seen, waiting = {tip}, [tip]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen


def _changes(package: PackageReview, commit: Commit, others: Sequence[PackageReview]) -> bool:
    """Tell whether a commit changes a path of the work package on nobody else's account; a merge never does."""
    if len(commit.parents) > 1 or commit.cut:
        return False
    at_work = [other for other in others if _is_within(commit.authored_at, other.stints)]
    return any(
        _owns(package, change) and not any(_owns(other, change) for other in at_work) for change in commit.changes
    )


def _owns(package: PackageReview, change: Change) -> bool:
    return package.owner is not None and bool(package.owner.patterns.match(change.subject()))


def _is_within(moment: float, spans: Sequence[tuple[float, float]]) -> bool:
    # An author date has whole seconds, so it may lie up to one before the moment that it stands for.
    return any(start < moment + 1 and moment <= end for start, end in spans)


def _describe(ctx: Context, reviews: MissionReviews, package: PackageReview, late: Sequence[Commit]) -> Finding:
    listed = ", ".join(f"{commit.oid[:_SHOWN_OID]} by {commit.author}" for commit in late[:_LISTED])
    more = f" and {len(late) - _LISTED} more" if len(late) > _LISTED else ""
    message = f"{package.wp_id} is {package.lane}, but was changed after its review: {listed}{more}"
    facts = {"mission": reviews.mission.directory, "looked_at": late[0].oid[:_SHOWN_OID]}
    found: Finding = make(
        ctx,
        "REVIEW_APPROVAL_STALE",
        message,
        work_package_id=package.wp_id,
        details={"canonical_lane": package.lane, "commits": [commit.oid for commit in late]},
        facts=facts,
    ).replace(mission=reviews.mission.directory, commit=late[0].oid, author=late[0].author)
    return found
