"""One record of an event log, and a log as read: what is understood, what is kept, what is damaged (formats 2)."""

from __future__ import annotations

from sys import intern

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

TRANSITION = "transition"
ANNOTATION = "annotation"
LIFECYCLE = "lifecycle"
RETROSPECTIVE = "retrospective"
UNKNOWN = "unknown"  # kept, but not understood: an unknown `kind`, or a transition that is not well-formed


class Event:
    """One readable line of a log.

    `kind` is one of the five constants above; `record` the parsed JSON object, unchanged; `raw` the bytes of the
    line without its terminator; `line` its 1-based number. `from_lane` and `to_lane` are canonical (aliases
    resolved) and empty for anything but a transition; `problem` says why an UNKNOWN record is not understood.
    `actor`, `force` and `verdict` (`review_result`) are the record's own, for whoever reads many.
    """

    __slots__ = (
        "_held",
        "actor",
        "at",
        "event_id",
        "force",
        "from_lane",
        "kind",
        "line",
        "problem",
        "raw",
        "to_lane",
        "verdict",
        "wp_id",
    )

    def __init__(  # noqa: PLR0913, PLR0917 (called once a line: keywords cost)
        self,
        kind: str,
        record: dict[str, Any],
        raw: bytes,
        line: int,
        event_id: str = "",
        wp_id: str = "",
        at: str = "",
        from_lane: str = "",
        to_lane: str = "",
        problem: str = "",
    ) -> None:
        self.kind = kind
        self._held: dict[str, Any] | Callable[[bytes], dict[str, Any]] = record
        self.actor = record.get("actor")
        self.force = record.get("force")
        self.verdict = record.get("review_result")
        self.raw = raw
        self.line = line
        self.event_id = event_id
        self.wp_id = wp_id
        self.at = at
        self.from_lane = from_lane
        self.to_lane = to_lane
        self.problem = problem

    @property
    def record(self) -> dict[str, Any]:
        """The parsed JSON object."""
        held = self._held
        return held if isinstance(held, dict) else held(self.raw)

    def let_go(self, read: Callable[[bytes], dict[str, Any]]) -> None:
        """Keep no record, which takes several times its bytes; `read` makes it again from the line when asked for."""
        self._held = read
        self.wp_id = intern(self.wp_id)
        if isinstance(self.actor, str):
            self.actor = intern(self.actor)

    def __repr__(self) -> str:
        return f"Event({self.kind}, line {self.line}, {self.event_id} {self.wp_id} {self.from_lane}>{self.to_lane})"


class Damage(Record):
    """A line that cannot be read. `torn` marks an unfinished last line: a write in progress or interrupted.

    `raw` holds the line's bytes, empty where the damage is not one line (too large a log).
    """

    line: int
    reason: str
    torn: bool = False
    raw: bytes = b""


class EventLog(Record):
    """A log as read: `events` in file order, `damage` in line order, `size` in bytes."""

    events: tuple[Event, ...] = ()
    damage: tuple[Damage, ...] = ()
    size: int = 0


class WorkPackageState(Record):
    """What the log says of one work package: the reduced lane and the slots of status.json (formats 3).

    `review_result` is the raw slot (a mapping, or None); `review` the recorded override mapping; `slots` every
    other key of a status.json entry, exactly as upstream's reducer leaves it.
    """

    wp_id: str
    lane: str
    actor: str = ""
    last_event_id: str = ""
    last_transition_at: str = ""
    force_count: int = 0
    has_review_result: bool = False
    review_result: dict[str, Any] | None = None
    review: dict[str, Any] | None = None
    slots: dict[str, Any] = {}  # noqa: RUF012 (shared empty default, never mutated)


class Snapshot(Record):
    """A reduced log: states by work package id, unique transitions counted, the id that sorts last ("" if none)."""

    work_packages: dict[str, WorkPackageState]
    event_count: int = 0
    last_event_id: str = ""
    last_event_at: str = ""
