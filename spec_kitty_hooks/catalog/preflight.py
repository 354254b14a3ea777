"""Codes about what has to hold before a mission is merged or shipped (design 6, `preflight`)."""

from __future__ import annotations

from spec_kitty_hooks.catalog import steps
from spec_kitty_hooks.catalog.diagnostic import PREFLIGHT, rows
from spec_kitty_hooks.model.findings import BLOCK

PREFLIGHT_ROWS = rows(
    PREFLIGHT,
    (
        "WP_NOT_APPROVED",
        BLOCK,
        "every_work_package_is_approved_done_or_canceled_for_a_reason",
        "A work package of the mission is neither approved nor done, nor canceled by somebody who said why.",
        ("bring {wp} through its review, or cancel it and say why", steps.LOG),
    ),
    (
        "DEPENDENCY_UNMET",
        BLOCK,
        "a_work_package_lands_after_those_that_it_depends_on",
        "A work package depends on one that is not finished, or that nobody planned.",
        (
            "bring {needed} through its review, or cancel it and say why",
            "take {needed} out of dependencies in {head} on branch {target}, and commit that there",
            steps.STATUS,
        ),
    ),
    (
        "LANE_BRANCH_MISSING",
        BLOCK,
        "every_recorded_lane_with_approved_work_has_its_branch",
        "The branch of a lane whose work is approved and has not landed is neither here nor on a remote as last seen.",
        (steps.FETCH, "get branch {branch} from the clone that has it", steps.WHERE),
    ),
    (
        "MISSING_MISSION_BRANCH",
        BLOCK,
        "the_branches_that_a_mission_records_exist",
        "The mission branch or target branch of a mission is neither here nor on a remote as last seen.",
        (steps.FETCH, "git branch {branch} {start}", "get branch {branch} from the clone that has it", steps.WHERE),
    ),
    (
        "MERGE_UNFINISHED",
        BLOCK,
        "a_merge_that_was_begun_is_finished",
        "Spec Kitty began to merge the mission and did not finish.",
        ("let Spec Kitty finish it: spec-kitty merge --resume --mission {mission}", steps.STATUS),
    ),
)
