"""Which events of a log somebody asks for: by work package, actor, lane, time and kind.

Pure; filters only, and keeps what cannot be placed in time rather than hide it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.mission.annotations import says_something
from spec_kitty_hooks.mission.moments import read_moment
from spec_kitty_hooks.mission.reducer import name_actor
from spec_kitty_hooks.model.events import ANNOTATION, LIFECYCLE, RETROSPECTIVE, TRANSITION, UNKNOWN
from spec_kitty_hooks.model.record import Record

if TYPE_CHECKING:
    from spec_kitty_hooks.model.events import Event, EventLog

TELLING = "telling"  # transitions, annotations that say something, and what cannot be understood
ALL = "all"

_KINDS = {
    TELLING: (TRANSITION, ANNOTATION, UNKNOWN),
    TRANSITION: (TRANSITION,),
    ANNOTATION: (ANNOTATION,),
    LIFECYCLE: (LIFECYCLE, RETROSPECTIVE),
    ALL: (TRANSITION, ANNOTATION, LIFECYCLE, RETROSPECTIVE, UNKNOWN),
}


class Selection(Record):
    """What to keep; an empty field keeps everything.

    `work_packages` are in capitals; `actor` is looked for in the actor's name, in any case. `lanes` hold canonical
    names and mean from or to. `since` and `until` are seconds since the epoch, both included. `kind` is telling,
    transition, annotation, lifecycle or all.
    """

    work_packages: frozenset[str] = frozenset()
    actor: str = ""
    lanes: frozenset[str] = frozenset()
    since: float | None = None
    until: float | None = None
    kind: str = TELLING

    def pick(self, log: EventLog) -> tuple[Event, ...]:
        """Return the events to keep in the order in which they count, the oldest first; repeated lines once."""
        found: dict[bytes, Event] = {}
        for event in log.events:
            if self._is_wanted(event):
                found.setdefault(event.raw, event)
        return tuple(sorted(found.values(), key=lambda event: (event.at, event.event_id, event.line)))

    def _is_wanted(self, event: Event) -> bool:
        if event.kind not in _KINDS[self.kind]:
            return False
        if self.kind == TELLING and event.kind == ANNOTATION and not says_something(event.record["delta"]):
            return False
        if self.work_packages and subject_of(event).upper() not in self.work_packages:
            return False
        if self.lanes and self.lanes.isdisjoint((event.from_lane, event.to_lane)):
            return False
        return self.actor.casefold() in actor_of(event).casefold() and self._is_within(event.at)

    def _is_within(self, at: str) -> bool:
        moment = read_moment(at)
        if moment is None:
            return True
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)


def actor_of(event: Event) -> str:
    """Return who made an event, "" if it does not say."""
    actor = event.record.get("actor")
    return "" if actor is None else name_actor(actor)


def subject_of(event: Event) -> str:
    """Return the work package that an event is about, "" if none: lifecycle records name it elsewhere (formats 2.5)."""
    if event.wp_id:
        return event.wp_id
    payload = event.record.get("payload")
    named = payload.get("wp_id") if isinstance(payload, dict) else None
    return named if isinstance(named, str) else ""
