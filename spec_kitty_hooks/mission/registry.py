"""Which mission and execution lane record a branch (design 4.2, formats 6.2).

Reads meta.json and lanes.json from git objects only; a branch name proposes where to look first and proves nothing.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import branches as names
from spec_kitty_hooks.mission.authority import find_authority
from spec_kitty_hooks.mission.identity import legacy_work_package, propose_directories, read_mission, role_in
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import Placement
from spec_kitty_hooks.model.ids import is_slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.mission.authority import Authority
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.mission.source import Source
    from spec_kitty_hooks.model.mission import ExecutionLane, Mission

    Found = tuple[Mission, str]  # a mission, and a commit that carries it

ROOT = "kitty-specs"
_TREE = 0o040000
_FILES = ("meta.json", "lanes.json")
_AT_ONCE = 16  # missions whose files are held in memory together


def read_at(source: Source, commit: str, directory: str) -> Mission | None:
    """Read one mission's identity at a commit; None if the commit has neither meta.json nor lanes.json for it."""
    base = f"{commit}:{ROOT}/{directory}"
    meta, lanes = source.read_many((f"{base}/meta.json", f"{base}/lanes.json"))
    if meta is None and lanes is None:
        return None
    return read_mission(directory, meta.data if meta else None, lanes.data if lanes else None)


def list_directories(source: Source, commit: str) -> tuple[str, ...]:
    """Return the names of the mission directories at a commit; names that are no safe slug are left out."""
    found = []
    for entry in source.tree(f"{commit}:{ROOT}") or ():
        name = entry.name.decode("utf-8", "replace")
        if entry.mode == _TREE and is_slug(name):
            found.append(name)
    return tuple(found[: limits.MISSIONS])


def read_all_at(source: Source, commit: str) -> Iterator[Mission]:
    """Read every mission at a commit, in directory order, a few at a time: each may be as large as limits allow."""
    directories = list_directories(source, commit)
    for start in range(0, len(directories), _AT_ONCE):
        names = directories[start : start + _AT_ONCE]
        blobs = source.read_many(f"{commit}:{ROOT}/{name}/{file}" for name in names for file in _FILES)
        for name, meta, lanes in zip(names, blobs[::2], blobs[1::2], strict=True):
            if meta is not None or lanes is not None:
                yield read_mission(name, meta.data if meta else None, lanes.data if lanes else None)


def looks_like_lane(branch: str) -> bool:
    """Tell whether a branch name could be one that a mission records for a lane, so that a search is worth it."""
    return "-lane-" in branch or branch.startswith("kitty/") or bool(legacy_work_package(branch, ""))


class Registry:
    """Finds the mission and lane of branches in one repository.

    `head` is the commit to look at first. With `pushed` it is what a branch would have on a remote, and a branch that
    is not named like a lane is a target of the missions that it carries itself, or of none.
    """

    def __init__(self, source: Source, branches: Branches, head: str, *, pushed: bool = False) -> None:
        self._source = source
        self._branches = branches
        self._head = head
        self._pushed = pushed

    def place(self, branch: str, *, thorough: bool = False) -> Placement:
        """Find out what a branch is.

        `thorough` also scans all missions for a branch whose name suggests none (the target branch of a mission,
        say); a hook does not need that. Returns role `other` for a branch that no mission knows, and
        `unrecorded lane` for one that is named like a lane but recorded nowhere.
        """
        found = self._find_proposed(branch)
        if not found and (thorough or looks_like_lane(branch)):
            found = self._find_anywhere(branch)
        if len(found) > 1:
            names = " and ".join(mission.directory for mission, _commit in found[: limits.SHOWN_PATHS])
            return Placement(role=context.UNRECORDED_LANE, problem=f"{len(found)} missions record {branch}: {names}")
        if found:
            placement = self.settle(branch, *found[0])
            return self._share(branch, placement) if thorough and placement.role == context.TARGET else placement
        if branch.startswith("kitty/mission-") and "-lane-" in branch and self._carriers():
            return Placement(role=context.UNRECORDED_LANE)
        return Placement(role=context.OTHER)

    def list_all(self) -> Iterator[tuple[Mission, str]]:
        """Yield every mission with a commit that carries it, HEAD's first; a mission may come more than once."""
        for commit in self._carriers():
            for mission in read_all_at(self._source, commit):
                yield mission, commit

    def list_targeting(self, branch: str) -> tuple[tuple[Mission, str], ...]:
        """Return the missions whose target is `branch`, by directory, each with a commit that carries it."""
        found: dict[str, tuple[Mission, str]] = {}
        for commit in self._carriers(branch):
            for mission in read_all_at(self._source, commit):
                if mission.target_branch == branch:
                    found.setdefault(mission.directory, (mission, commit))
        return tuple(found[directory] for directory in sorted(found))

    def place_work_tree(self, name: str, branch: str) -> Placement | None:
        """Return the lane that a work tree `.worktrees/<name>` was made for; None if it is no lane's (formats 6.3)."""
        for directory in propose_directories(f"kitty/mission-{name}") if "-lane-" in name else ():
            mission = self._find_laned(directory)
            for lane in mission.lanes if mission else ():
                if mission and name == f"{directory}-{lane.lane_id}" and lane.branches and branch not in lane.branches:
                    return self._hold_to(mission, lane)
        return None

    def _hold_to(self, mission: Mission, lane: ExecutionLane) -> Placement:
        """Place what is checked out in a lane's work tree without being the lane; policy is the target branch's."""
        authority = self._find_authority(lane.branches[0], mission)
        tip = authority.tip if authority else self._branches.newest(self._source, mission.target_branch)
        plan, name = (tip.oid, names.show(tip)) if tip is not None else ("", "")
        return Placement(role=context.DETACHED_LANE, mission=mission, lane=lane, plan=plan, plan_name=name)

    def _find_laned(self, directory: str) -> Mission | None:
        """Read a mission where its lanes are recorded: at HEAD, or wherever the plan is (the client's coordination)."""
        here = read_at(self._source, self._head, directory) if self._head else None
        if here is not None and here.lanes:
            return here
        found = (read_at(self._source, commit, directory) for commit in self._carriers())
        return next((one for one in found if one is not None and one.lanes), None)

    def _share(self, branch: str, placement: Placement) -> Placement:
        """Leave the mission open where several have this target branch: it is none of them in particular."""
        missions = [mission.directory for mission, _commit in self.list_targeting(branch)]
        if len(missions) < 2:
            return placement
        rest = len(missions) - limits.SHOWN_PATHS
        listed = ", ".join(missions[: limits.SHOWN_PATHS]) + (f" and {rest} more" if rest > 0 else "")
        return Placement(role=context.TARGET, problem=f"target branch of {len(missions)} missions: {listed}")

    def _find_proposed(self, branch: str) -> tuple[Found, ...]:
        best: tuple[int, Mission] | None = None
        for directory in propose_directories(branch):
            mission = read_at(self._source, self._head, directory) if self._head else None
            role, _lane, rank = role_in(mission, branch) if mission else ("", None, 0)
            if mission and role and rank == 0:
                return ((mission, self._head),)
            if mission and role and (best is None or rank < best[0]):
                best = rank, mission
        if best is None:
            return ()
        recorded = self._find_anywhere(branch)  # a name that another mission records beats one composed for this one
        return recorded or ((best[1], self._head),)

    def _find_anywhere(self, branch: str) -> tuple[Found, ...]:
        """Return the mission that knows the branch best; several if more than one records it for a lane at a commit."""
        best: tuple[int, bool] | None = None
        found: list[Found] = []
        carriers = self._carriers(branch)
        if looks_like_lane(branch):  # what the lane itself carries is asked last
            carriers = tuple(sorted(carriers, key=self._head.__eq__))
        for commit in carriers:
            for mission in read_all_at(self._source, commit):
                role, _lane, rank = role_in(mission, branch)
                order = rank, role != context.LANE  # the lane of one mission may be the target of another
                if role and (best is None or order < best):
                    best, found = order, []
                if role and order == best and (not found or (order == (0, False) and found[0][1] == commit)):
                    found.append((mission, commit))
            if best is not None and best[0] == 0:
                break
        return tuple(found)

    def _find_authority(self, lane: str, mission: Mission) -> Authority | None:
        """Find what speaks for a lane, whatever its own copy of the mission says: that one is only where to look."""
        claimed = (mission.target_branch, mission.coordination_branch)
        # A lane that does without the directory which its name proposes first may have removed it.
        proposed = propose_directories(lane)
        before = proposed[: proposed.index(mission.directory)] if mission.directory in proposed else ()
        for directory in before:
            found = find_authority(self._source, self._branches, lane, directory)
            if found is not None and role_in(found.mission, lane)[2] == 0:
                return found
        return find_authority(self._source, self._branches, lane, mission.directory, claimed)

    def _find_other_plan(self, branch: str, directory: str) -> Found | None:
        for commit in self._carriers():
            mission = read_at(self._source, commit, directory)
            if mission is not None and mission.target_branch != branch and role_in(mission, branch)[0] == context.LANE:
                return mission, commit
        return None

    def _carriers(self, branch: str = "") -> tuple[str, ...]:
        """Return commits to search for `branch`, HEAD first, one for each different kitty-specs tree."""
        if self._pushed and branch and not looks_like_lane(branch):
            return (self._head,) if self._head else ()
        tips = dict.fromkeys(oid for oid in (self._head, *(ref.oid for ref in self._branches.refs)) if oid)
        commits = list(tips)[: limits.SEARCHED_TIPS]
        seen: dict[str, str] = {}
        for commit, tree in zip(commits, self._source.read_many([f"{oid}:{ROOT}" for oid in commits]), strict=True):
            if tree is not None:
                seen.setdefault(tree.oid, commit)
        return tuple(seen.values())

    def _follow(self, authority: Authority, branch: str) -> Placement:
        role, lane, _rank = role_in(authority.mission, branch)
        return Placement(
            role=role,
            mission=authority.mission,
            lane=lane,
            plan=authority.tip.oid,
            plan_name=names.show(authority.tip),
            rivals=authority.rivals,
        )

    def settle(self, branch: str, mission: Mission, commit: str) -> Placement:
        """Read the mission again where its planning is authoritative: at its target branch (design 4.5)."""
        role, lane, _rank = role_in(mission, branch)
        authority = self._find_authority(branch, mission) if role == context.LANE else None
        if authority is not None:
            return self._follow(authority, branch)
        if role == context.LANE and branch == mission.target_branch:  # a lane must not be its own authority
            mission, commit = self._find_other_plan(branch, mission.directory) or (mission, commit)
        for short in (mission.target_branch, mission.coordination_branch):
            is_judged = short == branch and role == context.LANE
            tip = self._branches.newest(self._source, short) if short and not is_judged else None
            planned = read_at(self._source, tip.oid, mission.directory) if tip else None
            if tip and planned and role_in(planned, branch)[0]:
                role, lane, _rank = role_in(planned, branch)
                return Placement(role=role, mission=planned, lane=lane, plan=tip.oid, plan_name=names.show(tip))
        return Placement(
            role=role,
            mission=mission,
            lane=lane,
            plan=commit,
            plan_name=f"the branch's own copy at {commit[:8]}",
            own_copy=True,
        )
