"""What an event log says about reviews: verdicts, approvals, overrides, who worked when (formats 2.2-2.5, 7).

Pure: folds a log that somebody else has read; tolerant of every shape of record.
"""

from __future__ import annotations

from spec_kitty_hooks.mission.reducer import name_actor, order_transitions
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.events import ANNOTATION, LIFECYCLE, TRANSITION
from spec_kitty_hooks.model.reviews import APPROVED, Approval, Override
from spec_kitty_hooks.model.transition import seconds_ahead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from spec_kitty_hooks.model.events import Event, EventLog, WorkPackageState

_AT_WORK = (lanes.IN_PROGRESS, *lanes.ENGAGED)
_FOREVER = float("inf")
_OVERRIDE_KEYS = ("at", "actor", "wp_id", "reason")
SELF_APPROVAL = "ReviewerSelfApproval"


def group_events(log: EventLog) -> dict[str, list[Event]]:
    """Return the transitions and annotations that count, in order, by work package."""
    found: dict[str, list[Event]] = {}
    notes: dict[str, Event] = {}
    for event in log.events:
        if event.kind == ANNOTATION:
            notes.setdefault(event.event_id, event)
    for event in sorted((*order_transitions(log), *notes.values()), key=lambda one: (one.at, one.event_id)):
        found.setdefault(event.wp_id, []).append(event)
    return found


def list_self_approvals(log: EventLog) -> frozenset[str]:
    """Return the work packages of which the log itself says that their implementer approved them (formats 2.5)."""
    told = set()
    for event in log.events:
        if event.kind == LIFECYCLE and event.record.get("event_type") == SELF_APPROVAL:
            payload = event.record.get("payload")
            wp_id = payload.get("wp_id") if isinstance(payload, dict) else None
            if isinstance(wp_id, str):
                told.add(wp_id)
    return frozenset(told)


def read_moment(at: object) -> float:
    """Return seconds since the epoch for the text of a time, 0 for what is none."""
    return seconds_ahead(at, 0.0) if isinstance(at, str) else 0.0


def read_override(state: WorkPackageState) -> Override | None:
    """Return the override that the log records, None unless all of it is there: when, who, for what and why."""
    said = state.review if isinstance(state.review, dict) else {}
    if not all(isinstance(said.get(key), str) and said[key].strip() for key in _OVERRIDE_KEYS):
        return None
    return Override(actor=said["actor"], at=said["at"], reason=said["reason"], source="log")


def read_verdict(state: WorkPackageState, events: list[Event]) -> tuple[str, float]:
    """Return the verdict that holds by the reduced log, "" without one, and when it was given."""
    held = state.review_result if isinstance(state.review_result, dict) else {}
    verdict = held.get("verdict")
    if not isinstance(verdict, str):
        return "", 0.0
    given = (event for event in reversed(events) if _says(event.verdict, held))
    last = next(given, None)
    return verdict, read_moment(last.at) if last is not None else 0.0


def _says(result: object, held: dict[str, Any]) -> bool:
    return isinstance(result, dict) and all(
        result.get(key) == held.get(key) for key in ("verdict", "reviewer", "reference")
    )


def list_approvals(events: list[Event]) -> tuple[Approval, ...]:
    """Return the events of one work package that approve it, in their order.

    Evidence, a verdict, or a verdict that an annotation carries (formats 2.3: the reducer ignores that one).
    """
    return tuple(approval for event in events if (approval := _read_approval(event)) is not None)


def _read_approval(event: Event) -> Approval | None:
    for result in (event.verdict, _review_of(event), _delta_of(event)):
        if isinstance(result, dict) and result.get("verdict") == APPROVED:
            return Approval(
                at=read_moment(event.at),
                event_id=event.event_id,
                reviewer=str(result.get("reviewer") or ""),
                weak=event.force is True or event.from_lane in lanes.TERMINAL,
            )
    return None


def _review_of(event: Event) -> object:
    evidence = event.record.get("evidence")
    return evidence.get("review") if isinstance(evidence, dict) else None


def _delta_of(event: Event) -> object:
    delta = event.record.get("delta") if event.kind == ANNOTATION else None
    return delta.get("review_result") if isinstance(delta, dict) else None


def find_cited(events: list[Event], tail: str) -> float:
    """Return when the log first cites a review artifact, 0 if never; `tail` is `<dir>/review-cycle-N.md`."""
    for event in events:
        results = (event.verdict, _review_of(event), _delta_of(event))
        said = [result.get("reference") for result in results if isinstance(result, dict)]
        if any(isinstance(text, str) and text.endswith("/" + tail) for text in (event.record.get("review_ref"), *said)):
            return read_moment(event.at)
    return 0.0


def find_settled(events: list[Event]) -> Event | None:
    """Return the transition that brought a work package to approved or done, where it has stayed since."""
    entered = None
    for event in events:
        if event.kind == TRANSITION:
            if event.to_lane not in lanes.TERMINAL:
                entered = None
            elif entered is None:
                entered = event
    return entered


def find_people(events: list[Event], settled: Event | None) -> tuple[str, str]:
    """Return who implemented a work package last before it was approved, and who approved it; "" if nobody is named."""
    if settled is None:
        return "", ""
    begun = ""
    for event in events:
        if event is settled:
            break
        if event.to_lane == lanes.IN_PROGRESS and event.from_lane in (lanes.PLANNED, lanes.CLAIMED, lanes.BLOCKED):
            begun = name_actor(event.actor)
    approval = _read_approval(settled)
    return begun, (approval.reviewer if approval is not None else "") or name_actor(settled.actor)


def list_stints(events: list[Event]) -> tuple[tuple[float, float], ...]:
    """Return the spans of time in which a work package was claimed, worked on or in review, the last perhaps open."""
    spans: list[tuple[float, float]] = []
    begun: float | None = None
    for event in events:
        if event.kind != TRANSITION:
            continue
        if event.to_lane in _AT_WORK:
            begun = read_moment(event.at) if begun is None else begun
        elif begun is not None:
            spans.append((begun, read_moment(event.at)))
            begun = None
    return tuple(spans) if begun is None else (*spans, (begun, _FOREVER))
