"""Codes that mean "cannot judge": policy decides per situation what follows (design 5)."""

from __future__ import annotations

from spec_kitty_hooks.catalog import steps
from spec_kitty_hooks.catalog.diagnostic import BY_SITUATION, CONTEXT, rows

CONTEXT_ROWS = rows(
    CONTEXT,
    (
        "ACTIVE_WP_CONTEXT_AMBIGUOUS",
        BY_SITUATION,
        "one_active_work_package_owns_the_whole_change",
        "The change is split between work packages that are active at the same time.",
        ("git commit --only -- {only}", *steps.UNSTAGE, steps.CONTEXT),
    ),
    (
        "ACTIVE_WP_CONTEXT_MISSING",
        BY_SITUATION,
        "a_lane_branch_is_recorded_by_a_mission",
        "The branch looks like a lane, but no mission that can be reached records it.",
        (
            "git switch {lane_branch}",
            "fetch the branch that plans the mission of {unrecorded}, or rename that branch if it is no lane",
            steps.CONTEXT,
        ),
    ),
    (
        "ACTIVE_WP_STATUS_UNAVAILABLE",
        BY_SITUATION,
        "the_event_log_can_be_read",
        "The mission's event log cannot be read, so nobody can be shown to be active.",
        (
            "fetch branch {unfetched}, which has the event log",
            "put the event log back: {log} on branch {log_branch}",
            steps.WHERE,
        ),
    ),
    (
        "ACTIVE_WP_METADATA_MISSING",
        BY_SITUATION,
        "the_active_work_package_has_a_file",
        "The active work package has no file in tasks/.",
        ("put a file for {wp} into {tasks} on branch {target}, and commit that there", steps.WHERE),
    ),
    (
        "ACTIVE_WP_METADATA_INVALID",
        BY_SITUATION,
        "the_head_of_the_active_work_package_can_be_read",
        "The head of the active work package's file cannot be read.",
        (steps.SHOW, "mend {head} on branch {target}, and commit that there"),
    ),
    (
        "ACTIVE_WP_OWNERSHIP_MISSING",
        BY_SITUATION,
        "the_active_work_package_owns_files",
        "The active work package lists no owned_files.",
        (steps.SHOW, "list owned_files in {head} on branch {target}, and commit that there"),
    ),
    (
        "DETACHED_HEAD",
        BY_SITUATION,
        "a_lane_commit_is_made_on_the_lane_branch",
        "A lane's work tree is on a detached HEAD, so the commit belongs to no lane.",
        ("git switch {lane_branch}",),
    ),
    (
        "SHALLOW_HISTORY",
        BY_SITUATION,
        "the_judged_history_is_complete",
        "History is cut off where it is needed.",
        ("git fetch --unshallow",),
    ),
    (
        "REMOTE_STATE_UNKNOWN",
        BY_SITUATION,
        "what_a_push_replaces_is_known",
        "The receiving side has a commit that is not here, so what a push removes cannot be told.",
        (steps.FETCH,),
    ),
    (
        "REPOSITORY_UNSUPPORTED",
        BY_SITUATION,
        "git_can_read_the_repository",
        "Git cannot open or read this repository.",
        ("git archive -o /dev/null {lacked} -- {part}", "git status"),
    ),
    (
        "POLICY_INVALID",
        BY_SITUATION,
        "policy_can_be_read",
        ".kittify/config.yaml holds a policy that cannot be read; the strictest reading holds.",
        (
            steps.SHOW,
            "mend {policy}, git add it and commit again",
            "mend .kittify/config.yaml on branch {policy_branch}, and commit that there",
        ),
    ),
)
