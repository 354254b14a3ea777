"""What `--json` prints, as strict models: the published schemas come from here (design 5 and 6, contract)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Base of everything that is printed: no unknown keys, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorModel(Model):
    """A command that could not do its work."""

    diagnostic_code: str
    message: str
    remediation: list[str]


class FindingModel(Model):
    r"""One finding; `path` is UTF-8 text with bytes that are not UTF-8 written as \\xNN."""

    diagnostic_code: str
    severity: Literal["block", "warn", "note"]
    mission: str
    work_package_id: str
    branch_or_work_package: str
    violated_invariant: str
    message: str
    remediation: list[str]
    path: str | None
    change: str
    pattern: str
    commit: str
    author: str
    details: dict[str, Any]
    evidence: dict[str, Any]


class ReportModel(Model):
    """What `check` and the hooks find."""

    verdict: Literal["pass", "fail", "cannot_judge", "not_applicable"]
    exit_code: int
    subject: str
    findings: list[FindingModel]
    notes: list[str]
    evidence: dict[str, Any]


class StepModel(Model):
    """One step of finding out who is active."""

    question: str
    answer: str


class CandidateModel(Model):
    """A work package that may own a change now. `source` is where its head was read, as `git show` takes it."""

    work_package_id: str
    title: str
    owned_files: list[str]
    source: str
    problem: str


class LogCopyModel(Model):
    """One copy of an event log; `missing` and `extra` are event ids against the log that counts."""

    kind: str
    where: str
    role: str
    commit: str
    event_count: int | None
    missing: list[str]
    extra: list[str]
    problem: str


class ContextModel(Model):
    """Who is active here, and every step that led there."""

    branch: str
    detached: bool
    operation: str
    amend: bool
    role: str
    mission: str | None
    execution_lane: str | None
    target_branch: str | None
    log_branch: str | None
    plan: str | None
    plan_is_own_copy: bool
    basis: str | None
    work_packages: dict[str, str]
    candidates: list[CandidateModel]
    chosen: str | None
    event_count: int | None
    policy_problems: list[str]
    steps: list[StepModel]


class ConsideredModel(Model):
    """One work package held against a path."""

    work_package_id: str
    execution_lane: str
    lane: str
    active: bool
    pattern: str | None
    upstream_pattern: str | None


class ExplainModel(Model):
    """What decides about one path."""

    path: str
    allowed: bool
    verdict: Literal["pass", "fail", "cannot_judge", "not_applicable"]
    exit_code: int
    work_package_id: str | None
    pattern: str | None
    source: str | None
    considered: list[ConsideredModel]
    findings: list[FindingModel]
    steps: list[StepModel]


class FileCopyModel(Model):
    """One copy of a planning file. `same` tells whether it equals the copy that counts (None: nothing to compare)."""

    path: str
    where: str
    role: str
    object_id: str
    same: bool | None


class WhereMissionModel(Model):
    """All copies of one mission's truth."""

    mission: str
    log_branch: str
    log: list[LogCopyModel]
    conflicting_event_ids: list[str]
    plan: str
    files: list[FileCopyModel]


class WhereModel(Model):
    """Which copy counts, mission by mission."""

    missions: list[WhereMissionModel]


class DemoModel(Model):
    """What `demo` came to: every step that did not come out as told, and where the repository is if it was kept."""

    surprises: list[str]
    kept: str | None
