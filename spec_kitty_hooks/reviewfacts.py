"""Gathers the review evidence of a mission: its log, the artifacts in committed trees, what its lanes changed.

Reads git objects only, never a work tree: evidence is what is committed. For pre-push, so imports stay light.
"""

from __future__ import annotations

from spec_kitty_hooks.mission import evidence, surfaces
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.identity import PLANNING_LANE
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import ROOT, read_at
from spec_kitty_hooks.mission.reviews import cycle_number, read_cycle
from spec_kitty_hooks.mission.workpackages import WorkPackages
from spec_kitty_hooks.model.events import EventLog, WorkPackageState
from spec_kitty_hooks.model.ids import is_slug, is_work_package_id
from spec_kitty_hooks.model.reviews import Artifact, MissionReviews, Override, PackageReview

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.mission.reviews import ReviewCycle
    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.git import Change
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import ExecutionLane, Mission

    Item = tuple[bytes, int, str, str]  # path, mode and object id of a file, and the commit it was found in
    Cycles = dict[str, dict[int, Item]]  # by work package and number

_KIND, _TREE, _FILE = 0o170000, 0o040000, 0o100000
_HEX = frozenset("0123456789abcdef")
_SHORTEST = 7  # characters of an abbreviated commit id


def gather_reviews(
    git: Git,
    mission: Mission,
    log: EventLog | None,
    trees: Iterable[str],
    packages: WorkPackages | None = None,
    log_branch: str = "",
) -> MissionReviews:
    """Gather the review facts of one mission.

    `log` is its event log as it is judged (None: nothing is known of any lane); `trees` are the commits whose review
    artifacts count, the weightiest first: the log's branch as it is pushed, then where the plan is. `packages` are the
    work packages of the plan: without them nobody owns a path and no approval can be stale. The answer has no commits:
    whoever wants stale approvals found adds them, by lane id, newest first.
    """
    known = log or EventLog()
    states = reduce_log(known).work_packages
    events = evidence.group_events(known)
    told = evidence.list_self_approvals(known)
    cycles = _list_cycles(git, mission.directory, trees)
    wp_ids = sorted({*states, *cycles, *(packages.ids() if packages is not None else ())})
    owners = {owner.work_package.wp_id: owner for owner in packages.owners(wp_ids)} if packages is not None else {}
    gathered = []
    for wp_id in wp_ids:
        said = events.get(wp_id, [])
        found = _fold(states.get(wp_id), wp_id, said)
        if wp_id in cycles:
            found = _add_artifact(git, found, said, cycles[wp_id])
        gathered.append(found.replace(owner=owners.get(wp_id), told_on=wp_id in told))
    return MissionReviews(mission=mission, packages=tuple(gathered), log_branch=log_branch)


def _fold(state: WorkPackageState | None, wp_id: str, events: list[Event]) -> PackageReview:
    if state is None:
        return PackageReview(wp_id=wp_id, lane="")
    verdict, verdict_at = evidence.read_verdict(state, events)
    settled = evidence.find_settled(events)
    implementer, approver = evidence.find_people(events, settled)
    return PackageReview(
        wp_id=wp_id,
        lane=state.lane,
        override=evidence.read_override(state),
        verdict=verdict,
        verdict_at=verdict_at,
        approvals=evidence.list_approvals(events),
        landed_at=evidence.read_moment(settled.at) if settled is not None else 0.0,
        implementer=implementer,
        approver=approver,
        stints=evidence.list_stints(events),
    )


def _list_cycles(git: Git, directory: str, trees: Iterable[str]) -> Cycles:
    """Return every review artifact; of two with the same number the one in the weightier tree."""
    found: Cycles = {}
    for commit in dict.fromkeys(tree for tree in trees if tree):
        base = f"{ROOT}/{directory}/tasks"
        for entry in git.tree(f"{commit}:{base}") or ():
            wp_id = _package_of(entry.name) if entry.mode == _TREE else ""
            for item in git.tree(entry.oid) or () if wp_id else ():
                path = b"/".join((base.encode(), entry.name, item.name))
                number = cycle_number(path)
                if number is not None:
                    found.setdefault(wp_id, {}).setdefault(number, (path, item.mode, item.oid, commit))
    return found


def _package_of(name: bytes) -> str:
    """Return the work package of a directory `WPnn` or `WPnn-slug` below tasks/ (formats 7.1), "" if it is none."""
    wp_id = name.partition(b"-")[0].decode("utf-8", "replace")
    return wp_id if is_work_package_id(wp_id) else ""


def _add_artifact(git: Git, found: PackageReview, events: list[Event], cycles: Mapping[int, Item]) -> PackageReview:
    path, mode, oid, commit = cycles[max(cycles)]
    blob = git.read(oid) if mode & _KIND == _FILE else None
    cycle = read_cycle(path, blob.data if blob is not None else b"")
    artifact = Artifact(
        path=path,
        number=cycle.number,
        commit=commit,
        verdict=cycle.verdict,
        at=evidence.find_cited(events, _tail(path)) or evidence.read_moment(cycle.reviewed_at),
        reviewed=_find_reviewed(git, cycle.reviewed_commit),
        problem="it is no plain file, or too large" if blob is None or blob.truncated else cycle.problem,
        line=cycle.line,
    )
    added: PackageReview = found.replace(
        artifact=artifact, numbers=tuple(sorted(cycles)), override=found.override or _read_override(cycle)
    )
    return added


def _tail(path: bytes) -> str:
    return "/".join(path.decode("utf-8", "replace").split("/")[-2:])


def _find_reviewed(git: Git, said: str) -> str:
    """Return the commit that an artifact names, which may be any text; "" if it is no commit that is here."""
    return git.find_commit(said) if len(said) >= _SHORTEST and _HEX.issuperset(said) else ""


def _read_override(cycle: ReviewCycle) -> Override | None:
    """Return the override in an artifact's head, as old missions have it, if it says who, when and why."""
    who, when, why = cycle.override_actor, cycle.override_at, cycle.override_reason
    if not (who.strip() and when.strip() and why.strip()):
        return None
    return Override(actor=who, at=when, reason=why, source="artifact")


def list_touched(commits: Iterable[Commit]) -> tuple[str, ...]:
    """Return the missions whose directory some of the commits change, by name."""
    parts = (change.path.split(b"/", 2) for commit in commits for change in commit.changes)
    names = {part[1].decode("utf-8", "replace") for part in parts if len(part) == 3 and part[0] == ROOT.encode()}
    return tuple(sorted(filter(is_slug, names)))


def gather_pushed(
    git: Git,
    branches: Branches,
    branch: str,
    tip: str,
    directories: Iterable[str],
    made: Mapping[str, Mapping[str, Sequence[Commit]]] | None = None,
) -> tuple[MissionReviews, ...]:
    """Gather the reviews of the missions that a ref publishes: of `directories`, as they would be with `tip`.

    Log and artifacts are those of `tip` where `branch` is the log's, else those of the log's branch as it is here; if
    that cannot be reached, the tip's own. `made` are the commits of the range by mission and lane id.
    """
    found = []
    for directory in directories:
        mission = read_at(git, tip, directory)
        if mission is None:
            continue
        log_branch = surfaces.find_log_branch(git, branches, mission)
        copies = surfaces.read_copies(git, branches, mission, log_branch) if log_branch != branch else ()
        log, _conflicts = surfaces.unite(copies)
        trees = [copy.commit for copy in copies if copy.log is not None]
        if log is None:
            blob = git.read(f"{tip}:{surfaces.log_path(directory)}")
            log = parse_log(blob.data) if blob is not None and blob.kind == "blob" and not blob.truncated else None
        target = branches.newest(git, mission.target_branch) if branch != mission.target_branch else None
        plan = target.oid if target is not None else tip
        packages = WorkPackages(git, plan, directory)
        reviews = gather_reviews(git, mission, log, (*trees, tip), packages, log_branch)
        commits = {lane_id: tuple(some) for lane_id, some in (made or {}).get(directory, {}).items()}
        found.append(reviews.replace(commits=commits))
    return tuple(found)


def tell_worked(reviews: MissionReviews, changes: Mapping[str, Sequence[Change] | None]) -> MissionReviews:
    """Add whether each work package's lane changed what it owns; `changes` are those of each lane since the plan.

    None stands for a lane whose changes cannot be told. Planning artifacts are made on the target branch itself.
    """
    lanes = {wp_id: lane for lane in reviews.mission.lanes for wp_id in lane.wp_ids}
    told = [package.replace(worked=_tell(package, lanes.get(package.wp_id), changes)) for package in reviews.packages]
    found: MissionReviews = reviews.replace(packages=tuple(told))
    return found


def _tell(
    package: PackageReview, lane: ExecutionLane | None, changes: Mapping[str, Sequence[Change] | None]
) -> bool | None:
    owner, made = package.owner, changes.get(lane.lane_id) if lane is not None else None
    if lane is None or lane.lane_id == PLANNING_LANE or made is None or owner is None or owner.work_package.problem:
        return None
    if not owner.work_package.owned_files or owner.work_package.execution_mode == "planning_artifact":
        return None
    return any(owner.patterns.match(change.subject()) for change in made)
