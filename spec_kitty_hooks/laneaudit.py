"""Holds each commit of a range against the work packages that its lane had when it was written (design 5)."""

from __future__ import annotations

from spec_kitty_hooks.checks import ownership, planning
from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.git.merges import find_origins
from spec_kitty_hooks.mission.policy import POLICY_PATH
from spec_kitty_hooks.mission.timeline import Timeline
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.findings import WARN
from spec_kitty_hooks.scope import all_owned, find_self_grants, view_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.lineage import Lineage
    from spec_kitty_hooks.model.context import Active, Context, Owner
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.git import Change, Situation
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.survey import Survey

    Entry = tuple[int, str]  # mode and object id

_POLICY = POLICY_PATH.encode()
_SCOPE, _LATE, _PLANNING = "ACTIVE_WP_SCOPE_VIOLATION", "WP_ALREADY_APPROVED", "PLANNING_PATH_ON_LANE"


class LaneAudit:
    """One lane with its commits of the range, `made`. `tip` is its newest commit, `end` where the range leaves files.

    A lane that went on after it was merged has undone nothing for those who get the merge.
    """

    def __init__(self, git: Git, ctx: Context, found: Survey, lineage: Lineage, tip: str, end: str) -> None:
        placement = found.placement
        if placement.mission is None or placement.lane is None or found.packages is None:
            raise ValueError("a lane is recorded by a mission")
        self.mission, self.lane = placement.mission, placement.lane
        self.made = lineage.find_made_on(found.situation.branch, tip, placement.mission)
        self._brought = self.made - lineage.find_chain(found.situation.branch, tip, placement.mission)
        self._git = git
        self._end = end
        self._context = ctx.replace(placement=placement, policy=view_policy(found.policy), situation=found.situation)
        self._packages = found.packages
        self._lanes = (
            {wp_id: state.lane for wp_id, state in found.snapshot.work_packages.items()} if found.snapshot else {}
        )
        self._timeline = Timeline(placement.lane, found.log, found.packages)
        self._told: set[tuple[str, str]] = set()
        self._before: dict[bytes, Entry] = {}

    def judge(self, commit: Commit) -> list[Finding]:
        """Return what was wrong with one commit, at its author date; that is whole seconds, and events are not.

        Of two answers within that second the milder one counts.
        """
        if self._is_plain(commit):
            return []
        commit = self._drop_contained_sides(commit)
        if self._is_planning_from_elsewhere(commit):
            found = [self._ask_for_its_branch(commit)] if self._context.policy.guard_planning else []
        else:
            views = {id(active): active for active in map(self._timeline.active_at, _second_of(commit))}
            found = min((self._hold(commit, active) for active in views.values()), key=len)
        return [finding for finding in found if self._is_news(finding)]

    def _is_plain(self, commit: Commit) -> bool:
        """Tell whether the one active work package owns the whole of an ordinary change: nothing to be said of most."""
        active = self._timeline.active_at(_second_of(commit)[0])
        if active.basis not in (context.BY_PROGRESS, context.BY_ENGAGEMENT) or len(commit.parents) > 1:
            return False
        if len(active.candidates) != 1:
            return False
        match = active.candidates[0].patterns.match
        return all(
            not change.path.startswith(planning.ROOT) and change.path != _POLICY and match(change.subject())
            for change in commit.changes
        )

    def _is_planning_from_elsewhere(self, commit: Commit) -> bool:
        """Tell whether a merge brought in nothing but planning of the lane's mission.

        The client merges the log's branch into lanes; who pushes the lane alone has not published that branch yet.
        """
        if commit.oid not in self._brought or len(commit.parents) > 1 or not commit.changes:
            return False
        home = b"%s%s/" % (planning.ROOT, self.mission.directory.encode())
        return all(change.path.startswith(home) for change in commit.changes)

    def _ask_for_its_branch(self, commit: Commit) -> Finding:
        home = self._context.placement.log_branch or self.mission.target_branch
        message = f"a merge brought planning of mission {self.mission.directory} that branch {home} does not have here"
        found: Finding = make(self._context.replace(commit=commit), _PLANNING, message, severity=WARN)
        asked: Finding = found.replace(remediation=(f"push branch {home} as well, if it is from there",))
        return asked

    def _hold(self, commit: Commit, active: Active) -> list[Finding]:
        ctx = self._build(commit, active)
        started = self._timeline.started_by(_second_of(commit)[1])
        found = [*planning.check(ctx), *ownership.check(ctx)]
        judged = [self._soften(finding, commit, ctx.owners, started) for finding in found]
        return [self._point_to_its_lane(finding) for finding in judged] if commit.oid in self._brought else judged

    def _point_to_its_lane(self, finding: Finding) -> Finding:
        """Add what to do where the branch that a merge brought a commit in from is not known, as on a server."""
        steps = (*finding.remediation, "or push the branch that it was merged from as well, if that is another lane")
        pointed: Finding = finding.replace(remediation=steps) if finding.diagnostic_code == _SCOPE else finding
        return pointed

    def _build(self, commit: Commit, active: Active) -> Context:
        changes = commit.changes
        owners: tuple[Owner, ...] = ()
        if not all_owned(active, changes):
            owners = self._packages.owners(self._packages.ids())
        situation: Situation = self._context.situation.replace(parents=commit.parents)
        built: Context = self._context.replace(
            situation=situation,
            active=active,
            changes=changes,
            own=changes,
            origins=self._find_origins(commit),
            self_grants=find_self_grants(self._git, self._context.placement, changes),
            owners=owners,
            owner_lanes=self._lanes,
            commit=commit,
        )
        return built

    def _drop_contained_sides(self, commit: Commit) -> Commit:
        """Compare a merge only with sides that no other side contains: git makes no merge of a commit's own past."""
        sides = self._git.independent(commit.parents) if len(commit.parents) > 1 else commit.parents
        if len(sides) == len(commit.parents):
            return commit
        first, *others = (self._git.tree_changes(side, commit.oid) for side in sides)
        paths = [{change.path for change in other} for other in others]
        changed = tuple(change for change in first if all(change.path in known for known in paths))
        narrowed: Commit = commit.replace(parents=tuple(sides), changes=changed)
        return narrowed

    def _find_origins(self, commit: Commit) -> dict[bytes, str]:
        if len(commit.parents) < 2 or not commit.changes:
            return {}
        sides = [{c.path: c for c in self._git.tree_changes(parent, commit.oid)} for parent in commit.parents]
        return find_origins(self._git, commit.parents, sides, [change.path for change in commit.changes])

    def _soften(self, finding: Finding, commit: Commit, owners: Sequence[Owner], started: frozenset[str]) -> Finding:
        """Lower to a warning what another started work package owns, what is reviewed again, and what is undone."""
        change = next((change for change in commit.changes if change.path == finding.path), None)
        if change is None:
            return finding
        milder: Finding = finding.replace(severity=WARN)
        if finding.diagnostic_code == _LATE and self._timeline.is_reopened_after(_second_of(commit)[1]):
            return milder
        if finding.diagnostic_code == _SCOPE and any(
            owner.work_package.wp_id in started and owner.patterns.match(change.subject()) for owner in owners
        ):
            return milder
        if self._is_undone(change):
            undone: Finding = milder.replace(message=f"{finding.message}; a later commit undoes it")
            return undone
        return finding

    def _is_undone(self, change: Change) -> bool:
        """Tell whether the path is in the end what it was before the first commit that had no right to it.

        Commits come oldest first.
        """
        before = self._before.setdefault(change.path, (change.old_mode, change.old_oid))
        directory, _, name = change.path.rpartition(b"/")
        entries = self._git.tree(self._end.encode() + b":" + directory) or ()
        now = next(((entry.mode, entry.oid) for entry in entries if entry.name == name), (0, ""))
        return now == before or (not now[0] and not before[0])

    def _is_news(self, finding: Finding) -> bool:
        """Tell whether a finding that names no path has not been made of an older commit already."""
        key = finding.diagnostic_code, finding.work_package_id
        if finding.path is not None:
            return True
        known = key in self._told
        self._told.add(key)
        return not known


def _second_of(commit: Commit) -> tuple[float, float]:
    """Return the first and the last moment that a commit's author date stands for."""
    return float(commit.authored_at), commit.authored_at + 0.999_999
