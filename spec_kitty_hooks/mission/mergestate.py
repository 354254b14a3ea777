"""The client's record of a merge that it began: .kittify/runtime/merge/<mission id>/ in the primary checkout.

Reads, never raises on content and changes nothing; the record is not versioned and is gone once the merge is done
(formats 8).
"""

from __future__ import annotations

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.mission.jsontext import parse_file
from spec_kitty_hooks.model.ids import is_slug
from spec_kitty_hooks.model.preflight import MergeState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from spec_kitty_hooks.model.mission import Mission

_RUNTIME = ".kittify/runtime/merge"
_LEGACY = ".kittify/merge-state.json"  # deprecated: one for the whole repository
_ABSENT = "missing"


def read_merge_state(primary: bytes, mission: Mission) -> MergeState:
    """Return what the primary checkout says of an unfinished merge of `mission`; nothing remains if there is none."""
    for key in (mission.mission_id, mission.directory):  # older ones go by the directory
        if not is_slug(key):
            continue
        state = _read(primary, f"{_RUNTIME}/{key}/state.json")
        lock = safefile.read_file(primary, f"{_RUNTIME}/{key}/lock".encode(), limits.PATH_BYTES)
        locked = lock.problem != _ABSENT
        if state is not None or locked:
            found: MergeState = _describe(state).replace(locked=locked)
            return found
    state = _read(primary, _LEGACY)
    names = (mission.mission_id, mission.directory)
    said = [state.get(key) for key in ("mission_id", "mission_slug")] if state is not None else []
    return _describe(state) if any(name and name in names for name in said) else MergeState()


def _read(primary: bytes, path: str) -> dict[str, Any] | None:
    """Return the record, `{"problem": ...}` for one that cannot be read, None if there is none."""
    found = safefile.read_file(primary, path.encode(), limits.JSON_FILE_BYTES)
    if found.problem == _ABSENT:
        return None
    if found.data is None:
        return {"problem": f"{path}: {found.problem}"}
    value, problem = parse_file(found.data)
    if isinstance(value, dict):
        return value
    return {"problem": f"{path}: {problem or 'it is not an object'}"}


def _describe(state: dict[str, Any] | None) -> MergeState:
    if state is None:
        return MergeState()
    if isinstance(state.get("problem"), str):
        return MergeState(problem=state["problem"])
    order, completed = (_ids(state.get(key)) for key in ("wp_order", "completed_wps"))
    return MergeState(remaining=tuple(wp_id for wp_id in order if wp_id not in completed))


def _ids(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
