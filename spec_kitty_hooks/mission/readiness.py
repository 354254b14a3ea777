"""The guards of a transition that need more than its own record: workspace, subtasks, implementation (formats 4.1).

Reads git objects; each answer is a sentence about what is missing and the steps that lead on, or nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks.mission.identity import PLANNING_LANE
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.mission.source import Source
    from spec_kitty_hooks.mission.workpackages import WorkPackages
    from spec_kitty_hooks.model.events import Snapshot
    from spec_kitty_hooks.model.mission import ExecutionLane, Mission

    Missing = tuple[str, tuple[str, ...]]  # what is missing, and the next steps

NOTHING: Missing = ("", ())


def find_lane(mission: Mission, work_package_id: str) -> ExecutionLane | None:
    """Return the execution lane in which a work package is worked off; None if that is the target branch itself."""
    lane = next((lane for lane in mission.lanes if work_package_id in lane.wp_ids), None)
    return None if lane is None or lane.lane_id == PLANNING_LANE else lane


class Readiness:
    """What one work package has to show, by the commits and the log that count now."""

    def __init__(
        self, source: Source, branches: Branches, mission: Mission, packages: WorkPackages, snapshot: Snapshot
    ) -> None:
        self._source = source
        self._branches = branches
        self._mission = mission
        self._packages = packages
        self._snapshot = snapshot

    def find_missing(self, guard: str, work_package_id: str) -> Missing:
        """Return what keeps a guard (workspace, subtasks or implementation) from being met."""
        if guard == "workspace":
            return self._find_workspace(work_package_id)
        if guard == "subtasks":
            return self._find_subtasks(work_package_id)
        return self._find_implementation(work_package_id)

    def _find_workspace(self, work_package_id: str) -> Missing:
        lane = find_lane(self._mission, work_package_id)
        if lane is None or any(self._is_checked_out(name) for name in lane.branches):
            return NOTHING
        start = f"spec-kitty-hooks start {work_package_id} --mission {quote_shell(self._mission.directory)}"
        return f"{lane.lane_id} has no work tree in this clone", (start,)

    def _is_checked_out(self, name: str) -> bool:
        ref = self._branches.local(name)
        return ref is not None and bool(ref.worktree) and os.path.isdir(ref.worktree)

    def _find_subtasks(self, work_package_id: str) -> Missing:
        package = self._packages.owners((work_package_id,))[0].work_package
        state = self._snapshot.work_packages.get(work_package_id)
        progress = state.slots.get("subtasks") if state is not None else None
        progress = progress if isinstance(progress, dict) else {}
        left = [subtask for subtask in package.subtasks if progress.get(subtask) != lanes.DONE]
        if not left:
            return NOTHING
        command = f"spec-kitty agent tasks mark-status {' '.join(map(quote_shell, left))} --status done"
        return f"subtasks that are not done: {', '.join(left)}", (f"{command} --mission {self._mission.directory}",)

    def _find_implementation(self, work_package_id: str) -> Missing:
        lane = find_lane(self._mission, work_package_id)
        if lane is None:
            return NOTHING
        target = self._branches.newest(self._source, self._mission.target_branch)
        tips = [tip for name in lane.branches if (tip := self._branches.newest(self._source, name)) is not None]
        if not tips:
            problem = f"this clone has no branch of {lane.lane_id}"
            return problem, (f"git fetch origin {quote_shell(lane.branches[0])}",) if lane.branches else ()
        if target is None or any(not self._source.is_ancestor(tip.oid, target.oid) for tip in tips):
            return NOTHING
        names = ", ".join(lane.branches)
        return f"{lane.lane_id} has no commit of its own ({names})", (
            "commit the work on the lane, then run this again",
        )
