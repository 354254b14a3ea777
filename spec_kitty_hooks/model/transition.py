"""Is a transition legal by itself: its own edge and what the edge needs (formats 4.1; design 5, "New events").

The lane a work package was in before plays no part: real history holds thousands of broken chains.
"""

from __future__ import annotations

from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.events import TRANSITION, UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from spec_kitty_hooks.model.events import Event


def find_problem(event: Event) -> str:
    """Return why a new event must not be in a log, "" if nothing speaks against it.

    A record of an unknown kind, or a transition that upstream's reader would refuse, is a problem; so are an edge
    outside the matrix without force and a guard that the record itself shows to be unmet. Guards that need more than
    the record (subtasks, workspace, implementation) are not judged here.
    """
    if event.kind == UNKNOWN:
        return event.problem or "not a record that Spec Kitty knows"
    if event.kind != TRANSITION:
        return ""
    record = event.record
    if event.to_lane in (lanes.GENESIS, lanes.UNINITIALIZED):
        return f"{event.to_lane} cannot be entered"
    if record.get("force") is True:
        missing = [name for name in ("actor", "reason") if not _has_text(record.get(name))]
        return f"force needs {' and '.join(missing)}" if missing else ""
    guards = lanes.EDGES.get((event.from_lane, event.to_lane))
    if guards is None:
        return f"there is no way from {event.from_lane} to {event.to_lane} without force"
    return next((problem for problem in (_judge(guard, record) for guard in guards) if problem), "")


def _judge(guard: str, record: dict[str, Any]) -> str:
    if guard == "actor" and not _has_text(record.get("actor")):
        return "actor is blank"
    if guard == "reason" and not _has_text(record.get("reason")):
        return "reason is blank"
    if guard == "review_ref" and not _has_text(record.get("review_ref")):
        return "review_ref is blank"
    if guard == "review_result":
        return _judge_result(record)
    if guard == "evidence" or (guard == "evidence_if_given" and record.get("evidence")):
        return _judge_evidence(record)
    return ""


def _judge_result(record: dict[str, Any]) -> str:
    result = record.get("review_result")
    if not isinstance(result, dict):
        return "review_result is missing"
    missing = [name for name in ("reviewer", "verdict", "reference") if not _has_text(result.get(name))]
    if missing:
        return f"review_result lacks {', '.join(missing)}"
    reference = record.get("review_ref")
    if _has_text(reference) and reference != result["reference"]:
        return "review_ref and review_result.reference differ"
    return ""


def _judge_evidence(record: dict[str, Any]) -> str:
    evidence = record.get("evidence")
    review = evidence.get("review") if isinstance(evidence, dict) else None
    if not isinstance(review, dict):
        return "evidence.review is missing"
    missing = [name for name in ("reviewer", "reference") if not _has_text(review.get(name))]
    if missing:
        return f"evidence.review lacks {', '.join(missing)}"
    return "" if review.get("verdict") == "approved" else "evidence.review.verdict is not approved"


def _has_text(value: object) -> bool:
    """Tell whether a value is non-blank text, or a recorded actor (a mapping with some text in it; formats 2.2)."""
    if isinstance(value, dict):
        return any(_has_text(part) for part in value.values())
    return isinstance(value, str) and bool(value.strip())


def seconds_ahead(at: str, now: float) -> float:
    """Return by how many seconds an event's time lies after `now` (seconds since the epoch); 0 if it is no time."""
    # Not at the top: only a change that adds events pays for it.
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() - now
