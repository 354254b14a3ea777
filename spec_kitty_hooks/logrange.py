"""What a range does to event logs, net: the logs at its end against what was published before (design 5, "Published").

Never commit by commit, but for merges: what one of them drops and nothing later brings back is lost.
"""

from __future__ import annotations

from spec_kitty_hooks.logfacts import LOG_NAME, find_drift
from spec_kitty_hooks.logreader import LogReader
from spec_kitty_hooks.mergelosses import MergeLosses
from spec_kitty_hooks.mission import surfaces
from spec_kitty_hooks.mission.logchange import compare
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import ROOT, read_at
from spec_kitty_hooks.model.context import LogChange
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.git import GITLINK, SYMLINK
from spec_kitty_hooks.model.ids import is_slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.history import Commit

    Entry = tuple[int, str]  # mode and object id

_TREE = 0o040000


class LogRange:
    """The event logs of one ref: `new` is its tip, `bases` are the published commits to hold it against.

    With `branch`, the short name of the ref that a push would move, it is told which logs live there.
    """

    def __init__(self, git: Git, branches: Branches, new: str, bases: Sequence[str], branch: str = "") -> None:
        self._git = git
        self._branches = branches
        self._new = new
        self._bases = tuple(bases)
        self._branch = branch
        self._reader = LogReader(git)

    def gather(self, commits: Sequence[Commit], past: Sequence[tuple[str, ...]] = ()) -> Iterator[LogChange]:
        """Yield one LogChange for each log that the range changes, and for each from which a merge of it drops events.

        `commits` are all commits of the range, `past` merges before it, each with its parents behind it: what they
        dropped counts for logs that live on the branch, until it is brought back.
        """
        losses = MergeLosses(self._git, self._reader, lambda mission: self._read_at(self._new, mission))
        dropped = losses.find((commit.oid, *commit.parents) for commit in commits if len(commit.parents) > 1)
        old = {mission: lost for mission, lost in losses.find(past).items() if self._find_home(mission) == self._branch}
        for mission in sorted({*self._find_touched(), *dropped, *old}):
            found = self._compare(mission)
            lost = dropped.get(mission, ())
            changed: LogChange = found.replace(
                merge_lost=lost,
                unrepaired=tuple(event for event in old.get(mission, ()) if event.event_id not in _ids(lost)),
                at_home=not (lost and self._branch) or self._find_home(mission) in ("", self._branch),
            )
            yield changed

    def _find_home(self, mission: str) -> str:
        """Return the branch that a log lives on, "" if the tip does not tell."""
        identity = read_at(self._git, self._new, mission)
        return surfaces.find_log_branch(self._git, self._branches, identity) if identity is not None else ""

    def _find_touched(self) -> set[str]:
        now = self._directories(self._new)
        found: set[str] = set()
        for base in self._bases or ("",):
            before = self._directories(base) if base else {}
            changed = {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)} - found
            found |= {name for name in changed if self._entry(base, name) != self._entry(self._new, name)}
        return found

    def _directories(self, commit: str) -> dict[str, str]:
        found = {}
        for entry in self._git.tree(f"{commit}:{ROOT}") or ():
            name = entry.name.decode("utf-8", "replace")
            if entry.mode == _TREE and is_slug(name):
                found[name] = entry.oid
        return found

    def _entry(self, commit: str, mission: str) -> Entry | None:
        entries = (self._git.tree(f"{commit}:{ROOT}/{mission}") or ()) if commit else ()
        return next(((entry.mode, entry.oid) for entry in entries if entry.name == LOG_NAME), None)

    def _compare(self, mission: str) -> LogChange:
        path = surfaces.log_path(mission).encode()
        entry = self._entry(self._new, mission)
        if entry is not None and entry[0] in (SYMLINK, GITLINK):
            kind = "a symbolic link" if entry[0] == SYMLINK else "a submodule"
            return LogChange(path=path, mission=mission, not_a_file=kind)
        new = self._reader.read(entry[1]) if entry is not None else EventLog()
        if new is None:
            return LogChange(path=path, mission=mission, not_a_file="something that cannot be read")
        published, unknown = self._published(mission)
        before = {oid: self._read_at(oid, mission) for oid in dict.fromkeys((*self._bases, *published))}
        parents = [before[oid] for oid in self._bases] or [before[oid] for oid in published] or [EventLog()]
        found = compare(path, mission, new=new, parents=parents[:1], published=before)
        known = {event.event_id: event for log in before.values() for event in log.events}
        added = tuple(event for event in found.added if event.event_id not in known)
        keeper = next((oid for oid, log in before.items() if _ids(found.lost) <= _ids(log.events)), "")
        drifted = find_drift(self._git, f"{self._new}:{ROOT}/{mission}/status.json", reduce_log(new))
        kept_at = keeper if found.lost else ""
        changed: LogChange = found.replace(added=added, kept_at=kept_at, unknown_base=unknown, drifted=drifted)
        return changed

    def _published(self, mission: str) -> tuple[tuple[str, ...], bool]:
        """Return what the tip has of the published log's branch, and whether cut-off history hides it."""
        branch = self._find_home(mission)
        if not branch:
            return (), False
        bases: dict[str, None] = {}
        unknown = False
        for ref in self._branches.remotes(branch):
            common = self._git.merge_bases(self._new, ref.oid)
            bases.update(dict.fromkeys(common))
            unknown = unknown or (not common and self._git.layout.shallow)
        return tuple(bases), unknown

    def _read_at(self, commit: str, mission: str) -> EventLog:
        entry = self._entry(commit, mission)
        return (self._reader.read(entry[1]) if entry is not None else None) or EventLog()


def _ids(events: Sequence[Event]) -> set[str]:
    return {event.event_id for event in events}
