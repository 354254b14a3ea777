"""The interpreter that the hooks will be pinned to: whether it can run them, and has byte code for them.

Runs that interpreter once, isolated as a hook does; writes nothing but the package's own __pycache__.
"""

from __future__ import annotations

import os
from pathlib import Path

from spec_kitty_hooks.install.refusal import InstallRefusedError
from spec_kitty_hooks.install.report import shown
from spec_kitty_hooks.install.repository import Repository, ask

# Without byte code (uv makes none) a hook compiles the package at every commit where it cannot write it down.
_PROBE = """
import compileall, os, spec_kitty_hooks
compileall.compile_dir(os.path.dirname(spec_kitty_hooks.__file__), quiet=2)
"""


_REINSTALL = (
    "install the package into an environment of its own (pipx, uv tool or a virtual environment)",
    "spec-kitty-hooks install",
)


def pin(python: str, repository: Repository) -> str:
    """Return the absolute path to put into hooks; links stay, since a virtual environment is entered through one.

    Raises InstallRefusedError when it cannot import this package isolated (`-I`: no user site, no PYTHONPATH).
    """
    path = os.path.abspath(python) if python else ""
    answer = ask((path, "-I", "-c", _PROBE), Path(os.sep), repository.environ)
    if answer.code in {126, 127}:
        raise InstallRefusedError(
            f"The interpreter {shown(path)} cannot be run.",
            *_REINSTALL,
        )
    if answer.code:
        raise InstallRefusedError(
            f"{shown(path)} cannot import spec_kitty_hooks when it runs isolated, as hooks do. The package is in the "
            "user's site directory or on PYTHONPATH, where a hook must not look.",
            *_REINSTALL,
        )
    return path


def linked_worktree_around(python: str, repository: Repository) -> Path | None:
    """Return the linked worktree that holds the interpreter: it goes away with it, and the hooks of all others stop."""
    return next((tree for tree in repository.worktrees()[1:] if Path(python).is_relative_to(tree)), None)
