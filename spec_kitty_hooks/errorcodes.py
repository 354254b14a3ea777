"""Codes of commands that write: always errors, no policy lowers them, and no hook or check prints them (design 5)."""

from __future__ import annotations

#: Code, the invariant that the command protects, and what it means in one sentence.
ERRORS = (
    (
        "STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED",
        "an_acknowledged_transition_is_durable_and_readable",
        "The event could not be written, or cannot be read back as the lane that was asked for.",
    ),
    (
        "TRANSITION_ILLEGAL",
        "new_transitions_follow_the_lane_machine",
        "There is no edge from the lane that the work package is in to the lane that was asked for.",
    ),
    (
        "TRANSITION_GUARD_UNMET",
        "new_transitions_meet_the_guards_of_their_edge",
        "The edge exists, but something that it needs is missing.",
    ),
    (
        "LANE_MOVED",
        "a_transition_starts_from_the_lane_that_was_expected",
        "The work package is not, or no longer, in the lane that was expected.",
    ),
    ("EVENT_LOG_LOCKED", "one_writer_at_a_time", "Somebody else holds the lock of the event log; try again."),
    (
        "WRITE_OUTCOME_UNKNOWN",
        "an_acknowledged_transition_is_durable_and_readable",
        "The event may or may not be in the log; the same call with the same --event-id settles it.",
    ),
    (
        "EVENT_LOG_STALE",
        "events_are_appended_to_the_newest_log",
        "The log that could be written here is older than another copy that this clone knows.",
    ),
    (
        "EVENT_LOG_OUT_OF_REACH",
        "events_are_appended_where_the_log_lives",
        "This clone has nothing of the branch that the log lives on.",
    ),
    ("WORK_PACKAGE_UNKNOWN", "a_transition_names_a_work_package", "The mission has no such work package."),
    ("ACTOR_MISSING", "an_event_names_its_actor", "Nobody said who is doing this."),
    (
        "EVENT_NOT_COMMITTED",
        "recorded_events_reach_other_clones",
        "The event is in the log, but the log could not be committed.",
    ),
    (
        "EVENT_NOT_COPIED",
        "an_acknowledged_event_can_be_found_again",
        "The event is in the log, but its copy beside git's own files could not be written.",
    ),
    (
        "INDEX_NOT_MOVED",
        "the_next_commit_takes_no_event_back",
        "The log is committed, but its entry in the index of a work tree could not be moved along.",
    ),
    ("IDENTITY_MISSING", "a_commit_names_its_author", "Git does not know in whose name to commit."),
    ("BRANCH_MOVED", "a_branch_moves_from_where_it_was_seen", "Somebody else moved the branch meanwhile; try again."),
    ("BRANCH_LOCKED", "a_branch_moves_from_where_it_was_seen", "Another git is moving the branch; try again."),
    (
        "BRANCH_BUSY",
        "a_branch_that_is_rebased_stays_where_it_is",
        "The branch is being rebased in a work tree, which git could not finish if it moved.",
    ),
    (
        "BRANCH_NOT_HERE",
        "work_starts_from_what_is_recorded",
        "A branch or commit that the work starts from is not in this clone, or not checked out.",
    ),
    ("MERGE_CONFLICT", "a_lane_has_what_it_builds_on", "What a lane builds on cannot be merged without a person."),
    ("WORKTREE_IN_THE_WAY", "a_lane_has_one_place", "Something else stands where the lane's work tree belongs."),
    ("WORKTREE_ELSEWHERE", "a_lane_has_one_place", "The lane's branch is checked out in another work tree."),
    (
        "WORKTREE_NOT_CLEAN",
        "a_work_package_starts_from_what_is_committed",
        "The lane's work tree has changes that are not committed.",
    ),
    ("LANE_LOCKED", "one_writer_at_a_time", "Somebody else is making the work tree of the lane; try again."),
    ("START_LOCKED", "one_writer_at_a_time", "Somebody else is starting the work package; try again."),
    (
        "DEPENDENCIES_NOT_SATISFIED",
        "work_builds_on_what_is_approved",
        "The work package builds on one that is neither approved nor done.",
    ),
    (
        "WORK_PACKAGE_WITHOUT_LANE",
        "work_is_done_in_a_recorded_lane",
        "lanes.json has no lane for the work package, or one that can be no branch.",
    ),
    (
        "FOCUSED_BRANCH_CONFLICT",
        "a_focused_branch_is_merged_by_the_tool_or_by_a_person",
        "The mission and the remote's target changed the same files, so that a person has to merge them.",
    ),
    (
        "FOCUSED_BRANCH_EXISTS",
        "an_existing_branch_is_never_overwritten",
        "There is a branch of the focused branch's name, and it is a different one.",
    ),
    (
        "FOCUSED_BRANCH_BLOCKED",
        "an_existing_branch_is_never_overwritten",
        "The name of another branch, or a work tree without a commit, leaves no room for the focused branch.",
    ),
    (
        "FOCUSED_BRANCH_NOT_PUSHED",
        "a_published_branch_is_never_replaced",
        "The focused branch is made, and the remote, or a hook, did not take it.",
    ),
    (
        "HISTORIES_UNRELATED",
        "a_focused_branch_starts_from_common_history",
        "The mission's branch and the remote's target have no commit in common.",
    ),
    ("WRITE_REFUSED", "what_is_reported_was_written", "The file system refused to write a file."),
)

INVARIANTS = {code: invariant for code, invariant, _meaning in ERRORS}
