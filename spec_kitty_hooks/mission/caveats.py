"""Why what this clone shows of a log is not, or may not be, the whole truth, with the commands that help.

Pure: looks at branches and copies that somebody else has read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.mission.branches import REMOTES
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.model.mission import Mission


class Caveat(Record):
    """One reason in a sentence; `steps` are the commands that help, in order, none where nothing is known to."""

    message: str
    steps: tuple[str, ...] = ()


def find_absences(
    mission: Mission, log_branch: str, branches: Branches, *, frozen: bool, finished: bool
) -> Iterator[Caveat]:
    """Yield which branch of a mission's log this clone lacks (a single-branch clone, a branch never fetched).

    `frozen` says that the log was read from HEAD's own commit for want of anything better, `finished` that no work
    package is open: then a coordination branch that is gone was merged.
    """
    name = f"the event log's branch {log_branch}" if log_branch else "the event log's branch, which nothing names,"
    coordination = mission.coordination_branch
    known = bool(branches.tips(log_branch))
    if frozen:
        why = "has no copy that can be read" if known else "is not in this clone"
        message = f"{name} {why}: this is the frozen copy of HEAD's own commit, maybe long out of date"
        yield Caveat(message=message, steps=() if known else _fetch(branches, log_branch))
    elif not known:
        message = f"{name} is not in this clone: nothing of it can be shown"
        yield Caveat(message=message, steps=_fetch(branches, log_branch))
    elif coordination and not branches.tips(coordination) and not finished:
        message = f"coordination branch {coordination} is not in this clone: what is recorded there is not shown"
        yield Caveat(message=message, steps=_fetch(branches, coordination))


def warn_uncommitted(directory: str, worktree: str, count: int) -> Caveat:
    """Say that `count` events are in the log's working file below `worktree` and in no commit; count is at least 1."""
    what, them = ("1 event is", "it") if count == 1 else (f"{count} events are", "them")
    git, path = f"git -C {quote_shell(worktree)}", log_path(directory)
    return Caveat(
        message=f"{what} appended, not committed: no other clone, push or CI sees {them}",
        steps=(f"{git} add -- {path}", f"{git} commit -m 'chore(spec-kitty): record status events' -- {path}"),
    )


def _fetch(branches: Branches, branch: str) -> tuple[str, ...]:
    """Return the command that fetches one branch, none where no remote is known."""
    remotes = [ref.name.split("/")[2] for ref in branches.refs if ref.name.startswith(REMOTES)]
    if not remotes or not branch:
        return ()
    return (f"git fetch {quote_shell(remotes[0])} {quote_shell(f'{branch}:{REMOTES}{remotes[0]}/{branch}')}",)
