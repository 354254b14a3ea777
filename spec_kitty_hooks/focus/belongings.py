"""What is a mission's of everything that a branch changes: by ownership, and by the commits made on its own lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks import catalog
from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.lineage import Lineage
from spec_kitty_hooks.mission.policy import read_committed
from spec_kitty_hooks.mission.workpackages import WorkPackages
from spec_kitty_hooks.model.focus import COMMITTED, OWNED, PLANNING
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.pathglob import match_upstream, specificity
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.model.context import Owner
    from spec_kitty_hooks.model.git import Change
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import Mission

_ROOT = b"kitty-specs/"


class Basis(Record):
    """Why a path is the mission's; see `FocusedPath`."""

    kind: str
    work_package_id: str = ""
    pattern: str = ""


class Belongings:
    """What one mission owns by its plan at commit `plan`. Raises HooksError if a work package's head cannot be used."""

    def __init__(self, git: Git, mission: Mission, plan: str) -> None:
        self._home = _ROOT + mission.directory.encode() + b"/"
        packages = WorkPackages(git, plan, mission.directory)
        self._owners = packages.owners(packages.ids())
        policy, _source = read_committed(git, plan, catalog.DIAGNOSTICS)
        self._is_loose = policy.glob == "spec-kitty"
        for owner in self._owners:
            if owner.work_package.problem:
                raise _refuse(owner, plan)

    def choose(self, changes: Mapping[bytes, Change], strays: Iterable[bytes]) -> Mapping[bytes, Basis]:
        """Return which paths are the mission's; `strays` are those that count although nobody owns them."""
        found = {path: basis for path, change in changes.items() if (basis := self._find_basis(change)) is not None}
        for path in strays:
            if path in changes and not path.startswith(_ROOT):
                found.setdefault(path, Basis(kind=COMMITTED))
        return found

    def _find_basis(self, change: Change) -> Basis | None:
        if change.path.startswith(self._home):
            return Basis(kind=PLANNING)
        if change.path.startswith(_ROOT):  # another mission's, whatever a pattern says
            return None
        found = [(owner, self._match(owner, change)) for owner in self._owners]
        owned = [(specificity(pattern), owner.work_package.wp_id, pattern) for owner, pattern in found if pattern]
        if not owned:
            return None
        best = max(key for key, _wp_id, _pattern in owned)
        _key, wp_id, pattern = next(one for one in owned if one[0] == best)
        return Basis(kind=OWNED, work_package_id=wp_id, pattern=pattern)

    def _match(self, owner: Owner, change: Change) -> str | None:
        pattern = owner.patterns.match(change.subject())
        if pattern is None and self._is_loose:
            loose = (one for one in owner.patterns.patterns if match_upstream(one, change.path))
            return next(loose, None)
        return pattern


def find_strays(
    git: Git, branches: Branches, mission: Mission, commits: Sequence[Commit], upstream: str
) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return the paths that only commits made on the mission's own lanes changed, and those that others changed too.

    `commits` are what the mission's side has and commit `upstream` lacks.
    """
    lineage = Lineage(git, commits, (upstream,))
    trunks = (mission.target_branch, mission.coordination_branch, mission.mission_branch)
    names = {name for lane in mission.lanes for name in lane.branches} - set(trunks)
    tips = [(name, ref.oid) for name in sorted(names) for ref in branches.tips(name)]
    made: set[str] = set()
    for name, tip in tips:
        made |= lineage.find_made_on(name, tip, mission)
    by_lanes = {change.path for commit in commits if commit.oid in made for change in commit.changes}
    by_others = {change.path for commit in commits if commit.oid not in made for change in commit.changes}
    return frozenset(by_lanes - by_others), frozenset(by_lanes & by_others)


def _refuse(owner: Owner, plan: str) -> HooksError:
    package = owner.work_package
    message = f"what {package.wp_id} owns cannot be told: {escape(package.problem)}"
    mend = f"mend the head of {package.wp_id} in tasks/, commit it, then run the same command again"
    show = f"git show {quote_shell(plan.encode() + b':' + package.path)}"
    return HooksError("ACTIVE_WP_METADATA_INVALID", message, (show, mend) if package.path else (mend,))
