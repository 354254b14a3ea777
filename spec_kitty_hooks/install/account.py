"""What an installation has to say for itself.

Puts reports together; changes nothing.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import BLOCKED, PASS
from spec_kitty_hooks.install import attributes, drivers, interpreter
from spec_kitty_hooks.install.plan import husky_writes
from spec_kitty_hooks.install.report import InstallReport, shown

if TYPE_CHECKING:
    from spec_kitty_hooks.install.deposit import Deposit, Pinned
    from spec_kitty_hooks.install.plan import Plan
    from spec_kitty_hooks.install.repository import Repository


def of_install(repository: Repository, plan: Plan, pinned: Pinned, done: Deposit) -> InstallReport:
    """Return the report of what was put in place; not `ok` while hooks kept by somebody else do not call ours."""
    problem, remediation = None, []
    if done.lines and plan.foreign:
        problem = (
            f"core.hooksPath is {shown(plan.foreign.value)} ({plan.foreign.scope} configuration, "
            f"{shown(plan.foreign.origin)}) and stays so: git calls our hooks once the hooks there do."
        )
        remediation = [f"add to {lines.file}: {line}" for lines in done.lines for line in lines.lines]
        remediation.append("spec-kitty-hooks install")
    return InstallReport(
        ok=problem is None,
        exit_code=PASS if problem is None else BLOCKED,
        scheme=plan.scheme,
        hooks_path=shown(plan.hooks_path),
        installed=done.installed,
        kept=done.kept,
        ignored=done.ignored,
        notes=[*_notes_on_managers(pinned), *done.notes, *_notes(repository, plan, pinned)],
        lines_to_add=done.lines,
        merge_drivers=drivers.inspect(repository),
        attributes_to_track=drivers.lines_to_track(repository),
        problem=problem,
        remediation=remediation,
    )


def _notes_on_managers(pinned: Pinned) -> list[str]:
    return [
        f"{name}: left to {manager}, whose configuration lists it; git would run it twice."
        for name, manager in pinned.elsewhere.items()
    ]


def _notes(repository: Repository, plan: Plan, pinned: Pinned) -> list[str]:
    notes = []
    if (file := attributes.file_of(repository)).is_symlink():
        wanted = ", ".join(f"`{line}`" for line in drivers.lines(repository))
        notes.append(f"{shown(file)} is a link and stays as it is; our merge drivers need in it: {wanted}")
    if tree := interpreter.linked_worktree_around(pinned.python, repository):
        notes.append(f"The interpreter lies in the worktree {shown(tree)}: without it, commits are refused everywhere.")
    if plan.scheme == "existing-hooks-path" and not plan.by_hand:
        notes.append(f"Hooks in {shown(plan.hooks_path)} name this machine's interpreter: do not commit them.")
    if plan.foreign and not os.path.isabs(plan.foreign.value):
        notes += _notes_on_worktrees(repository, plan)
    if plan.scheme == "hooks-directory":
        notes.append("core.hooksPath is absolute: after moving this repository, run `spec-kitty-hooks install` again.")
        notes.append(
            "Other hook managers refuse while core.hooksPath is set, or write into our directory. To install one now: "
            "`spec-kitty-hooks uninstall`, then its own install, then `spec-kitty-hooks install`."
        )
        notes += [
            f"{shown(file)} sets a core.hooksPath of its own: our hooks do not run in that worktree."
            for file in repository.overriding_worktrees()
        ]
    return notes


def _notes_on_worktrees(repository: Repository, plan: Plan) -> list[str]:
    # Each worktree has a place of its own for a relative path, and husky fills only the one that it was run in.
    if plan.scheme == "config-hooks" or plan.foreign is None or plan.foreign.value.startswith("~"):
        return []
    missing = [tree for tree in repository.worktrees() if not (tree / plan.foreign.value).is_dir()]
    if not missing and not husky_writes(repository.effective_hooks):
        return []
    notes = [f"{shown(tree)} has no {shown(plan.foreign.value)}: git runs no hook at all there." for tree in missing]
    command = f"git config core.hooksPath {shlex.quote(shown(repository.effective_hooks))}"
    return [*notes, f"core.hooksPath is relative; to have hooks in every linked worktree: `{command}`"]
