"""Who holds a work package, as the log has it: the lane, the event that led there, the actor and the actor's process.

Pure. The process is what the client records beside a claim (`shell_pid`, `shell_pid_created_at`; formats 2.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.liveness import Process
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.events import ANNOTATION, TRANSITION
from spec_kitty_hooks.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from spec_kitty_hooks.model.events import Event, EventLog, WorkPackageState

_HELD = (lanes.CLAIMED, lanes.IN_PROGRESS)


class Claim(Record):
    """Where a work package is: `lane` is genesis, and `event` None, if the log has no transition of it.

    `process` is None where nobody recorded one, or it was given up.
    """

    wp_id: str
    lane: str
    actor: str
    event: Event | None
    process: Process | None

    def describe(self) -> str:
        """Say where it is, since when and by whom: `WP01 is in claimed since ... by agent-one`; holds outside text."""
        since = f" since {self.event.at}" if self.event is not None else ""
        return f"{self.wp_id} is in {self.lane}{since}{f' by {self.actor}' if self.actor else ''}"


def read_claim(log: EventLog, wp_id: str) -> Claim:
    """Return who holds a work package."""
    state = reduce_log(log).work_packages.get(wp_id)
    last = state.last_event_id if state is not None else ""
    event = next((event for event in log.events if event.event_id == last), None) if last else None
    return Claim(
        wp_id=wp_id,
        lane=state.lane if state is not None and event is not None else lanes.GENESIS,
        actor=state.actor if state is not None else "",
        event=event,
        process=_find_process(log, wp_id),
    )


def is_settled(state: WorkPackageState | None) -> bool:
    """Tell whether others may build on a work package: approved, done, or canceled by a person who said why."""
    if state is None:
        return False
    return state.lane in lanes.TERMINAL or (
        state.lane == lanes.CANCELED and state.slots.get("reason_source") == "operator"
    )


def _find_process(log: EventLog, wp_id: str) -> Process | None:
    own = {event.event_id: event for event in log.events if event.wp_id == wp_id}
    process = None
    for event in sorted(own.values(), key=lambda event: (event.at, event.event_id)):
        if event.kind == TRANSITION and event.to_lane not in _HELD:
            process = None
        elif event.kind == TRANSITION:
            started = event.to_lane == lanes.IN_PROGRESS
            process = _parse(event.record.get("policy_metadata")) or (process if started else None)
        elif event.kind == ANNOTATION:
            delta = event.record["delta"]
            process = None if delta.get("release_runtime_claim") else _parse(delta) or process
    return process


def _parse(sidecar: Mapping[str, Any] | object) -> Process | None:
    if not isinstance(sidecar, dict):
        return None
    pid, created_at = sidecar.get("shell_pid"), sidecar.get("shell_pid_created_at")
    digits = str(pid) if isinstance(pid, (int, str)) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        return None
    return Process(pid=int(digits), created_at=created_at if isinstance(created_at, str) else "")
