"""Event logs of every shape in which a writer may find one: what stands in the file before the first call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from support import records
from support.missions import Mission

#: The largest line of real logs (reliability 5).
_LONGEST = 625_000
_LARGE = 1_100_000

TORN = "torn tail"
SHAPES = (
    *("missing", "empty", "one line", "no final newline", TORN, "1 MB", "CRLF", "a 625 kB line"),
    "torn copy",  # of what was acknowledged: the log itself is whole
)


def make_shapes(mission: Mission) -> Mapping[str, bytes | None]:
    """Return the content of a log for each shape, None for no file; every one leaves WP01 in genesis or planned."""
    whole = mission.read_log()
    lines = whole.splitlines(keepends=True)
    planned = next(line for line in lines if json.loads(line).get("wp_id") == "WP01")
    names: dict[str, Any] = {"mission_slug": mission.directory, "mission_id": mission.mission_id}
    stamps: Iterator[dict[str, Any]] = (
        {"at": mission.clock.at(), "event_id": mission.clock.ulid()} for _ in range(100)
    )
    blob = {"blob": "b" * _LONGEST}
    long = records.transition("WP02", "planned", "claimed", policy_metadata=blob, **next(stamps), **names)
    notes = [records.line(records.annotation("WP02", {"note": "n" * 60_000}, **next(stamps))) for _ in range(18)]
    large = whole + b"".join(notes)
    assert len(large) > _LARGE - 60_000
    return {
        "missing": None,
        "empty": b"",
        "one line": planned,
        "no final newline": whole.removesuffix(b"\n"),
        TORN: whole + planned[: len(planned) // 2],
        "1 MB": large,
        "CRLF": whole.replace(b"\n", b"\r\n"),
        "a 625 kB line": whole + records.line(long),
        "torn copy": whole,
    }
