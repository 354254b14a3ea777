"""Everything that must hold before a mission is merged or shipped, gathered and judged as one report (design 6).

Reads objects, refs and the client's record of an unfinished merge; opens no connection and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks import catalog
from spec_kitty_hooks.checks import log_integrity, placement, review_consistency
from spec_kitty_hooks.checks import preflight as checks
from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.divergence import measure_target, show_date
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.ranges import read_range
from spec_kitty_hooks.git.remotes import Remotes
from spec_kitty_hooks.git.revisions import keep_known
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.git.worktrees import Worktrees
from spec_kitty_hooks.logfacts import find_torn_packages
from spec_kitty_hooks.mission.identity import PLANNING_LANE
from spec_kitty_hooks.mission.logchange import compare
from spec_kitty_hooks.mission.mergestate import read_merge_state
from spec_kitty_hooks.mission.policy import POLICY_PATH, read_committed
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model import context, lanes
from spec_kitty_hooks.model import preflight as model
from spec_kitty_hooks.model.context import Context, LogChange, Placement
from spec_kitty_hooks.model.findings import OFF
from spec_kitty_hooks.model.preflight import AbsentBranch, Gates, MergeState, Preflight, Standing
from spec_kitty_hooks.reviewfacts import gather_reviews, tell_worked
from spec_kitty_hooks.scope import view_policy
from spec_kitty_hooks.verdict import PUSH, conclude, report_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_kitty_hooks.git.fetching import FetchOutcome
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.findings import Finding, Report
    from spec_kitty_hooks.model.git import Change
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import ExecutionLane
    from spec_kitty_hooks.model.reviews import MissionReviews
    from spec_kitty_hooks.overview import MissionView, Overview

_SHOWN_OID = 12


class Examination:
    """One mission before a merge or a ship: `facts` and `reviews` once gathered, and the report."""

    def __init__(
        self,
        git: Git,
        overview: Overview,
        view: MissionView,
        purpose: str,
        fetched: FetchOutcome | None = None,
    ) -> None:
        """Gather the facts; `purpose` is merge or ship, `fetched` what a fetch of the target just made came to."""
        self._git = git
        self._overview = overview
        self._view = view
        self._branches = overview.branches
        self._packages = overview.packages(view)
        self._policy, self._policy_source = read_committed(git, view.plan, catalog.DIAGNOSTICS)
        self.reviews = self._gather_reviews()
        self.facts = self._gather_facts(purpose, fetched)

    def report(self, environ: Mapping[str, str], now: float) -> Report:
        """Judge what was gathered; `now` is seconds since the epoch."""
        ctx = self._build(environ, now)
        source = {"source": self._policy_source, "policy_branch": self._view.mission.target_branch}
        found = [
            *report_policy(ctx, self._policy, POLICY_PATH, source),
            *self._check_log(ctx),
            *checks.check(ctx, self.facts),
            *review_consistency.check_thoroughly(ctx),
        ]
        return conclude(
            self._policy,
            PUSH,
            found,
            subject=self._describe(),
            applicable=bool(self.facts.standings),
            evidence=self._describe_evidence(),
        )

    # -- facts

    def _gather_reviews(self) -> MissionReviews:
        view = self._view
        trees = (*(copy.commit for copy in view.copies if copy.log is not None), view.plan)
        reviews = gather_reviews(self._git, view.mission, view.log, trees, self._packages, view.log_branch)
        working = [(lane, tip) for lane in self._lanes() if (tip := self._find_tip(lane))]
        told = tell_worked(reviews, {lane.lane_id: self._list_changes(tip) for lane, tip in working})
        found: MissionReviews = told.replace(commits={lane.lane_id: self._list_commits(tip) for lane, tip in working})
        return found

    def _lanes(self) -> list[ExecutionLane]:
        return [lane for lane in self._view.mission.lanes if lane.lane_id != PLANNING_LANE]

    def _find_tip(self, lane: ExecutionLane) -> str:
        tips = (self._branches.newest(self._git, name) for name in lane.branches)
        return next((tip.oid for tip in tips if tip is not None), "")

    def _target(self) -> str:
        tip = self._branches.newest(self._git, self._view.mission.target_branch)
        return tip.oid if tip is not None else ""

    def _list_commits(self, tip: str) -> tuple[Commit, ...]:
        """Return the commits of a lane that the target lacks; none if git cannot walk them here."""
        try:
            return tuple(read_range(self._git, (tip,), (self._target(),) if self._target() else ()))
        except RepositoryError:
            return ()

    def _list_changes(self, tip: str) -> tuple[Change, ...] | None:
        """Return what a lane changed since the plan; None if it cannot be told since when."""
        planned = keep_known(self._git, [self._view.mission.planning_commit])
        start = planned[0] if planned else self._target()
        if not start or (not planned and self._git.is_ancestor(tip, start) is not False):
            return None  # landed, or never begun
        bases = self._git.merge_bases(start, tip)
        return self._git.tree_changes(bases[0], tip) if bases else None

    def _gather_facts(self, purpose: str, fetched: FetchOutcome | None) -> Preflight:
        mission, policy = self._view.mission, self._policy
        local = self._branches.local(mission.target_branch)
        asked = policy.merge_gates_enabled and policy.merge_gates_mode != OFF
        primary = Worktrees(self._git).find_primary()
        return Preflight(
            purpose=purpose,
            standings=tuple(self._list_standings()),
            absent=tuple(self._list_absent()),
            gates=Gates(
                approval=asked and policy.require_review_approval,
                dependencies=asked and policy.require_deps_complete,
                severity=policy.merge_gates_mode,
            ),
            divergence=measure_target(self._git, self._branches, mission, fetched=fetched) if local else None,
            remote=Remotes(self._git).choose(mission.target_branch),
            checkout=local.worktree if local is not None else b"",
            merge=read_merge_state(primary, mission) if primary else MergeState(),
        )

    def _list_standings(self) -> Iterator[Standing]:
        states = self._view.snapshot.work_packages if self._view.snapshot else {}
        known = sorted({*states, *self._packages.ids()})
        for owner in self._packages.owners(known):
            package = owner.work_package
            state = states.get(package.wp_id)
            lane = state.lane if state is not None else ""
            meant = state is not None and lane == lanes.CANCELED and state.slots.get("reason_source") == "operator"
            yield Standing(
                wp_id=package.wp_id,
                lane=lane,
                settled=meant or lane in lanes.TERMINAL,
                needs=package.dependencies,
                head=package.path,
            )

    def _list_absent(self) -> Iterator[AbsentBranch]:
        """Yield branches that are still needed: the client deletes those of a mission that has landed."""
        mission = self._view.mission
        states = self._view.snapshot.work_packages if self._view.snapshot else {}
        approved = {wp_id for wp_id, state in states.items() if state.lane == lanes.APPROVED}
        waiting = [lane for lane in self._lanes() if approved.intersection(lane.wp_ids)]
        if not self._branches.tips(mission.target_branch):
            yield AbsentBranch(name=mission.target_branch, what=model.TARGET)
        recorded = mission.mission_branch if mission.has_lanes_file else ""
        if waiting and recorded and not self._branches.tips(recorded):
            planned = keep_known(self._git, [mission.planning_commit])
            start = (*planned, self._target())[0][:_SHOWN_OID]
            yield AbsentBranch(name=recorded, what=model.MISSION, start=start)
        for lane in waiting:
            if lane.branches and not any(self._branches.tips(name) for name in lane.branches):
                wp_ids = tuple(wp_id for wp_id in lane.wp_ids if wp_id in approved)
                yield AbsentBranch(name=lane.branches[0], what=model.LANE, lane_id=lane.lane_id, wp_ids=wp_ids)

    # -- judgement

    def _build(self, environ: Mapping[str, str], now: float) -> Context:
        view = self._view
        place = Placement(
            role=context.TARGET,
            mission=view.mission,
            plan=view.plan,
            plan_name=view.plan_name,
            log_branch=view.log_branch,
        )
        return Context(
            situation=read_situation(self._git, environ),
            placement=place,
            policy=view_policy(self._policy),
            now=now,
            editing=True,
            copies=view.copies,
            torn_packages=find_torn_packages(view.copies),
            reviews=(self.reviews,),
        )

    def _check_log(self, ctx: Context) -> Iterator[Finding]:
        view = self._view
        directory, path = view.mission.directory, log_path(view.mission.directory)
        if view.log is None or view.is_frozen:
            here = bool(self._branches.tips(view.log_branch))
            why = "no copy of it on its branch can be read" if here else "its branch is not in this clone"
            message = f"the event log of mission {directory} is not known: {why}"
            facts = {"log": path, "log_branch": view.log_branch} if here else {"unfetched": view.log_branch}
            yield make(ctx, "ACTIVE_WP_STATUS_UNAVAILABLE", message, facts=facts)
            return
        inside = (compare(path.encode(), directory, new=copy.log, parents=()) for copy in view.copies if copy.log)
        pairs = [
            *(pair for log in inside for pair in log.conflicts),
            *((one.first, one.second) for one in view.conflicts),
        ]
        twofold = tuple({pair[0].event_id: pair for pair in pairs}.values())
        logs = (LogChange(path=path.encode(), mission=directory, conflicts=twofold),)
        yield from log_integrity.check(ctx.replace(logs=logs))
        yield from placement.check_copies(ctx)

    def _describe(self) -> str:
        count, mission = len(self.facts.standings), self._view.mission
        packages = "1 work package" if count == 1 else f"{count} work packages"
        found = self.facts.divergence
        state = f", {found.state.replace('_', ' ')}{show_date(found.as_of)}" if found is not None else ""
        return f"{self.facts.purpose} of mission {mission.directory}: {packages}, target {mission.target_branch}{state}"

    def _describe_evidence(self) -> dict[str, object]:
        view, layout = self._view, self._git.layout
        return {
            "repository": layout.common_dir.decode("utf-8", "surrogateescape"),
            "worktree": layout.worktree.decode("utf-8", "surrogateescape"),
            "commit": layout.head,
            "plan": view.plan,
            "log_copies": [
                {"kind": copy.kind, "where": copy.where, "role": copy.role, "commit": copy.commit}
                for copy in view.copies
            ],
            "event_count": view.snapshot.event_count if view.snapshot is not None else None,
        }
