"""What a mission says of its reviews: the log's verdicts, the artifacts, what was done since. Data only."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.model.context import Owner
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import Mission

APPROVED = "approved"
CHANGES_REQUESTED = "changes_requested"

#: Words of a review artifact (formats 7.1): both ways of an arbiter count as approval.
APPROVING = frozenset((APPROVED, "approved_after_orchestrator_fix", "arbiter_override"))
REJECTING = frozenset(("rejected", "reject", CHANGES_REQUESTED, "changes_requested_for_arbiter"))


class Override(Record):
    """A complete recorded override: who let it pass, when, why. `source` is "log" or "artifact"."""

    actor: str
    at: str
    reason: str
    source: str


class Approval(Record):
    """One event that approves, at `at` (seconds since the epoch).

    `weak` marks one that no review stands behind: it was forced, or the merge's own note of what had been approved.
    """

    at: float
    event_id: str
    reviewer: str = ""
    weak: bool = False


class Artifact(Record):
    """The latest review artifact. `at` is when the log first cites it, else when it says it was written; 0 if unknown.

    `commit` is where it was read. `reviewed` is the commit that it says was reviewed, "" if none or not here.
    `problem` says why the head cannot be used, at `line` (0 if no line applies).
    """

    path: bytes
    number: int
    commit: str = ""
    verdict: str = ""
    at: float = 0.0
    reviewed: str = ""
    problem: str = ""
    line: int = 0


class PackageReview(Record):
    """One work package. `lane` is reduced from the log, "" if the log says nothing of it.

    `verdict` is the event's, "" without one, given at `verdict_at`; `numbers` are those of all artifacts, sorted;
    `landed_at` is when it last came to approved or done without leaving them again. `stints` are the spans of time in
    which it was worked on or reviewed; all times are seconds since the epoch, 0 for unknown. `worked` tells whether its
    lane changed a path that it owns, None if that cannot be told.
    """

    wp_id: str
    lane: str
    owner: Owner | None = None
    override: Override | None = None
    verdict: str = ""
    verdict_at: float = 0.0
    approvals: tuple[Approval, ...] = ()
    artifact: Artifact | None = None
    numbers: tuple[int, ...] = ()
    landed_at: float = 0.0
    implementer: str = ""
    approver: str = ""
    told_on: bool = False  # the log itself records a self-approval (ReviewerSelfApproval)
    stints: tuple[tuple[float, float], ...] = ()
    worked: bool | None = None


class MissionReviews(Record):
    """The reviews of one mission. `commits` are those made on each lane, by lane id, as far as they are judged.

    `log_branch` is the short name of the branch that log and artifacts live on.
    """

    mission: Mission
    packages: tuple[PackageReview, ...]
    log_branch: str = ""
    commits: Mapping[str, tuple[Commit, ...]] = {}
