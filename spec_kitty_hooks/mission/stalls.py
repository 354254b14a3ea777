"""Work packages that somebody took and that do not move: claimed and never started, in review without a verdict.

Pure: a reduced log, a moment and a limit in, what stalled out. It says so and no more; nothing is advanced by guessing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.mission.moments import age_of, write_age, write_moment
from spec_kitty_hooks.model.lanes import CLAIMED, IN_REVIEW
from spec_kitty_hooks.model.record import Record

if TYPE_CHECKING:
    from spec_kitty_hooks.model.events import Snapshot

CLAIM_STALLED = "WP_CLAIM_STALLED"
REVIEW_STALLED = "REVIEW_STALLED"

_CODES = {CLAIMED: CLAIM_STALLED, IN_REVIEW: REVIEW_STALLED}
_TAKEN = {CLAIMED: "claimed", IN_REVIEW: "in review"}
_LACKS = {CLAIMED: "not started", IN_REVIEW: "no verdict"}


class Stall(Record):
    """One work package that stalled in `lane` (claimed or in_review).

    `since` is the time of the transition into it as the log has it, `seconds` how long ago that was, `actor` who made
    it ("" if the log names nobody).
    """

    code: str
    wp_id: str
    lane: str
    since: str
    seconds: int
    actor: str


def find_stalls(snapshot: Snapshot, now: float, minutes: int) -> tuple[Stall, ...]:
    """Return what has been claimed or in review for longer than `minutes` (policy: stale_claim_minutes), by id.

    `now` is seconds since the epoch. A time that cannot be read proves nothing, so it never stalls.
    """
    found = []
    for wp_id, state in sorted(snapshot.work_packages.items()):
        age = age_of(state.last_transition_at, now)
        if state.lane in _CODES and age is not None and age > minutes * 60:
            found.append(
                Stall(
                    code=_CODES[state.lane],
                    wp_id=wp_id,
                    lane=state.lane,
                    since=state.last_transition_at,
                    seconds=age,
                    actor=state.actor,
                )
            )
    return tuple(found)


def describe_hold(lane: str, since: str, actor: str) -> str:
    """Say who holds a claimed work package or a review, stalled or not; "" for any other lane.

    `claimed since 2026-01-05 09:04:00Z by agent-one, not started`. Holds outside text: escape it before it is shown.
    """
    if lane not in _TAKEN:
        return ""
    who = f" by {actor}" if actor else ""
    return f"{_TAKEN[lane]} since {write_moment(since)}{who}, {_LACKS[lane]}"


def describe_stall(stall: Stall) -> str:
    """Say what stalled, for how long and in whose hands: `WP01 claimed since ... by agent-one, not started (3 h)`."""
    return f"{stall.wp_id} {describe_hold(stall.lane, stall.since, stall.actor)} ({write_age(stall.seconds)})"
