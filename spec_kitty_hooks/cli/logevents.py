"""The published form of a mission's events: what `log` prints, before it is JSON or text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.cli.status import describe_warnings
from spec_kitty_hooks.mission.annotations import summarise_delta
from spec_kitty_hooks.mission.eventlog import duplicates
from spec_kitty_hooks.mission.selection import actor_of, subject_of
from spec_kitty_hooks.mission.standing import Standing
from spec_kitty_hooks.model import events as kinds
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.missionmodels import EventModel, LogDamageModel, LogPlaceModel, MissionLogModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_kitty_hooks.mission.selection import Selection
    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.mission import LogCopy
    from spec_kitty_hooks.overview import MissionView, Overview


def describe(
    overview: Overview, view: MissionView, selection: Selection, limit: int | None, *, reverse: bool
) -> MissionLogModel:
    """Return the events that a selection picks from one mission's log, of these the `limit` newest (None: all)."""
    log = view.log or EventLog()
    copies = tuple(overview.own_copies(view))
    standing = Standing(copies)
    picked = selection.pick(log)
    shown = picked[-limit:] if limit else picked
    conflicts = (*view.conflicts, *duplicates(log))
    problems = [to_text(problem) for problem in view.mission.problems]
    return MissionLogModel(
        mission=view.mission.directory,
        log_branch=to_text(view.log_branch),
        frozen=view.is_frozen,
        warnings=describe_warnings(overview, view, len(standing.uncommitted(log))),
        event_count=len(log.events),
        work_packages=sorted(to_text(wp_id) for wp_id in view.snapshot.work_packages) if view.snapshot else [],
        matching=len(picked),
        copies=[_describe_copy(copy) for copy in copies],
        events=[_describe_event(event, standing) for event in (reversed(shown) if reverse else shown)],
        conflicting_event_ids=list(dict.fromkeys(to_text(conflict.event_id) for conflict in conflicts)),
        damage=list(_describe_damage(copies)),
        problems=problems if view.log is not None else [*problems, "no copy of the event log can be read"],
    )


def _describe_copy(copy: LogCopy) -> LogPlaceModel:
    return LogPlaceModel(
        kind=copy.kind,  # type: ignore[arg-type]  # validated by the model
        where=to_text(copy.where),
        role=copy.role,
        event_count=len(copy.log.events) if copy.log is not None else None,
        problem=to_text(copy.problem),
    )


def _describe_damage(copies: Sequence[LogCopy]) -> Iterator[LogDamageModel]:
    """Yield unreadable lines, each for the first copy that has it there."""
    seen = set()
    for copy in copies:
        for damage in copy.log.damage if copy.log is not None else ():
            if damage not in seen:
                seen.add(damage)
                where, reason = to_text(copy.where), to_text(damage.reason)
                yield LogDamageModel(where=where, line=damage.line, reason=reason, torn=damage.torn)


def _describe_event(event: Event, standing: Standing) -> EventModel:
    places = standing.places(event)
    reason = event.record.get("reason")
    is_transition = event.kind == kinds.TRANSITION
    return EventModel(
        event_id=to_text(event.event_id),
        at=to_text(event.at),
        kind=event.kind,  # type: ignore[arg-type]  # validated by the model
        work_package_id=to_text(subject_of(event)),
        from_lane=event.from_lane if is_transition else None,
        to_lane=event.to_lane if is_transition else None,
        actor=to_text(actor_of(event)),
        force=is_transition and bool(event.record.get("force")),
        reason=to_text(reason) if isinstance(reason, str) else None,
        summary=to_text(_summarise(event)),
        line=places[0].line if places else event.line,
        copies=[to_text(place.where) for place in places],
        committed=standing.is_committed(event),
        published=standing.is_published(event),
    )


def _summarise(event: Event) -> str:
    if event.kind == kinds.ANNOTATION:
        return summarise_delta(event.record["delta"])
    if event.kind == kinds.UNKNOWN:
        return event.problem
    names = (event.record.get(key) for key in ("event_type", "event_name", "type"))
    return next((name for name in names if isinstance(name, str)), "") if event.kind != kinds.TRANSITION else ""
