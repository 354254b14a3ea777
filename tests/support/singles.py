"""Single records of an event log, to be bent out of shape, and how the product reads one."""

from __future__ import annotations

from strategies import DAY, Record, line_of, ulid

from spec_kitty_hooks.mission.eventlog import parse_line
from spec_kitty_hooks.model.events import Event, EventLog

GOOD: Record = {
    "event_id": ulid(1),
    "mission_slug": "034-feature",
    "wp_id": "WP01",
    "from_lane": "planned",
    "to_lane": "claimed",
    "at": DAY + "0+00:00",
    "actor": "agent-one",
    "force": False,
    "execution_mode": "worktree",
}
NOTE: Record = {
    "event_id": ulid(2),
    "kind": "annotation",
    "wp_id": "WP01",
    "at": DAY + "1+00:00",
    "actor": "user",
    "delta": {"note": "x"},
}
LINE = line_of(GOOD)


def read(record: Record) -> Event:
    """Read one record; fails if its line cannot be read."""
    found = parse_line(line_of(record), 1)
    assert isinstance(found, Event)
    return found


def without(record: Record, key: str) -> Record:
    """Return a record that lacks one key."""
    return {name: value for name, value in record.items() if name != key}


def raws(log: EventLog) -> list[bytes]:
    """Return the lines of a log that were read."""
    return [event.raw for event in log.events]
