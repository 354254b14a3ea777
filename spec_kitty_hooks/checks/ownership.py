"""Judges whether the active work package owns every changed path (design 4.4, 4.5, 5)."""

from __future__ import annotations

from spec_kitty_hooks.checks import planning
from spec_kitty_hooks.checks.finding import describe, make, show
from spec_kitty_hooks.model import context
from spec_kitty_hooks.pathglob import match_upstream, specificity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_kitty_hooks.checks.finding import Facts
    from spec_kitty_hooks.model.context import Active, Context, Owner
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.git import Change

_LISTED = 3


def check(ctx: Context) -> Iterator[Finding]:
    """Yield the ownership family and the context codes that come from work-package heads.

    Judged are the paths that differ from every parent; paths that `planning` decides about are left to it. In a merge
    kitty-specs/ is for the log's integrity alone, and a file of the lane's own that both sides changed needs no active
    owner: somebody has to bring its texts together.
    """
    active = ctx.active
    own = [change for change in ctx.own if not _is_the_merges(ctx, active, change)]
    if active is None or not ctx.policy.enforce_ownership or not own:
        return
    lane = ctx.placement.lane.lane_id if ctx.placement.lane else ctx.situation.branch
    if active.basis == context.FINISHED:
        for change in own:
            yield _refuse_late(ctx, active, lane, change)
        return
    if active.basis == context.NOT_STARTED:
        message = f"no work package of {lane} has been started: {_describe(active.lanes)}"
        yield make(ctx, "WP_NOT_STARTED", message, work_package_id=_first_to_start(active))
    changes = [change for change in own if not planning.is_guarded(ctx, change.path)]
    unowned = [change for change in changes if not any(_pattern(ctx, o, change) for o in active.candidates)]
    unusable = [owner for owner in active.candidates if _is_unusable(owner)]
    if unowned and unusable:
        yield from _report_heads(ctx, unusable)
        return
    for change in unowned:
        yield _refuse(ctx, active, lane, change)
    if not unowned:
        yield from _check_split(ctx, active, changes)


def find_owner(ctx: Context, changes: Sequence[Change]) -> Owner | None:
    """Return the candidate that owns every change, the most specific one if several do; None if none does."""
    candidates = ctx.active.candidates if ctx.active else ()
    owners = [owner for owner in candidates if all(_pattern(ctx, owner, change) for change in changes)]
    return max(owners, key=lambda o: sorted(specificity(_pattern(ctx, o, each)) for each in changes), default=None)


def _is_the_merges(ctx: Context, active: Active | None, change: Change) -> bool:
    """Tell whether a merge makes this change: in planning (the client's union driver), or by uniting both sides."""
    if active is None or len(ctx.situation.parents) < 2:
        return False
    if change.path.startswith(planning.ROOT):
        return True
    if change.path in ctx.origins:
        return False
    return any(owner.work_package.wp_id in active.lanes and _pattern(ctx, owner, change) for owner in ctx.owners)


def _first_to_start(active: Active) -> str:
    return next((owner.work_package.wp_id for owner in active.candidates), "")


def _refuse_late(ctx: Context, active: Active, lane: str, change: Change) -> Finding:
    owners = [owner.work_package.wp_id for owner in ctx.owners if _pattern(ctx, owner, change)]
    wp_id = next((wp_id for wp_id in active.lanes if wp_id in owners), next(iter(active.lanes), ""))
    message = f"{describe(change)}: nothing may change on {lane} any more: {_describe(active.lanes)}"
    return make(ctx, "WP_ALREADY_APPROVED", message, work_package_id=wp_id, path=change.path, change=change.status)


def _pattern(ctx: Context, owner: Owner, change: Change) -> str:
    found = owner.patterns.match(change.subject())
    if found is None and ctx.policy.upstream_globs:
        return _find_looser(owner, change)
    return found or ""


def _find_looser(owner: Owner, change: Change) -> str:
    return next((pattern for pattern in owner.patterns.patterns if match_upstream(pattern, change.path)), "")


def _is_unusable(owner: Owner) -> bool:
    """Tell whether what a candidate owns is unknown, so that an unowned path might be owned after all."""
    return bool(owner.work_package.problem) or not owner.patterns.patterns


def _report_heads(ctx: Context, owners: Sequence[Owner]) -> Iterator[Finding]:
    at = ctx.placement.plan_name
    for owner in owners if not ctx.withheld else ():  # else `placement` has said what is lacking
        package = owner.work_package
        if package.problem:
            code = "ACTIVE_WP_METADATA_INVALID"
            line = f" line {package.line}" if package.line else ""
            message = f"the head of {show(package.path)}{line} at {at} cannot be read: {package.problem}"
        elif not package.path:
            code = "ACTIVE_WP_METADATA_MISSING"
            message = f"{package.wp_id} is active but has no file in tasks/ at {at}"
        else:
            code = "ACTIVE_WP_OWNERSHIP_MISSING"
            message = f"{show(package.path)} at {at} lists no owned_files, so {package.wp_id} owns nothing"
        facts: Facts = {}
        if package.path:
            facts = {"source": f"{ctx.placement.plan}:{show(package.path)}", "head": package.path}
        elif ctx.placement.mission is not None:
            facts = {"tasks": f"kitty-specs/{ctx.placement.mission.directory}/tasks/"}
        yield make(ctx, code, message, work_package_id=package.wp_id, facts=facts)


def _check_split(ctx: Context, active: Active, changes: Sequence[Change]) -> Iterator[Finding]:
    if active.basis not in (context.BY_PROGRESS, context.BY_ENGAGEMENT):
        return
    if find_owner(ctx, changes) is not None:
        return
    shares = {
        owner.work_package.wp_id: [change.path for change in changes if _pattern(ctx, owner, change)]
        for owner in active.candidates
    }
    listed = "; ".join(f"{wp_id} owns {_list(paths)}" for wp_id, paths in shares.items() if paths)
    message = f"the change is split between work packages that are active at once: {listed}"
    first = max(shares.values(), key=len)
    if ctx.situation.amend or ctx.situation.operation:  # there git makes no partial commit
        others = [change.path for change in changes if change.path not in first]
        yield make(ctx, "ACTIVE_WP_CONTEXT_AMBIGUOUS", message, unstage=others)
    else:
        yield make(ctx, "ACTIVE_WP_CONTEXT_AMBIGUOUS", message, only=first)


def _refuse(ctx: Context, active: Active, lane: str, change: Change) -> Finding:
    candidates = [owner.work_package.wp_id for owner in active.candidates]
    named = " or ".join(candidates)
    what = describe(change)
    if active.basis == context.STOPPED:
        message = f"{what} cannot change on {lane}: {_describe(active.lanes)}"
    elif active.basis in (context.UNPROVEN, context.NOT_STARTED):
        message = f"{what} is outside what any work package of {lane} owns"
    else:
        message = f"{what} is outside what {named} owns ({named} is active on {lane})"
    details: dict[str, object] = {}
    owners = [owner.work_package.wp_id for owner in ctx.owners if _pattern(ctx, owner, change)]
    if owners:
        listed = ", ".join(f"{wp_id} ({ctx.owner_lanes.get(wp_id) or 'not in the log'})" for wp_id in owners)
        message += f"; it belongs to {listed}"
        details["owned_by"] = owners
    looser = next((pattern for pattern in (_find_looser(o, change) for o in active.candidates) if pattern), "")
    if looser:
        message += f"; Spec Kitty's looser rule would let {looser} match it (policy.hooks.glob: spec-kitty)"
        details["upstream_pattern"] = looser
    return make(
        ctx,
        "ACTIVE_WP_SCOPE_VIOLATION",
        message,
        work_package_id=candidates[0] if len(candidates) == 1 else "",
        path=change.path,
        change=change.status,
        details=details,
        facts={"head": active.candidates[0].work_package.path} if active.candidates else {},
    )


def _describe(lanes: Mapping[str, str]) -> str:
    """Write status lanes for a person: `WP01 is approved, WP02 is planned`."""
    return ", ".join(f"{wp_id} is {lane or 'not in the log'}" for wp_id, lane in lanes.items())


def _list(paths: Sequence[bytes]) -> str:
    return ", ".join(show(path) for path in paths[:_LISTED]) + (" ..." if len(paths) > _LISTED else "")
