"""Judges whether it can be told where a commit belongs and what is recorded there: "cannot judge" if not."""

from __future__ import annotations

from spec_kitty_hooks.checks.finding import make, show
from spec_kitty_hooks.model import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.events import Damage
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.mission import ExecutionLane, LogCopy, Mission


def check(ctx: Context) -> Iterator[Finding]:
    """Yield what cannot be told: where the commit belongs, what the log says, and whether its copies agree."""
    place = ctx.placement
    if ctx.withheld and place.role in (context.UNRECORDED_LANE, context.LANE):
        yield _describe_withheld(ctx)
    elif place.role == context.UNRECORDED_LANE and place.problem:
        yield make(ctx, "ACTIVE_WP_CONTEXT_AMBIGUOUS", place.problem)
    elif place.role == context.UNRECORDED_LANE:
        message = f"branch {ctx.situation.branch} is named like a lane, but no mission within reach records it"
        yield make(ctx, "ACTIVE_WP_CONTEXT_MISSING", message, facts={"unrecorded": ctx.situation.branch})
    elif place.role == context.DETACHED_LANE and place.lane and place.mission:
        yield from _check_lane_work_tree(ctx, place.mission, place.lane)
    elif place.role == context.TARGET and place.problem and place.plan and ctx.own and ctx.policy.ownership_on_target:
        yield make(ctx, "ACTIVE_WP_CONTEXT_AMBIGUOUS", place.problem)
    elif place.role == context.LANE:
        yield from _check_log(ctx)


def _describe_withheld(ctx: Context) -> Finding:
    """Name the first object that a partial clone lacks; git fetches all of its mission when it packs them up."""
    first = ctx.withheld[0]
    revision, _, path = first.partition(b":")
    directory = b"/".join(path.split(b"/")[:2])
    more = f" and {len(ctx.withheld) - 1} more" if len(ctx.withheld) > 1 else ""
    message = f"this partial clone lacks {show(first)}{more}, which the judgement needs"
    return make(ctx, "REPOSITORY_UNSUPPORTED", message, facts={"lacked": revision, "part": directory})


def _check_lane_work_tree(ctx: Context, mission: Mission, lane: ExecutionLane) -> Iterator[Finding]:
    what = f"the work tree of {lane.lane_id} of mission {mission.directory}"
    if ctx.situation.branch:
        message = f"branch {ctx.situation.branch} is checked out in {what}, so no work package can be held to it"
        yield make(ctx, "ACTIVE_WP_CONTEXT_MISSING", message, facts={"lane_branch": lane.branches[0]})
    else:
        message = f"{what} is on a detached HEAD, so a commit made here belongs to no lane"
        yield make(ctx, "DETACHED_HEAD", message, facts={"lane_branch": lane.branches[0]})


def _check_log(ctx: Context) -> Iterator[Finding]:
    proven = ctx.active is not None and ctx.active.basis != context.UNPROVEN
    unread = None if proven else ctx.placement.mission
    if unread is not None:
        where = "; ".join(f"{copy.where}: {copy.problem}" for copy in ctx.copies) or "no copy of it can be reached"
        message = f"the event log of mission {unread.directory} cannot be read ({where})"
        branch = ctx.placement.log_branch
        facts = {"log": _log_of(ctx), "log_branch": branch} if ctx.copies else {"unfetched": branch}
        # Without any copy the change is held against all of the lane's work packages (design 4.3): a note says so.
        severity = "" if ctx.copies else "note"
        yield make(ctx, "ACTIVE_WP_STATUS_UNAVAILABLE", message, severity=severity, facts=facts)
    yield from check_copies(ctx, lost=unread is not None)


def check_copies(ctx: Context, *, lost: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with the copies of the log that count: EVENT_LOG_UNREADABLE, EVENT_LOG_SURFACES_DISAGREE.

    `lost` says that none can be used, which somebody else reports.
    """
    for copy in ctx.copies:
        if copy.log and copy.log.damage:
            yield _describe_damage(ctx, copy.where, copy.log.damage)
    unreadable = [copy for copy in ctx.copies if copy.role == "unreadable"]
    for copy in () if lost else unreadable:
        message = f"the event log in {copy.where} cannot be read ({copy.problem}); its committed copy was used"
        facts = {"worktree": copy.where, "log": _log_of(ctx)} if copy.kind == "worktree" else {}
        yield make(ctx, "EVENT_LOG_UNREADABLE", message, severity="warn", facts=facts)
    yield from _check_agreement(ctx)
    for copy in ctx.copies:
        if copy.withdrawn:
            yield _describe_withdrawn(ctx, copy, _log_of(ctx))


def _log_of(ctx: Context) -> str:
    mission = ctx.placement.mission
    return f"kitty-specs/{mission.directory}/status.events.jsonl" if mission else ""


def _check_agreement(ctx: Context) -> Iterator[Finding]:
    """Yield EVENT_LOG_SURFACES_DISAGREE where each of two copies has events that the other lacks.

    The working file and the commit under it are one copy; a copy that is merely behind agrees.
    """
    counting = {copy.commit: copy for copy in reversed(ctx.copies) if copy.role == "authoritative" and copy.log}
    if not counting:
        return
    first, *rest = reversed(counting.values())
    others = [copy for copy in rest if _tell_apart(first, copy)]
    if not others:
        return
    listed = " and ".join(copy.where for copy in (first, *others))
    message = f"copies of the event log hold different events, which were united: {listed}"
    if ctx.torn_packages:
        message += f"; they disagree about {', '.join(ctx.torn_packages)}"
    remotes = ", ".join(copy.where.removeprefix("refs/remotes/") for copy in others)
    severity = "warn" if ctx.torn_packages else ""
    facts = {"others": remotes, "log_branch": ctx.placement.log_branch}
    yield make(ctx, "EVENT_LOG_SURFACES_DISAGREE", message, severity=severity, facts=facts)


def _tell_apart(one: LogCopy, other: LogCopy) -> bool:
    ours, theirs = (
        {event.event_id or event.raw for event in copy.log.events} if copy.log else set() for copy in (one, other)
    )
    return bool(ours - theirs and theirs - ours)


def _describe_withdrawn(ctx: Context, copy: LogCopy, log: str) -> Finding:
    """Say that the working file, which stands for the commit under it, has taken committed events back."""
    count = len(copy.withdrawn)
    listed = ", ".join(copy.withdrawn[:3]) + (" ..." if count > 3 else "")
    events = "1 committed event" if count == 1 else f"{count} committed events"
    message = f"the event log in {copy.where} lacks {events}, and was used without: {listed}"
    facts = {"worktree": copy.where, "withdrawn": log}
    return make(ctx, "EVENT_LOG_SURFACES_DISAGREE", message, severity="warn", facts=facts)


def _describe_damage(ctx: Context, where: str, damage: Sequence[Damage]) -> Finding:
    lines = ", ".join(f"line {item.line}: {item.reason}" for item in damage[:3])
    more = f" and {len(damage) - 3} more" if len(damage) > 3 else ""
    message = f"the event log in {where} has lines that cannot be read ({lines}{more}); the others were used"
    facts = {"damaged": _log_of(ctx), "log_branch": ctx.placement.log_branch}
    return make(ctx, "EVENT_LOG_UNREADABLE", message, severity="warn", facts=facts)
