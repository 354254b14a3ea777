"""What the commands that write print with `--json`, as strict models (design 6, contract)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import Model

if TYPE_CHECKING:
    from typing import Protocol

    class Trouble(Protocol):
        """What a writer reports: a code, a sentence, and the steps that put it right."""

        @property
        def code(self) -> str: ...  # noqa: D102
        @property
        def message(self) -> str: ...  # noqa: D102
        @property
        def remediation(self) -> tuple[str, ...]: ...  # noqa: D102


class DiagnosticModel(Model):
    """What went wrong once an event was durable: never a failure (design 1.6)."""

    diagnostic_code: str
    severity: Literal["warn", "note"]
    message: str
    remediation: list[str]


class TransitionModel(Model):
    """A transition that is in the log, durable and read back. `commit` is None if it is appended only."""

    outcome: Literal["ACK", "ALREADY"]
    event_id: str
    mission: str
    work_package_id: str
    from_lane: str
    to_lane: str
    actor: str
    at: str
    status_events_path: str
    branch: str
    commit: str | None
    diagnostics: list[DiagnosticModel]


class TransitionFailedModel(Model):
    """A transition that is not acknowledged. With exit code 4 it may be in the log: retry with the same event id."""

    diagnostic_code: str
    violated_invariant: str
    message: str
    remediation: list[str]
    mission: str
    work_package_id: str
    requested_lane: str
    event_id: str
    status_events_path: str


class StartModel(Model):
    """A work package that is in progress, and where to work on it. `event_id` is the event by which it is.

    `outcome`: STARTED by this call, RESUMED (it was claimed before) or ALREADY (it was in progress before).
    `execution_lane` is None for work on the target branch itself; `transitions` are those that this call made.
    """

    outcome: Literal["STARTED", "RESUMED", "ALREADY"]
    mission: str
    work_package_id: str
    actor: str
    event_id: str
    execution_lane: str | None
    branch: str
    directory: str
    transitions: list[TransitionModel]
    notes: list[str]
    diagnostics: list[DiagnosticModel]
    next_steps: list[str]


class StrandedModel(Model):
    """A work package that somebody took and that does not move."""

    diagnostic_code: str
    work_package_id: str
    lane: str
    to_lane: str
    since: str
    age_seconds: int
    actor: str
    message: str
    remediation: list[str]


class LostEventModel(Model):
    """An event that should be in the log and is not; `why` says where it is known from."""

    event_id: str
    work_package_id: str
    from_lane: str
    to_lane: str
    at: str
    age_seconds: int | None
    actor: str
    why: str
    remediation: list[str]


class TornLineModel(Model):
    """An unfinished last line of a log's file; `size` in bytes."""

    path: str
    line: int
    size: int
    remediation: list[str]


class AppliedModel(Model):
    """One thing that `recover --apply` did; `commit` is None if it is not committed."""

    event_id: str
    work_package_id: str
    action: str
    commit: str | None
    diagnostics: list[DiagnosticModel]


class RecoverModel(Model):
    """What `recover` found in a mission and, with `--apply`, what it did about it."""

    mission: str
    stranded: list[StrandedModel]
    lost_events: list[LostEventModel]
    torn: TornLineModel | None
    applied: list[AppliedModel]


def to_diagnostic(problem: Trouble, severity: Literal["warn", "note"] = "warn") -> DiagnosticModel:
    """Return the published form of what went wrong once an event was durable."""
    return DiagnosticModel(
        diagnostic_code=problem.code,
        severity=severity,
        message=to_text(problem.message),
        remediation=[to_text(step) for step in problem.remediation],
    )
