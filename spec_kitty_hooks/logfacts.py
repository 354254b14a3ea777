"""Gathers what a change does to the event logs it touches: old and new blobs in, `LogChange` out."""

from __future__ import annotations

from spec_kitty_hooks.logreader import LogReader
from spec_kitty_hooks.mergelosses import PAST_MERGES, MergeLosses
from spec_kitty_hooks.mission import surfaces
from spec_kitty_hooks.mission.jsontext import parse
from spec_kitty_hooks.mission.logchange import compare
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import read_at
from spec_kitty_hooks.model.context import LogChange
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.git import GITLINK, SYMLINK
from spec_kitty_hooks.model.ids import is_slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.model.events import Event, Snapshot
    from spec_kitty_hooks.model.git import Change
    from spec_kitty_hooks.model.mission import LogCopy

LOG_NAME = b"status.events.jsonl"


def mission_of(path: bytes) -> str:
    """Return the mission whose event log a path is, "" if it is none: kitty-specs/<mission>/status.events.jsonl."""
    parts = path.split(b"/")
    if len(parts) != 3 or parts[0] != b"kitty-specs" or parts[2] != LOG_NAME:
        return ""
    name = parts[1].decode("utf-8", "replace")
    return name if is_slug(name) else ""


def find_torn_packages(copies: Sequence[LogCopy]) -> tuple[str, ...]:
    """Return the work packages whose reduced lane is not the same in all copies of the log that count.

    A working file stands for the commit under it.
    """
    counting = [copy for copy in reversed(copies) if copy.role == surfaces.AUTHORITATIVE]
    logs = {copy.commit: copy.log for copy in counting if copy.log is not None}
    if len(logs) < 2:
        return ()
    reduced = [reduce_log(log).work_packages for log in logs.values()]
    lanes = [{wp_id: state.lane for wp_id, state in packages.items()} for packages in reduced]
    known = sorted({wp_id for one in lanes for wp_id in one})
    return tuple(wp_id for wp_id in known if len({one.get(wp_id) for one in lanes}) > 1)


class LogFacts:
    """Compares logs as they would be committed with their parents and with what is published."""

    def __init__(
        self,
        git: Git,
        branches: Branches,
        parents: Sequence[str],
        *,
        branch: str = "",
        since: str = "",
        logs: LogReader | None = None,
    ) -> None:
        """With `branch`, the one that the commit goes to, past merges are asked too, but for those that `since` has."""
        self._logs = logs or LogReader(git)
        self._git = git
        self._branches = branches
        self._parents = tuple(parents)
        self._branch = branch
        self._since = since

    def gather(self, staged: Mapping[bytes, Change]) -> Iterator[LogChange]:
        """Yield one LogChange for each event log among the staged paths that differ from some parent.

        A merge that takes one side's log as it is differs from the other side only, and may lose events all the same.
        """
        for path in sorted(staged):
            mission = mission_of(path)
            if mission:
                yield self._compare(mission, staged[path], staged)

    def _compare(self, mission: str, change: Change, staged: Mapping[bytes, Change]) -> LogChange:
        if change.new_mode in (SYMLINK, GITLINK):
            kind = "a symbolic link" if change.new_mode == SYMLINK else "a submodule"
            return LogChange(path=change.path, mission=mission, not_a_file=kind)
        new = self._logs.read(change.new_oid) if change.new_mode else EventLog()
        if new is None:
            return LogChange(path=change.path, mission=mission, not_a_file="something that cannot be read")
        path = change.path.decode()
        home = self._find_home(mission)
        published, unknown = self._published(home)
        found = compare(
            change.path,
            mission,
            new=new,
            parents=[self._logs.read(f"{oid}:{path}") or EventLog() for oid in self._parents] or [EventLog()],
            published={oid: self._logs.read(f"{oid}:{path}") or EventLog() for oid in published},
            merge_bases=[self._logs.read(f"{oid}:{path}") or EventLog() for oid in self._merge_bases()],
        )
        drifted = self._find_drift(mission, staged, reduce_log(new))
        unrepaired = self._find_unrepaired(mission, new) if self._branch and home == self._branch else ()
        told = {event.event_id for event in unrepaired}
        compared: LogChange = found.replace(
            drifted=drifted,
            unknown_base=unknown,
            unrepaired=unrepaired,
            lost=tuple(event for event in found.lost if event.event_id not in told),  # not by this commit; pushes block
        )
        return compared

    def _find_unrepaired(self, mission: str, new: EventLog) -> tuple[Event, ...]:
        """Return what merges before this commit dropped from a log that lives here, and the commit does not bring back.

        Asked only where a commit touches the log on its own branch, so that other commits pay nothing.
        """
        merges = self._git.merges(self._parents[0], PAST_MERGES, self._since) if self._parents else ()
        return MergeLosses(self._git, self._logs, lambda _mission: new, (mission,)).find(merges).get(mission, ())

    def _merge_bases(self) -> tuple[str, ...]:
        if len(self._parents) < 2:
            return ()
        found: dict[str, None] = {}
        for other in self._parents[1:]:
            found.update(dict.fromkeys(self._git.merge_bases(self._parents[0], other)))
        return tuple(found)

    def _find_home(self, mission: str) -> str:
        """Return the branch that a log lives on, "" if the first parent does not tell."""
        identity = read_at(self._git, self._parents[0], mission) if self._parents else None
        return surfaces.find_log_branch(self._git, self._branches, identity) if identity is not None else ""

    def _published(self, branch: str) -> tuple[tuple[str, ...], bool]:
        """Return the published commits that the first parent builds on, and whether history hides some (design 5).

        A commit of the log's remote-tracking branch that is not in our history is not ours to lose: the merge base
        is what we have of it.
        """
        if not branch:
            return (), False
        head = self._parents[0]
        found: dict[str, None] = {}
        unknown = False
        for ref in self._branches.remotes(branch):
            if ref.oid == head or self._git.is_ancestor(ref.oid, head):
                found[ref.oid] = None
                continue
            bases = self._git.merge_bases(head, ref.oid)
            found.update(dict.fromkeys(bases))
            unknown = unknown or (not bases and self._git.layout.shallow)
        return tuple(found), unknown

    def _find_drift(self, mission: str, staged: Mapping[bytes, Change], snapshot: Snapshot) -> tuple[str, ...]:
        path = f"kitty-specs/{mission}/status.json"
        change = staged.get(path.encode())
        spec = change.new_oid if change else f"{self._parents[0]}:{path}" if self._parents else ""
        return find_drift(self._git, "" if change and not change.new_mode else spec, snapshot)


def find_drift(git: Git, spec: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the work packages whose lane in the status.json at `spec` ("": none) is not that of the reduced log."""
    blob = git.read(spec) if spec else None
    stored, _problem = parse(blob.data) if blob is not None else (None, "")
    packages = stored.get("work_packages") if isinstance(stored, dict) else None
    if not isinstance(packages, dict):
        return ()
    return tuple(
        wp_id
        for wp_id, state in sorted(snapshot.work_packages.items())
        if not isinstance(packages.get(wp_id), dict) or packages[wp_id].get("lane") != state.lane
    )
