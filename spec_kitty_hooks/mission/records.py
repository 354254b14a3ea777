"""What one JSON object of an event log is, on the commit path: the five kinds of record of formats 2.1.

Looks at one object at a time and keeps it whatever it holds; never raises on content. The rules for well-formed
records are those of Spec Kitty's own reader (MIT), so a log without damage and unknown records is one it can read.
"""

from __future__ import annotations

from spec_kitty_hooks.model.events import ANNOTATION, LIFECYCLE, RETROSPECTIVE, TRANSITION, UNKNOWN, Event
from spec_kitty_hooks.model.ids import CROCKFORD
from spec_kitty_hooks.model.lanes import parse_lane

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RETROSPECTIVE_TYPES = ("RetrospectiveCaptured", "RetrospectiveCaptureFailed", "RetrospectiveSkipped")
_TRANSITION_KEYS = {"event_id", "wp_id", "from_lane", "to_lane", "at", "actor", "force", "execution_mode"}
_ANNOTATION_KEYS = {"event_id", "wp_id", "at", "actor", "delta"}
_TEXT_KEYS = ("event_id", "wp_id", "at")
_ACTOR_KEYS = {"role", "profile", "tool", "model"}
_VERDICT_KEYS = {"reviewer", "verdict", "reference"}
_EVIDENCE_LISTS = (("repos", {"repo", "branch", "commit"}), ("verification", {"command", "result", "summary"}))
_OVERRIDE_KEYS = {"at", "actor", "wp_id", "reason"}


def read_record(record: dict[str, Any], raw: bytes, line: int) -> Event:
    """Return the event that one parsed log line is; `raw` and `line` are kept with it (formats 2.1, 2.2, 2.3).

    A record of unknown kind, or one that is not well-formed, comes back as UNKNOWN with `problem` set.
    """
    kind = _kind(record)
    from_lane = to_lane = problem = ""
    if kind == TRANSITION:
        from_lane, to_lane = parse_lane(record.get("from_lane")) or "", parse_lane(record.get("to_lane")) or ""
        problem = _transition_problem(record, from_lane, to_lane)
        if not problem:
            at = record["at"]
            return Event(kind, record, raw, line, record["event_id"], record["wp_id"], at, from_lane, to_lane)
    elif kind == ANNOTATION:
        problem = _annotation_problem(record)
    elif kind == UNKNOWN:
        problem = f"unknown kind {_show(record['kind'])}"
    event_id, wp_id, at = record.get("event_id"), record.get("wp_id"), record.get("at") or record.get("timestamp")
    return Event(
        UNKNOWN if problem else kind,
        record,
        raw,
        line,
        event_id if isinstance(event_id, str) else "",
        wp_id if isinstance(wp_id, str) else "",
        at if isinstance(at, str) else "",
        problem=problem,
    )


def _kind(record: dict[str, Any]) -> str:
    """Return the kind by the discriminators alone, in the order of formats 2.1."""
    kind = record.get("kind")
    if kind is not None:
        return ANNOTATION if kind == "annotation" else UNKNOWN
    name = record.get("event_name")
    if isinstance(name, str) and name.startswith("retrospective."):
        return RETROSPECTIVE
    if record.get("type") in _RETROSPECTIVE_TYPES:
        return RETROSPECTIVE
    return LIFECYCLE if "event_type" in record else TRANSITION


def _show(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:60] + "..."


def _shape_problem(record: dict[str, Any], required: set[str]) -> str:
    """Return what is wrong with the keys that transitions and annotations share, "" if nothing."""
    if not required <= record.keys():
        return f"{min(required - record.keys())} is missing"
    for key in _TEXT_KEYS:
        value = record[key]
        if not isinstance(value, str) or not value:
            return f"{key} is no text: {_show(value)}"
    actor = record["actor"]
    if isinstance(actor, dict) and (
        actor.keys() != _ACTOR_KEYS or not all(value is None or isinstance(value, str) for value in actor.values())
    ):
        return f"actor is neither a name nor role, profile, tool and model: {_show(actor)}"
    return ""


def _transition_problem(record: dict[str, Any], from_lane: str, to_lane: str) -> str:
    problem = _shape_problem(record, _TRANSITION_KEYS)
    if problem:
        return problem
    if not from_lane or not to_lane:
        key = "to_lane" if from_lane else "from_lane"
        return f"{key} is no lane: {_show(record[key])}"
    evidence = record.get("evidence")
    if evidence and not _is_evidence(evidence):
        return f"evidence is not understood: {_show(evidence)}"
    verdict = record.get("review_result")
    if verdict and not _has(verdict, _VERDICT_KEYS):
        return f"review_result lacks reviewer, verdict or reference: {_show(verdict)}"
    return ""


def _has(value: object, keys: set[str]) -> bool:
    return isinstance(value, dict) and keys <= value.keys()


def _is_evidence(value: object) -> bool:
    """Tell whether a non-empty `evidence` is `review` with all three fields, and well-formed lists beside it."""
    if not isinstance(value, dict) or not _has(value.get("review"), _VERDICT_KEYS):
        return False
    for name, keys in _EVIDENCE_LISTS:
        items = value.get(name, [])
        if not isinstance(items, list) or not all(_has(item, keys) for item in items):
            return False
    return True


def _annotation_problem(record: dict[str, Any]) -> str:
    problem = _shape_problem(record, _ANNOTATION_KEYS)
    if problem:
        return problem
    event_id, delta = record["event_id"], record["delta"]
    if len(event_id) != 26 or not CROCKFORD.issuperset(event_id):
        return f"event_id is no ULID: {_show(event_id)}"
    if not isinstance(delta, dict):
        return f"delta is no object: {_show(delta)}"
    for key, is_valid in _DELTA_RULES:
        if delta.get(key) is not None and not is_valid(delta[key]):
            return f"delta.{key} is not understood: {_show(delta[key])}"
    return ""


def _is_progress(value: object) -> bool:
    return isinstance(value, dict) and all(parse_lane(state) is not None for state in value.values())


def _is_override(value: object) -> bool:
    return _has(value, _OVERRIDE_KEYS)


def _is_whole(value: Any) -> bool:
    try:
        int(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


#: Keys of a delta that a reader must be able to use; everything else in it is free (formats 2.3).
_DELTA_RULES = (
    ("subtasks", _is_progress),
    ("review", _is_override),
    ("shell_pid", _is_whole),
    ("tracker_refs", _is_texts),
    ("tracker_refs_replace", _is_texts),
)
