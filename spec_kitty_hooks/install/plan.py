"""Where the hooks of a repository go, and why they may not go elsewhere.

Reads the repository; decides and refuses, writes nothing.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec_kitty_hooks.install import configuration, placement, receipt, shims, team
from spec_kitty_hooks.install.refusal import InstallRefusedError
from spec_kitty_hooks.install.report import Scheme, shown
from spec_kitty_hooks.install.repository import CONFIG_HOOKS_GIT, HooksPath, Repository

if TYPE_CHECKING:
    from pathlib import Path

    from spec_kitty_hooks.install.receipt import Receipt


@dataclass(frozen=True)
class Plan:
    """The scheme, and the directory that our hooks go into.

    `prior_hooks_path` is the value of `core.hooksPath` that they take the place of, `foreign` the one that stays in
    force. With `by_hand` somebody else's hooks run, and have to call ours.
    """

    scheme: Scheme
    hooks_path: Path
    prior_hooks_path: str | None = None
    foreign: HooksPath | None = None
    by_hand: bool = False


def make_plan(repository: Repository, left: Receipt | None, *, into_hooks_path: bool, outside_ok: bool) -> Plan:
    """Return the plan for a repository with (or without) the receipt `left` by an earlier installation.

    Raises InstallRefusedError for an empty `core.hooksPath`, or one that may not be installed into.
    """
    setting = repository.hooks_path
    if setting is None or is_own(repository, left, setting):
        prior = left.prior_hooks_path if left and setting else None
        return _plan_alone(repository, receipt.unpacked(prior) if prior else None)
    if not setting.value:
        raise InstallRefusedError(
            f"core.hooksPath is set to nothing ({setting.scope} configuration, {shown(setting.origin)}): "
            "git then looks for hooks in the root directory of this machine.",
            f"git config --{setting.scope} --unset core.hooksPath",
            "spec-kitty-hooks install",
        )
    if setting.scope == "local" and repository.effective_hooks == repository.git_hooks:
        return _plan_alone(repository, setting.value)  # it says what git does anyway
    if into_hooks_path:
        _check_may_enter(repository, outside_ok)
        return Plan("existing-hooks-path", repository.effective_hooks, foreign=setting)
    if repository.git_version >= CONFIG_HOOKS_GIT:
        return Plan("config-hooks", repository.own_hooks, foreign=setting)
    return Plan("existing-hooks-path", repository.own_hooks, foreign=setting, by_hand=True)


def is_own(repository: Repository, left: Receipt | None, setting: HooksPath) -> bool:
    """Tell whether a `core.hooksPath` is one that we wrote, here or where the repository was before it moved."""
    if setting.scope != "local":
        return False
    places = {str(repository.own_hooks)}
    if left and left.scheme == "hooks-directory":
        places.add(receipt.unpacked(left.hooks_path))
    return setting.value in places


def is_outside(repository: Repository, directory: Path) -> bool:
    """Tell whether a directory is neither below the git directory nor in the work tree, so that others share it."""
    inside = (repository.common.resolve(), repository.top.resolve())
    return not any(directory.resolve().is_relative_to(place) for place in inside)


def husky_writes(directory: Path) -> bool:
    """Tell whether husky makes this directory anew at every `npm install`; people write into the one above it."""
    return directory.name == "_" and (directory / "h").exists()


def client_lives_here(repository: Repository) -> bool:
    """Tell whether Spec Kitty's client works in this clone: its guard is there, or comes with its next lane."""
    guard = repository.git_hooks / "pre-commit"
    return (repository.top / ".kittify").is_dir() or team.is_guard(placement.read_hook(guard))


def _plan_alone(repository: Repository, prior: str | None) -> Plan:
    # Configuration hooks run beside .git/hooks, and nothing switches a file there off; so where the client's guard
    # is to be expected, a hooks directory of our own hides it, whatever git can do.
    if repository.git_version >= CONFIG_HOOKS_GIT and not client_lives_here(repository):
        return Plan("config-hooks", repository.own_hooks)
    return Plan("hooks-directory", repository.own_hooks, prior_hooks_path=prior)


def _check_may_enter(repository: Repository, outside_ok: bool) -> None:
    directory = repository.effective_hooks
    if directory.resolve() == repository.git_hooks.resolve():
        raise InstallRefusedError(
            "core.hooksPath names .git/hooks, where Spec Kitty's client overwrites pre-commit with every new lane.",
            *_removal(repository),
        )
    if not directory.is_dir():
        raise InstallRefusedError(
            f"core.hooksPath names {shown(directory)}, which is no directory.",
            f"mkdir -p {shlex.quote(shown(directory))}",
            "spec-kitty-hooks install --into-hooks-path",
        )
    if not outside_ok and is_outside(repository, directory):
        raise InstallRefusedError(
            f"{shown(directory)} lies outside this repository: a hook there runs in every repository that uses it.",
            "spec-kitty-hooks install --into-hooks-path --yes-outside-repo",
        )
    if husky_writes(directory):
        raise InstallRefusedError(
            f"husky writes {shown(directory)} anew at every `npm install`, so a hook of ours would not last there.",
            "spec-kitty-hooks install",
        )
    for name in shims.INSTALLABLE:
        if repository.ask("ls-files", "-z", "--", str(directory / name)).out:
            raise InstallRefusedError(
                f"{shown(directory / name)} is tracked: a hook of ours names this machine and must not be committed.",
                "spec-kitty-hooks install",
            )


def _removal(repository: Repository) -> tuple[str, ...]:
    scope = repository.hooks_path.scope if repository.hooks_path else "local"
    return f"git config --{scope} --unset {configuration.HOOKS_PATH}", "spec-kitty-hooks install"
