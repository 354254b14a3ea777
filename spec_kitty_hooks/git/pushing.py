"""Pushes one commit to one branch of a remote, on request only: never forced, for a limited time, asking nobody.

A plain `git push` otherwise: the clone's own hooks run, with the person's environment and configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.bounded import run_bounded
from spec_kitty_hooks.git.environ import LOCAL
from spec_kitty_hooks.git.fetching import BATCH_SSH, SILENT
from spec_kitty_hooks.git.program import UNSUPPORTED, find_git
from spec_kitty_hooks.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.git.plumbing import Git


class PushOutcome(Record):
    """How a push ended. `timed_out`: the remote may have it, and to push again is safe. `said` is what git said."""

    ok: bool
    timed_out: bool = False
    said: bytes = b""


def push_commit(git: Git, remote: str, commit: str, branch: str, seconds: float = limits.PUSH_SECONDS) -> PushOutcome:
    """Push `commit` to `branch` (a short name) of `remote` within `seconds`.

    Never raises for what a remote, a network or a hook does. Raises RepositoryError if git cannot be started.
    """
    place = git.layout.worktree or git.layout.git_dir
    words = (find_git(git.environ), "-C", place, "push", "--no-progress", "--", remote, f"{commit}:refs/heads/{branch}")
    try:
        ended = run_bounded(words, _environment(git), seconds)
    except OSError as error:
        message = f"git push cannot be started: {error.strerror}"
        raise RepositoryError(UNSUPPORTED, message, ("git --version",)) from error
    return PushOutcome(ok=ended.rc == 0, timed_out=ended.rc is None, said=ended.said)


def _environment(git: Git) -> Mapping[str, str]:
    environ = {name: value for name, value in git.environ.items() if name not in LOCAL}
    environ.update(SILENT)
    configured = git.program.run("config", "core.sshCommand")
    if configured.rc and not {"GIT_SSH_COMMAND", "GIT_SSH"} & environ.keys():
        environ["GIT_SSH_COMMAND"] = BATCH_SSH
    return environ
