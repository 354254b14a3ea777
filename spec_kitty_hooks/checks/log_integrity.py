"""Judges whether event logs stay append-only, readable and legal (design 5, "event log" and "merge")."""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.checks.finding import make, show
from spec_kitty_hooks.model import transition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.checks.finding import Facts
    from spec_kitty_hooks.model.context import Context, LogChange
    from spec_kitty_hooks.model.events import Damage, Event
    from spec_kitty_hooks.model.findings import Finding

_LISTED = 3


def check(ctx: Context) -> Iterator[Finding]:
    """Yield the findings of every event log that the change touches, on any branch."""
    for log in ctx.logs:
        if log.not_a_file:
            message = f"{show(log.path)} becomes {log.not_a_file}; an event log is a plain file"
            yield _make(ctx, log, "EVENT_LOG_UNREADABLE", message, facts=_restore(ctx, log))
            continue
        yield from _check_kept(ctx, log)
        yield from _check_damage(ctx, log)
        yield from _check_conflicts(ctx, log)
        yield from _check_claims(ctx, log)
        for event in log.added:
            yield from _check_added(ctx, log, event)
        yield from _note(ctx, log)


def _check_kept(ctx: Context, log: LogChange) -> Iterator[Finding]:
    if log.unknown_base:
        message = f"history is cut off before the commit that {show(log.path)} has to be compared with"
        yield _make(ctx, log, "SHALLOW_HISTORY", message)
    if log.lost:
        message = f"{show(log.path)} lacks or alters {_count(log.lost)} already published: {_list(log.lost)}"
        kept: Facts = {"source": f"{log.kept_at}:{show(log.path)}", "lacking": log.path}
        facts = kept if log.kept_at else _restore(ctx, log)
        yield _make(ctx, log, "EVENT_LOG_NOT_APPEND_ONLY", message, log.lost, facts=facts)
    if log.taken_back:
        message = f"{show(log.path)} takes back {_count(log.taken_back)} never published: {_list(log.taken_back)}"
        yield _make(ctx, log, "EVENT_LOG_ROLLED_BACK", message, log.taken_back, facts=_restore(ctx, log))
    if log.merge_lost:
        what = "rebase" if ctx.situation.operation == "rebase" else "merge"
        message = f"the {what} drops {_count(log.merge_lost)} from {show(log.path)}: {_list(log.merge_lost)}"
        facts = {"lost_from": log.mission} if ctx.compared else {"united": log.path}
        if what == "rebase" and log.kept_at:  # no merge that `recover` could ask has the events
            facts |= {"source": f"{log.kept_at}:{show(log.path)}", "lacking": log.path}
        severity = "" if log.at_home else "warn"
        yield _make(ctx, log, "MERGE_LOST_EVENTS", message, log.merge_lost, severity=severity, facts=facts)
    if log.unrepaired:
        message = (
            f"a merge dropped {_count(log.unrepaired)} from {show(log.path)}, and nothing has brought back: "
            f"{_list(log.unrepaired)}"
        )
        facts = {"lost_from": log.mission} | ({"adopted": ".kittify/config.yaml"} if ctx.compared else {})
        severity = "" if ctx.compared else "warn"
        yield _make(ctx, log, "MERGE_LOST_EVENTS", message, log.unrepaired, severity=severity, facts=facts)


def _check_claims(ctx: Context, log: LogChange) -> Iterator[Finding]:
    for first, second in log.claimed_twice:
        message = (
            f"{second.wp_id} is claimed twice: by {_name(first)} at {first.at}, and by {_name(second)} at {second.at}, "
            "who did not know of it; the later claim counts, unless you agree otherwise"
        )
        yield _make(ctx, log, "WP_CLAIMED_TWICE", message, (first, second), work_package_id=second.wp_id)


def _check_damage(ctx: Context, log: LogChange) -> Iterator[Finding]:
    if log.new_damage:
        message = f"{show(log.path)} gets lines that cannot be read: {_list_damage(log.new_damage)}"
        yield _make(ctx, log, "EVENT_LOG_UNREADABLE", message, facts=_restore(ctx, log))
    if log.old_damage:
        message = f"{show(log.path)} has lines that cannot be read: {_list_damage(log.old_damage)}"
        facts: Facts = {"damaged": log.path, "log_branch": ctx.situation.branch}
        yield _make(ctx, log, "EVENT_LOG_UNREADABLE", message, severity="warn", facts=facts)


def _check_conflicts(ctx: Context, log: LogChange) -> Iterator[Finding]:
    for first, second in log.conflicts:
        message = (
            f"{show(log.path)} has two different events with the id {first.event_id}: "
            f"{describe(first)} (line {first.line}) and {describe(second)} (line {second.line})"
        )
        facts: Facts = {"twofold": log.path} if len(ctx.situation.parents) > 1 else _restore(ctx, log)
        yield _make(ctx, log, "EVENT_ID_CONFLICT", message, (first,), facts=facts)


def _check_added(ctx: Context, log: LogChange, event: Event) -> Iterator[Finding]:
    problem = transition.find_problem(event)
    if problem:
        message = f"{show(log.path)} line {event.line}: {describe(event)}: {problem}"
        yield _make_added(ctx, log, "EVENT_TRANSITION_ILLEGAL", message, event)
    ahead = transition.seconds_ahead(event.at, ctx.now)
    if ahead > limits.CLOCK_SKEW_WARN_SECONDS:
        severity = "block" if ahead > limits.CLOCK_SKEW_BLOCK_SECONDS else "warn"
        message = f"{show(log.path)} line {event.line}: {describe(event)} is dated {event.at}, {_span(ahead)} from now"
        yield _make_added(ctx, log, "EVENT_FROM_FUTURE", message, event, severity)


def _note(ctx: Context, log: LogChange) -> Iterator[Finding]:
    for event, lane in log.broken:
        message = f"{show(log.path)} line {event.line}: {describe(event)}, but {event.wp_id} was in {lane}"
        yield _make(ctx, log, "EVENT_CHAIN_BROKEN", message, (event,), work_package_id=event.wp_id)
    if log.drifted:
        message = f"status.json of mission {log.mission} differs from the log for {', '.join(log.drifted)}"
        yield _make(ctx, log, "STATUS_SNAPSHOT_DRIFT", message)


def _make(  # noqa: PLR0913 (the keyword-only facts of one finding)
    ctx: Context,
    log: LogChange,
    code: str,
    message: str,
    events: tuple[Event, ...] = (),
    *,
    severity: str = "",
    work_package_id: str = "",
    facts: Facts | None = None,
) -> Finding:
    found: Finding = make(
        ctx,
        code,
        message,
        severity=severity,
        work_package_id=work_package_id,
        path=log.path,
        details={"event_ids": [event.event_id for event in events]} if events else {},
        facts={"mission": log.mission, **(facts or {})},
    ).replace(mission=log.mission)
    return found


def _make_added(ctx: Context, log: LogChange, code: str, message: str, event: Event, severity: str = "") -> Finding:
    facts: Facts = {"adopted": ".kittify/config.yaml"} if ctx.compared else _restore(ctx, log)
    return _make(ctx, log, code, message, (event,), severity=severity, work_package_id=event.wp_id, facts=facts)


def _restore(ctx: Context, log: LogChange) -> Facts:
    """Return the fact for the one remedy that gives the log back what it had, or both sides of a merge had."""
    return {"united" if len(ctx.situation.parents) > 1 else "restored": log.path}


def describe(event: Event) -> str:
    """Name an event for a person: `WP02 claimed > in_progress`, or its kind and id."""
    if event.to_lane:
        return f"{event.wp_id} {event.from_lane} > {event.to_lane}"
    return f"{event.kind} {event.event_id}".strip()


def _name(event: Event) -> str:
    actor = event.actor
    return str((actor.get("tool") or actor.get("role")) if isinstance(actor, dict) else actor)


def _count(events: tuple[Event, ...]) -> str:
    return "1 event" if len(events) == 1 else f"{len(events)} events"


def _list(events: tuple[Event, ...]) -> str:
    listed = ", ".join(f"{describe(event)} ({event.event_id})" for event in events[:_LISTED])
    return listed + (f" and {len(events) - _LISTED} more" if len(events) > _LISTED else "")


def _list_damage(damage: tuple[Damage, ...]) -> str:
    listed = ", ".join(f"line {item.line}: {item.reason}" for item in damage[:_LISTED])
    return listed + (f" and {len(damage) - _LISTED} more" if len(damage) > _LISTED else "")


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(seconds / 3600)} h"
