"""The record of a transition that somebody asks for, and whether the lane machine lets it happen (formats 2.2, 4.1).

Pure: time, ids and facts come from the caller. New events are judged here; history never is.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from spec_kitty_hooks.mission.eventlog import parse_line
from spec_kitty_hooks.mission.reducer import order_transitions
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.events import Event
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.model.transition import find_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.model.events import EventLog
    from spec_kitty_hooks.model.mission import Mission

#: What --evidence may name; feedback_path goes only into a verdict.
EVIDENCE_KEYS = ("reviewer", "verdict", "reference", "feedback_path")
APPROVED = "approved"
CHANGES_REQUESTED = "changes_requested"
VERDICTS = (APPROVED, CHANGES_REQUESTED)
#: What upstream writes where a reviewer takes a work package up (formats 2.4).
REVIEW_CLAIM = "action-review-claim"
#: And where somebody forces it out of the queue: its validator wants a reference there, whatever force says.
FORCED_OUT = "force-override"


class Request(Record):
    """One transition that somebody asks for.

    `expect` is the lane that the asker believes the work package to be in, "" for whatever it is in; `evidence` maps
    some of EVIDENCE_KEYS to text; `event_id` is a ULID, the same in every retry; `policy_metadata` is upstream's
    sidecar of a claim.
    """

    work_package_id: str
    to_lane: str
    actor: str
    event_id: str
    expect: str = ""
    reason: str = ""
    force: bool = False
    evidence: Mapping[str, str] = {}
    policy_metadata: Mapping[str, Any] | None = None


class TransitionLine(BaseModel):
    """One transition as it is written: the keys and spelling of the released client (formats 2.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    actor: str
    at: str
    event_id: str
    evidence: dict[str, dict[str, str]] | None = None
    execution_mode: Literal["worktree", "direct_repo"]
    force: bool
    from_lane: str
    mission_id: str | None = None
    mission_slug: str
    policy_metadata: dict[str, Any] | None = None
    reason: str | None = None
    reason_source: Literal["operator"] | None = None
    review_ref: str | None = None
    review_result: dict[str, str] | None = None
    to_lane: str
    wp_id: str

    def render(self) -> bytes:
        """Return the line without its newline: sorted keys and ASCII; keys that upstream leaves out are left out."""
        record = self.model_dump()
        for optional in ("mission_id", "reason_source", "review_result"):
            if record[optional] is None:
                del record[optional]
        return json.dumps(record, sort_keys=True).encode()


def compose(mission: Mission, request: Request, from_lane: str, at: str, execution_mode: str) -> Event:
    """Return the event that a request would append, as every reader will see it."""
    reviewed = {name: request.evidence[name] for name in EVIDENCE_KEYS if request.evidence.get(name)}
    review = {name: value for name, value in reviewed.items() if name != "feedback_path"}
    needs = lanes.EDGES.get((from_lane, request.to_lane), ())
    line = TransitionLine(
        actor=request.actor,
        at=at,
        event_id=request.event_id,
        evidence={"review": review} if review and request.to_lane in lanes.TERMINAL else None,
        execution_mode="worktree" if execution_mode == "worktree" else "direct_repo",
        force=request.force,
        from_lane=from_lane,
        mission_id=mission.mission_id or None,
        mission_slug=mission.directory,
        policy_metadata=dict(request.policy_metadata) if request.policy_metadata is not None else None,
        reason=request.reason or None,
        reason_source="operator" if request.to_lane == lanes.CANCELED and request.reason else None,
        review_ref=_refer(reviewed, needs, from_lane, request.to_lane),
        review_result=reviewed if reviewed and from_lane == lanes.IN_REVIEW else None,
        to_lane=request.to_lane,
        wp_id=request.work_package_id,
    )
    found = parse_line(line.render(), 0)
    if not isinstance(found, Event):
        raise ValueError(f"a record that no reader takes: {found.reason}")
    return found


def _refer(reviewed: Mapping[str, str], needs: tuple[str, ...], from_lane: str, to_lane: str) -> str | None:
    if (from_lane, to_lane) == (lanes.FOR_REVIEW, lanes.IN_REVIEW):
        return REVIEW_CLAIM
    if from_lane == lanes.FOR_REVIEW and to_lane in (lanes.IN_PROGRESS, lanes.PLANNED):
        return reviewed.get("reference") or FORCED_OUT
    wanted = "review_ref" in needs or from_lane == lanes.IN_REVIEW
    return reviewed.get("reference") if wanted else None


def find_illegal(from_lane: str, request: Request) -> str:
    """Return why no edge leads from a lane to the one that was asked for, "" if one does (formats 4.1)."""
    if request.to_lane in (lanes.GENESIS, lanes.UNINITIALIZED):
        return f"{request.to_lane} cannot be entered"
    if request.force or (from_lane, request.to_lane) in lanes.EDGES:
        return ""
    ways = [to_lane for start, to_lane in lanes.EDGES if start == from_lane]
    where = f"from {from_lane} the ways lead to {', '.join(ways)}" if ways else f"no way leads out of {from_lane}"
    return f"there is no way from {from_lane} to {request.to_lane} without force; {where}"


def find_unmet(event: Event, request: Request) -> str:
    """Return what a record itself shows to be missing on its edge, "" if nothing is."""
    problem = find_problem(event)
    if problem:
        return problem
    verdict = request.evidence.get("verdict", "")
    if verdict and verdict not in VERDICTS:
        return f"the verdict is {' or '.join(VERDICTS)}, not {verdict}"
    if event.from_lane == lanes.IN_REVIEW and not request.force:
        forward = event.to_lane in lanes.TERMINAL
        if forward and verdict != APPROVED:
            return f"{event.to_lane} needs the verdict {APPROVED}"
        if event.to_lane in (lanes.PLANNED, lanes.IN_PROGRESS) and verdict != CHANGES_REQUESTED:
            return f"going back to {event.to_lane} needs the verdict {CHANGES_REQUESTED}"
    return ""


def guards_beyond_record(from_lane: str, request: Request) -> tuple[str, ...]:
    """Return the guards of an edge that need more than the record: some of workspace, subtasks, implementation."""
    needs = () if request.force else lanes.EDGES.get((from_lane, request.to_lane), ())
    return tuple(guard for guard in needs if guard in ("workspace", "subtasks", "implementation"))


def choose_time(log: EventLog, work_package_id: str, now: datetime) -> str:
    """Return the time of a new event: now, but at least a microsecond after the work package's last event.

    Later means later as text, which is how every reader sorts (formats 2.7). "" if no time sorts behind the last one.
    """
    last = max((event.at for event in order_transitions(log) if event.wp_id == work_package_id), default="")
    text = _spell(now)
    if text > last:
        return text
    try:
        moment = datetime.fromisoformat(last).replace(tzinfo=UTC)
        later = _spell(moment + timedelta(microseconds=1))
        if later <= last:  # a time without a fraction sorts behind all others of its second
            later = _spell(moment.replace(microsecond=0) + timedelta(seconds=1))
    except (ValueError, OverflowError):
        return ""
    return later if later > last else ""


def _spell(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def is_same(event: Event, request: Request, mission: Mission) -> bool:
    """Tell whether an event is what an earlier call with the same request wrote.

    Its time, its first lane and the claim's process are free: a retry has its own.
    """
    again = compose(mission, request, event.from_lane, event.at, str(event.record.get("execution_mode")))
    free = {"policy_metadata": None}
    return {**again.record, **free} == {**event.record, **free}
