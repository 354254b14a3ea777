"""Event logs from bytes, on the commit path: what is readable, what is damaged, and what several copies hold together.

Reads and compares only: it never raises on content, never opens a file and never judges what it finds.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import jsontext
from spec_kitty_hooks.mission.records import read_record
from spec_kitty_hooks.model.events import Damage, Event, EventLog
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from typing import Any

CONFLICT_MARKER = "conflict marker"  # the reason of a line that a merge left behind

_BOM = b"\xef\xbb\xbf"
_MARKERS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")


class Conflict(Record):
    """One event id with two contents: `first` is the record that counts, `second` the other one."""

    event_id: str
    first: Event
    second: Event


def parse_line(raw: bytes, line: int) -> Event | Damage:
    """Return what one line of a log is; `raw` is the line without its terminator, `line` its 1-based number."""
    if len(raw) > limits.LINE_BYTES:
        return Damage(line=line, reason=f"longer than {limits.LINE_BYTES} bytes", raw=raw)
    if raw.startswith(_BOM):
        return Damage(line=line, reason="a byte order mark inside the log", raw=raw)
    record, problem = jsontext.parse(raw)
    if isinstance(record, dict):
        return read_record(record, raw, line)
    if _is_marker(raw):
        return Damage(line=line, reason=CONFLICT_MARKER, raw=raw)
    return Damage(line=line, reason=problem or "not a JSON object", raw=raw)


def parse_log(data: bytes) -> EventLog:
    """Return a whole log as read (formats 2.8); lines end in LF or CRLF, one byte order mark and blank lines are fine.

    A last line without its newline is an event if it can be read and otherwise `torn` damage: somebody is writing, or
    was interrupted. A log beyond limits.LOG_BYTES or LOG_VALUES is not read at all (damage of line 0), one beyond
    limits.LOG_EVENTS lines up to there. One beyond limits.HELD_LOG_BYTES keeps no records: events read theirs again.
    """
    if problem := _find_excess(data):
        return EventLog(damage=(Damage(line=0, reason=problem),), size=len(data))
    read = parse_line if len(data) <= limits.HELD_LOG_BYTES else _parse_lean
    lines = data.removeprefix(_BOM).split(b"\n", limits.LOG_EVENTS)
    rest = b""
    if len(lines) > limits.LOG_EVENTS:
        rest, lines[-1] = lines[-1], b""
    events: list[Event] = []
    damage: list[Damage] = []
    for line, terminated in enumerate(lines, 1):
        raw = terminated[:-1] if terminated.endswith(b"\r") else terminated
        if not raw or raw.isspace():
            continue
        found = read(raw, line)
        if isinstance(found, Event):
            events.append(found)
        else:
            damage.append(found)
    if rest and not rest.isspace():
        damage.append(Damage(line=len(lines), reason=f"more than {limits.LOG_EVENTS} lines: the rest is not read"))
    elif damage and damage[-1].line == len(lines) and _is_torn(damage[-1], lines[-1]):
        damage[-1] = damage[-1].replace(torn=True)
    return EventLog(events=tuple(events), damage=tuple(damage), size=len(data))


def _find_excess(data: bytes) -> str:
    if len(data) > limits.LOG_BYTES:
        return f"longer than {limits.LOG_BYTES} bytes"
    # A row of numbers costs many times its bytes; what stands in texts is counted too, which is sparse there.
    return f"more than {limits.LOG_VALUES} commas" if data.count(b",") > limits.LOG_VALUES else ""


def _parse_lean(raw: bytes, line: int) -> Event | Damage:
    found = parse_line(raw, line)
    if isinstance(found, Event):
        found.let_go(_read_again)
    return found


def _read_again(raw: bytes) -> dict[str, Any]:
    record, _problem = jsontext.parse(raw)
    assert isinstance(record, dict)  # noqa: S101 (only lines that gave a record are read again)
    return record


def _is_marker(raw: bytes) -> bool:
    return raw.startswith(_MARKERS) and raw[7:8] in (b"", b" ")


def _is_torn(damage: Damage, raw: bytes) -> bool:
    """Tell whether a damaged last line without newline is an unfinished write, not a whole line of something else."""
    return damage.reason != CONFLICT_MARKER and len(raw) <= limits.LINE_BYTES and jsontext.parse(raw)[1] != ""


def same_content(a: Event, b: Event) -> bool:
    """Tell whether two records are byte-equal, or equal as JSON: key order and spelling of strings are free."""
    return a.raw == b.raw or _content(a.record) == _content(b.record)


def _content(value: object) -> Hashable:
    """Return a hashable stand-in for a JSON value; true, 1 and 1.0 are three values, unlike in Python."""
    if isinstance(value, dict):
        return (dict, *((key, _content(value[key])) for key in sorted(value)))
    if isinstance(value, list):
        return (list, *map(_content, value))
    return (type(value), value)


def _identity(event: Event) -> Hashable:
    """Return what makes a record the same one in another copy: its id, or its whole content if it has none."""
    return event.event_id or _content(event.record)


def union(logs: Iterable[EventLog]) -> tuple[EventLog, tuple[Conflict, ...]]:
    """Return all records of several copies once each, sorted by (`at`, `event_id`) as text, and the conflicts.

    Of one id with several contents the first record of each copy counts, as it does for every reader, and of these
    the one that sorts first by (`at`, bytes): the same in every clone, whatever the order of the copies. `size` is
    that of the union written out; the damage of all copies is kept.
    """
    kept: dict[Hashable, Event] = {}
    others: dict[Hashable, list[Event]] = {}
    damage: set[Damage] = set()
    for log in logs:
        damage.update(log.damage)
        for key, found in _group(log).items():
            first, *rest = found.values()
            held = kept.setdefault(key, first)
            if held.raw != first.raw:
                kept[key] = min(held, first, key=_sort_key)
                rest.append(max(held, first, key=_sort_key))
            if rest:
                others.setdefault(key, []).extend(rest)
    events = sorted(kept.values(), key=_sort_key)
    united = EventLog(
        events=tuple(events),
        damage=tuple(sorted(damage, key=lambda item: (item.line, item.reason, item.torn))),
        size=sum(len(event.raw) + 1 for event in events),
    )
    return united, _conflicts(([kept[key]], found) for key, found in others.items())


def _sort_key(event: Event) -> tuple[str, str, bytes]:
    return event.at, event.event_id, event.raw


def _conflicts(groups: Iterable[tuple[list[Event], list[Event]]]) -> tuple[Conflict, ...]:
    """Return a conflict for each content among the second events of a group that none of its first events has."""
    found: list[Conflict] = []
    for firsts, others in groups:
        seen = {_content(event.record) for event in firsts} if others else set()
        for other in sorted(others, key=_sort_key):
            content = _content(other.record)
            if content not in seen:
                seen.add(content)
                found.append(Conflict(event_id=other.event_id, first=firsts[0], second=other))
    return tuple(sorted(found, key=lambda item: (item.event_id, item.second.raw)))


def duplicates(log: EventLog) -> tuple[Conflict, ...]:
    """Return the ids that one file gives several contents; an exact repetition, as `merge=union` leaves it, is none."""
    groups = (list(found.values()) for found in _group(log).values())
    return _conflicts((found[:1], found[1:]) for found in groups)


def changed_events(old: EventLog, new: EventLog) -> tuple[Conflict, ...]:
    """Return the records of `new` that give an id of `old` another content than any record of `old` gives it."""
    known, now = _group(old), _group(new)
    return _conflicts(
        (list(known[key].values()), [event for raw, event in now[key].items() if raw not in known[key]])
        for key in known.keys() & now.keys()
    )


def _group(log: EventLog) -> dict[Hashable, dict[bytes, Event]]:
    """Return the records that are one record to a reader, in file order, without repetitions of the same bytes."""
    groups: dict[Hashable, dict[bytes, Event]] = {}
    for event in log.events:
        groups.setdefault(_identity(event), {}).setdefault(event.raw, event)
    return groups


def missing_events(old: EventLog, new: EventLog) -> tuple[Event, ...]:
    """Return the records of `old` whose id (content, for a record without id) is not in `new`, once each."""
    return new_events((new,), old)


def new_events(old: Iterable[EventLog], new: EventLog) -> tuple[Event, ...]:
    """Return the records of `new` whose id (content, for a record without id) is in none of `old`, once each."""
    known = {_identity(event) for log in old for event in log.events}
    found: dict[Hashable, Event] = {}
    for event in new.events:
        found.setdefault(_identity(event), event)
    return tuple(event for key, event in found.items() if key not in known)
