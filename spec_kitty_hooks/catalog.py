"""Every diagnostic code and every hook: the one list that policy, manifest, schemas and documentation are made from.

Codes that upstream Spec Kitty uses keep its name and meaning (formats 10). Nothing here reads or decides anything.
"""

from __future__ import annotations

from spec_kitty_hooks.model.findings import BLOCK, NOTE, WARN
from spec_kitty_hooks.model.record import Record

OWNERSHIP = "ownership"
CONTEXT = "context"
EVENT_LOG = "event log"
MERGE = "merge"

#: Severity of the codes that mean "cannot judge": policy decides per situation (design 5).
BY_SITUATION = "cannot_judge"


class Diagnostic(Record):
    """One code: its family, default severity, the invariant it protects and what it means in one sentence.

    `remedies` are the next steps, most useful first, with `{names}` that a finding fills in.
    """

    code: str
    family: str
    severity: str
    invariant: str
    meaning: str
    remedies: tuple[str, ...]


class Hook(Record):
    """One hook that git runs, as installed natively and as offered to the pre-commit framework."""

    name: str
    manifest_id: str
    title: str
    description: str


HOOKS = (
    Hook(
        name="pre-commit",
        manifest_id="spec-kitty-pre-commit",
        title="Spec Kitty: the commit",
        description="Judges the staged change against the active work package and the mission's event log.",
    ),
    Hook(
        name="pre-merge-commit",
        manifest_id="spec-kitty-pre-merge-commit",
        title="Spec Kitty: the merge commit",
        description="Judges what a merge brings of its own, and refuses one that loses events.",
    ),
)

# How to take a path out of the commit again, and how to give an event log back what it had: facts say which applies.
_UNSTAGE = (
    "git restore --staged -- {staged}",
    "git restore --staged --source={base} -- {amended}",
    "git restore --staged --source={side} -- {brought}",
    "git rm --cached -- {unborn}",
)
_RESTORE = (
    "git restore --staged --source={base} -- {restored}",
    "git rm --cached -- {unborn}",
    "keep the lines of both sides in {united} and nothing else, then git add it and commit again",
)
_INSTEAD = "make this change on branch {target} instead"
_EXPLAIN = "spec-kitty-hooks explain {path}"
_CONTEXT = "spec-kitty-hooks context"
_WHERE = "spec-kitty-hooks where {mission}"
_SHOW = "git show {source}"
_RECOVER = "spec-kitty-hooks recover {wp} --mission {mission}"
_LOG = "spec-kitty-hooks log {mission} --wp {wp}"

_ROWS: tuple[tuple[str, str, str, str, str, tuple[str, ...]], ...] = (
    (
        "ACTIVE_WP_SCOPE_VIOLATION",
        OWNERSHIP,
        BLOCK,
        "changed_paths_must_be_owned_by_the_active_work_package",
        "A changed path is outside what the active work package owns.",
        (*_UNSTAGE, _EXPLAIN, "or add it to owned_files in {head} on branch {target}, and commit that there"),
    ),
    (
        "PLANNING_PATH_ON_LANE",
        OWNERSHIP,
        BLOCK,
        "planning_artifacts_must_not_change_on_a_lane",
        "A path under kitty-specs/ changes on a lane branch; planning lives on the mission's own branch.",
        (*_UNSTAGE, _INSTEAD, _WHERE),
    ),
    (
        "OWNERSHIP_SELF_GRANT",
        OWNERSHIP,
        BLOCK,
        "a_lane_must_not_change_its_own_ownership",
        "A lane changes work-package heads, lanes.json or policy, and so what it may do.",
        (*_UNSTAGE, _INSTEAD, _WHERE),
    ),
    (
        "WP_ALREADY_APPROVED",
        OWNERSHIP,
        BLOCK,
        "approved_work_must_not_change",
        "Every work package of the lane is approved or done, so nothing may change on it.",
        (*_UNSTAGE, "or have {wp} moved back to in_progress first, so that it is reviewed again", _CONTEXT),
    ),
    (
        "WP_NOT_STARTED",
        OWNERSHIP,
        WARN,
        "work_starts_before_its_first_commit",
        "No work package of the lane has been started.",
        ("spec-kitty-hooks start {wp} --mission {mission}", _CONTEXT),
    ),
    (
        "ACTIVE_WP_CONTEXT_AMBIGUOUS",
        CONTEXT,
        BY_SITUATION,
        "one_active_work_package_owns_the_whole_change",
        "The change is split between work packages that are active at the same time.",
        ("git commit --only -- {only}", *_UNSTAGE, _CONTEXT),
    ),
    (
        "ACTIVE_WP_CONTEXT_MISSING",
        CONTEXT,
        BY_SITUATION,
        "a_lane_branch_is_recorded_by_a_mission",
        "The branch looks like a lane, but no mission that can be reached records it.",
        (
            "git switch {lane_branch}",
            "fetch the branch that plans the mission of {unrecorded}, or rename that branch if it is no lane",
            _CONTEXT,
        ),
    ),
    (
        "ACTIVE_WP_STATUS_UNAVAILABLE",
        CONTEXT,
        BY_SITUATION,
        "the_event_log_can_be_read",
        "The mission's event log cannot be read, so nobody can be shown to be active.",
        (
            "fetch branch {unfetched}, which has the event log",
            "put the event log back: {log} on branch {log_branch}",
            _WHERE,
        ),
    ),
    (
        "ACTIVE_WP_METADATA_MISSING",
        CONTEXT,
        BY_SITUATION,
        "the_active_work_package_has_a_file",
        "The active work package has no file in tasks/.",
        ("put a file for {wp} into {tasks} on branch {target}, and commit that there", _WHERE),
    ),
    (
        "ACTIVE_WP_METADATA_INVALID",
        CONTEXT,
        BY_SITUATION,
        "the_head_of_the_active_work_package_can_be_read",
        "The head of the active work package's file cannot be read.",
        (_SHOW, "mend {head} on branch {target}, and commit that there"),
    ),
    (
        "ACTIVE_WP_OWNERSHIP_MISSING",
        CONTEXT,
        BY_SITUATION,
        "the_active_work_package_owns_files",
        "The active work package lists no owned_files.",
        (_SHOW, "list owned_files in {head} on branch {target}, and commit that there"),
    ),
    (
        "DETACHED_HEAD",
        CONTEXT,
        BY_SITUATION,
        "a_lane_commit_is_made_on_the_lane_branch",
        "A lane's work tree is on a detached HEAD, so the commit belongs to no lane.",
        ("git switch {lane_branch}",),
    ),
    (
        "SHALLOW_HISTORY",
        CONTEXT,
        BY_SITUATION,
        "the_judged_history_is_complete",
        "History is cut off where it is needed.",
        ("git fetch --unshallow",),
    ),
    (
        "REPOSITORY_UNSUPPORTED",
        CONTEXT,
        BY_SITUATION,
        "git_can_read_the_repository",
        "Git cannot open or read this repository.",
        ("git archive -o /dev/null {lacked} -- {part}", "git status"),
    ),
    (
        "POLICY_INVALID",
        CONTEXT,
        BY_SITUATION,
        "policy_can_be_read",
        ".kittify/config.yaml holds a policy that cannot be read; the strictest reading holds.",
        (
            _SHOW,
            "mend {policy}, git add it and commit again",
            "mend .kittify/config.yaml on branch {policy_branch}, and commit that there",
        ),
    ),
    (
        "EVENT_LOG_NOT_APPEND_ONLY",
        EVENT_LOG,
        BLOCK,
        "published_events_stay_as_they_are",
        "A published event is missing from the log, or changed.",
        (*_RESTORE, _SHOW, "put the lost lines back into {lacking}, then git add it and commit again", _WHERE),
    ),
    (
        "EVENT_LOG_ROLLED_BACK",
        EVENT_LOG,
        WARN,
        "recorded_events_stay",
        "An event that was never published is taken back.",
        _RESTORE,
    ),
    (
        "EVENT_LOG_UNREADABLE",
        EVENT_LOG,
        BLOCK,
        "every_line_of_the_log_is_an_event",
        "The event log has lines that cannot be read.",
        (
            *_RESTORE,
            "git -C {worktree} restore -- {log}",
            "take these lines out of {damaged} on branch {log_branch}, and commit that there",
            _WHERE,
        ),
    ),
    (
        "EVENT_ID_CONFLICT",
        EVENT_LOG,
        BLOCK,
        "one_id_one_event",
        "One event id stands for two different contents.",
        (
            *_RESTORE[:2],
            "keep both lines in {twofold}, the unpublished one under a new event_id, then git add it and commit again",
            _WHERE,
        ),
    ),
    (
        "EVENT_TRANSITION_ILLEGAL",
        EVENT_LOG,
        BLOCK,
        "new_transitions_follow_the_lane_machine",
        "A new event moves a work package along an edge that does not exist, or without what the edge needs.",
        _RESTORE,
    ),
    (
        "EVENT_FROM_FUTURE",
        EVENT_LOG,
        WARN,
        "events_are_not_dated_in_the_future",
        "A new event is dated after now; it would outrank every event written until then.",
        (*_RESTORE, "set the clock of this machine right, then record the event again"),
    ),
    (
        "EVENT_CHAIN_BROKEN",
        EVENT_LOG,
        NOTE,
        "a_transition_starts_where_the_last_one_ended",
        "A new event starts from another lane than the previous one reached.",
        (_WHERE,),
    ),
    (
        "STATUS_SNAPSHOT_DRIFT",
        EVENT_LOG,
        NOTE,
        "status_json_agrees_with_the_log",
        "status.json says something else than the log; the log is what counts.",
        ("let Spec Kitty write status.json anew: its next transition does", _WHERE),
    ),
    (
        "EVENT_LOG_SURFACES_DISAGREE",
        EVENT_LOG,
        NOTE,
        "copies_of_the_log_agree",
        "Copies of the event log hold different events.",
        (
            "merge {others} into branch {log_branch}, keeping every line of both logs",
            "git -C {worktree} diff -- {withdrawn}",
            _WHERE,
        ),
    ),
    (
        "MERGE_LOST_EVENTS",
        MERGE,
        BLOCK,
        "a_merge_keeps_the_events_of_both_sides",
        "The merge drops events that one of its sides has.",
        (_RESTORE[2], _WHERE),
    ),
    (
        "WP_CLAIM_STALLED",
        MERGE,
        NOTE,
        "a_claimed_work_package_is_started",
        "A work package has been claimed for long (policy: stale_claim_minutes) and was never started.",
        (_RECOVER, _LOG),
    ),
    (
        "REVIEW_STALLED",
        MERGE,
        NOTE,
        "a_review_ends_with_a_verdict",
        "A work package has been in review for long (policy: stale_claim_minutes) without a verdict.",
        (_RECOVER, _LOG),
    ),
)

DIAGNOSTICS: dict[str, Diagnostic] = {
    row[0]: Diagnostic(code=row[0], family=row[1], severity=row[2], invariant=row[3], meaning=row[4], remedies=row[5])
    for row in _ROWS
}

#: What `mission finalize` finds wrong with a plan; no policy lowers these, and no hook gives them.
PLAN: tuple[tuple[str, str], ...] = (
    ("PLAN_MISSION_INVALID", "meta.json or lanes.json cannot be used as it is."),
    ("PLAN_WORK_PACKAGES_MISSING", "tasks/ holds no work package."),
    ("PLAN_HEAD_INVALID", "The head or the name of a work package's file cannot be used."),
    ("PLAN_ID_DUPLICATE", "Two files claim one work package id."),
    ("PLAN_OWNERSHIP_MISSING", "A work package owns no files."),
    ("PLAN_PATTERN_INVALID", "A pattern of owned_files can never match."),
    ("PLAN_OWNERSHIP_OVERLAP", "Two work packages that may run at the same time own the same path."),
    ("PLAN_DEPENDENCY_UNKNOWN", "A work package depends on one that has no file."),
    ("PLAN_DEPENDENCY_CYCLE", "Work packages wait for each other, so none of them could start."),
    ("LANE_DEPENDENCY_CYCLE", "Lanes, which are merged as a whole, would wait for each other."),
    ("PLAN_LANE_MOVED", "A work package that has been started would come into another lane."),
    ("PLAN_FILE_MISSING", "The event log knows a work package that has no file."),
    ("PLAN_FILE_UNREADABLE", "A file of the plan cannot be read."),
)

#: Codes that no policy can lower (design 5).
UNTOUCHABLE = frozenset(("EVENT_LOG_NOT_APPEND_ONLY", "EVENT_ID_CONFLICT"))


def remedies(code: str, facts: dict[str, str]) -> tuple[str, ...]:
    """Fill in the remedies of a code.

    `facts` maps the names in braces to text that is already quoted for a shell. A remedy that needs a fact which is
    not there is left out: a command with a hole in it is worse than none.
    """
    filled = []
    for template in DIAGNOSTICS[code].remedies:
        try:
            filled.append(template.format_map(facts))
        except KeyError:
            continue
    return tuple(filled)
