"""What was acknowledged in this clone: a copy of every event that a command reported as written (reliability 4).

Lies beside git's own files, where no checkout, stash or merge reaches it. Evidence, not a second truth: no lane is ever
judged by it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.durable import sync_directory
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.journal import open_log
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.ids import is_ulid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.mission import Mission

DIRECTORY = b"spec-kitty-hooks"


def journal_name(mission: Mission) -> bytes:
    """Return the file name of a mission's copy: by its id, which outlives a rename, or else by its directory."""
    name = mission.mission_id if is_ulid(mission.mission_id) else mission.directory
    return f"{name}.journal".encode()


def keep(common_dir: bytes, mission: Mission, lines: Sequence[bytes]) -> None:
    """Let a mission's copy have records, on the disk. Raises OSError, or OutcomeUnknownError, if that fails."""
    place = os.path.join(common_dir, DIRECTORY)
    if not os.path.isdir(place):
        os.makedirs(place, exist_ok=True)
        sync_directory(common_dir)
    with open_log(os.path.join(place, journal_name(mission))) as journal:
        known = frozenset(journal.data.split(b"\n"))
        if missing := [line for line in lines if line not in known]:
            journal.append(missing)


def read(common_dir: bytes, mission: Mission) -> EventLog:
    """Return the records that were acknowledged in this clone; none if there is no copy or it cannot be read."""
    data = _read(common_dir, mission)
    return parse_log(data) if data else EventLog()


def find(common_dir: bytes, mission: Mission, event_id: str) -> Event | None:
    """Return the record that was acknowledged under an id in this clone, None if there is none."""
    if event_id.encode() not in _read(common_dir, mission):
        return None  # as for every new id: nothing has to be parsed
    return next((event for event in read(common_dir, mission).events if event.event_id == event_id), None)


def _read(common_dir: bytes, mission: Mission) -> bytes:
    return safefile.read_file(common_dir, DIRECTORY + b"/" + journal_name(mission), limits.LOG_BYTES).data or b""
