"""Writes a focused branch that was planned: its objects, then the branch, which must not exist yet.

Index, work tree, current branch and every other ref stay as they are, and no hook runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import BLOCKED, HooksError, RepositoryError
from spec_kitty_hooks.git.checkouts import find_admins, read_head
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.git.writing import AGAIN, RefMovedError, Writer
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.focus import Focus

CREATED = "CREATED"
ALREADY = "ALREADY"

_HEADS = "refs/heads/"


class FocusError(HooksError):
    """The focused branch cannot be made where it belongs; nothing was changed."""

    exit_code = BLOCKED


def require_room(git: Git, focus: Focus) -> str:
    """Return CREATED if the branch can be made, ALREADY if it is there and equal.

    Raises FocusError: `FOCUSED_BRANCH_EXISTS` if it is there and different, `FOCUSED_BRANCH_BLOCKED` if another branch
    has a name that leaves no room for it, or if a work tree is on it without a commit.
    """
    tip = Writer(git).find_tip(focus.branch)
    if tip:
        if tip == focus.commit:
            return ALREADY
        raise _refuse_different(focus, tip)
    ref = _HEADS + focus.branch
    for other in git.refs():
        if ref.startswith(f"{other.name}/") or other.name.startswith(f"{ref}/"):
            name = other.name.removeprefix(_HEADS)
            message = f"branch {escape(name)} leaves no room for a branch {escape(focus.branch)}"
            rename = f"git branch -m {quote_shell(name)} {quote_shell(name.replace('/', '-') + '-renamed')}"
            raise FocusError("FOCUSED_BRANCH_BLOCKED", message, (rename, AGAIN))
    for admin, place in find_admins(git):
        if read_head(git, admin) == ref:
            message = f"{escape(place)} is on branch {escape(focus.branch)}, which has no commit yet"
            leave = f"git -C {quote_shell(place)} switch --detach {focus.upstream}"
            raise FocusError("FOCUSED_BRANCH_BLOCKED", message, (leave, AGAIN))
    return CREATED


def make_branch(git: Git, focus: Focus) -> str:
    """Make the branch, and return CREATED; ALREADY if it was there and equal, or somebody else just made it so.

    Raises as `require_room`, and RefLockedError, and RepositoryError if git cannot write.
    """
    if require_room(git, focus) == ALREADY:
        return ALREADY
    writer = Writer(git)
    written = [writer.write_raw(kind, data) for kind, data in focus.objects]
    if written[-1] != focus.commit:
        raise RepositoryError(UNSUPPORTED, f"git stored commit {focus.commit} as {written[-1]}", ("git fsck",))
    try:
        writer.move_branch(focus.branch, focus.commit, "", f"pr-branch of {focus.mission}")
    except RefMovedError as error:
        if error.current == focus.commit:
            return ALREADY
        raise _refuse_different(focus, error.current) from error
    return CREATED


def _refuse_different(focus: Focus, tip: str) -> FocusError:
    name = quote_shell(focus.branch)
    message = f"branch {escape(focus.branch)} is there already, at {tip}; now it would be {focus.commit}"
    rename = f"git branch -m {name} {quote_shell(f'{focus.branch}-{tip[:8]}')}"
    return FocusError("FOCUSED_BRANCH_EXISTS", message, (f"git log -1 --stat {name}", rename, AGAIN))
