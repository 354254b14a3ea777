"""What merging two event logs costs: the driver alone, as git starts it, for two sizes."""

from __future__ import annotations

from collections.abc import Callable

from support import records
from support.hooks import hook_command
from support.repo import Repo

from tools.row import Row
from tools.scenery import Scenery


def merge_rows(scenery: Scenery) -> list[Row]:
    """Return a row for each size; both sides have so many events, half of them in common."""
    return [_merge_row(scenery.bare(f"merge {count}"), count) for count in (1_000, 10_000)]


def _merge_row(place: Repo, count: int) -> Row:
    base, ours, theirs = (_lines(place, count // 2) for _side in range(3))
    command = [*hook_command("")[:-2], "merge-driver", "O", "A", "B"]
    return Row(f"merge of {count} and {count}", command, place, {}, _sides(place, base, base + ours, base + theirs))


def _sides(place: Repo, *contents: bytes) -> Callable[[], None]:
    def write() -> None:
        for name, content in zip("OAB", contents, strict=True):
            place.write(name, content)

    return write


def _lines(place: Repo, count: int) -> bytes:
    def next_line() -> bytes:
        at, event_id = place.clock.at(), place.clock.ulid()
        record = records.transition(
            "WP01", "planned", "claimed", at=at, event_id=event_id, mission_slug="csv-export", mission_id=event_id
        )
        return records.line(record)

    return b"".join(next_line() for _number in range(count))
