"""Where planning artifacts may be written: the primary checkout, on a branch that is no lane's (formats 1.3).

Only decides and reads; each refusal names the next command.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.identity import read_mission
from spec_kitty_hooks.mission.registry import ROOT, Registry
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.ids import is_slug
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.context import Placement
    from spec_kitty_hooks.model.mission import Mission

_FOREIGN_ROLES = {
    context.LANE: "a lane",
    context.DETACHED_LANE: "a lane",
    context.UNRECORDED_LANE: "named like a lane",
    context.INTEGRATION: "the branch that lanes are merged into",
    context.COORDINATION: "a coordination branch",
}


class Checkout:
    """A primary checkout: its `top` directory (absolute) and the short name of its `branch`."""

    def __init__(self, top: bytes, branch: str) -> None:
        self.top = top
        self.branch = branch

    def missions(self) -> Iterator[Mission]:
        """Read every mission of the work tree, committed or not, in order of their directories' names."""
        try:
            names = sorted(os.listdir(os.path.join(self.top, ROOT.encode())))
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in names[: limits.MISSIONS]:
            directory = os.fsdecode(name)
            meta, lanes = (self.read(f"{ROOT}/{directory}/{file}".encode()) for file in ("meta.json", "lanes.json"))
            if is_slug(directory) and (meta is not None or lanes is not None):
                yield read_mission(directory, meta, lanes)

    def has(self, path: str) -> bool:
        """Tell whether something lies at a repository-relative path."""
        return os.path.lexists(os.path.join(self.top, path.encode()))

    def read(self, path: bytes, limit: int = limits.JSON_FILE_BYTES) -> bytes | None:
        """Return a file of the work tree, None if it is missing; what cannot be read is a usage error."""
        found = safefile.read_file(self.top, path, limit)
        if found.data is None and found.problem != "missing":
            name = os.fsdecode(path)
            raise UsageError("PLAN_FILE_UNREADABLE", f"{name} cannot be read: {found.problem}", (f"ls -ld {name}",))
        return found.data


def open_checkout(git: Git, environ: Mapping[str, str], command: str) -> Checkout:
    """Return the primary checkout that `git` has open.

    `command` is what the person typed, for the remediation. Raises UsageError in a bare repository or outside the work
    tree, in a linked worktree, on a detached HEAD (also in the middle of a rebase), and on a branch of lanes.
    """
    layout = git.layout
    if layout.bare or not layout.worktree:
        message = "missions are planned in a work tree, and there is none here"
        step = f"{command} -C DIR, where DIR is a clone with a work tree"
        raise UsageError("REPOSITORY_UNSUPPORTED", message, (step,))
    if layout.git_dir != layout.common_dir:
        raise _linked(layout.worktree, layout.common_dir, command)
    situation = read_situation(git, environ)
    if situation.detached or not situation.branch:
        what = f"a {situation.operation} is in progress" if situation.operation else "HEAD is detached"
        message = f"{what}, and a mission needs the branch that it will be merged into"
        first = "git status" if situation.operation else "git switch BRANCH"
        raise UsageError("DETACHED_HEAD", message, (first, command))
    placement = Registry(git, Branches(git.refs()), layout.head).place(situation.branch)
    if placement.role in _FOREIGN_ROLES:
        raise _on_lane(situation.branch, placement, command)
    return Checkout(layout.worktree, situation.branch)


def _on_lane(branch: str, placement: Placement, command: str) -> UsageError:
    target = quote_shell(placement.mission.target_branch) if placement.mission else "BRANCH"
    message = f"{branch} is {_FOREIGN_ROLES[placement.role]}; a mission is planned on the branch that it will go into"
    return UsageError("PLANNING_ON_LANE_REFUSED", message, (f"git switch {target}", command))


def _linked(worktree: bytes, common_dir: bytes, command: str) -> UsageError:
    primary, _slash, name = common_dir.rpartition(b"/")
    step = f"{command} -C {quote_shell(primary)}" if name == b".git" else "git worktree list"
    message = f"{os.fsdecode(worktree)} is a linked worktree; missions are planned in the primary checkout"
    return UsageError("WORKTREE_INVOCATION_REFUSED", message, (step,))
