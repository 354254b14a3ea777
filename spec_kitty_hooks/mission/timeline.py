"""Who may own a change on an execution lane at the time it was written (design 5, "A commit in a range").

The same rules as for who is active now, over the part of the log that lies before a moment.
"""

from __future__ import annotations

from bisect import bisect_right

from spec_kitty_hooks.mission import active as lane_state
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model import context, lanes
from spec_kitty_hooks.model.context import Active
from spec_kitty_hooks.model.events import TRANSITION, EventLog
from spec_kitty_hooks.model.transition import seconds_ahead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.mission.workpackages import WorkPackages
    from spec_kitty_hooks.model.mission import ExecutionLane

_NOT_STARTED = (lanes.PLANNED, lanes.GENESIS, lanes.UNINITIALIZED, *lanes.NEVER_OWNS)
_AT_WORK = (lanes.IN_PROGRESS, *lanes.ENGAGED)


class Timeline:
    """One lane's history. `log` is None where no copy of it can be reached: then nobody is proven to be active."""

    def __init__(self, lane: ExecutionLane, log: EventLog | None, packages: WorkPackages) -> None:
        self._lane = lane
        self._packages = packages
        self._proven = log is not None
        moved = (event for event in (log.events if log else ()) if event.kind == TRANSITION)
        own = ((seconds_ahead(event.at, 0), event) for event in moved if event.wp_id in lane.wp_ids)
        dated = sorted(own, key=lambda pair: pair[0])
        self._moments = [moment for moment, _event in dated]
        self._events = [event for _moment, event in dated]
        self._known: dict[int, Active] = {}

    def active_at(self, moment: float) -> Active:
        """Return who may own a change made at `moment` (seconds since the epoch), events of that instant included."""
        count = bisect_right(self._moments, moment)
        if count not in self._known:
            self._known[count] = self._settle(count)
        return self._known[count]

    def started_by(self, moment: float) -> frozenset[str]:
        """Return the lane's work packages that somebody had begun with by `moment`, whatever became of them."""
        before = self._events[: bisect_right(self._moments, moment)]
        return frozenset(event.wp_id for event in before if event.to_lane not in _NOT_STARTED)

    def is_reopened_after(self, moment: float) -> bool:
        """Tell whether work was taken up again after `moment`, so that what was made then is reviewed once more."""
        return any(event.to_lane in _AT_WORK for event in self._events[bisect_right(self._moments, moment) :])

    def _settle(self, count: int) -> Active:
        ids = self._lane.wp_ids
        if not self._proven:
            return Active(basis=context.UNPROVEN, candidates=self._packages.owners(ids), lanes=dict.fromkeys(ids, ""))
        states = lane_state.read_lanes(self._lane, reduce_log(EventLog(events=tuple(self._events[:count]))))
        basis, found = lane_state.find_candidates(states)
        return Active(
            basis=basis, candidates=self._packages.owners(lane_state.hold_against(basis, found, states)), lanes=states
        )
