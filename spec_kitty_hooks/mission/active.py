"""Who is active on an execution lane, from the reduced log (design 4.4). Pure: facts in, answer out."""

from __future__ import annotations

from spec_kitty_hooks.model import context, lanes
from spec_kitty_hooks.model.context import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.model.events import Snapshot
    from spec_kitty_hooks.model.mission import ExecutionLane


def read_lanes(lane: ExecutionLane, snapshot: Snapshot) -> dict[str, str]:
    """Return the status lane of each work package of an execution lane; "" if no transition speaks of it."""
    states = snapshot.work_packages
    return {wp_id: states[wp_id].lane if wp_id in states else "" for wp_id in lane.wp_ids}


def find_candidates(states: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return how the candidates were found, and their ids in lane order.

    All that are in progress; else all that are claimed, for review or in review; else, if one is planned or unknown
    to the log, none (not started); else none: finished if something is approved or done, stopped if everything is
    blocked or canceled.
    """
    started = tuple(wp for wp, lane in states.items() if lane == lanes.IN_PROGRESS)
    if started:
        return context.BY_PROGRESS, started
    engaged = tuple(wp for wp, lane in states.items() if lane in lanes.ENGAGED)
    if engaged:
        return context.BY_ENGAGEMENT, engaged
    settled = {lane for lane in states.values() if lane in lanes.TERMINAL}
    if any(lane not in (*lanes.TERMINAL, *lanes.NEVER_OWNS) for lane in states.values()):
        return context.NOT_STARTED, ()
    return (context.FINISHED if settled else context.STOPPED), ()


def hold_against(basis: str, candidates: tuple[str, ...], states: Mapping[str, str]) -> tuple[str, ...]:
    """Return whose files a change may touch: the candidates; before anything has started, all that may still start."""
    if basis != context.NOT_STARTED:
        return candidates
    return tuple(wp for wp, status in states.items() if status not in lanes.NEVER_OWNS)


def choose(candidates: tuple[str, ...], choice: str) -> tuple[tuple[str, ...], Step | None]:
    """Narrow several candidates to the one that SPEC_KITTY_WP names; it can never add one (design 4.4)."""
    if not choice:
        return candidates, None
    question = "What does SPEC_KITTY_WP choose?"
    if choice in candidates:
        return (choice,), Step(question=question, answer=f"{choice}, one of the candidates")
    return candidates, Step(question=question, answer=f"nothing: {choice} is not a candidate")


def describe(states: Mapping[str, str]) -> str:
    """Write lanes for a person: `WP01 approved, WP02 in_progress`."""
    return ", ".join(f"{wp} {lane or 'not in the log'}" for wp, lane in states.items())
