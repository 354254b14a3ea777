"""Works out a focused branch in memory: what is the mission's, how it merges into the remote's target, which commit.

Reads objects and refs, and writes nothing. The same commits on both sides give the same commit id in every clone, by
whomever and whenever, whatever is configured there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import HooksError, RepositoryError
from spec_kitty_hooks.focus.belongings import Belongings, find_strays
from spec_kitty_hooks.focus.byhand import list_steps
from spec_kitty_hooks.focus.comparison import Comparison
from spec_kitty_hooks.focus.ledger import Ledger
from spec_kitty_hooks.focus.signature import encode_commit, find_newest, write_message
from spec_kitty_hooks.git.changes import name_status
from spec_kitty_hooks.git.overlay import identify, overlay
from spec_kitty_hooks.git.ranges import read_range
from spec_kitty_hooks.git.threeway import merge_versions
from spec_kitty_hooks.mission.surfaces import find_log_branch
from spec_kitty_hooks.model.focus import PLANNING, Focus, FocusConflict, FocusedPath
from spec_kitty_hooks.model.git import Change
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spec_kitty_hooks.focus.belongings import Basis
    from spec_kitty_hooks.git.overlay import Overlaid
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.threeway import Sides
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.model.focus import Version
    from spec_kitty_hooks.model.git import Ref
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import Mission

    _Files = dict[bytes, "Version | None"]

_BLOCKED = "a file stands where the other side has a directory"
_BOTH_CHANGED = "both sides changed it"
_ONE_DELETED = "one side deleted it, the other one changed it"
_BOTH_ADDED = "both sides added it"


def name_branch(mission: Mission) -> str:
    """Return the short name of a mission's focused branch (formats 6.2)."""
    return f"kitty/pr/{mission.directory}-to-{mission.target_branch.replace('/', '-')}"


def plan_focus(git: Git, branches: Branches, mission: Mission, upstream: str, upstream_name: str) -> Focus:
    """Work out the focused branch of a mission on top of commit `upstream`, which ref `upstream_name` is at.

    The mission's side is the local target branch if that has anything of the mission which upstream lacks, else the
    mission's own branch, else its coordination branch. Raises HooksError (`BRANCH_NOT_HERE`, `SHALLOW_HISTORY`,
    `HISTORIES_UNRELATED`, `ACTIVE_WP_METADATA_INVALID`), and RepositoryError where git or libgit2 cannot.
    """
    sources = list(_find_sources(git, branches, mission))
    if not sources:
        published = upstream_name.removeprefix("refs/remotes/")
        steps = (
            f"git fetch {quote_shell(published.split('/')[0])}",
            f"git branch {quote_shell(mission.target_branch)} {quote_shell(published)}",
            "then run the same command again",
        )
        message = f"this clone has no branch {escape(mission.target_branch)}, and none of the mission's own"
        raise HooksError("BRANCH_NOT_HERE", message, steps)
    plans = (_Plan(git, branches, mission, (upstream, upstream_name), source).make() for source in sources)
    first = next(plans)
    if first.commit or first.conflicts:
        return first
    return next((plan for plan in plans if plan.commit or plan.conflicts), first)


def _find_sources(git: Git, branches: Branches, mission: Mission) -> Iterator[Ref]:
    local = branches.local(mission.target_branch)
    if local is not None:
        yield local
    for name in dict.fromkeys((mission.mission_branch, mission.coordination_branch)):
        tip = branches.newest(git, name) if name and name != mission.target_branch else None
        if tip is not None:
            yield tip


class _Plan:
    """One attempt: the mission's side is `source`."""

    def __init__(self, git: Git, branches: Branches, mission: Mission, upstream: tuple[str, str], source: Ref) -> None:
        self._git = git
        self._branches = branches
        self._mission = mission
        self._upstream = upstream[0]
        self._tip = source.oid
        self._bases = () if git.is_ancestor(self._tip, self._upstream) else self._find_bases()
        self._empty = Focus(
            mission=mission.directory,
            branch=name_branch(mission),
            target=mission.target_branch,
            upstream=upstream[0],
            upstream_name=upstream[1],
            source=source.name,
            tip=source.oid,
            bases=self._bases,
        )
        self._blobs: dict[str, bytes] = {}

    def make(self) -> Focus:
        """Return the focused branch; without a commit if upstream has everything, or if there are conflicts."""
        if not self._bases:
            return self._empty
        compared = Comparison(self._git, self._bases, self._upstream, self._tip)
        commits = tuple(read_range(self._git, (self._tip,), (self._upstream,)))
        strays, mixed = find_strays(self._git, self._branches, self._mission, commits, self._upstream)
        chosen = Belongings(self._git, self._mission, self._find_plan()).choose(compared.changes, strays)
        sides, known = compared.find_sides(chosen)
        files, conflicts = self._merge(sides, known)
        before = {path: sides[path][1] if path in sides else compared.find_upstream(path) for path in files}
        wanted = {path: version for path, version in files.items() if version != before[path]}
        laid = overlay(self._git, self._upstream, wanted)
        conflicts += [_conflict(path, _BLOCKED, sides) for path in laid.blocked]
        left_out = [path for path in compared.changes if path not in chosen and compared.differs(path)]
        focus: Focus = self._empty.replace(
            paths=tuple(_describe(path, before[path], wanted[path], chosen.get(path)) for path in sorted(wanted)),
            left_out=tuple(sorted(left_out)),
            conflicts=tuple(sorted(conflicts, key=lambda conflict: conflict.path)),
            notes=tuple(self._note(mixed.intersection(left_out))),
        )
        return focus if conflicts or not wanted else self._commit(focus, wanted, laid, commits)

    # -- the parts

    def _find_bases(self) -> tuple[str, ...]:
        bases = self._git.merge_bases(self._upstream, self._tip)
        if bases:
            return tuple(sorted(bases))
        if self._git.layout.shallow:
            message = f"this clone is shallow: what {self._tip[:12]} and {self._upstream[:12]} come from is cut off"
            raise HooksError("SHALLOW_HISTORY", message, ("git fetch --unshallow",))
        message = f"{self._tip[:12]} and {self._upstream[:12]} have no commit in common"
        step = f"git log --oneline --graph {self._tip} {self._upstream}"
        raise HooksError("HISTORIES_UNRELATED", message, (step,))

    def _find_plan(self) -> str:
        """Return the commit to read the mission's work packages from: its side, or where its planning lives."""
        tasks = f"kitty-specs/{self._mission.directory}/tasks"
        names = (self._mission.target_branch, self._mission.coordination_branch)
        tips = [self._branches.newest(self._git, name) for name in names if name]
        places = [self._tip, *(tip.oid for tip in tips if tip is not None)]
        return next((oid for oid in places if self._git.tree(f"{oid}:{tasks}")), self._tip)

    def _merge(self, sides: Mapping[bytes, Sides], known: Mapping[str, bytes]) -> tuple[_Files, list[FocusConflict]]:
        """Return what each path is to be, and those that only a person can merge."""
        try:
            merged = merge_versions(self._git, sides, known)
        except RepositoryError as error:
            raise RepositoryError(error.code, error.message, list_steps(self._git, self._empty, sides)) from error
        self._blobs.update(merged.blobs)
        ledger = Ledger(self._git, self._mission.directory, self._upstream, {**known, **merged.blobs})
        ledger.settle(sides, merged.versions)
        self._blobs.update(ledger.blobs)
        stuck = [path for path in merged.conflicts if path not in ledger.versions and path not in ledger.problems]
        conflicts = [_conflict(path, _explain(sides[path]), sides) for path in stuck]
        conflicts += [_conflict(path, problem, sides) for path, problem in ledger.problems.items()]
        return {**merged.versions, **ledger.versions}, conflicts

    def _commit(self, focus: Focus, wanted: _Files, laid: Overlaid, commits: tuple[Commit, ...]) -> Focus:
        message = write_message(self._mission, focus.paths)
        data = encode_commit(self._git, laid.tree, self._upstream, message, find_newest(commits, wanted, self._tip))
        new = {version.oid for version in wanted.values() if version is not None} & self._blobs.keys()
        blobs = (("blob", self._blobs[oid]) for oid in sorted(new))
        objects = (*blobs, *(("tree", tree) for tree in laid.trees), ("commit", data))
        oid = identify("commit", data, self._git.layout.hash_hex)
        made: Focus = focus.replace(commit=oid, message=message, objects=objects)
        return made

    def _note(self, mixed: Iterable[bytes]) -> Iterator[str]:
        for path in sorted(mixed):
            yield f"{escape(path)}: owned by nobody, changed on the mission's lanes and elsewhere too; it is left out"
        log_branch = find_log_branch(self._git, self._branches, self._mission)
        if log_branch and log_branch not in (self._mission.target_branch, self._empty.source.partition("/")[2]):
            yield f"the event log lives on branch {escape(log_branch)}; what is taken of it is what {self._name()} has"

    def _name(self) -> str:
        return escape(self._empty.source.removeprefix("refs/heads/").removeprefix("refs/remotes/"))


def _describe(path: bytes, old: Version | None, new: Version | None, basis: Basis | None) -> FocusedPath:
    modes = old.mode if old else 0, new.mode if new else 0
    change = Change(path, name_status(*modes), *modes, old.oid if old else "", new.oid if new else "")
    if basis is None:  # status.json, which follows from the log
        return FocusedPath(path=path, change=change.word(), basis=PLANNING)
    names = {"work_package_id": basis.work_package_id, "pattern": basis.pattern}
    return FocusedPath(path=path, change=change.word(), basis=basis.kind, **names)


def _conflict(path: bytes, reason: str, sides: Mapping[bytes, Sides]) -> FocusConflict:
    base, upstream, mission = sides.get(path, (None, None, None))
    return FocusConflict(path=path, reason=reason, base=base, upstream=upstream, mission=mission)


def _explain(sides: Sides) -> str:
    base, upstream, mission = sides
    if base is None:
        return _BOTH_ADDED
    return _BOTH_CHANGED if upstream is not None and mission is not None else _ONE_DELETED
