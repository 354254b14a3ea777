"""Judges a range of commits as one ref would publish it: in a push, in CI, on a server (design 5, "in a range").

Every commit that was made on a lane is held against the work packages that the lane had when it was written, event logs
are compared net. Reads git objects and refs only; prints nothing.
"""

from __future__ import annotations

from spec_kitty_hooks.checks import log_integrity, placement, push, review_consistency
from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.git.ranges import read_range
from spec_kitty_hooks.git.revisions import keep_known
from spec_kitty_hooks.laneaudit import LaneAudit
from spec_kitty_hooks.lineage import Lineage
from spec_kitty_hooks.logrange import LogRange
from spec_kitty_hooks.mergelosses import PAST_MERGES
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import Context
from spec_kitty_hooks.model.findings import WARN
from spec_kitty_hooks.model.git import Situation
from spec_kitty_hooks.pushfacts import gather_push_facts, is_home
from spec_kitty_hooks.reviewfacts import gather_pushed, list_touched
from spec_kitty_hooks.scope import view_policy
from spec_kitty_hooks.survey import survey
from spec_kitty_hooks.verdict import PUSH, conclude, describe_evidence, report_held_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.policy import Policy
    from spec_kitty_hooks.model.findings import Finding, Report
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.push import RefUpdate
    from spec_kitty_hooks.survey import Survey

_SHOWN_OID = 8
#: Refs for which a thing that cannot be judged stops a push by default; for any other ref it warns (design 5).
_GUARDED = (context.LANE, context.UNRECORDED_LANE, context.TARGET, context.COORDINATION, context.INTEGRATION)


def judge_update(git: Git, update: RefUpdate, now: float, situation: str) -> Report:
    """Judge what one ref would publish.

    `now` is seconds since the epoch, `situation` one of verdict's. Codes: what pre-commit would have said of each
    commit of the range, then the event log, push and review families of the catalog.
    """
    return _Judge(git, update, now, situation).run()


class _Judge:
    def __init__(self, git: Git, update: RefUpdate, now: float, situation: str) -> None:
        self._git = git
        self._update = update
        self._situation = situation
        self._tip = update.new or next(iter(keep_known(git, [update.old])), "")
        at = _stand_on(update.branch, (self._tip,) if self._tip else ())
        self._survey = survey(git, at, thorough=True, pushed=self._tip)
        policy = self._survey.policy
        self._exclude = keep_known(git, (*update.published, update.old, policy.judge_from))
        self._commits: tuple[Commit, ...] = ()
        if update.new:
            self._commits = tuple(read_range(git, (update.new,), self._exclude))
        self._bases = self._find_bases()
        self._context = Context(
            situation=at,
            placement=self._survey.placement,
            policy=view_policy(policy),
            now=now,
            active=self._survey.active,
            copies=self._survey.copies,
            withheld=tuple(git.withheld),
            compared=" ".join(oid[:12] for oid in (*self._bases[:1], self._tip)),
        )

    def run(self) -> Report:
        audits = self._audit_lanes()
        found = [*self._check_policy(), *self._check_place(), *self._check_commits(audits), *self._check_logs()]
        found += self._check_reviews(audits)
        facts = gather_push_facts(self._git, self._update, self._survey, self._commits)
        found += push.check(self._context.replace(push=facts))
        return conclude(
            self._policy(),
            self._situation,
            found,
            subject=self._describe(),
            applicable=bool(self._commits or self._update.old),
            evidence=describe_evidence(self._git.layout, self._survey),
        )

    def _policy(self) -> Policy:
        """Return the policy that holds: for a ref that no mission records, what cannot be judged only warns."""
        policy = self._survey.policy
        if self._survey.placement.role in _GUARDED:
            return policy
        milder: Policy = policy.replace(cannot_judge={**policy.cannot_judge, self._situation: WARN})
        return milder

    def _describe(self) -> str:
        if not self._update.new:
            return f"the removal of {self._update.short}"
        count = len(self._commits)
        return f"{count} new commit{'' if count == 1 else 's'} of {self._update.short} at {self._tip[:_SHOWN_OID]}"

    def _find_bases(self) -> tuple[str, ...]:
        """Return the published commits that logs are held against: the ref as it is, else where the range begins.

        It begins anew where a ref is rewound that is no log's home: lanes, tags and other branches hold copies.
        """
        old = keep_known(self._git, [self._update.old])
        if old and self._update.new and not self._git.is_ancestor(old[0], self._tip):
            old = old if is_home(self._git, self._update, self._survey) else ()
        if old or not self._commits:
            return old
        inside = {commit.oid for commit in self._commits}
        edge = (parent for commit in self._commits for parent in commit.parents if parent not in inside)
        return tuple(self._git.independent(tuple(dict.fromkeys(edge))[:64]))

    def _check_policy(self) -> Iterator[Finding]:
        if self._survey.placement.role != context.OTHER:
            yield from report_held_policy(self._context, self._survey)

    def _check_place(self) -> Iterator[Finding]:
        if self._commits:
            yield from placement.check(self._context)
        hole = next((commit for commit in self._commits if commit.cut), None)
        if hole is not None:
            message = f"history is cut off at {hole.oid[:12]}, before the beginning of what {self._update.short} brings"
            yield make(self._context, "SHALLOW_HISTORY", message)

    def _audit_lanes(self) -> list[LaneAudit]:
        lineage = Lineage(self._git, self._commits, self._exclude, self._update.beside)
        inside = {commit.oid for commit in self._commits}
        return [
            LaneAudit(self._git, self._context, found, lineage, tip, tip if tip in inside else self._tip)
            for found, tip in self._find_lanes(lineage)
        ]

    def _check_commits(self, audits: Sequence[LaneAudit]) -> Iterator[Finding]:
        """Yield what was wrong with each commit on the lane it was made on; on several lanes, the mildest view."""
        for commit in reversed(self._commits):
            views = [audit.judge(commit) for audit in audits if commit.oid in audit.made and not commit.cut]
            if views:
                yield from min(views, key=_weigh)

    def _find_lanes(self, lineage: Lineage) -> Iterator[tuple[Survey, str]]:
        if self._survey.placement.role == context.LANE and self._commits:
            yield self._survey, self._tip
        for branch, tip in lineage.find_lane_refs(self._update.branch):
            found = survey(self._git, _stand_on(branch, (tip,)), pushed=tip)
            if found.placement.role == context.LANE:
                yield found, tip

    def _check_reviews(self, audits: Sequence[LaneAudit]) -> Iterator[Finding]:
        """Yield what is wrong with the reviews of the missions that the range touches, or whose branch this is."""
        if not self._commits:
            return
        made: dict[str, dict[str, list[Commit]]] = {}
        for audit in audits:
            lanes = made.setdefault(audit.mission.directory, {})
            lanes[audit.lane.lane_id] = [commit for commit in self._commits if commit.oid in audit.made]
        mission = self._survey.placement.mission
        names = dict.fromkeys((*((mission.directory,) if mission else ()), *made, *list_touched(self._commits)))
        branch, branches = self._update.branch, self._survey.branches
        reviews = gather_pushed(self._git, branches, branch, self._tip, names, made)
        yield from review_consistency.check(self._context.replace(reviews=reviews))

    def _check_logs(self) -> Iterator[Finding]:
        judged = self._update.new and (self._commits or self._bases)
        if not judged or any(commit.cut for commit in self._commits):
            return
        # What git could not block stops a push of the log's own branch, and no other; CI judges what may get there.
        branch = self._update.branch if self._situation == PUSH else ""
        logs = LogRange(self._git, self._survey.branches, self._tip, self._bases, branch)
        past: tuple[tuple[str, ...], ...] = ()
        if branch and self._survey.placement.role in (context.TARGET, context.COORDINATION):
            inside = {commit.oid for commit in self._commits}
            merges = self._git.merges(self._tip, PAST_MERGES, self._survey.policy.judge_from)
            past = tuple(merge for merge in merges if merge[0] not in inside)
        yield from log_integrity.check(self._context.replace(logs=tuple(logs.gather(self._commits, past))))


def _stand_on(branch: str, parents: Sequence[str]) -> Situation:
    return Situation(
        branch=branch, detached=not branch, rebasing=False, operation="", amend=False, parents=tuple(parents)
    )


def _weigh(found: Sequence[Finding]) -> tuple[int, int]:
    return sum(finding.severity != WARN for finding in found), len(found)
