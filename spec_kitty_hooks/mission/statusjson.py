"""status.json as the released client writes it, byte for byte, from an event log and meta.json alone (formats 3).

Off the commit path; nothing is read or written here. The file is a derived copy and never evidence: the log counts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.jsontext import parse_file
from spec_kitty_hooks.mission.reducer import order_transitions, reduce_log, render_entry
from spec_kitty_hooks.model.lanes import BOARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_kitty_hooks.model.events import Event, EventLog

_PREFIX = "retrospective."
_ENDED = {f"{_PREFIX}{status}": status for status in ("completed", "skipped", "failed")}
_MODES = ("autonomous", "human_in_command")
_SIGNALS = ("charter_override", "explicit_flag", "environment", "parent_process")


def render_status(log: EventLog, meta: bytes | None) -> bytes:
    """Return the content of status.json; `meta` are the bytes of the mission's meta.json, None if there is none.

    The mission's directory does not enter: the slug is the log's. Where the released client refuses (damage or unknown
    records in the log, a meta.json that cannot be used) whatever can be read is rendered.
    """
    about = _read_meta(meta)
    slug = _find_slug(log)
    status = {
        "mission_slug": slug,
        "mission_number": _find_number(about.get("mission_number"), slug),
        "mission_type": _strip(about.get("mission_type")),
        **_summarise(log),
    }
    text = json.dumps(status, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # an escaped lone surrogate, which the client fails to write
        return json.dumps(status, sort_keys=True, indent=2).encode() + b"\n"


def _read_meta(meta: bytes | None) -> dict[str, Any]:
    if meta is None or len(meta) > limits.JSON_FILE_BYTES:
        return {}
    value, _problem = parse_file(meta)
    return value if isinstance(value, dict) else {}


def _summarise(log: EventLog) -> dict[str, Any]:
    snapshot = reduce_log(log)
    entries = {wp_id: render_entry(state) for wp_id, state in snapshot.work_packages.items()}
    lanes = [state.lane for state in snapshot.work_packages.values()]
    found = {
        "materialized_at": snapshot.last_event_at,
        "event_count": snapshot.event_count,
        "last_event_id": snapshot.last_event_id or None,
        "work_packages": entries,
        "summary": {lane: lanes.count(lane) for lane in BOARD},
    }
    retrospective = _summarise_retrospective(log.events)
    return {**found, "retrospective": retrospective} if retrospective else found


def _strip(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _find_slug(log: EventLog) -> str:
    """Return the slug that the first transition gives; "" if none does, or if it is no safe path segment."""
    first = next(iter(order_transitions(log)), None)
    slug = (first.record.get("mission_slug") or first.record.get("feature_slug")) if first else ""
    if not isinstance(slug, str) or not slug or ".." in slug or not slug.isascii() or not slug[0].isalnum():
        return ""
    return slug if slug.translate({ord(mark): None for mark in "-_."}).isalnum() else ""


def _find_number(number: object, slug: str) -> str:
    """Return the mission's number as text: meta.json's, else the one that its slug starts with, else ""."""
    if isinstance(number, int) and not isinstance(number, bool):
        return str(number)
    if isinstance(number, str) and number.strip():
        try:
            return str(int(number))
        except ValueError:
            return ""
    digits, dash, _rest = slug.partition("-")
    return str(int(digits)) if dash and digits.isdigit() and len(digits) <= limits.JSON_DIGITS else ""


def _summarise_retrospective(events: Sequence[Event]) -> dict[str, Any] | None:
    """Return what the `retrospective.*` records say, None if there are none: a key of its own, unused in real logs."""
    found = [event.record for event in events if str(event.record.get("event_name", "")).startswith(_PREFIX)]
    if not found:
        return None
    found.sort(key=lambda record: (str(record.get("at", "")), str(record.get("event_id", ""))))
    names = [record["event_name"] for record in found]
    payloads = [record.get("payload") for record in found]
    ended = [at for at, name in enumerate(names) if name in _ENDED]
    requested = [at for at, name in enumerate(names) if name == f"{_PREFIX}requested"]
    path = _look_up(payloads[ended[-1]], "record_path") if ended else None
    total, applied, rejected = (
        names.count(f"{_PREFIX}proposal.{what}") for what in ("generated", "applied", "rejected")
    )
    return {
        "status": _ENDED[names[ended[-1]]] if ended else "pending",
        "mode": _read_mode(_look_up(payloads[requested[-1]], "mode")) if requested else None,
        "record_path": None if path is None else str(path),
        "proposals_total": total,
        "proposals_applied": applied,
        "proposals_rejected": rejected,
        "proposals_pending": max(0, total - applied - rejected),
    }


def _look_up(payload: object, key: str) -> Any:
    return payload.get(key) if isinstance(payload, dict) else None


def _read_mode(mode: object) -> object:
    """Return a mode that the client's model accepts, None for any other."""
    if not isinstance(mode, dict) or mode.keys() != {"value", "source_signal"}:
        return None
    signal = mode["source_signal"]
    if not isinstance(signal, dict) or signal.keys() != {"kind", "evidence"}:
        return None
    known = mode["value"] in _MODES and signal["kind"] in _SIGNALS
    return mode if known and isinstance(signal["evidence"], str) else None
