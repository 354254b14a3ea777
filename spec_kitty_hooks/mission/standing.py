"""How firmly an event stands: in which copies of the log it is, whether it is committed, whether it is published.

Pure: compares copies that somebody else has read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_kitty_hooks.model.events import Event, EventLog
    from spec_kitty_hooks.model.mission import LogCopy

_REMOTE = "remote"
_WORKING = "worktree"


class Place(Record):
    """One copy that has an event: `kind` and `where` of the copy, and the 1-based line."""

    kind: str
    where: str
    line: int


class Standing:
    """The copies of one log on its own branch, asked event by event; an event is the same wherever its id is."""

    def __init__(self, copies: Iterable[LogCopy]) -> None:
        self._places: dict[str | bytes, list[Place]] = {}
        for copy in copies:
            seen = set()
            for event in copy.log.events if copy.log is not None else ():
                key = event.event_id or event.raw
                if key not in seen:
                    seen.add(key)
                    place = Place(kind=copy.kind, where=copy.where, line=event.line)
                    self._places.setdefault(key, []).append(place)

    def places(self, event: Event) -> tuple[Place, ...]:
        """Return the copies that have an event, in the order in which they were given."""
        return tuple(self._places.get(event.event_id or event.raw, ()))

    def is_committed(self, event: Event) -> bool:
        """Tell whether some commit of the log's branch has it, here or on a remote as last fetched."""
        return any(place.kind != _WORKING for place in self.places(event))

    def is_published(self, event: Event) -> bool:
        """Tell whether a remote-tracking branch of the log's branch has it (design 5: "published")."""
        return any(place.kind == _REMOTE for place in self.places(event))

    def uncommitted(self, log: EventLog) -> tuple[Event, ...]:
        """Return the events of a log that no commit has: appended, and lost to every other clone until committed."""
        return tuple(event for event in log.events if not self.is_committed(event))
