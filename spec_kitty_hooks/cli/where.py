"""`where`: all copies of a mission's log and planning, which of them counts, and how the others differ."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import choose_missions, directory_option, json_option, mission_option, open_git
from spec_kitty_hooks.overview import MissionView, Overview
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import FileCopyModel, LogCopyModel, WhereMissionModel, WhereModel
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.model.events import EventLog
    from spec_kitty_hooks.model.mission import LogCopy

_LISTED = 5


@click.command(short_help="List all copies of a mission's log and plan: which counts.")
@click.argument("handle", metavar="[MISSION]", required=False)
@json_option
@directory_option
@mission_option
def where(handle: str | None, as_json: bool, directory: str | None) -> int:
    """List all copies of a mission's event log, work packages and reviews: which counts, how the others differ.

    MISSION is its directory, slug, number or id (all of it or the first eight characters); without it, the mission of
    the current branch, else all. Reads branches and work trees of this clone; nothing is fetched.
    """
    with open_git(directory) as git:
        overview = Overview(git)
        chosen = choose_missions(git, overview, handle)
        model = WhereModel(missions=[describe(overview, overview.view(*one)) for one in chosen])
    if as_json:
        print_model(model)
    else:
        sys.stdout.write("\n".join(write(one) for one in model.missions) or "no branch of this clone has a mission\n")
    return 0


def describe(overview: Overview, view: MissionView) -> WhereMissionModel:
    """Return the published form of one mission's copies."""
    return WhereMissionModel(
        mission=view.mission.directory,
        log_branch=to_text(view.log_branch),
        log=[_describe_log(copy, view.log) for copy in overview.all_copies(view)],
        conflicting_event_ids=[to_text(conflict.event_id) for conflict in view.conflicts],
        plan=to_text(view.plan_name),
        files=[
            FileCopyModel(
                path=to_text(copy.path),
                where=to_text(copy.where),
                role=copy.role,
                object_id=copy.object_id,
                same=copy.same,
            )
            for copy in overview.files(view)
        ],
    )


def _describe_log(copy: LogCopy, counting: EventLog | None) -> LogCopyModel:
    ids = _ids(copy.log)
    reference = _ids(counting)
    return LogCopyModel(
        kind=copy.kind,
        where=to_text(copy.where),
        role=copy.role,
        commit=copy.commit,
        event_count=len(copy.log.events) if copy.log is not None else None,
        missing=[to_text(event_id) for event_id in reference if event_id not in ids] if copy.log is not None else [],
        extra=[to_text(event_id) for event_id in ids if event_id not in reference],
        problem=to_text(copy.problem),
    )


def _ids(log: EventLog | None) -> dict[str, None]:
    return dict.fromkeys(event.event_id for event in log.events if event.event_id) if log is not None else {}


def write(model: WhereMissionModel) -> str:
    """Return one mission's copies as text; files that are the same everywhere are counted, not listed."""
    lines = [f"Mission {model.mission}", f"  event log, on branch {escape(model.log_branch) or 'unknown'}:"]
    lines += [f"    {copy.role:<13} {copy.kind} {escape(copy.where)}{_difference(copy)}" for copy in model.log]
    conflicts = model.conflicting_event_ids[:_LISTED]
    lines += [f"    conflict: copies hold different events with the id {escape(event_id)}" for event_id in conflicts]
    lines.append(f"  planning counts at {escape(model.plan)}:")
    differing = [copy for copy in model.files if copy.same is False]
    lines += [f"    differs       {escape(file.path)} in {escape(file.where)}" for file in differing]
    same = len({file.path for file in model.files} - {file.path for file in differing})
    lines.append(f"    {same} file{'' if same == 1 else 's'} the same wherever this clone has them")
    return "\n".join(lines) + "\n"


def _difference(copy: LogCopyModel) -> str:
    if copy.problem:
        return f" ({escape(copy.problem)})"
    parts = [f"{copy.event_count} events"] if copy.event_count is not None else []
    for word, ids in (("lacks", copy.missing), ("has more", copy.extra)):
        if ids:
            shown = ", ".join(escape(event_id) for event_id in ids[:_LISTED])
            parts.append(f"{word} {len(ids)}: {shown}{' ...' if len(ids) > _LISTED else ''}")
    return f" ({'; '.join(parts)})" if parts else ""
