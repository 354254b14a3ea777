"""Unites two sides of an event log over their merge base: bytes in, bytes out.

Opens no file and never raises on content. Where both accept, the result is byte for byte that of Spec Kitty's own
driver (`merge_event_log_files`, MIT).
"""

from __future__ import annotations

from spec_kitty_hooks.mission.eventlog import parse_log, union
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec_kitty_hooks.model.events import Damage, Event, EventLog

BASE, OURS, THEIRS = "base", "ours", "theirs"

UNREADABLE, TWOFOLD = "EVENT_LOG_UNREADABLE", "EVENT_ID_CONFLICT"


class Place(Record):
    """One line of one side: `side` is BASE, OURS or THEIRS, `line` 1-based (0: no single line), `raw` its bytes."""

    side: str
    line: int
    raw: bytes


class Obstacle(Record):
    """Why the sides cannot be united without a person: a code of the catalog, the reason in words, the lines."""

    code: str
    reason: str
    places: tuple[Place, ...]


class Merge(Record):
    """What came of it: `data` is the new content of the file, None if it has to stay as it is on our side.

    With `obstacles` it is not finished: the lines that a person has to settle stand between conflict markers.
    """

    data: bytes | None = None
    obstacles: tuple[Obstacle, ...] = ()


def merge_logs(base: bytes, ours: bytes, theirs: bytes) -> Merge:
    """Return the union by event id of three versions of a log, one record a line, sorted by (`at`, `event_id`).

    Records without an id count by their content; a last line without its newline is a line. Refused are, beyond what
    upstream refuses, lines that our reader calls damaged and upstream's does not (formats 2.8, limits), and contents
    of one id that only Python calls equal (1 and true). Lines that nobody can read are refused where a side has
    them: what stood in the base alone, both sides took out.

    An event that one side took out since the base comes back, as upstream has it, although a merge may lose such an
    event (design 5): two clones with different tools must come to the same bytes.
    """
    logs = {BASE: parse_log(base), OURS: parse_log(ours), THEIRS: parse_log(theirs)}
    broken = {side: log.damage for side, log in logs.items() if side != BASE or not _is_whole(log)}
    united, conflicts = union(logs.values())
    twofold = _find_places(logs, {conflict.event_id for conflict in conflicts})
    obstacles = (
        *(_describe_damage(side, damage) for side, found in broken.items() for damage in found),
        *(Obstacle(code=TWOFOLD, reason=f"two contents of {key}", places=found) for key, found in twofold.items()),
    )
    if not all(map(_is_whole, logs.values())):
        return Merge(obstacles=obstacles)
    lines = _write_lines(event for event in united.events if event.event_id not in twofold)
    return Merge(data=b"".join(lines) + _mark(obstacles), obstacles=obstacles)


def _is_whole(log: EventLog) -> bool:
    """Tell whether all of a log was read, or kept as a damaged line: beyond the limits nothing is known of the rest."""
    return all(damage.raw for damage in log.damage)


def _describe_damage(side: str, damage: Damage) -> Obstacle:
    reason = f"cut off: {damage.reason}" if damage.torn else damage.reason
    return Obstacle(code=UNREADABLE, reason=reason, places=(Place(side=side, line=damage.line, raw=damage.raw),))


def _find_places(logs: Mapping[str, EventLog], ids: set[str]) -> dict[str, tuple[Place, ...]]:
    """Return, for each id of several contents, every line that has it: of the base, only what neither side has."""
    found: dict[str, dict[tuple[str, bytes], Place]] = {key: {} for key in sorted(ids)}
    for side in (OURS, THEIRS, BASE) if ids else ():
        for event in logs[side].events:
            places = found.get(event.event_id)
            if places is not None and not (side == BASE and any(event.raw == raw for _side, raw in places)):
                places.setdefault((side, event.raw), Place(side=side, line=event.line, raw=event.raw))
    return {key: tuple(places.values()) for key, places in found.items()}


def _write_lines(events: Iterable[Event]) -> list[bytes]:
    """Return records as upstream writes them, in its order: by the text of the values, whatever their type."""
    from json import JSONEncoder  # not before it is needed: it costs more than the interpreter

    encode = JSONEncoder(sort_keys=True).encode

    def key(event: Event) -> tuple[str, str, str]:
        record = event.record  # parsed anew each time in a long log
        return str(record.get("at") or record.get("timestamp", "")), event.event_id, f"{encode(record)}\n"

    return [line.encode() for _at, _event_id, line in sorted(map(key, events))]


def _mark(obstacles: Iterable[Obstacle]) -> bytes:
    """Return the lines to settle between git's markers, each as it stands on its side; what is between them is short.

    Git's own text merge would mark whole histories. Whoever deletes the markers alone loses nothing, and a reader
    finds the file damaged until that is done.
    """
    sides: dict[str, dict[bytes, None]] = {side: {} for side in (OURS, BASE, THEIRS)}
    for obstacle in obstacles:
        for place in obstacle.places:
            sides[place.side][place.raw] = None
    if not any(sides.values()):
        return b""
    middle = [b"||||||| base", *sides[BASE]] if sides[BASE] else []
    text = [b"<<<<<<< ours", *sides[OURS], *middle, b"=======", *sides[THEIRS], b">>>>>>> theirs", b""]
    return b"\n".join(text)
