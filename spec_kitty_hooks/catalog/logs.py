"""Codes about event logs, and about what merges do to them (design 5, "event log" and "merge")."""

from __future__ import annotations

from spec_kitty_hooks.catalog import steps
from spec_kitty_hooks.catalog.diagnostic import EVENT_LOG, MERGE, rows
from spec_kitty_hooks.model.findings import BLOCK, NOTE, WARN

EVENT_LOG_ROWS = rows(
    EVENT_LOG,
    (
        "EVENT_LOG_NOT_APPEND_ONLY",
        BLOCK,
        "published_events_stay_as_they_are",
        "A published event is missing from the log, or changed.",
        (
            *steps.RESTORE,
            steps.LOOK,
            steps.SHOW,
            "put the lost lines back into {lacking}, then git add it and commit again",
            steps.WHERE,
        ),
    ),
    (
        "EVENT_LOG_ROLLED_BACK",
        WARN,
        "recorded_events_stay",
        "An event that was never published is taken back.",
        (*steps.RESTORE, steps.LOOK),
    ),
    (
        "EVENT_LOG_UNREADABLE",
        BLOCK,
        "every_line_of_the_log_is_an_event",
        "The event log has lines that cannot be read.",
        (
            *steps.RESTORE,
            steps.LOOK,
            "git -C {worktree} restore -- {log}",
            "take these lines out of {damaged} on branch {log_branch}, and commit that there",
            steps.WHERE,
        ),
    ),
    (
        "EVENT_ID_CONFLICT",
        BLOCK,
        "one_id_one_event",
        "One event id stands for two different contents.",
        (
            *steps.RESTORE[:2],
            steps.LOOK,
            "keep both lines in {twofold}, the unpublished one under a new event_id, then git add it and commit again",
            steps.WHERE,
        ),
    ),
    (
        "EVENT_TRANSITION_ILLEGAL",
        BLOCK,
        "new_transitions_follow_the_lane_machine",
        "A new event moves a work package along an edge that does not exist, or without what the edge needs.",
        (*steps.RESTORE, steps.LOOK, steps.ADOPT),
    ),
    (
        "EVENT_FROM_FUTURE",
        WARN,
        "events_are_not_dated_in_the_future",
        "A new event is dated after now; it would outrank every event written until then.",
        (*steps.RESTORE, steps.LOOK, "set the clock of this machine right, then record the event again"),
    ),
    (
        "EVENT_CHAIN_BROKEN",
        NOTE,
        "a_transition_starts_where_the_last_one_ended",
        "A new event starts from another lane than the previous one reached.",
        (steps.WHERE,),
    ),
    (
        "STATUS_SNAPSHOT_DRIFT",
        NOTE,
        "status_json_agrees_with_the_log",
        "status.json says something else than the log; the log is what counts.",
        ("let Spec Kitty write status.json anew: its next transition does", steps.WHERE),
    ),
    (
        "EVENT_LOG_SURFACES_DISAGREE",
        NOTE,
        "copies_of_the_log_agree",
        "Copies of the event log hold different events.",
        (
            "merge {others} into branch {log_branch}, keeping every line of both logs",
            "git -C {worktree} diff -- {withdrawn}",
            steps.WHERE,
        ),
    ),
)

MERGE_ROWS = rows(
    MERGE,
    (
        "MERGE_LOST_EVENTS",
        BLOCK,
        "a_merge_keeps_the_events_of_both_sides",
        "The merge drops events that one of its sides has.",
        (
            steps.RESTORE[2],
            "spec-kitty-hooks recover --events --apply --mission {lost_from}",
            steps.SHOW,
            "put the lost lines back into {lacking}, then git add it and commit again",
            steps.LOOK,
            steps.WHERE,
            steps.ADOPT,
        ),
    ),
    (
        "WP_CLAIMED_TWICE",
        WARN,
        "a_work_package_has_one_holder",
        "Two clones claimed the same work package, neither knowing of the other.",
        (steps.LOG, steps.STATUS),
    ),
    (
        "WP_CLAIM_STALLED",
        NOTE,
        "a_claimed_work_package_is_started",
        "A work package has been claimed for long (policy: stale_claim_minutes) and was never started.",
        (steps.RECOVER, steps.LOG),
    ),
    (
        "REVIEW_STALLED",
        NOTE,
        "a_review_ends_with_a_verdict",
        "A work package has been in review for long (policy: stale_claim_minutes) without a verdict.",
        (steps.RECOVER, steps.LOG),
    ),
)
