"""Which mission a person means by a handle (formats 1.4): pure, over missions that somebody else has read.

Ambiguity is an error of its own and names every candidate; it is never reported as "not found".
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.model.ids import human_slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from spec_kitty_hooks.model.mission import Mission

AMBIGUOUS = "MISSION_AMBIGUOUS_SELECTOR"
NOT_FOUND = "MISSION_NOT_FOUND"

_ID_LENGTH = 26
_MID8_LENGTH = 8
_LIST_ALL = "spec-kitty-hooks status --all"
_COMMIT_FIRST = "if it is new: git add and git commit its directory, only what is committed counts"


def resolve(handle: str, missions: Iterable[Mission]) -> Mission:
    """Return the mission that `handle` names.

    The first of these that any mission matches decides: its 26-character id, the first eight characters of the id,
    its directory, the directory without `NNN-`, the number `NNN`, and (ours alone) the slug between number and id.
    Raises UsageError: `MISSION_AMBIGUOUS_SELECTOR` if several match there, `MISSION_NOT_FOUND` if none does anywhere.
    """
    known = tuple(missions)
    for matches in _ladder(handle):
        found = [mission for mission in known if matches(mission)]
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguity(f"{handle} names {len(found)} missions", found)
    raise UsageError(NOT_FOUND, f"there is no mission {handle} here", (_LIST_ALL, _COMMIT_FIRST))


def choose(missions: Iterable[Mission], branch: str) -> Mission:
    """Return the mission that is meant when nobody names one: the only one, or the only one with target `branch`.

    `branch` is the short name of HEAD's branch, "" if there is none. Raises UsageError as `resolve` does.
    """
    known = tuple(missions)
    if not known:
        raise UsageError(NOT_FOUND, "there is no mission here", (_COMMIT_FIRST, "spec-kitty-hooks mission new SLUG"))
    candidates = [mission for mission in known if branch and mission.target_branch == branch] or known
    if len(known) == 1 or len(candidates) == 1:
        return candidates[0]
    where = f" on {branch}" if len(candidates) < len(known) else ""
    raise _ambiguity(f"there are {len(candidates)} missions{where}; name one", candidates)


def _ambiguity(message: str, candidates: Sequence[Mission]) -> UsageError:
    """Return the error for several candidates; its message names the first of them."""
    names = sorted(mission.directory for mission in candidates)
    rest = len(names) - limits.SHOWN_PATHS
    shown = ", ".join(names[: limits.SHOWN_PATHS]) + (f" and {rest} more" if rest > 0 else "")
    return UsageError(AMBIGUOUS, f"{message}: {shown}", ("name the directory in full", _LIST_ALL))


def _ladder(handle: str) -> tuple[Callable[[Mission], bool], ...]:
    is_id = handle.isascii() and handle.isalnum() and handle == handle.upper()
    is_number = handle.isascii() and handle.isdigit()
    prefix = f"{int(handle):03}-" if is_number and len(handle) <= _MID8_LENGTH else ""
    return (
        lambda mission: is_id and len(handle) == _ID_LENGTH and mission.mission_id == handle,
        lambda mission: is_id and len(handle) == _MID8_LENGTH and mission.mission_id.startswith(handle),
        lambda mission: mission.directory == handle,
        lambda mission: _is_numbered(mission.directory) and mission.directory[4:] == handle,
        lambda mission: bool(prefix) and mission.directory.startswith(prefix),
        lambda mission: human_slug(mission.directory) == handle,
    )


def _is_numbered(directory: str) -> bool:
    """Tell whether a directory's name begins with `NNN-` and goes on."""
    return len(directory) > 4 and directory[:3].isdigit() and directory[3] == "-"
