"""What a log must hold after any order of writers, crashes, git and clocks, and what a request gets: a dictionary."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from spec_kitty_hooks.mission.proposal import Request
from support.ledger import Ledger
from support.world import World

#: The ways without force, as far as these lanes go, and what each still lacks here.
WAYS = {
    ("planned", "claimed"): "",
    ("planned", "blocked"): "",
    ("claimed", "in_progress"): "TRANSITION_GUARD_UNMET",  # there is no work tree of the lane
    ("claimed", "blocked"): "",
    ("in_progress", "planned"): "",
    ("in_progress", "blocked"): "",
    ("blocked", "in_progress"): "",
}
LANES = ("planned", "claimed", "in_progress", "blocked")


class LogModel:
    """One log of a world. `events` is what must be in it, by id; `acknowledged` are the ids that must never be lost."""

    world: World
    now: datetime
    data: bytes
    events: dict[str, dict[str, Any]]
    acknowledged: set[str]
    torn: bool
    damaged: bool

    def refresh(self) -> None:
        """Take the log as it is, after git or a crash changed it."""
        self.data = self.world.read()
        ledger = Ledger(self.data)
        self.events = {}
        for record in ledger.records:
            self.events.setdefault(record["event_id"], record)
        *lines, tail = self.data.split(b"\n")
        self.torn = bool(tail) and not is_json(tail)
        self.damaged = not all(map(is_json, lines))

    def chain(self, wp_id: str) -> list[dict[str, Any]]:
        """Return the transitions of a work package, the last one last."""
        mine = [record for record in self.events.values() if record.get("wp_id") == wp_id and "to_lane" in record]
        return sorted(mine, key=lambda record: (record["at"], record["event_id"]))

    def lane(self, wp_id: str) -> str:
        return str(self.chain(wp_id)[-1]["to_lane"])

    def time_of_next(self, wp_id: str) -> datetime:
        last = datetime.fromisoformat(self.chain(wp_id)[-1]["at"])
        return max(self.now, last + timedelta(microseconds=1))

    def foresee(self, request: Request, commit: bool) -> str:
        """Return the outcome of a request, or the code of its refusal."""
        return self.foresee_surface(commit) or self.foresee_id(request) or self.foresee_step(request)

    def foresee_surface(self, commit: bool) -> str:
        if self.torn or self.damaged:
            return "EVENT_LOG_UNREADABLE"
        if not self.world.is_out():
            return "" if commit else "EVENT_LOG_OUT_OF_REACH"
        return "EVENT_LOG_SURFACES_DISAGREE" if self.world.committed().count.keys() - self.events.keys() else ""

    def foresee_id(self, request: Request) -> str:
        if known := self.events.get(request.event_id):
            same = known["wp_id"] == request.work_package_id and known["to_lane"] == request.to_lane
            return "ALREADY" if same and known["force"] == request.force else "EVENT_ID_CONFLICT"
        return "EVENT_LOG_SURFACES_DISAGREE" if request.event_id in self.world.kept() else ""

    def foresee_step(self, request: Request) -> str:
        lane = self.lane(request.work_package_id)
        if request.expect and request.expect != lane:
            return "LANE_MOVED"
        unmet = WAYS.get((lane, request.to_lane), "TRANSITION_ILLEGAL") if not request.force else ""
        if unmet == "TRANSITION_ILLEGAL":
            return unmet
        if self.time_of_next(request.work_package_id) - self.now > timedelta(days=1):
            return "EVENT_FROM_FUTURE"
        return unmet or "ACK"


def is_json(text: bytes) -> bool:
    """Tell whether a line is whole, as far as JSON goes."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
