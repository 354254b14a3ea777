"""Judges what a push does to a ref that others have: diverged targets, rewritten or deleted event logs (design 5)."""

from __future__ import annotations

from spec_kitty_hooks.checks.finding import make, show
from spec_kitty_hooks.model.divergence import count, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.divergence import Divergence
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.push import PushFacts

_LISTED = 3


def check(ctx: Context) -> Iterator[Finding]:
    """Yield the push family, and REMOTE_STATE_UNKNOWN where a commit of the receiving side is not here."""
    facts = ctx.push
    if facts is None:
        return
    if facts.unknown:
        yield _report_unknown(ctx, facts)
    if facts.apart and facts.targets:
        yield _report_diverged(ctx, facts, facts.apart)
    if facts.rewritten:
        yield _report_rewritten(ctx, facts)
    for mission, number in facts.only_here.items():
        yield _report_deleted(ctx, facts, mission, number)
    if facts.foreign:
        yield _report_foreign(ctx, facts)


def _report_unknown(ctx: Context, facts: PushFacts) -> Finding:
    update = facts.update
    message = (
        f"{update.short} is at {update.old[:12]} there, a commit that is not here, so what this removes is unknown"
    )
    return make(ctx, "REMOTE_STATE_UNKNOWN", message, facts={"remote": update.remote})


def _report_diverged(ctx: Context, facts: PushFacts, apart: Divergence) -> Finding:
    listed = ", ".join(facts.targets[:_LISTED]) + (" ..." if len(facts.targets) > _LISTED else "")
    message = (
        f"{facts.update.short}, the target branch of {listed}, has diverged: {tell(apart.ahead)} ahead of what is "
        f"published, {tell(apart.behind)} behind; this push would remove what is published"
    )
    details = {"state": apart.state, "ahead": count(apart.ahead), "behind": count(apart.behind)}
    known = {"remote": facts.update.remote, "mission": facts.targets[0]}
    return make(ctx, "TARGET_BRANCH_NOT_SYNCHRONIZED", message, details=details, facts=known)


def _report_rewritten(ctx: Context, facts: PushFacts) -> Finding:
    listed = ", ".join(f"{oid[:12]} ({show(path)})" for oid, path in facts.rewritten[:_LISTED])
    more = f" and {len(facts.rewritten) - _LISTED} more" if len(facts.rewritten) > _LISTED else ""
    update = facts.update
    message = f"the push removes published commits from {update.short} that touch an event log: {listed}{more}"
    theirs = update.old[:12]
    known = {"remote": update.remote, "gone": f"{update.new[:12]}..{theirs}", "theirs": theirs}
    return make(ctx, "PUSH_REWRITES_LEDGER", message, facts=known)


def _report_deleted(ctx: Context, facts: PushFacts, mission: str, number: int) -> Finding:
    events = "1 event" if number == 1 else f"{number} events"
    message = f"deleting {facts.update.short} removes {events} of mission {mission} that no other published branch has"
    found: Finding = make(
        ctx, "LEDGER_BRANCH_DELETED", message, facts={"branch": facts.update.short, "mission": mission}
    ).replace(mission=mission)
    return found


def _report_foreign(ctx: Context, facts: PushFacts) -> Finding:
    listed = ", ".join(f"{_count(number)} of {mission}" for mission, number in sorted(facts.foreign.items()))
    message = f"{facts.update.short} brings commits of other missions as well: {listed}"
    return make(ctx, "FOREIGN_COMMITS_ON_TARGET", message, facts={"mission": facts.targets[0]})


def _count(number: int) -> str:
    return "1 commit" if number == 1 else f"{number} commits"
