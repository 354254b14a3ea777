"""Which commits of a range were made on which lane: from the branches that reach them, never from their text.

A commit is a lane's own if it lies on the lane's first-parent chain, before that chain becomes the chain of the
mission's own branches; and if a merge brought it in from a branch that no mission records. What a lane merged from the
target, or from another lane, was judged where it was made.
"""

from __future__ import annotations

from spec_kitty_hooks.git.revisions import find_containing, list_commits
from spec_kitty_hooks.mission.branches import HEADS, Branches
from spec_kitty_hooks.mission.registry import looks_like_lane
from spec_kitty_hooks.model.git import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import Mission


class Lineage:
    """The graph of one range: `commits` are all of it, `exclude` what bounds it.

    `coming` are refs, by full name, that a server has not got yet and that are pushed together with the judged one.
    """

    def __init__(
        self, git: Git, commits: Sequence[Commit], exclude: Sequence[str], coming: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._git = git
        self._commits = {commit.oid: commit for commit in commits}
        self._exclude = tuple(exclude)
        pushed = (Ref(name=name, oid=oid) for name, oid in coming)
        self._branches = Branches((*git.refs(), *pushed))

    def find_lane_refs(self, judged: str) -> Iterator[tuple[str, str]]:
        """Yield short name and tip of each other branch, named like a lane, that the range has something of.

        `judged` is the branch that the range is for.
        """
        seen = {judged}
        for ref in self._branches.refs:
            short = _shorten(ref)
            if short not in seen and looks_like_lane(short) and ref.oid in self._commits:
                seen.add(short)
                yield short, ref.oid
        merged = [oid for commit in self._commits.values() for oid in commit.parents[1:] if oid in self._commits]
        tips = {ref.name: ref for ref in self._branches.refs}
        for name in find_containing(self._git, merged):  # a lane that went on after it was merged
            short = _shorten(tips[name]) if name in tips else judged
            if short not in seen and looks_like_lane(short):
                seen.add(short)
                yield short, tips[name].oid

    def find_made_on(self, branch: str, tip: str, mission: Mission) -> frozenset[str]:
        """Return the commits of the range that were made on a lane of `mission`: its `branch`, at `tip`."""
        trunks = self._find_trunks(branch, mission)
        lanes = {name for lane in mission.lanes for name in lane.branches} - {branch, *_trunks(mission)}
        others = [ref.oid for name in lanes for ref in self._branches.tips(name)]
        reached = self._reach(tip)
        chain = self.find_chain(branch, tip, mission)
        if len(chain) == len(reached):
            return chain
        return chain | (reached - self._list([*trunks, *others]))

    def find_chain(self, branch: str, tip: str, mission: Mission) -> frozenset[str]:
        """Return those of `find_made_on` that were committed on the branch itself, not brought in by a merge."""
        stops = self._list(self._find_trunks(branch, mission), first_parent=True)
        return frozenset(self._walk_chain(tip, stops))

    def _find_trunks(self, branch: str, mission: Mission) -> list[str]:
        return [ref.oid for name in _trunks(mission) for ref in self._branches.tips(name) if name != branch]

    def _walk_chain(self, tip: str, stops: frozenset[str]) -> Iterator[str]:
        oid = tip
        while oid not in stops:
            commit = self._commits.get(oid)
            if commit is None:
                # A lane that went on after it was merged: its newest commits are not in the range.
                following = self._list([tip], first_parent=True) - stops if oid == tip else frozenset()
                yield from following
                return
            yield oid
            if not commit.parents:
                return
            oid = commit.parents[0]

    def _reach(self, tip: str) -> frozenset[str]:
        if tip not in self._commits:
            return self._list([tip])
        seen = {tip}
        waiting = [tip]
        while waiting:
            for parent in self._commits[waiting.pop()].parents:
                if parent in self._commits and parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return frozenset(seen)

    def _list(self, tips: Iterable[str], *, first_parent: bool = False) -> frozenset[str]:
        """Return the commits of the range that some tips contain; or those on their first-parent chains."""
        asked = tuple(dict.fromkeys(tips))
        if not asked:
            return frozenset()
        found = list_commits(self._git, asked, self._exclude, first_parent=first_parent)
        return frozenset(self._commits.keys() & found)


def _trunks(mission: Mission) -> tuple[str, ...]:
    names = (mission.target_branch, mission.coordination_branch, mission.mission_branch)
    return tuple(dict.fromkeys(name for name in names if name))


def _shorten(ref: Ref) -> str:
    if ref.name.startswith(HEADS):
        return ref.name[len(HEADS) :]
    return ref.name.split("/", 3)[-1]
