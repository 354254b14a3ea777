"""Reviews written down, not gathered: an approved work package whose latest review rejects it, and what excuses it."""

from __future__ import annotations

from typing import Any

from checks.literal import MISSION, TASKS, WP01, judged

from spec_kitty_hooks.model.history import Commit
from spec_kitty_hooks.model.mission import ExecutionLane
from spec_kitty_hooks.model.reviews import Approval, Artifact, MissionReviews, Override, PackageReview

CYCLE = f"{TASKS}WP01-x/review-cycle-2.md"
OVERRIDE = Override(actor="operator", at="2026-01-05", reason="shipped as it is", source="log")
REFERENCE = "review-cycle://034-feature/WP01-x/review-cycle-2.md"
AGAIN = "have WP01 reviewed again, and its verdict recorded"
LOG = "spec-kitty-hooks log 034-feature --wp WP01"


def artifact(verdict: str = "rejected", **fields: Any) -> Artifact:
    return Artifact(
        **{"path": CYCLE.encode(), "number": 2, "commit": "c" * 12, "at": 10.0, "verdict": verdict, **fields}
    )


def package(**fields: Any) -> PackageReview:
    """Return an approved work package whose latest review rejects it."""
    known = {"wp_id": "WP01", "lane": "approved", "artifact": artifact(), "numbers": (1, 2), "landed_at": 20.0}
    return PackageReview(**{**known, "owner": WP01, **fields})


def of(*packages: PackageReview, commits: tuple[Commit, ...] = (), **fields: Any) -> Any:
    """Return a context with the reviews of one mission, which has both work packages on lane-a."""
    lane = ExecutionLane(lane_id="lane-a", wp_ids=("WP01", "WP02"), branches=("b",))
    mission = MISSION.replace(lanes=(lane,))
    reviews = MissionReviews(mission=mission, packages=packages, log_branch="main", commits={"lane-a": commits})
    return judged(reviews=(reviews.replace(**fields),), editing=True)


def later(at: float = 30.0, **fields: Any) -> Approval:
    return Approval(**{"at": at, "event_id": "E9", "reviewer": "agent-two", **fields})
