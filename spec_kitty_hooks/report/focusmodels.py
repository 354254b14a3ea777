"""What `pr-branch --json` prints, and how divergence is told, as strict models (design 6, contract)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import Model
from spec_kitty_hooks.report.writermodels import DiagnosticModel  # noqa: TC001 (pydantic reads the annotations)

if TYPE_CHECKING:
    from spec_kitty_hooks.model.divergence import Divergence, Tally
    from spec_kitty_hooks.model.focus import Focus, FocusConflict, FocusedPath, Version


class TallyModel(Model):
    """Commits that one side has and the other lacks, by what they are about; only `total` is told of very many."""

    total: int
    source: int
    ledger: int
    foreign: int


class DivergenceModel(Model):
    """A branch held against its remote-tracking branch. `as_of`: when the remote was last seen, seconds since 1970."""

    state: Literal["in_sync", "ahead", "behind", "diverged", "no_tracking_branch", "unknown"]
    local: str
    remote: str
    remote_name: str
    ahead: TallyModel
    behind: TallyModel
    as_of: int | None
    stale: bool
    problem: str


class FocusedPathModel(Model):
    """One path that the focused branch changes, and why it is the mission's: its planning, owned, or by its commits."""

    path: str
    change: str
    basis: Literal["planning", "owned", "commits"]
    work_package_id: str
    pattern: str


class SideModel(Model):
    """One side of a conflict: `commit` it was read at, and what is there (None for both: no file)."""

    commit: str
    mode: str | None
    object_id: str | None


class FocusConflictModel(Model):
    """One path that nobody can merge but a person."""

    path: str
    reason: str
    upstream: SideModel
    mission: SideModel


class PrBranchModel(Model):
    """A focused branch. `outcome`: CREATED, ALREADY (it was there), PLANNED (--dry-run), or NOTHING (upstream has all).

    `commit` stands on top of `upstream`, which is what `target` was at on the remote; it is None where there is nothing
    to do. `source` is the branch that the mission's side was read from, at `source_commit`; `left_out` differs there
    and is not the mission's. `pushed_to` is the remote that has the branch now, None if it was not pushed.
    """

    outcome: Literal["CREATED", "ALREADY", "PLANNED", "NOTHING"]
    mission: str
    branch: str
    commit: str | None
    target: str
    upstream: str
    upstream_name: str
    source: str
    source_commit: str
    message: str
    paths: list[FocusedPathModel]
    left_out: list[str]
    divergence: DivergenceModel
    pushed_to: str | None
    notes: list[str]
    diagnostics: list[DiagnosticModel]
    next_steps: list[str]


class PrBranchConflictModel(Model):
    """A focused branch that cannot be made without a person; nothing was made."""

    diagnostic_code: str
    violated_invariant: str
    message: str
    remediation: list[str]
    mission: str
    branch: str
    target: str
    upstream: str
    upstream_name: str
    source: str
    source_commit: str
    conflicts: list[FocusConflictModel]


def to_divergence(found: Divergence) -> DivergenceModel:
    """Return the published form of a divergence."""
    return DivergenceModel(
        state=found.state,  # type: ignore[arg-type]  # validated by the model
        local=found.local,
        remote=found.remote,
        remote_name=to_text(found.remote_name),
        ahead=_to_tally(found.ahead),
        behind=_to_tally(found.behind),
        as_of=found.as_of,
        stale=found.stale,
        problem=to_text(found.problem),
    )


def to_focus(focus: Focus, measured: Divergence, outcome: str, next_steps: list[str]) -> PrBranchModel:
    """Return the published form of a focused branch that can be made, or that has nothing in it."""
    return PrBranchModel(
        outcome=outcome,  # type: ignore[arg-type]  # validated by the model
        mission=focus.mission,
        branch=to_text(focus.branch),
        commit=focus.commit or None,
        target=to_text(focus.target),
        upstream=focus.upstream,
        upstream_name=to_text(focus.upstream_name),
        source=to_text(focus.source),
        source_commit=focus.tip,
        message=to_text(focus.message),
        paths=[_to_path(one) for one in focus.paths],
        left_out=[to_text(path) for path in focus.left_out],
        divergence=to_divergence(measured),
        pushed_to=None,
        notes=[to_text(note) for note in focus.notes],
        diagnostics=[],
        next_steps=next_steps,
    )


def to_conflicts(focus: Focus, code: str, invariant: str, steps: list[str]) -> PrBranchConflictModel:
    """Return the published form of a focused branch that cannot be made without a person."""
    count = len(focus.conflicts)
    return PrBranchConflictModel(
        diagnostic_code=code,
        violated_invariant=invariant,
        message=f"{count} path{'' if count == 1 else 's'} cannot be merged without a person; nothing was made",
        remediation=steps,
        mission=focus.mission,
        branch=to_text(focus.branch),
        target=to_text(focus.target),
        upstream=focus.upstream,
        upstream_name=to_text(focus.upstream_name),
        source=to_text(focus.source),
        source_commit=focus.tip,
        conflicts=[_to_conflict(focus, conflict) for conflict in focus.conflicts],
    )


def _to_path(one: FocusedPath) -> FocusedPathModel:
    return FocusedPathModel(
        path=to_text(one.path),
        change=one.change,
        basis=one.basis,  # type: ignore[arg-type]  # validated by the model
        work_package_id=one.work_package_id,
        pattern=to_text(one.pattern),
    )


def _to_conflict(focus: Focus, conflict: FocusConflict) -> FocusConflictModel:
    return FocusConflictModel(
        path=to_text(conflict.path),
        reason=to_text(conflict.reason),
        upstream=_to_side(focus.upstream, conflict.upstream),
        mission=_to_side(focus.tip, conflict.mission),
    )


def _to_tally(tally: Tally) -> TallyModel:
    return TallyModel(total=tally.total, source=tally.source, ledger=tally.ledger, foreign=tally.foreign)


def _to_side(commit: str, version: Version | None) -> SideModel:
    mode, oid = (f"{version.mode:06o}", version.oid) if version is not None else (None, None)
    return SideModel(commit=commit, mode=mode, object_id=oid)
