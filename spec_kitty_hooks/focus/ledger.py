"""Brings the two sides of a mission's event log together, and makes status.json agree with what comes of it.

No event of either side is lost, and no published byte moves: what the mission adds stands behind what upstream has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.git.overlay import identify
from spec_kitty_hooks.mission.eventlog import parse_log, union
from spec_kitty_hooks.mission.statusjson import render_status
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.focus import Version
from spec_kitty_hooks.model.git import GITLINK, SYMLINK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.threeway import Sides

_FILE = 0o100644


class Ledger:
    """The log and status.json of the mission in `directory`, as they are to be on top of commit `upstream`.

    `known` are contents that the repository lacks. `versions` and `blobs` replace what a plain merge makes of these
    files; `problems` say, by path, why they cannot be brought together.
    """

    def __init__(self, git: Git, directory: str, upstream: str, known: Mapping[str, bytes]) -> None:
        self._git = git
        self._known = known
        self._upstream = upstream
        self._log = log_path(directory).encode()
        self._home = f"kitty-specs/{directory}/".encode()
        self.versions: dict[bytes, Version | None] = {}
        self.blobs: dict[str, bytes] = {}
        self.problems: dict[bytes, str] = {}

    def settle(self, sides: Mapping[bytes, Sides], plain: Mapping[bytes, Version | None]) -> None:
        """Unite the logs if both sides changed theirs, and write status.json anew if it, or the log, had to be merged.

        `sides` are base, upstream's and the mission's version of each path, `plain` what became of those that merge.
        """
        self._unite(sides.get(self._log))
        status = self._home + b"status.json"
        if self.versions or (status in sides and _is_contested(*sides[status])):
            present = sides[status][1:] if status in sides else (self._find(status, plain),)
            log = self._find(self._log, plain)
            if None not in present and log is not None:
                self._keep(status, render_status(parse_log(log), self._find(self._home + b"meta.json", plain)))

    def _unite(self, sides: Sides | None) -> None:
        if sides is None or not _is_contested(*sides) or not all(map(_is_file, sides[1:])):
            return
        published, added = map(self._read, sides[1:])
        if published is None or added is None:
            self.problems[self._log] = "one of the two event logs cannot be read"
            return
        _log, conflicts = union((parse_log(published), parse_log(added)))
        if conflicts:
            ids = ", ".join(conflict.event_id for conflict in conflicts[: limits.SHOWN_PATHS])
            self.problems[self._log] = f"one event id stands for two contents: {ids}"
            return
        self._keep(self._log, _append(published, added))

    def _keep(self, path: bytes, data: bytes) -> None:
        oid = identify("blob", data, self._git.layout.hash_hex)
        self.versions[path] = Version(mode=_FILE, oid=oid)
        self.blobs[oid] = data

    def _find(self, path: bytes, plain: Mapping[bytes, Version | None]) -> bytes | None:
        """Return the content that a path is to have."""
        if path in self.versions or path in plain:
            return self._read(self.versions[path] if path in self.versions else plain[path])
        found = self._git.read(self._upstream.encode() + b":" + path)
        return None if found is None or found.kind != "blob" or found.truncated else found.data

    def _read(self, version: Version | None) -> bytes | None:
        oid = version.oid if version is not None else ""
        if not oid or oid in self.blobs or oid in self._known:
            return self.blobs.get(oid, self._known.get(oid))
        found = self._git.read(oid)
        return None if found is None or found.kind != "blob" or found.truncated else found.data


def _is_contested(base: Version | None, ours: Version | None, theirs: Version | None) -> bool:
    """Tell whether both sides changed a file, and differently."""
    return ours not in (base, theirs) and theirs != base


def _is_file(version: Version | None) -> bool:
    return version is not None and version.mode not in (GITLINK, SYMLINK)


def _append(published: bytes, added: bytes) -> bytes:
    """Return a log with the lines behind it that only the other one has."""
    lines = dict.fromkeys(added.split(b"\n"))
    for line in published.split(b"\n"):
        lines.pop(line, None)
    lines.pop(b"", None)
    more = b"".join(line + b"\n" for line in lines)
    return published + (b"\n" if more and published and not published.endswith(b"\n") else b"") + more
