"""Who is active here and why: gathers the mission facts of one situation, step by step, each step recorded.

The only place where git facts and mission facts meet. Reads; prints and writes nothing.
"""

from __future__ import annotations

from spec_kitty_hooks import catalog
from spec_kitty_hooks.mission import active as lane_state
from spec_kitty_hooks.mission import surfaces
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.policy import POLICY_PATH, describe_switch, read_committed
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import Registry
from spec_kitty_hooks.mission.workpackages import WorkPackages
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import Active, Placement, Step
from spec_kitty_hooks.model.mission import ExecutionLane
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.eventlog import Conflict
    from spec_kitty_hooks.mission.policy import Policy
    from spec_kitty_hooks.model.events import EventLog, Snapshot
    from spec_kitty_hooks.model.git import Situation
    from spec_kitty_hooks.model.mission import LogCopy, Mission

SINGLE_BRANCH = "single_branch"  # the topology without lanes (formats 1.2)


class Survey(Record):
    """Everything found out about one situation. `steps` is the way there, for `context` and `explain`.

    `log` and `snapshot` are None where no copy of the log counts. `policy_source` names the blob policy was read from,
    if there is one.
    """

    situation: Situation
    branches: Branches
    placement: Placement
    policy: Policy
    policy_source: str
    packages: WorkPackages | None
    copies: tuple[LogCopy, ...]
    conflicts: tuple[Conflict, ...]
    log: EventLog | None
    snapshot: Snapshot | None
    active: Active | None
    steps: tuple[Step, ...]


def survey(git: Git, situation: Situation, *, choice: str = "", thorough: bool = False, pushed: str = "") -> Survey:
    """Find out where a commit made now belongs and who may own its changes.

    `choice` is the value of SPEC_KITTY_WP; `thorough` also finds missions whose target branch this is. `pushed` is the
    commit that the situation's branch would have on the receiving side: then HEAD and the work tree say nothing.
    """
    return Surveyor(git, situation, pushed).run(choice, thorough)


class Surveyor:
    """Walks the steps of design 4 once."""

    def __init__(self, git: Git, situation: Situation, pushed: str = "") -> None:
        self._git = git
        self._situation = situation
        self._pushed = pushed
        self._head = pushed or git.layout.head
        self._branches = Branches(git.refs())
        self._registry = Registry(git, self._branches, self._head, pushed=bool(pushed))
        self.steps: list[Step] = []

    def run(self, choice: str, thorough: bool) -> Survey:
        """Take every step that the situation allows and return what came out."""
        placement = self._place(thorough)
        policy, source = self._read_policy(placement)
        if policy.ownership_on_target and placement.role in (context.OTHER, context.TARGET):
            placement = self._place_on_target(placement)
        mission = placement.mission
        copies: tuple[LogCopy, ...] = ()
        packages = log = snapshot = active = None
        conflicts: tuple[Conflict, ...] = ()
        if mission is not None:
            packages = WorkPackages(self._git, placement.plan, mission.directory)
            copies = self._read_copies(mission, placement.log_branch)
            log, conflicts = surfaces.unite(copies)
            snapshot = reduce_log(log) if log is not None else None
            if placement.lane is not None and placement.role in (context.LANE, context.TARGET):
                active = self._find_active(placement.lane, packages, snapshot, choice)
        return Survey(
            situation=self._situation,
            branches=self._branches,
            placement=placement,
            policy=policy,
            policy_source=source,
            packages=packages,
            copies=copies,
            conflicts=conflicts,
            log=log,
            snapshot=snapshot,
            active=active,
            steps=tuple(self.steps),
        )

    def _note(self, question: str, answer: str) -> None:
        self.steps.append(Step(question=question, answer=answer))

    def _place(self, thorough: bool) -> Placement:
        branch = self._situation.branch
        self._note("What is git in the middle of?", describe_situation(self._situation))
        placement = self._registry.place(branch, thorough=thorough) if branch else Placement(role=context.OTHER)
        ambiguous = placement.role == context.UNRECORDED_LANE and placement.problem
        if placement.role not in (context.LANE, context.COORDINATION) and not ambiguous and not self._pushed:
            placement = self._place_work_tree() or placement
        self._note("Which mission and lane record the branch?", describe_placement(placement))
        return self._locate_log(placement)

    def _locate_log(self, placement: Placement) -> Placement:
        if placement.mission is None:
            return placement
        log_branch = surfaces.find_log_branch(self._git, self._branches, placement.mission)
        if placement.role == context.LANE and log_branch == self._situation.branch:
            log_branch = ""  # what a lane carries of the log is never evidence, whatever the plan says
        found: Placement = placement.replace(log_branch=log_branch)
        return found

    def _place_work_tree(self) -> Placement | None:
        parent, _, name = self._git.layout.worktree.replace(b"\\", b"/").rpartition(b"/")
        if not parent.endswith(b"/.worktrees"):
            return None
        return self._registry.place_work_tree(name.decode("utf-8", "replace"), self._situation.branch)

    def _place_on_target(self, placement: Placement) -> Placement:
        """Find the one mission that works on its target branch itself now: policy asks to judge that as well."""
        question = "Which mission works on this branch itself (policy.hooks.ownership_on_target)?"
        branch = self._situation.branch
        known = self._registry.list_targeting(branch)
        working = [found for one in known if (found := self._find_at_work(branch, *one))]
        if len(working) == 1:
            self._note(question, describe_placement(working[0]))
            return working[0]
        names = ", ".join(found.mission.directory for found in working if found.mission)
        self._note(question, f"several, so none can be held to it: {names}" if working else "none")
        if not working:
            return placement
        problem = f"work packages of {len(working)} missions are active on this branch at once: {names}"
        return Placement(role=context.TARGET, plan=working[0].plan, plan_name=working[0].plan_name, problem=problem)

    def _find_at_work(self, branch: str, mission: Mission, commit: str) -> Placement | None:
        placement = self._locate_log(self._registry.settle(branch, mission, commit))
        lane = self._planning_lane(placement) if placement.role == context.TARGET and placement.mission else None
        if lane is None or placement.mission is None:
            return None
        copies = surfaces.read_copies(self._git, self._branches, placement.mission, placement.log_branch)
        log, _conflicts = surfaces.unite(copies)
        if log is None or not lane_state.find_candidates(lane_state.read_lanes(lane, reduce_log(log)))[1]:
            return None
        found: Placement = placement.replace(lane=lane)
        return found

    def _read_policy(self, placement: Placement) -> tuple[Policy, str]:
        commit = placement.plan or self._head
        policy, source = read_committed(self._git, commit, catalog.DIAGNOSTICS)
        held = [f"{POLICY_PATH} at {commit[:8]}" if source else "the defaults", describe_switch(policy)]
        self._note("Which policy holds?", "; ".join(filter(None, held)))
        return policy, source

    def _read_copies(self, mission: Mission, log_branch: str) -> tuple[LogCopy, ...]:
        copies = surfaces.read_copies(self._git, self._branches, mission, log_branch)
        question = f"Where is the event log (branch {log_branch or 'unknown'})?"
        self._note(question, "; ".join(describe_copy(copy) for copy in copies) or "no copy can be reached")
        return copies

    def _find_active(
        self, lane: ExecutionLane, packages: WorkPackages, snapshot: Snapshot | None, choice: str
    ) -> Active:
        if snapshot is None:
            self._note("Who is active?", "unproven: held against everything the lane's work packages own")
            owners = packages.owners(lane.wp_ids)
            return Active(basis=context.UNPROVEN, candidates=owners, lanes=dict.fromkeys(lane.wp_ids, ""))
        states = lane_state.read_lanes(lane, snapshot)
        basis, ids = lane_state.find_candidates(states)
        self._note("Who is active?", f"{', '.join(ids) or 'nobody'} ({basis}: {lane_state.describe(states)})")
        ids, step = lane_state.choose(ids, choice)
        if step is not None:
            self.steps.append(step)
        ids = lane_state.hold_against(basis, ids, states)
        chosen = choice if step is not None and ids == (choice,) else ""
        return Active(basis=basis, candidates=packages.owners(ids), lanes=states, chosen=chosen)

    def _planning_lane(self, placement: Placement) -> ExecutionLane | None:
        """Return the lane that works on the target branch itself: lane-planning, or all of a mission without lanes."""
        mission = placement.mission
        if mission is None or mission.has_lanes_file or mission.topology != SINGLE_BRANCH:
            planned = mission.lanes if mission else ()
            return next((lane for lane in planned if mission and mission.target_branch in lane.branches), None)
        wp_ids = WorkPackages(self._git, placement.plan, mission.directory).ids()
        return ExecutionLane(lane_id="the target branch", wp_ids=wp_ids, branches=(mission.target_branch,))


def describe_situation(situation: Situation) -> str:
    """Say in a few words what git is doing: `a commit on kitty/mission-x-lane-a`, `an amend during a rebase of y`."""
    what = {"": "a commit", "squash": "a squash commit"}.get(situation.operation, f"a {situation.operation}")
    if situation.amend:
        what = f"an amend during {what}" if situation.operation else "an amend"
    return f"{what} on {situation.branch or 'a detached HEAD'}"


def describe_placement(placement: Placement) -> str:
    """Say what records a branch, and what claims to: `x-01ABCDEF (lane, lane-a with WP01), by main at 1a2b3c4d`."""
    if placement.mission is None:
        return placement.problem or "none"
    lane = f", {placement.lane.lane_id} with {', '.join(placement.lane.wp_ids)}" if placement.lane else ""
    found = f"{placement.mission.directory} ({placement.role}{lane}), by {placement.plan_name or 'this commit'}"
    return "; ".join((found, *placement.rivals))


def describe_copy(copy: LogCopy) -> str:
    """Say what one copy of the log is: `worktree /x: authoritative, 41 events`."""
    events = f", {len(copy.log.events)} events" if copy.log is not None else ""
    problem = f" ({copy.problem})" if copy.problem else ""
    return f"{copy.kind} {copy.where}: {copy.role}{events}{problem}"
