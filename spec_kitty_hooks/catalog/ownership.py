"""Codes about who owns a change (design 5, "ownership")."""

from __future__ import annotations

from spec_kitty_hooks.catalog import steps
from spec_kitty_hooks.catalog.diagnostic import OWNERSHIP, rows
from spec_kitty_hooks.model.findings import BLOCK, WARN

OWNERSHIP_ROWS = rows(
    OWNERSHIP,
    (
        "ACTIVE_WP_SCOPE_VIOLATION",
        BLOCK,
        "changed_paths_must_be_owned_by_the_active_work_package",
        "A changed path is outside what the active work package owns.",
        (
            *steps.UNSTAGE,
            *steps.UNDO,
            steps.EXPLAIN,
            "or add it to owned_files in {head} on branch {target}, and commit that there",
        ),
    ),
    (
        "PLANNING_PATH_ON_LANE",
        BLOCK,
        "planning_artifacts_must_not_change_on_a_lane",
        "A path under kitty-specs/ changes on a lane branch; planning lives on the mission's own branch.",
        (*steps.UNSTAGE, *steps.UNDO, steps.INSTEAD, steps.WHERE),
    ),
    (
        "OWNERSHIP_SELF_GRANT",
        BLOCK,
        "a_lane_must_not_change_its_own_ownership",
        "A lane changes work-package heads, lanes.json or policy, and so what it may do.",
        (*steps.UNSTAGE, *steps.UNDO, steps.INSTEAD, steps.WHERE),
    ),
    (
        "WP_ALREADY_APPROVED",
        BLOCK,
        "approved_work_must_not_change",
        "Every work package of the lane is approved or done, so nothing may change on it.",
        (
            *steps.UNSTAGE,
            *steps.UNDO,
            "or have {wp} moved back to in_progress first, so that it is reviewed again",
            steps.CONTEXT,
        ),
    ),
    (
        "WP_NOT_STARTED",
        WARN,
        "work_starts_before_its_first_commit",
        "No work package of the lane has been started.",
        ("spec-kitty-hooks start {wp} --mission {mission}", steps.CONTEXT),
    ),
)
