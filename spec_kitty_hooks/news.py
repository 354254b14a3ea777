"""What a merge or rebase has changed for the person in this clone: lanes of work packages, lanes that are merged now.

Reads git objects only. What another branch of this clone had already is no news.
"""

from __future__ import annotations

from spec_kitty_hooks.mission.branches import shorten
from spec_kitty_hooks.mission.eventlog import union
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import Registry, looks_like_lane, read_at
from spec_kitty_hooks.model import context, lanes
from spec_kitty_hooks.model.aftermath import Contained, Moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spec_kitty_hooks.git.passage import Passage
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.logreader import LogReader
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.model.events import WorkPackageState
    from spec_kitty_hooks.model.mission import Mission

    States = Mapping[str, WorkPackageState]

ACTOR = "SPEC_KITTY_ACTOR"
_WORKED_ON = frozenset((lanes.FOR_REVIEW, lanes.IN_REVIEW, lanes.APPROVED, lanes.DONE))


class News:
    """The news of one passage. `branch` is the short name of HEAD's branch, "" if there is none."""

    def __init__(self, git: Git, logs: LogReader, branches: Branches, passage: Passage, branch: str) -> None:
        self._git = git
        self._read = logs.read_at
        self._branches = branches
        self._passage = passage
        self._branch = branch

    def find_moved(self, missions: Iterable[str], environ: Mapping[str, str], now: float) -> tuple[Moved, ...]:
        """Return the work packages of `missions` that are in another lane now: this person's first, then the newest.

        `environ` names the person (SPEC_KITTY_ACTOR), and git does; `now` is seconds since the epoch. Nothing is news
        where HEAD is on no branch: there a program merges, and not for a person to read.
        """
        if not self._branch:
            return ()
        states = {mission: self._read_states(mission) for mission in missions}
        changed = {
            (mission, wp_id): (old.get(wp_id), new.get(wp_id))
            for mission, (old, new) in states.items()
            for wp_id in {*old, *new}
            if _lane(old.get(wp_id)) != _lane(new.get(wp_id))
        }
        if not changed:
            return ()
        me = {environ.get(ACTOR, ""), self._name_person()} - {""}
        moved = [_tell(*key, pair, me, now) for key, pair in changed.items()]
        moved.sort(key=lambda one: (one.mission, one.wp_id))
        moved.sort(key=lambda one: one.at, reverse=True)
        moved.sort(key=lambda one: not one.mine)
        return tuple(moved)

    def find_contained(self, names: Iterable[str]) -> tuple[Contained, ...]:
        """Return the lanes among full branch `names` that HEAD's branch, the target of their mission, has got now.

        Only those with work to show for it: a lane that was just started is contained in everything.
        """
        found: dict[tuple[str, str], Contained] = {}
        registry = Registry(self._git, self._branches, self._passage.after)
        for short in dict.fromkeys(map(shorten, names if self._branch else ())):
            place = registry.place(short) if looks_like_lane(short) and short != self._branch else None
            if place is None or place.role != context.LANE or place.mission is None or place.lane is None:
                continue
            if place.mission.target_branch != self._branch:
                continue
            states = reduce_log(self._read(self._passage.after, place.mission.directory)).work_packages
            known = tuple((wp_id, _lane(states.get(wp_id))) for wp_id in place.lane.wp_ids)
            if not _WORKED_ON.isdisjoint(lane for _wp_id, lane in known):
                key = place.mission.directory, place.lane.lane_id
                found[key] = Contained(mission=key[0], lane_id=key[1], target=self._branch, lanes=known)
        return tuple(found.values())

    def _read_states(self, mission: str) -> tuple[States, States]:
        """Return the states of a mission's work packages before and after, with what other branches here know."""
        elsewhere = [self._read(oid, mission) for oid in self._find_elsewhere(mission)]
        before, after = (
            reduce_log(union([self._read(oid, mission), *elsewhere])[0]).work_packages
            for oid in (self._passage.before, self._passage.after)
        )
        return before, after

    def _find_elsewhere(self, mission: str) -> Iterator[str]:
        """Yield the tips of other local branches on which the person could have seen the log."""
        identity = self._identify(mission)
        for short in dict.fromkeys((identity.target_branch, identity.coordination_branch) if identity else ()):
            ref = self._branches.local(short) if short and short != self._branch else None
            if ref is not None:
                yield ref.oid

    def _identify(self, mission: str) -> Mission | None:
        found = (read_at(self._git, oid, mission) for oid in (self._passage.after, self._passage.before))
        return next(filter(None, found), None)

    def _name_person(self) -> str:
        """Return the name that git would write into a commit, "" if it knows none."""
        said = self._git.program.run("var", "GIT_AUTHOR_IDENT").out.decode("utf-8", "surrogateescape")
        return said.rpartition(" <")[0]


def _tell(
    mission: str, wp_id: str, pair: tuple[WorkPackageState | None, WorkPackageState | None], me: set[str], now: float
) -> Moved:
    from spec_kitty_hooks.mission.moments import age_of, write_age  # dates are paid for where there is news

    old, new = pair
    at = new.last_transition_at if new is not None else ""
    age = age_of(at, now)
    return Moved(
        mission=mission,
        wp_id=wp_id,
        before=_lane(old),
        after=_lane(new),
        actor=new.actor if new is not None else "",
        at=at,
        age=write_age(age) if age is not None else "",
        mine=any(not me.isdisjoint(_holders(state)) for state in pair if state is not None),
    )


def _lane(state: WorkPackageState | None) -> str:
    return state.lane if state is not None and state.lane != lanes.UNINITIALIZED else ""


def _holders(state: WorkPackageState) -> Iterator[str]:
    yield state.actor
    for slot in ("agent", "assignee"):
        yield str(state.slots.get(slot) or "")
