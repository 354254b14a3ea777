"""Codes about reviews and what they approve (design 5, "review")."""

from __future__ import annotations

from spec_kitty_hooks.catalog import steps
from spec_kitty_hooks.catalog.diagnostic import REVIEW, rows
from spec_kitty_hooks.model.findings import BLOCK, NOTE, WARN

_REOPEN = "spec-kitty-hooks transition {wp} --to in_progress --evidence reference={reopened} --mission {mission}"
_AGAIN = "have {wp} reviewed again, and its verdict recorded"

REVIEW_ROWS = rows(
    REVIEW,
    (
        "REJECTED_REVIEW_ARTIFACT_CONFLICT",
        BLOCK,
        "terminal_wp_latest_review_artifact_must_not_be_rejected",
        "A work package is approved or done, but its latest review rejects it and nothing later approves it.",
        (_REOPEN, _AGAIN, steps.SHOW, steps.LOG),
    ),
    (
        "REVIEW_APPROVAL_STALE",
        WARN,
        "what_was_reviewed_is_what_lands",
        "A lane changed files of an approved work package after its review.",
        (_AGAIN, "git show {looked_at}", steps.LOG),
    ),
    (
        "REVIEW_ARTIFACT_SCHEMA_INVALID",
        WARN,
        "the_latest_review_of_a_work_package_can_be_read",
        "The head of a work package's latest review artifact cannot be read, or its verdict is no verdict.",
        ("mend {artifact} on branch {log_branch}, and commit that there", steps.SHOW),
    ),
    (
        "REVIEW_ARTIFACT_SEQUENCE_GAP",
        NOTE,
        "review_cycles_are_numbered_without_gaps",
        "A review artifact is missing between others of its work package.",
        ("put the missing file beside {artifact} on branch {log_branch}, and commit that there", steps.LOG),
    ),
    (
        "REVIEW_APPROVAL_UNEVIDENCED",
        WARN,
        "an_approval_has_a_review_behind_it",
        "A work package is approved or done, but nothing records a review that approves it.",
        (_AGAIN, steps.LOG),
    ),
    (
        "REVIEW_SELF_APPROVAL",
        NOTE,
        "nobody_approves_their_own_work",
        "A work package was approved under the name that implemented it.",
        ("have {wp} reviewed by somebody else, and that verdict recorded", steps.LOG),
    ),
    (
        "WP_APPROVED_WITHOUT_WORK",
        WARN,
        "approved_work_exists",
        "A work package is approved, but its lane has no change in the files that it owns.",
        ("have {wp} implemented on its lane, and reviewed again", steps.LOG),
    ),
)
