"""Judges whether a mission may be merged or shipped: work packages, dependencies, branches, divergence, an open merge.

What reviews and the event log say is judged by their own checks.
"""

from __future__ import annotations

from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.model import divergence as states
from spec_kitty_hooks.model.findings import NOTE, WARN
from spec_kitty_hooks.model.preflight import LANE, SHIP, TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.checks.finding import Facts
    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.divergence import Divergence, Tally
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.preflight import AbsentBranch, MergeState, Preflight, Standing

_LISTED = 3


def check(ctx: Context, facts: Preflight) -> Iterator[Finding]:
    """Yield what keeps the mission of `ctx.placement` from being merged or shipped.

    Codes: MERGE_UNFINISHED, WP_NOT_APPROVED, DEPENDENCY_UNMET, LANE_BRANCH_MISSING, MISSING_MISSION_BRANCH,
    TARGET_BRANCH_NOT_SYNCHRONIZED and REMOTE_STATE_UNKNOWN, which only a ship is stopped by: a merge publishes nothing.
    """
    yield from _check_merge(ctx, facts.merge)
    if facts.gates.approval:
        yield from _check_standings(ctx, facts)
    if facts.gates.dependencies:
        yield from _check_dependencies(ctx, facts)
    for branch in facts.absent:
        yield _report_absent(ctx, facts, branch)
    if facts.divergence is not None:
        yield from _check_divergence(ctx, facts, facts.divergence)


def _check_merge(ctx: Context, merge: MergeState) -> Iterator[Finding]:
    lock = "; its lock is there, so it is running or was killed" if merge.locked else ""
    if merge.problem:
        message = f"Spec Kitty's record of a merge cannot be read ({merge.problem}), so one may be unfinished{lock}"
        yield make(ctx, "MERGE_UNFINISHED", message)
    elif merge.remaining:
        message = f"a merge of this mission was begun and still lacks {_list(merge.remaining)}{lock}"
        yield make(ctx, "MERGE_UNFINISHED", message)
    elif merge.locked:
        yield make(ctx, "MERGE_UNFINISHED", f"a merge of this mission was begun{lock}")


def _check_standings(ctx: Context, facts: Preflight) -> Iterator[Finding]:
    for one in facts.standings:
        if not one.settled:
            yield make(
                ctx,
                "WP_NOT_APPROVED",
                f"{one.wp_id} is {_describe(one)}, neither approved nor done",
                severity=facts.gates.severity,
                work_package_id=one.wp_id,
                details={"canonical_lane": one.lane},
            )


def _check_dependencies(ctx: Context, facts: Preflight) -> Iterator[Finding]:
    known = {one.wp_id: one for one in facts.standings}
    for one in facts.standings:
        for needed in one.needs:
            other = known.get(needed)
            if other is None or not other.settled:
                what = f"is {_describe(other)}" if other is not None else "is no work package of this mission"
                yield make(
                    ctx,
                    "DEPENDENCY_UNMET",
                    f"{one.wp_id} depends on {needed}, which {what}",
                    severity=facts.gates.severity,
                    work_package_id=one.wp_id,
                    details={"canonical_lane": one.lane, "dependency": needed},
                    facts={"needed": needed, "head": one.head},
                )


def _describe(one: Standing) -> str:
    return {"": "not in the event log", "canceled": "canceled without a reason of anybody's"}.get(one.lane, one.lane)


def _report_absent(ctx: Context, facts: Preflight, branch: AbsentBranch) -> Finding:
    known: Facts = {"branch": branch.name, "start": branch.start, "remote": facts.remote}
    where = "is neither here nor on a remote as last seen"
    if branch.what == LANE:
        message = f"branch {branch.name} of {branch.lane_id}, which has {_list(branch.wp_ids)}, {where}"
        code = "LANE_BRANCH_MISSING"
    else:
        what = "target branch" if branch.what == TARGET else "mission branch"
        message = f"{what} {branch.name or '(none is recorded)'} {where}"
        code = "MISSING_MISSION_BRANCH"
    found: Finding = make(ctx, code, message, facts=known).replace(branch_or_work_package=branch.name)
    return found


def _check_divergence(ctx: Context, facts: Preflight, found: Divergence) -> Iterator[Finding]:
    known: dict[str, str | bytes] = {"remote": facts.remote}
    if found.state in (states.BEHIND, states.DIVERGED):
        if found.state == states.BEHIND:
            known |= {"mission": "", "checkout": facts.checkout, "newer": found.remote[:12]}  # "": nothing to build
        if found.state == states.BEHIND and not facts.checkout:
            known["forward"] = f"{found.remote_name}:refs/heads/{_target(ctx)}"
        severity = "" if facts.purpose == SHIP else WARN
        yield _report_divergence(ctx, "TARGET_BRANCH_NOT_SYNCHRONIZED", _compare(ctx, found), found, severity, known)
    elif found.state == states.UNKNOWN or found.stale:
        message = f"how {_target(ctx)} compares with what is published is unknown: {found.problem}"
        severity = "" if facts.purpose == SHIP else WARN
        yield _report_divergence(ctx, "REMOTE_STATE_UNKNOWN", message, found, severity, known)
    elif found.state == states.NO_TRACKING_BRANCH and facts.remote:
        message = f"{_target(ctx)} cannot be compared with what is published: {found.problem}"
        yield _report_divergence(ctx, "REMOTE_STATE_UNKNOWN", message, found, NOTE, known)


def _report_divergence(
    ctx: Context, code: str, message: str, found: Divergence, severity: str, known: Facts
) -> Finding:
    details = {
        "target_branch": _target(ctx),
        "tracking_branch": found.remote_name,
        "state": found.state,
        "ahead_count": found.ahead.total,
        "behind_count": found.behind.total,
    }
    made: Finding = make(ctx, code, message, severity=severity, details=details, facts=known).replace(
        branch_or_work_package=_target(ctx)
    )
    return made


def _compare(ctx: Context, found: Divergence) -> str:
    published = found.remote_name.removeprefix("refs/remotes/")
    return (
        f"{_target(ctx)} is {found.state} compared with {published}: "
        f"{_count(found.ahead)} ahead, {_count(found.behind)} behind"
    )


def _count(tally: Tally) -> str:
    kinds = (("source", tally.source), ("ledger", tally.ledger), ("of other missions", tally.foreign))
    parts = ", ".join(f"{number} {kind}" for kind, number in kinds if number)
    return f"{tally.total} ({parts})" if parts else str(tally.total)


def _target(ctx: Context) -> str:
    return ctx.placement.mission.target_branch if ctx.placement.mission is not None else ""


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
