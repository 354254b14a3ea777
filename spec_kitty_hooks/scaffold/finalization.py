"""Turns a mission's plan into lanes.json and its first events; a plan with a problem is left as it is.

Running it again adds only what is missing: no event is rewritten, and a work package that has started keeps its lane.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.identity import PLANNING_LANE
from spec_kitty_hooks.mission.journal import append_events
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import ROOT
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model import lanes as status
from spec_kitty_hooks.model.events import Snapshot
from spec_kitty_hooks.model.ids import new_ulid
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.scaffold.lanes import build_lanes, check_lanes, group_packages
from spec_kitty_hooks.scaffold.lanesfile import compose_lanes_file, is_recorded, write_lanes_file
from spec_kitty_hooks.scaffold.models import LaneEntry, LaneSummary, MissionFinalized, PlanFinding, SeedRecord
from spec_kitty_hooks.scaffold.plan import PackageFile, check_packages, read_packages
from spec_kitty_hooks.scaffold.relations import check_dependencies, check_overlaps, find_overlaps
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from spec_kitty_hooks.model.mission import Mission
    from spec_kitty_hooks.scaffold.checkout import Checkout

ACTOR = "spec-kitty-hooks"
REASON = "planned by mission finalize"
ENTROPY_BYTES = 10  # for each id

_NOT_STARTED = (status.GENESIS, status.UNINITIALIZED, status.PLANNED, status.CANCELED)
_FINISHED = (*_NOT_STARTED, status.DONE)


class Finalization:
    """One run over one mission. `findings` fill up as the steps go on; nothing is written while one of them blocks."""

    def __init__(self, checkout: Checkout, mission: Mission) -> None:
        self._checkout = checkout
        self._mission = mission
        self._packages: list[PackageFile] = []
        self._lanes: list[LaneEntry] = []
        self._snapshot = Snapshot(work_packages={})
        self.findings: list[PlanFinding] = []

    @property
    def is_blocked(self) -> bool:
        """Whether some finding so far keeps the plan from being finalized."""
        return any(finding.severity == "block" for finding in self.findings)

    def check(self) -> None:
        """Read everything and look for problems; what needs sound heads is left out where some head is not."""
        mission = self._mission
        self.findings += _check_mission(mission)
        self._packages, unreadable = read_packages(self._checkout, mission.directory)
        broken = {finding.path for finding in unreadable}
        self.findings += unreadable
        self.findings += [
            found for found in check_packages(self._packages, mission.directory) if found.path not in broken
        ]
        self._read_log()
        if not self.is_blocked:
            self._arrange()

    def write(self, now: datetime, entropy: Callable[[int], bytes], *, dry_run: bool) -> MissionFinalized:
        """Write lanes.json if it changes, seed what the log does not know, and return what was done."""
        mission, known = self._mission, self._snapshot.work_packages
        if self.is_blocked:
            return self._report(dry_run, ok=False)
        recorded = is_recorded(self._checkout, mission, self._lanes)
        missing = [package for package in self._packages if package.wp_id not in known]
        if not dry_run and not recorded:
            write_lanes_file(self._checkout, mission, compose_lanes_file(self._checkout, mission, self._lanes, now))
        if not dry_run and missing:
            ids = [new_ulid(now.timestamp(), entropy(ENTROPY_BYTES)) for _package in missing]
            lines = [_seed(mission, package, now, one).render() for package, one in zip(missing, ids, strict=True)]
            append_events(os.path.join(self._checkout.top, log_path(mission.directory).encode()), lines)
        lanes_file = "unchanged" if recorded else "not written" if dry_run else "written"
        return self._report(dry_run, ok=True).model_copy(
            update={
                "lanes_file": lanes_file,
                "seeded": [package.wp_id for package in missing],
                "already_planned": [package.wp_id for package in self._packages if package.wp_id in known],
            }
        )

    def _read_log(self) -> None:
        path = log_path(self._mission.directory)
        data = self._checkout.read(path.encode(), limits.LOG_BYTES)
        log = parse_log(data or b"")
        for damage in log.damage:
            found = PlanFinding(
                diagnostic_code="EVENT_LOG_UNREADABLE",
                path=path,
                line=damage.line,
                message=f"the event log cannot be read: {to_text(damage.reason)}",
                remediation=[f"git diff -- {path}", f"git restore -- {path}"],
            )
            self.findings.append(found)
        self._snapshot = reduce_log(log)

    def _arrange(self) -> None:
        packages = sorted(self._packages, key=lambda package: package.wp_id)
        graph = {package.wp_id: package.head.dependencies for package in packages}
        self.findings += check_dependencies(packages, graph)
        overlaps = find_overlaps(packages)
        self.findings += check_overlaps(overlaps, graph)
        if self.is_blocked:
            return
        recorded = {wp_id: lane.lane_id for lane in self._mission.lanes for wp_id in lane.wp_ids}
        placed = group_packages(packages, overlaps, recorded)
        self.findings += check_lanes(packages, graph, placed)
        self.findings += self._check_started(recorded, placed)
        if not self.is_blocked:
            self._packages = packages
            self._lanes = build_lanes(packages, graph, placed)

    def _check_started(self, recorded: dict[str, str], placed: dict[str, str]) -> Iterator[PlanFinding]:
        files = {package.wp_id: package for package in self._packages}
        for wp_id, state in sorted(self._snapshot.work_packages.items()):
            if wp_id not in files:
                yield _absent(wp_id, state.lane)
            elif state.lane not in _NOT_STARTED and recorded.get(wp_id, placed[wp_id]) != placed[wp_id]:
                message = f"{wp_id} is {state.lane} in {recorded[wp_id]} and would move to {placed[wp_id]}"
                step = (
                    "undo the change of owned_files that joins or parts these lanes, or make it after the work is done"
                )
                yield files[wp_id].finding("PLAN_LANE_MOVED", message, step, key="owned_files")

    def _report(self, dry_run: bool, *, ok: bool) -> MissionFinalized:
        mission = self._mission
        return MissionFinalized(
            ok=ok,
            dry_run=dry_run,
            mission=mission.directory,
            findings=self.findings,
            lanes=[_summarize(mission, lane) for lane in self._lanes] if ok else [],
            next_steps=self._name_steps()
            if ok and not dry_run
            else [f"spec-kitty-hooks mission finalize {mission.directory}"],
        )

    def _name_steps(self) -> list[str]:
        """Return the command that starts the first work package of a lane that nobody has started."""
        states = self._snapshot.work_packages
        for lane in self._lanes:
            place = f".worktrees/{self._mission.directory}-{lane.lane_id}"
            is_started = any(wp_id in states and states[wp_id].lane not in _NOT_STARTED for wp_id in lane.wp_ids)
            if lane.lane_id != PLANNING_LANE and not is_started and not self._checkout.has(place):
                return [f"spec-kitty-hooks start {lane.wp_ids[0]} --mission {self._mission.directory}"]
        return []


def check_place(checkout: Checkout, mission: Mission) -> None:
    """Raise UsageError if the mission cannot be finalized from this checkout: its log or its plan lives elsewhere."""
    if mission.coordination_branch:
        raise UsageError(
            "MISSION_ON_COORDINATION_BRANCH",
            f"{mission.directory} keeps its log on {mission.coordination_branch}; only the client writes there",
            (f"spec-kitty agent mission finalize-tasks --mission {mission.directory}",),
        )
    target = mission.target_branch
    if target and target != checkout.branch:
        raise UsageError(
            "MISSION_TARGET_NOT_CHECKED_OUT",
            f"{mission.directory} is planned on {target}, and {checkout.branch} is checked out",
            (f"git switch {quote_shell(target)}", f"spec-kitty-hooks mission finalize {mission.directory}"),
        )


def _check_mission(mission: Mission) -> Iterator[PlanFinding]:
    missing = [f"meta.json: {key} is missing" for key in ("mission_id", "target_branch") if not getattr(mission, key)]
    for problem in (*mission.problems, *missing):
        name = problem.partition(":")[0]
        path = f"{ROOT}/{mission.directory}/{name}"
        yield PlanFinding(
            diagnostic_code="PLAN_MISSION_INVALID",
            path=path,
            message=to_text(problem),
            remediation=[f"git diff -- {path}", f"edit {path}"],
        )


def _absent(wp_id: str, lane: str) -> PlanFinding:
    return PlanFinding(
        diagnostic_code="PLAN_FILE_MISSING",
        severity="note" if lane in _FINISHED else "block",
        work_package_id=wp_id,
        message=f"{wp_id} is {lane} in the log and has no file in tasks/",
        remediation=[] if lane in _FINISHED else [f"bring the file of {wp_id} back, or cancel the work package"],
    )


def _seed(mission: Mission, package: PackageFile, now: datetime, event_id: str) -> SeedRecord:
    return SeedRecord(
        actor=ACTOR,
        at=now.isoformat(timespec="microseconds"),
        event_id=event_id,
        execution_mode="direct_repo" if package.is_planning else "worktree",
        mission_id=mission.mission_id,
        mission_slug=mission.directory,
        reason=REASON,
        wp_id=package.wp_id,
    )


def _summarize(mission: Mission, lane: LaneEntry) -> LaneSummary:
    branch = _branch_of(mission, lane)
    return LaneSummary(lane_id=lane.lane_id, branch=branch, wp_ids=lane.wp_ids, depends_on_lanes=lane.depends_on_lanes)


def _branch_of(mission: Mission, lane: LaneEntry) -> str:
    return mission.target_branch if lane.lane_id == PLANNING_LANE else f"{mission.mission_branch}-{lane.lane_id}"
