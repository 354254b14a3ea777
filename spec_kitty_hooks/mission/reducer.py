"""From an event log to the state of every work package, on the commit path: Spec Kitty's own fold (formats 2.7).

Pure: the same records give the same state in any order of lines. The rules are those of the released reducer
(Spec Kitty, MIT); a differential test holds the two equal.
"""

from __future__ import annotations

from spec_kitty_hooks.model.events import ANNOTATION, TRANSITION, Event, EventLog, Snapshot, WorkPackageState
from spec_kitty_hooks.model.lanes import (
    CANCELED,
    CLAIMED,
    FOR_REVIEW,
    IN_PROGRESS,
    IN_REVIEW,
    PLANNED,
    UNINITIALIZED,
    parse_lane,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CLAIM_SLOTS = ("agent", "shell_pid", "shell_pid_created_at")
_TEXT_SLOTS = (
    "shell_pid_created_at",
    "agent",
    "assignee",
    "role",
    "agent_profile",
    "agent_profile_version",
    "model",
    "provider",
)
_OVERRIDE_KEYS = ("at", "actor", "wp_id", "reason")
_SYNTHETIC_REASONS = ("Force move to ", "move-task: ")  # what the client writes where its user gave no reason


class _Work:
    """A work package while the log is folded. `setter` is the transition that set its lane."""

    __slots__ = ("actor", "force_count", "lane", "setter", "slots", "verdict")

    def __init__(self, actor: str) -> None:
        self.lane = UNINITIALIZED
        self.actor = actor
        self.setter: Event | None = None
        self.force_count = 0
        self.verdict: tuple[dict[str, Any] | None, ...] = ()  # empty: the slot does not exist
        self.slots: dict[str, Any] = {}


def reduce_log(log: EventLog) -> Snapshot:
    """Return the state of every work package that a log mentions, by id; unknown and damaged lines count for nothing.

    `slots` of a state holds `review` too where status.json has that key, be it null (a withdrawn override).
    """
    transitions = order_transitions(log)
    annotations = sorted((event for event in log.events if event.kind == ANNOTATION), key=_sort_key)
    works: dict[str, _Work] = {}
    for event in transitions:
        work = works.get(event.wp_id)
        if work is None:
            work = works[event.wp_id] = _Work("")
        if not _is_overruled(event, work.setter):
            _apply_transition(work, event)
    for event in annotations:
        work = works.get(event.wp_id)
        if work is None:
            work = works[event.wp_id] = _Work(name_actor(event.record["actor"]))
        _apply_delta(work.slots, event.record["delta"])
    last = transitions[-1] if transitions else None
    return Snapshot(
        work_packages={wp_id: _finish(wp_id, work) for wp_id, work in works.items()},
        event_count=len(transitions),
        last_event_id=last.event_id if last else "",
        last_event_at=last.at if last else "",
    )


def order_transitions(log: EventLog) -> list[Event]:
    """Return the transitions that count, in the order in which they count: the first of each id, by (`at`, id)."""
    first: dict[str, Event] = {}
    for event in log.events:
        if event.kind == TRANSITION:
            first.setdefault(event.event_id, event)
    return sorted(first.values(), key=_sort_key)


def render_entry(state: WorkPackageState) -> dict[str, Any]:
    """Return the entry of one work package under `work_packages` in status.json (formats 3), keys unsorted."""
    entry = {
        "lane": state.lane,
        "actor": state.actor,
        "last_event_id": state.last_event_id or None,
        "last_transition_at": state.last_transition_at or None,
        "force_count": state.force_count,
        **state.slots,
    }
    if state.has_review_result:
        entry["review_result"] = state.review_result
    return entry


def _sort_key(event: Event) -> tuple[str, str]:
    # As text, not as instants and not by id alone: migrations made ids that tell no time (formats 2.2, 2.7).
    return event.at, event.event_id


def _is_rollback(event: Event) -> bool:
    if event.to_lane != IN_PROGRESS:
        return False
    return event.from_lane == IN_REVIEW or (
        event.from_lane == FOR_REVIEW and event.record.get("review_ref") is not None
    )


def _is_overruled(event: Event, setter: Event | None) -> bool:
    """Tell whether a rollback of the same moment keeps this transition from counting."""
    return setter is not None and setter.at == event.at and _is_rollback(setter) and not _is_rollback(event)


def name_actor(actor: object) -> str:
    """Return an actor as status.json names it: of a recorded binding the tool, else the role (formats 2.2)."""
    if isinstance(actor, dict):
        return str(actor.get("tool") or actor.get("role") or "")
    return str(actor)


def _apply_transition(work: _Work, event: Event) -> None:
    work.lane = event.to_lane
    work.actor = name_actor(event.actor)
    work.setter = event
    if event.force:
        work.force_count += 1
    if event.to_lane == CLAIMED and event.from_lane == PLANNED:
        _apply_claim(work.slots, event.record.get("policy_metadata"))
    verdict = event.verdict
    if verdict:
        work.verdict = (_keep_verdict(verdict),)
    elif event.from_lane == IN_REVIEW:
        work.verdict = (None,)


def _apply_claim(slots: dict[str, Any], sidecar: object) -> None:
    """Take over who claimed, from the metadata of a planned to claimed transition."""
    if not isinstance(sidecar, dict):
        return
    for name in ("shell_pid", "shell_pid_created_at"):
        if sidecar.get(name) is not None:
            slots[name] = sidecar[name]
    if sidecar.get("agent"):
        slots["agent"] = sidecar["agent"]


def _keep_verdict(verdict: dict[str, Any]) -> dict[str, Any]:
    kept = {name: verdict[name] for name in ("reviewer", "verdict", "reference")}
    if verdict.get("feedback_path") is not None:
        kept["feedback_path"] = verdict["feedback_path"]
    return kept


def _apply_delta(slots: dict[str, Any], delta: dict[str, Any]) -> None:
    """Fold one annotation (formats 2.3): absent and null keys change nothing, nor does an empty text."""
    if delta.get("release_runtime_claim"):
        slots.update(dict.fromkeys(_CLAIM_SLOTS))
    if delta.get("shell_pid") is not None:
        slots["shell_pid"] = int(delta["shell_pid"])
    for name in _TEXT_SLOTS:
        value = delta.get(name)
        if value is not None and value != "":
            slots[name] = value
    if delta.get("note") is not None:
        slots.setdefault("notes", []).append(delta["note"])
    _apply_progress(slots, delta)
    _apply_references(slots, delta)


def _apply_progress(slots: dict[str, Any], delta: dict[str, Any]) -> None:
    """Fold subtasks, one by one, and the review override, whole; four empty texts withdraw an override."""
    if delta.get("subtasks") is not None:
        progress = slots.setdefault("subtasks", {})
        for subtask, lane in delta["subtasks"].items():
            progress[subtask] = parse_lane(lane)
    if delta.get("review") is not None:
        override = {name: str(delta["review"][name]) for name in _OVERRIDE_KEYS}
        slots["review"] = override if any(override.values()) else None


def _apply_references(slots: dict[str, Any], delta: dict[str, Any]) -> None:
    """Fold tracker references as an ordered set: a dict until `_finish`."""
    if delta.get("tracker_refs_replace") is not None:
        slots["tracker_refs"] = dict.fromkeys(delta["tracker_refs_replace"])
    elif delta.get("tracker_refs") is not None:
        slots.setdefault("tracker_refs", {}).update(dict.fromkeys(delta["tracker_refs"]))


def _finish(wp_id: str, work: _Work) -> WorkPackageState:
    slots = work.slots
    if "tracker_refs" in slots:
        slots["tracker_refs"] = list(slots["tracker_refs"])
    if work.setter is not None and work.setter.to_lane == CANCELED:
        slots["cancellation_reason"] = work.setter.record.get("reason")
        slots["reason_source"] = _source_of_reason(work.setter.record)
    return WorkPackageState(
        wp_id=wp_id,
        lane=work.lane,
        actor=work.actor,
        last_event_id=work.setter.event_id if work.setter else "",
        last_transition_at=work.setter.at if work.setter else "",
        force_count=work.force_count,
        has_review_result=bool(work.verdict),
        review_result=next(iter(work.verdict), None),
        review=slots.get("review"),
        slots=slots,
    )


def _source_of_reason(record: dict[str, Any]) -> object:
    """Return who gave the reason of a cancellation: the record's own word, else guessed from the text."""
    if record.get("reason_source") is not None:
        return record["reason_source"]
    reason = record.get("reason")
    if not isinstance(reason, str) or not reason.strip() or reason.startswith(_SYNTHETIC_REASONS):
        return "synthetic"
    return "operator"
