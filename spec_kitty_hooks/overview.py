"""All missions of a repository, each with its log and its planning as they count, for `status` and `where`.

Reads; prints and writes nothing.
"""

from __future__ import annotations

from spec_kitty_hooks import catalog, limits, safefile
from spec_kitty_hooks.mission import branches as names
from spec_kitty_hooks.mission import surfaces
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.caveats import find_absences, warn_uncommitted
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.policy import read_committed
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import Registry, read_at
from spec_kitty_hooks.mission.workpackages import WorkPackages
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.mission import LogCopy, Mission
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.caveats import Caveat
    from spec_kitty_hooks.mission.eventlog import Conflict
    from spec_kitty_hooks.mission.policy import Policy
    from spec_kitty_hooks.model.events import EventLog, Snapshot

OWN_COPY = "own copy"


class FileCopy(Record):
    """One copy of a planning file; `same` compares it with the copy at the plan commit (None: that is this one)."""

    path: str
    where: str
    role: str
    object_id: str
    same: bool | None


class MissionView(Record):
    """One mission: where its plan counts, all copies of its log, and what the log that counts reduces to.

    `source` says which copies made the log; where the log's branch cannot be reached it is HEAD's own copy.
    """

    mission: Mission
    plan: str
    plan_name: str
    log_branch: str
    copies: tuple[LogCopy, ...]
    conflicts: tuple[Conflict, ...]
    log: EventLog | None
    snapshot: Snapshot | None
    source: str

    @property
    def is_frozen(self) -> bool:
        """Tell whether nothing but HEAD's own copy of the log could be reached."""
        return any(copy.role == OWN_COPY for copy in self.copies)

    @property
    def is_finished(self) -> bool:
        """Tell whether every work package that the log knows is done or canceled."""
        states = self.snapshot.work_packages.values() if self.snapshot else ()
        return bool(states) and all(state.lane in (lanes.DONE, lanes.CANCELED) for state in states)


class Overview:
    """The missions of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self.branches = Branches(git.refs())
        self.registry = Registry(git, self.branches, git.layout.head)

    def list_missions(self) -> tuple[tuple[Mission, str], ...]:
        """Return every mission that some branch carries, by directory, with the commit its planning counts at."""
        found = {}
        for mission, commit in self.registry.list_all():
            if mission.directory not in found:
                found[mission.directory] = self._settle(mission, commit)
        return tuple(found[directory] for directory in sorted(found))

    def _settle(self, mission: Mission, commit: str) -> tuple[Mission, str]:
        for short in (mission.target_branch, mission.coordination_branch):
            tip = self.branches.newest(self._git, short) if short else None
            planned = read_at(self._git, tip.oid, mission.directory) if tip and tip.oid != commit else None
            if tip and planned:
                return planned, tip.oid
        return mission, commit

    def view(self, mission: Mission, plan: str) -> MissionView:
        """Read one mission's log from the copies that count."""
        log_branch = surfaces.find_log_branch(self._git, self.branches, mission)
        copies = surfaces.read_copies(self._git, self.branches, mission, log_branch)
        log, conflicts = surfaces.unite(copies)
        if log is None:
            own = self._read_own(mission)
            copies, log = (*copies, own), own.log
        counted = [copy for copy in copies if copy.log is not None]
        return MissionView(
            mission=mission,
            plan=plan,
            plan_name=self._name(plan),
            log_branch=log_branch,
            copies=copies,
            conflicts=conflicts,
            log=log,
            snapshot=reduce_log(log) if log is not None else None,
            source=", ".join(f"{copy.kind} {copy.where}" for copy in counted) or "nowhere",
        )

    def packages(self, view: MissionView) -> WorkPackages:
        """Return the mission's work packages where its plan counts."""
        return WorkPackages(self._git, view.plan, view.mission.directory)

    def all_copies(self, view: MissionView) -> Iterator[LogCopy]:
        """Yield every copy of the log with its events, superseded and frozen ones too."""
        yield from self.own_copies(view)
        yield from self._frozen_copies(view)

    def own_copies(self, view: MissionView) -> Iterator[LogCopy]:
        """Yield the copies on the log's own branch with their events, superseded ones too; each content parsed once."""
        parsed: dict[str, EventLog | None] = {}
        for copy in view.copies:
            if copy.role == surfaces.SUPERSEDED and copy.blob not in parsed:
                blob = self._git.read(copy.blob)
                parsed[copy.blob] = parse_log(blob.data) if blob is not None else None
            yield copy.replace(log=parsed[copy.blob]) if copy.role == surfaces.SUPERSEDED else copy

    def policy(self, view: MissionView) -> Policy:
        """Return the policy that holds where the mission's plan counts."""
        policy, _source = read_committed(self._git, view.plan, catalog.DIAGNOSTICS)
        return policy

    def caveats(self, view: MissionView, loose: int) -> Iterator[Caveat]:
        """Yield why the log as shown is not, or may not be, the whole truth; `loose` events are in no commit."""
        yield from find_absences(
            view.mission, view.log_branch, self.branches, frozen=view.is_frozen, finished=view.is_finished
        )
        if loose:
            root = next(copy.where for copy in view.copies if copy.kind == "worktree")
            yield warn_uncommitted(view.mission.directory, root, loose)

    def _frozen_copies(self, view: MissionView) -> Iterator[LogCopy]:
        """Yield what lane branches carry of the log: copies frozen when the lane was cut, never evidence."""
        path = surfaces.log_path(view.mission.directory)
        for lane in view.mission.lanes:
            tips = [ref for name in lane.branches if name != view.log_branch for ref in self.branches.tips(name)]
            for ref in tips:
                blob = self._git.read(f"{ref.oid}:{path}")
                if blob is not None and blob.kind == "blob":
                    log = parse_log(blob.data)
                    yield LogCopy(
                        kind="lane", where=ref.name, role=surfaces.FROZEN, commit=ref.oid, blob=blob.oid, log=log
                    )

    def files(self, view: MissionView) -> Iterator[FileCopy]:
        """Yield every copy of meta.json, lanes.json, work packages and review cycles, the counting one first."""
        paths = self._planning_paths(view)
        counting = self._git.read_many([f"{view.plan}:{path}" for path in paths])
        lanes = [name for lane in view.mission.lanes for name in lane.branches]
        places = [view.mission.target_branch, view.mission.coordination_branch, *lanes]
        refs = {ref.name: ref for name in dict.fromkeys(places) if name for ref in self.branches.tips(name)}
        for path, counted in zip(paths, counting, strict=True):
            if counted is not None:
                yield FileCopy(path=path, where=view.plan_name, role="counts", object_id=counted.oid, same=None)
            for ref in refs.values():
                if ref.oid != view.plan:
                    blob = self._git.read(f"{ref.oid}:{path}")
                    if blob is not None:
                        same = counted is not None and blob.oid == counted.oid
                        yield FileCopy(path=path, where=ref.name, role="copy", object_id=blob.oid, same=same)
                if ref.worktree and counted is not None:
                    read = safefile.read_file(ref.worktree, path.encode(), limits.LOG_BYTES)
                    where = ref.worktree.decode("utf-8", "surrogateescape")
                    if read.data is not None and read.data != counted.data:
                        yield FileCopy(path=path, where=where, role="worktree", object_id="", same=False)

    def _planning_paths(self, view: MissionView) -> list[str]:
        base = f"kitty-specs/{view.mission.directory}"
        paths = [f"{base}/meta.json", f"{base}/lanes.json"]
        for entry in self._git.tree(f"{view.plan}:{base}/tasks") or ():
            name = entry.name.decode("utf-8", "surrogateescape")
            if entry.mode == 0o040000:
                inner = self._git.tree(f"{view.plan}:{base}/tasks/{name}") or ()
                cycles = [item.name.decode("utf-8", "surrogateescape") for item in inner]
                paths += [f"{base}/tasks/{name}/{cycle}" for cycle in cycles if cycle.startswith("review-cycle-")]
            elif name.startswith("WP"):
                paths.append(f"{base}/tasks/{name}")
        return paths

    def _read_own(self, mission: Mission) -> LogCopy:
        head = self._git.layout.head
        blob = self._git.read(f"{head}:{surfaces.log_path(mission.directory)}") if head else None
        if blob is None or blob.kind != "blob" or blob.truncated:
            problem = "no copy can be reached"
            return LogCopy(kind="commit", where="HEAD", role=surfaces.MISSING, commit=head, problem=problem)
        return LogCopy(kind="commit", where="HEAD", role=OWN_COPY, commit=head, blob=blob.oid, log=parse_log(blob.data))

    def _name(self, commit: str) -> str:
        ref = next((ref for ref in self.branches.refs if ref.oid == commit), None)
        return names.show(ref) if ref is not None else f"HEAD at {commit[:8]}"
