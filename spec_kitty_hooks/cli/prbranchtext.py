"""A focused branch for a person: what is in it and why, or what stands in its way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.divergence import show_date
from spec_kitty_hooks.model.divergence import DIVERGED
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec_kitty_hooks.report.focusmodels import (
        DivergenceModel,
        FocusConflictModel,
        FocusedPathModel,
        PrBranchConflictModel,
        PrBranchModel,
        SideModel,
        TallyModel,
    )

_SHOWN_OID = 12
_WORDS = {"CREATED": "made", "ALREADY": "there already", "PLANNED": "would be made"}


def write(model: PrBranchModel) -> None:
    """Write what was made, or would be, to standard output, and what went wrong to standard error."""
    sys.stdout.write("".join(f"{line}\n" for line in _describe(model)))
    for diagnostic in model.diagnostics:
        sys.stderr.write(f"spec-kitty-hooks: {diagnostic.diagnostic_code}\n")
        for line in diagnostic.message.splitlines():
            sys.stderr.write(f"  {escape(line, limit=1000)}\n")
        _write_steps(diagnostic.remediation)


def write_conflict(model: PrBranchConflictModel) -> None:
    """Write what cannot be merged, with both sides, and how a person does it, to standard error."""
    sys.stderr.write(f"spec-kitty-hooks: {escape(model.branch)}: {model.message}\n")
    for conflict in model.conflicts[: limits.SHOWN_PATHS]:
        sys.stderr.write("".join(f"  {line}\n" for line in _describe_conflict(model, conflict)))
    if len(model.conflicts) > limits.SHOWN_PATHS:
        sys.stderr.write(f"  and {len(model.conflicts) - limits.SHOWN_PATHS} more (--json lists them)\n")
    _write_steps(model.remediation)


def _describe(model: PrBranchModel) -> Iterator[str]:
    upstream = f"{escape(_shorten(model.upstream_name))} at {model.upstream[:_SHOWN_OID]}"
    if model.commit is None:
        yield f"nothing to do: {upstream} has everything that {escape(_shorten(model.source))} has of {model.mission}"
    else:
        yield f"{escape(model.branch)}: {_WORDS[model.outcome]}, commit {model.commit} on top of {upstream}"
    yield from (f"  {line}" for line in _describe_divergence(model.target, model.divergence))
    yield from (f"  {line}" for line in _list_paths(model.paths))
    if model.left_out:
        count = len(model.left_out)
        source = escape(_shorten(model.source))
        yield f"  left out: {count} path{'' if count == 1 else 's'} of {source}, not the mission's:"
        yield from (f"    {escape(path)}" for path in model.left_out[: limits.SHOWN_PATHS])
        yield from _count_rest(count)
    yield from (f"  note: {escape(note, limit=1000)}" for note in model.notes)
    if model.pushed_to is not None:
        yield f"  pushed to {escape(model.pushed_to)}"
    yield from (f"  next: {escape(step, limit=limits.SHOWN_STEP_CHARACTERS)}" for step in model.next_steps)


def _describe_divergence(target: str, found: DivergenceModel) -> Iterator[str]:
    if found.local:
        counts = f"{found.ahead.total} ahead{_split(found.ahead)}, {found.behind.total} behind{_split(found.behind)}"
        word = "has diverged" if found.state == DIVERGED else f"is {found.state.replace('_', ' ')}"
        yield f"{escape(target)} {word}: {counts}{show_date(found.as_of)}"
    if found.problem:
        word = "the fetch failed: " if found.stale else ""
        yield f"note: {word}{escape(found.problem, limit=1000)}"


def _split(tally: TallyModel) -> str:
    named = ((tally.source, "source"), (tally.ledger, "ledger"), (tally.foreign, "of other missions"))
    parts = [f"{count} {name}" for count, name in named if count]
    return f" ({', '.join(parts)})" if parts else ""


def _list_paths(paths: list[FocusedPathModel]) -> Iterator[str]:
    if paths:
        yield f"{len(paths)} path{'' if len(paths) == 1 else 's'}:"
    for one in paths[: limits.SHOWN_PATHS]:
        why = f"{one.work_package_id}, {escape(one.pattern)}" if one.work_package_id else one.basis
        yield f"  {one.change:<12} {escape(one.path)}  ({why})"
    yield from _count_rest(len(paths))


def _count_rest(count: int) -> Iterator[str]:
    if count > limits.SHOWN_PATHS:
        yield f"    and {count - limits.SHOWN_PATHS} more (--json lists them)"


def _describe_conflict(model: PrBranchConflictModel, conflict: FocusConflictModel) -> Iterator[str]:
    yield f"{escape(conflict.path)}: {escape(conflict.reason, limit=1000)}"
    for name, side in ((model.upstream_name, conflict.upstream), (model.source, conflict.mission)):
        yield f"  {escape(_shorten(name))} at {side.commit[:_SHOWN_OID]}: {_describe_side(side)}"


def _describe_side(side: SideModel) -> str:
    return "no such file" if side.object_id is None else f"mode {side.mode}, {side.object_id[:_SHOWN_OID]}"


def _shorten(name: str) -> str:
    return name.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def _write_steps(steps: Iterable[str]) -> None:
    for step in steps:
        sys.stderr.write(f"  next: {escape(step, limit=limits.SHOWN_STEP_CHARACTERS)}\n")
