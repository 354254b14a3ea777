"""Codes about what a push publishes (design 5, "push")."""

from __future__ import annotations

from spec_kitty_hooks.catalog import steps
from spec_kitty_hooks.catalog.diagnostic import PUSH, rows
from spec_kitty_hooks.model.findings import BLOCK, NOTE

PUSH_ROWS = rows(
    PUSH,
    (
        "TARGET_BRANCH_NOT_SYNCHRONIZED",
        BLOCK,
        "a_target_branch_is_published_only_when_it_holds_all_that_is_published",
        "The target branch of a mission has diverged from the published one, which this push would replace.",
        (
            "spec-kitty-hooks pr-branch --mission {mission}",
            "git -C {checkout} merge --ff-only {newer}",
            "git fetch . {forward}",
            steps.FETCH,
        ),
    ),
    (
        "PUSH_REWRITES_LEDGER",
        BLOCK,
        "published_commits_of_an_event_log_stay",
        "The push removes published commits that touch an event log.",
        (steps.FETCH, "git log {gone}", "then merge {theirs}, keeping every line of both logs, and push again"),
    ),
    (
        "LEDGER_BRANCH_DELETED",
        BLOCK,
        "a_branch_with_events_that_live_nowhere_else_stays",
        "The push deletes the branch of an event log that has events which no other published branch has.",
        ("merge branch {branch} into {target} and push that first", steps.WHERE),
    ),
    (
        "FOREIGN_COMMITS_ON_TARGET",
        NOTE,
        "a_target_branch_carries_its_own_mission",
        "The target branch of one mission brings commits that belong to another one.",
        ("spec-kitty-hooks pr-branch --mission {mission} --dry-run",),
    ),
)
