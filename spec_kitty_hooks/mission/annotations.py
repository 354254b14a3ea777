"""What an annotation says, in a line for a person (formats 2.3).

Pure; a delta may hold anything, and what is not understood is named all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: Who runs a work package, where and with what: bookkeeping of the client that no reader of a history asks for.
_RUNTIME = frozenset(
    (
        *("agent", "agent_profile", "agent_profile_version", "model", "provider", "role"),
        *("shell_pid", "shell_pid_created_at", "release_runtime_claim"),
    )
)
_TITLES = {"tracker_refs": "tracker", "tracker_refs_replace": "tracker, replaced", "review": "review override"}
_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


def says_something(delta: Mapping[str, Any]) -> bool:
    """Tell whether a delta has more than the client's own bookkeeping."""
    return any(key not in _RUNTIME for key in _present(delta))


def summarise_delta(delta: Mapping[str, Any]) -> str:
    """Return a delta as `subtasks: T001 done, T002 done; note: ...`, the bookkeeping last; "" if it is empty.

    Holds outside text: escape it before it is shown.
    """
    keys = sorted(_present(delta), key=lambda key: (key in _RUNTIME, key != "note", key))
    return "; ".join(f"{_TITLES.get(key, key)}: {_write(delta[key])}" for key in keys)


def _present(delta: Mapping[str, Any]) -> list[str]:
    return [key for key, value in delta.items() if value not in _EMPTY]


def _write(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_write(part)}" for key, part in value.items())
    return ", ".join(_write(part) for part in value) if isinstance(value, list) else str(value)
