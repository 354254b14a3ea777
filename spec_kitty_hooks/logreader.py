"""Event logs from git objects, each parsed once however many commits and branches have it."""

from __future__ import annotations

from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.events import EventLog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git


class LogReader:
    """The logs of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._known: dict[str, EventLog] = {}

    def read(self, spec: str) -> EventLog | None:
        """Return the log that a spec names (see `GitReader`); None for what is no file, or is over limits.LOG_BYTES."""
        blob = self._git.read(spec)
        if blob is None or blob.kind != "blob" or blob.truncated:
            return None
        if blob.oid not in self._known:
            self._known[blob.oid] = parse_log(blob.data)
        return self._known[blob.oid]

    def read_at(self, commit: str, mission: str) -> EventLog:
        """Return a mission's log at a commit; an empty one if there is none to be read."""
        return self.read(f"{commit}:{log_path(mission)}") or EventLog()
