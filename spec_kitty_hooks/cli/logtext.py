"""Events as plain text, one line each: id, moment, work package, what happened, who did it, what is odd, why.

Every character that came from outside is escaped; nothing here knows whether a terminal is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.cli.statustext import write_warnings
from spec_kitty_hooks.mission.moments import write_moment
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.report.missionmodels import EventModel, MissionLogModel

_NO_ID = "-" * 26
_NAME = 40  # characters of an id, an actor or a moment
_SAYING = 160  # characters of a reason or an annotation
_LANES = len("in_progress -> in_progress")


def write_log(model: MissionLogModel) -> Iterator[tuple[str, str]]:
    """Yield the lines of one mission, each with the style it has on a terminal ("" for none)."""
    yield f"Mission {model.mission} (branch {escape(model.log_branch) or 'unknown'}): {_count(model)}", "bold"
    yield from ((f"  {line}", "bold red") for line in write_warnings(model.warnings))
    yield from ((f"  {_write_event(event)}", _find_style(event)) for event in model.events)
    if not model.events and model.work_packages:
        yield f"  no event matches; the log knows {', '.join(escape(wp_id) for wp_id in model.work_packages)}", ""
    for damage in model.damage:
        torn = ", torn: a write in progress or interrupted" if damage.torn else ""
        yield f"  damage: line {damage.line} of {escape(damage.where)}: {escape(damage.reason)}{torn}", "red"
    for event_id in model.conflicting_event_ids:
        yield f"  conflict: different events have the id {escape(event_id)}", "red"
    yield from ((f"  problem: {escape(problem)}", "red") for problem in model.problems)


def _find_style(event: EventModel) -> str:
    if event.kind == "unknown":
        return "red"
    return "" if event.committed else "yellow"


def _count(model: MissionLogModel) -> str:
    shown = f"{len(model.events)} of " if len(model.events) < model.event_count else ""
    records = "record" if model.event_count == 1 else "records"
    hidden = model.matching - len(model.events)
    return f"{shown}{model.event_count} {records}{f', {hidden} older ones match' if hidden else ''}"


def _write_event(event: EventModel) -> str:
    marks = ["forced"] if event.force else []
    marks += [] if event.committed else ["not committed"]
    who = ", ".join(part for part in (escape(event.actor, limit=_NAME), *marks) if part)
    what = f"{event.from_lane} -> {event.to_lane}" if event.to_lane is not None else event.kind
    saying = "; ".join(escape(text, limit=_SAYING) for text in (event.summary, event.reason) if text)
    told = ": ".join(part for part in (who, saying) if part)
    moment = escape(write_moment(event.at), limit=_NAME)
    if event.kind == "unknown":
        what += f", line {event.line}"
    subject = escape(event.work_package_id, limit=_NAME)
    event_id = escape(event.event_id, limit=_NAME) or _NO_ID
    return f"{event_id}  {moment:<20}  {subject:<6}  {what:<{_LANES}}  {told}".rstrip()
