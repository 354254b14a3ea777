"""Where a mission's next event goes: a file of a work tree, or a branch that is checked out nowhere (design 4.3).

Only decides, over copies that somebody else has read; a copy that is stale or damaged is never written to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks import errors
from spec_kitty_hooks.mission import surfaces
from spec_kitty_hooks.mission.eventlog import CONFLICT_MARKER
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.mission.source import Source
    from spec_kitty_hooks.model.mission import LogCopy, Mission


class Destination(Record):
    """Where to append. `root` is the work tree that has the branch out, "" if the log is written as a git object.

    `path` is repository-relative; `tip` is the commit to build on; `expected` the local branch's own commit, "" if the
    branch is to be made; `size` how many bytes the file had when it was read.
    """

    root: bytes
    path: str
    branch: str
    tip: str
    expected: str
    size: int = 0


class RefusedError(errors.HooksError):
    """The log must not be written here; nothing was."""

    exit_code = errors.BLOCKED


def choose_destination(
    source: Source, branches: Branches, mission: Mission, log_branch: str, copies: tuple[LogCopy, ...]
) -> Destination:
    """Return where the next event of a mission goes.

    Raises RefusedError: `EVENT_LOG_OUT_OF_REACH` if the clone has nothing of the log's branch, `EVENT_LOG_STALE` if
    the file to be written is older than what a remote-tracking branch has, `EVENT_LOG_UNREADABLE` for a copy that is
    damaged or no plain file, `EVENT_LOG_SURFACES_DISAGREE` for a file that lacks events of its own branch.
    """
    newest = branches.newest(source, log_branch)
    if newest is None:
        message = f"the event log of {mission.directory} lives on branch {log_branch}, which this clone does not have"
        step = f"git fetch origin {quote_shell(f'{log_branch}:refs/remotes/origin/{log_branch}')}"
        raise RefusedError("EVENT_LOG_OUT_OF_REACH", message, (step, "then run this again"))
    local = branches.local(log_branch)
    expected = local.oid if local else ""
    path = surfaces.log_path(mission.directory)
    for copy in copies:
        _check_copy(copy, mission, path)
    working = next((copy for copy in copies if copy.kind == "worktree"), None)
    if working is None or working.role == surfaces.HIDDEN:
        tip = expected if working is not None else newest.oid
        return Destination(root=b"", path=path, branch=log_branch, tip=tip, expected=expected)
    if working.role == surfaces.SUPERSEDED:
        short = newest.name.removeprefix("refs/remotes/")
        message = f"{log_branch} in {working.where} is behind {short}, which has a newer event log"
        step = f"git -C {quote_shell(working.where)} merge --ff-only {quote_shell(short)}"
        raise RefusedError("EVENT_LOG_STALE", message, (step, "then run this again"))
    root = working.where.encode("utf-8", "surrogateescape")
    size = working.log.size if working.log is not None else 0
    return Destination(root=root, path=path, branch=log_branch, tip=expected, expected=expected, size=size)


def _check_copy(copy: LogCopy, mission: Mission, path: str) -> None:
    """Refuse a copy that counts and cannot be read to its end: what it hides could be the lane that is asked for."""
    where = f"{copy.where}/{path}" if copy.kind == "worktree" else f"{path} on {copy.where}"
    if copy.role == surfaces.UNREADABLE:
        step = f"ls -ld {quote_shell(where)}" if copy.kind == "worktree" else _where(mission)
        raise RefusedError("EVENT_LOG_UNREADABLE", f"{where} cannot be used as a log: {copy.problem}", (step,))
    damage = copy.log.damage if copy.log is not None else ()
    if damage:
        first = damage[0]
        what = "unfinished last line" if first.torn else "line"
        message = (
            f"{where} has {'an' if first.torn else 'a'} {what} that cannot be read, line {first.line}: {first.reason}"
        )
        steps = _mend_torn(copy, mission) if first.torn else (_where(mission),)
        if first.reason == CONFLICT_MARKER and copy.kind == "worktree":
            steps = (*_unite(copy, path), *steps)
        raise RefusedError("EVENT_LOG_UNREADABLE", message, steps)
    if copy.withdrawn:
        message = f"{where} lacks {len(copy.withdrawn)} events that its own branch has, {copy.withdrawn[0]} for one"
        step = f"spec-kitty-hooks recover --events --mission {quote_shell(mission.directory)}"
        raise RefusedError("EVENT_LOG_SURFACES_DISAGREE", message, (step,))


def _mend_torn(copy: LogCopy, mission: Mission) -> tuple[str, ...]:
    mend = f"spec-kitty-hooks recover --events --mission {quote_shell(mission.directory)}"
    if copy.kind == "branch":  # half a line was committed: only a file can be mended
        return f"git worktree add DIR {quote_shell(copy.where.removeprefix('refs/heads/'))}", mend
    return (mend,)


def _unite(copy: LogCopy, path: str) -> tuple[str, ...]:
    """Return the steps that end a conflict without losing a line: an event counts by its time, not by its place."""
    name = quote_shell(f"{copy.where}/{path}")
    keep = f"take the lines with <<<<<<<, ======= and >>>>>>> out of {name}, and no other"
    return keep, f"git -C {quote_shell(copy.where)} add -- {quote_shell(path)}"


def _where(mission: Mission) -> str:
    return f"spec-kitty-hooks where {quote_shell(mission.directory)}"
