"""Where a work package is worked off: the branch and work tree of its execution lane, or the target branch (formats 6).

Names come from what lanes.json and meta.json record. Lanes start where Spec Kitty's client starts them (MIT): at the
coordination or mission branch, with the finished plan and the lanes that they build on merged in.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.filelock import LockTimeoutError, hold
from spec_kitty_hooks.git.merging import MergeConflictError, merge_commits
from spec_kitty_hooks.git.worktrees import WorktreeError, Worktrees
from spec_kitty_hooks.git.writing import RefMovedError, Writer
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.identity import PLANNING_LANE
from spec_kitty_hooks.mission.readiness import find_lane
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.mission import ExecutionLane, Mission

FOLDER = b".worktrees"
_LOCK_SECONDS = 60.0  # another work package of the lane checks out the same files
_AGAIN = "then run the same command again"


class Workplace(Record):
    """Where a work package is worked off: `lane_id` is "" for the target branch itself. `notes` are for a person."""

    directory: bytes
    branch: str
    lane_id: str = ""
    notes: tuple[str, ...] = ()


class Workplaces:
    """The places of one mission, in the repository as it was when `git` was opened."""

    def __init__(self, git: Git, mission: Mission) -> None:
        self._git = git
        self._mission = mission
        self._branches = Branches(git.refs())
        self._writer = Writer(git)
        self._worktrees = Worktrees(git)

    def check(self, work_package_id: str, *, fresh: bool) -> Workplace:
        """Return where a work package is worked off; nothing is changed but objects that nobody refers to yet.

        For a `fresh` start what the lane builds on must merge, and its work tree must be clean. Raises HooksError:
        `WORK_PACKAGE_WITHOUT_LANE`, `BRANCH_NOT_HERE`, `MERGE_CONFLICT`, `WORKTREE_NOT_CLEAN`, those of
        `Worktrees.check`.
        """
        lane = self._find_lane(work_package_id)
        if lane is None:
            return self._find_target()
        place = self._place(lane)
        is_whole = self._worktrees.check(place.directory, place.branch)
        if fresh:
            self._check_changes(work_package_id, place, self._find_start(lane, place), is_whole)
        return place

    def make(self, work_package_id: str, *, fresh: bool) -> Workplace:
        """Make the place of a work package, or what is missing of it, and return it.

        Raises as `check`, RepositoryError if git cannot, and RefLockedError.
        """
        lane = self._find_lane(work_package_id)
        if lane is None:
            return self._find_target()
        place = self._place(lane)
        name = f"lane-{self._mission.directory}-{lane.lane_id}.lock"
        lock = os.path.join(self._git.layout.common_dir, b"spec-kitty-hooks", os.fsencode(name))
        try:
            with hold(lock, _LOCK_SECONDS), self._git.reopen() as git:
                Workplaces(git, self._mission)._make(lane, place, fresh=fresh)
        except LockTimeoutError as error:
            message = f"{lane.lane_id} is being made by {error.holder or 'a process that cannot be named'}"
            raise WorktreeError("LANE_LOCKED", message, ("wait for it to end, then run this again",)) from error
        return place

    def _check_changes(self, work_package_id: str, place: Workplace, start: str, is_whole: bool) -> None:
        """Refuse to bring a work tree up to `start` over changes that are not committed; else they may stay."""
        local = self._branches.local(place.branch)
        stays = local is not None and local.oid == start
        if not is_whole or stays or self._worktrees.is_clean(place.directory):
            return
        where = escape(place.directory)
        message = f"{where} has changes that are not committed, and {work_package_id} needs commits that it lacks"
        steps = (f"git -C {quote_shell(place.directory)} status", f"commit them, {_AGAIN}")
        raise HooksError("WORKTREE_NOT_CLEAN", message, steps)

    def _make(self, lane: ExecutionLane, place: Workplace, *, fresh: bool) -> None:
        is_whole = self._worktrees.check(place.directory, place.branch)
        local = self._branches.local(place.branch)
        if local is None or fresh:
            start = self._find_start(lane, place)
            if local is not None and start != local.oid and is_whole:
                self._worktrees.advance(place.directory, start)
            elif local is None or start != local.oid:
                self._make_parent()
                self._writer.move_branch(place.branch, start, local.oid if local else "", f"start {lane.lane_id}")
        self._worktrees.make(place.directory, place.branch, self._hidden())

    # -- which place

    def _find_lane(self, work_package_id: str) -> ExecutionLane | None:
        lane = find_lane(self._mission, work_package_id)
        known = any(work_package_id in lane.wp_ids for lane in self._mission.lanes)
        if lane is None and self._mission.lanes and not known:
            message = f"{work_package_id} is in no lane of {self._mission.directory}'s lanes.json"
            step = f"spec-kitty-hooks mission finalize {quote_shell(self._mission.directory)}"
            raise HooksError("WORK_PACKAGE_WITHOUT_LANE", message, (step,))
        return lane

    def _find_target(self) -> Workplace:
        target = self._mission.target_branch
        directory = self._worktrees.find_checkout(target) if target else b""
        if not directory:
            message = f"the work is done on branch {escape(target)}, which is checked out nowhere"
            raise HooksError("BRANCH_NOT_HERE", message, (f"git switch {quote_shell(target)}", _AGAIN))
        self._require_plan(directory)
        return Workplace(directory=directory, branch=target)

    def _require_plan(self, directory: bytes) -> None:
        """Refuse to take a lane's work for the target branch's own, because nobody committed lanes.json yet."""
        base = f"kitty-specs/{self._mission.directory}"
        name = f"{base}/lanes.json"
        if self._mission.has_lanes_file or not os.path.lexists(os.path.join(directory, os.fsencode(name))):
            return
        where = f"git -C {quote_shell(directory)}"
        steps = (f"{where} add -- {base}", f"{where} commit -m 'Finalize mission {self._mission.directory}' -- {base}")
        message = f"{name} in {escape(directory)} is not committed, and it says in which lane the work is done"
        raise HooksError("WORK_PACKAGE_WITHOUT_LANE", message, (*steps, _AGAIN))

    def _place(self, lane: ExecutionLane) -> Workplace:
        if not lane.branches or "/" in lane.lane_id:
            message = f"{escape(lane.lane_id)} in lanes.json cannot be part of a branch name"
            raise HooksError("WORK_PACKAGE_WITHOUT_LANE", message, ("mend lanes.json, and commit that",))
        here = [name for name in lane.branches if self._branches.local(name)]
        there = [name for name in lane.branches if self._branches.tips(name)]
        branch = next(iter((*here, *there, *lane.branches)))
        primary = self._worktrees.find_primary()
        name = os.fsencode(f"{self._mission.directory}-{lane.lane_id}")
        directory = os.path.join(primary, FOLDER, name) if primary else self._worktrees.find_checkout(branch)
        if not directory:
            message = "there is no primary checkout in which the lane could have its work tree"
            words = quote_shell(branch) if there else f"-b {quote_shell(branch)} {self._find_parent()[1]}"
            steps = (f"git worktree add DIRECTORY {words}", _AGAIN)
            raise WorktreeError("WORKTREE_IN_THE_WAY", message, steps)
        return Workplace(directory=directory, branch=branch, lane_id=lane.lane_id, notes=tuple(self._note(lane)))

    def _note(self, lane: ExecutionLane) -> Iterator[str]:
        for name in self._worktrees.unfiltered:
            yield f"filter {escape(name)}, which only this repository's own configuration names, is not run"
        for other in self._find_needed(lane):
            if not any(self._branches.tips(name) for name in other.branches):
                yield f"{escape(other.lane_id)}, which {escape(lane.lane_id)} builds on, has no branch here"

    # -- where it starts

    def _find_start(self, lane: ExecutionLane, place: Workplace) -> str:
        """Return the commit that the lane has to be at, with everything in it that it builds on."""
        tip = self._branches.newest(self._git, place.branch)
        start = tip.oid if tip is not None else self._find_parent()[1]
        for commit, name in self._find_bases(lane):
            message = f"Merge {name} into {lane.lane_id}"
            try:
                start = merge_commits(self._git, start, commit, message)
            except MergeConflictError as error:
                raise self._refuse_merge(error, place, start, commit, message) from error
        return start

    def _find_parent(self) -> tuple[str, str]:
        """Return the branch that new lanes come from, and its commit, which is the target's if it does not exist."""
        mission = self._mission
        parent = mission.coordination_branch or mission.mission_branch or mission.target_branch
        for name in (parent, mission.target_branch):
            if name and (tip := self._branches.newest(self._git, name)) is not None:
                return parent, tip.oid
        step = f"git fetch origin {quote_shell(mission.target_branch or parent)}"
        raise HooksError("BRANCH_NOT_HERE", f"this clone has no branch {escape(mission.target_branch)}", (step, _AGAIN))

    def _make_parent(self) -> None:
        name, commit = self._find_parent()
        if self._branches.local(name) is None:
            with suppress(RefMovedError):  # another lane of the mission made it
                self._writer.move_branch(name, commit, "", f"start {self._mission.directory}")

    def _find_bases(self, lane: ExecutionLane) -> Iterator[tuple[str, str]]:
        planned = self._mission.planning_commit
        if planned:
            if self._git.find_commit(planned) != planned:
                message = f"the commit of the plan, {escape(planned)}, is not here"
                raise HooksError("BRANCH_NOT_HERE", message, ("git fetch", _AGAIN))
            yield planned, "recorded planning-artifact commit"
        for other in self._find_needed(lane):
            tips = (self._branches.newest(self._git, name) for name in other.branches)
            tip = next((tip for tip in tips if tip is not None), None)
            if tip is not None:
                yield tip.oid, f"dependency lane {other.lane_id}"

    def _find_needed(self, lane: ExecutionLane) -> list[ExecutionLane]:
        lanes = [other for other in self._mission.lanes if other.lane_id in lane.depends_on]
        return sorted(
            (other for other in lanes if other.lane_id != PLANNING_LANE), key=lambda one: (one.group, one.lane_id)
        )

    def _hidden(self) -> tuple[str, ...]:
        """Return what a lane does not show: copies of a log that lives on a coordination branch (formats 6.3)."""
        path = log_path(self._mission.directory)
        is_apart = bool(self._mission.coordination_branch and self._mission.mission_id)
        return (path, f"{os.path.dirname(path)}/status.json") if is_apart else ()

    def _refuse_merge(
        self, error: MergeConflictError, place: Workplace, start: str, commit: str, message: str
    ) -> MergeConflictError:
        where, branch = quote_shell(place.directory), quote_shell(place.branch)
        steps = []
        if self._branches.local(place.branch) is None:
            steps.append(f"git worktree add -b {branch} {where} {start}")
        elif not os.path.isdir(place.directory):
            steps.append(f"git worktree add {where} {branch}")
        steps.append(f"git -C {where} merge -m {quote_shell(message)} {commit}, and commit what you resolve")
        return MergeConflictError(error.code, f"{message}: {error.message}", (*steps, _AGAIN))
