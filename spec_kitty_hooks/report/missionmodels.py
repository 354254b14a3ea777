"""What `status` and `log` print with --json, as strict models: the published schemas come from here (design 6)."""

from __future__ import annotations

from typing import Literal

from spec_kitty_hooks.report.models import Model


class StalledModel(Model):
    """A work package that somebody took and that does not move; `since` is the time of the transition into its lane."""

    diagnostic_code: Literal["WP_CLAIM_STALLED", "REVIEW_STALLED"]
    severity: Literal["block", "warn", "note"]
    message: str
    since: str
    age_seconds: int
    actor: str
    remediation: list[str]


class WorkPackageStatusModel(Model):
    """One work package as the log has it. `age_seconds` is counted from its last transition, None without one.

    `uncommitted` counts its events that are in the working file and in no commit.
    """

    lane: str
    title: str
    execution_lane: str
    actor: str
    last_event_id: str
    last_transition_at: str
    age_seconds: int | None
    force_count: int
    review_verdict: str | None
    overridden: bool
    stalled: StalledModel | None
    uncommitted: int


class WarningModel(Model):
    """Why what is shown may not be the whole truth, and what to do about it."""

    message: str
    remediation: list[str]


class MissionStatusModel(Model):
    """One mission as its log has it. `source` says which copy was read, `problems` what could not be.

    `frozen` is true if the log's branch cannot be read in this clone and the copy in HEAD is shown instead;
    `uncommitted` counts all events that are in the working file and in no commit of the log's branch.
    """

    event_count: int
    last_event_id: str | None
    work_packages: dict[str, WorkPackageStatusModel]
    log_branch: str
    source: str
    frozen: bool
    uncommitted: int
    warnings: list[WarningModel]
    problems: list[str]


class StatusModel(Model):
    """`status --json`."""

    missions: dict[str, MissionStatusModel]


class EventModel(Model):
    """One event. `from_lane` and `to_lane` are canonical and null for what is no transition.

    `summary` says what an annotation or a lifecycle record says, or why a record of kind `unknown` is not understood.
    `copies` are the places (a work tree or a full ref name) that have it, `line` its 1-based line in the first of them.
    It is committed if a commit of the log's branch has it, published if a remote-tracking one does.
    """

    event_id: str
    at: str
    kind: Literal["transition", "annotation", "lifecycle", "retrospective", "unknown"]
    work_package_id: str
    from_lane: str | None
    to_lane: str | None
    actor: str
    force: bool
    reason: str | None
    summary: str
    line: int
    copies: list[str]
    committed: bool
    published: bool


class LogPlaceModel(Model):
    """One copy of the log that was read; `role` tells which of them count."""

    kind: Literal["worktree", "branch", "remote", "commit"]
    where: str
    role: str
    event_count: int | None
    problem: str


class LogDamageModel(Model):
    """One line that cannot be read, and the copy it is in; line 0 stands for the whole copy."""

    where: str
    line: int
    reason: str
    torn: bool


class MissionLogModel(Model):
    """The events of one mission that match, the oldest first unless it was asked otherwise.

    `event_count` counts all records of the log, `matching` those that match, shown or beyond the limit, and
    `work_packages` names those that the log knows; `frozen` and `warnings` are those of `status`.
    """

    mission: str
    log_branch: str
    frozen: bool
    warnings: list[WarningModel]
    event_count: int
    work_packages: list[str]
    matching: int
    copies: list[LogPlaceModel]
    events: list[EventModel]
    conflicting_event_ids: list[str]
    damage: list[LogDamageModel]
    problems: list[str]


class LogModel(Model):
    """`log --json`."""

    missions: list[MissionLogModel]
