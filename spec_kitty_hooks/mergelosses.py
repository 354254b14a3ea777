"""What merges dropped from event logs, and nothing has brought back since (design 5, "merge").

Reads git objects only. Most merges are found innocent by comparing bytes; only what is left over is parsed.
"""

from __future__ import annotations

from spec_kitty_hooks.mission.logchange import compare
from spec_kitty_hooks.mission.registry import ROOT
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.ids import is_slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.logreader import LogReader
    from spec_kitty_hooks.model.events import Event, EventLog

    Merge = Sequence[str]  # a commit, and its parents behind it

PAST_MERGES = 50  # the newest ones that a commit and a push look back at; `recover --events` looks further
_TREE = 0o040000


class MergeLosses:
    """Asks merges what they dropped. `end` returns a mission's log as it is now, whatever the merges made of it.

    With `missions` only these are looked at.
    """

    def __init__(
        self, git: Git, logs: LogReader, end: Callable[[str], EventLog], missions: Sequence[str] | None = None
    ) -> None:
        self._git = git
        self._logs = logs
        self._end = end
        self._missions = missions
        self._names: dict[str, dict[str, str]] = {"": {}}
        self._lines: dict[str, frozenset[bytes]] = {"": frozenset()}
        self._ends: dict[str, tuple[frozenset[bytes], frozenset[str]]] = {}

    def find(self, merges: Iterable[Merge]) -> dict[str, tuple[Event, ...]]:
        """Return, by mission, the events that some of `merges` drops and that the end has not got."""
        found: dict[str, dict[str, Event]] = {}
        for merge in merges:
            for mission in self._find_differing(merge):
                for event in self._compare(merge, mission):
                    found.setdefault(mission, {}).setdefault(event.event_id, event)
        return {mission: tuple(events.values()) for mission, events in found.items()}

    def _find_differing(self, merge: Merge) -> Iterator[str]:
        """Yield the missions whose directory a merge makes different from one of its parents'."""
        places = self._git.read_many([f"{oid}:{ROOT}" for oid in merge], limit=0, needed=False)
        now, *sides = [self._list(place.oid if place is not None else "") for place in places]
        for mission in sorted({name for side in sides for name in side}):
            wanted = self._missions is None or mission in self._missions
            if wanted and any(side.get(mission) != now.get(mission) for side in sides):
                yield mission

    def _list(self, tree: str) -> dict[str, str]:
        """Return the mission directories of one kitty-specs tree, by name with their ids."""
        if tree not in self._names:
            names = {}
            for entry in self._git.tree(f"{tree}:") or ():
                name = entry.name.decode("utf-8", "replace")
                if entry.mode == _TREE and is_slug(name):
                    names[name] = entry.oid
            self._names[tree] = names
        return self._names[tree]

    def _compare(self, merge: Merge, mission: str) -> tuple[Event, ...]:
        path = log_path(mission)
        made, *sides = self._git.read_many([f"{oid}:{path}" for oid in merge], limit=0, needed=False)
        differing = [side.oid for side in sides if side is not None and (made is None or side.oid != made.oid)]
        lines, ids = self._read_end(mission)
        if all(self._read_lines(oid) <= lines for oid in differing):
            return ()
        ours, *others = merge[1:]
        bases = dict.fromkeys(base for other in others for base in self._git.merge_bases(ours, other))
        new, *logs = (self._logs.read_at(oid, mission) for oid in (*merge, *bases))
        count = len(merge) - 1
        found = compare(path.encode(), mission, new=new, parents=logs[:count], merge_bases=logs[count:])
        return tuple(event for event in found.merge_lost if event.event_id not in ids)

    def _read_end(self, mission: str) -> tuple[frozenset[bytes], frozenset[str]]:
        if mission not in self._ends:
            events = self._end(mission).events
            self._ends[mission] = frozenset(e.raw for e in events), frozenset(e.event_id for e in events)
        return self._ends[mission]

    def _read_lines(self, oid: str) -> frozenset[bytes]:
        if oid not in self._lines:
            blob = self._git.read(oid)
            lines = blob.data.split(b"\n") if blob is not None and blob.kind == "blob" else ()
            self._lines[oid] = frozenset(filter(None, (line.removesuffix(b"\r") for line in lines)))
        return self._lines[oid]
