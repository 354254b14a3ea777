"""Codes of `mission finalize`."""

from __future__ import annotations

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
