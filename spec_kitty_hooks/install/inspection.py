"""Would git run our hooks here? Asked the way git asks, from the directory at hand.

Changes nothing; `status` and `doctor` stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.install import deposit, drivers, placement, receipt, shims, team
from spec_kitty_hooks.install.plan import husky_writes
from spec_kitty_hooks.install.report import HookState, InstallState, shown
from spec_kitty_hooks.install.repository import CONFIG_HOOKS_GIT, Repository, open_repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.install.receipt import Receipt

_INSTALL = "spec-kitty-hooks install"


def inspect(directory: Path | None, *, environ: Mapping[str, str]) -> InstallState:
    """Return what is installed in the repository around `directory`, and every reason why a hook would not run.

    Never raises; a repository that git does not open is a problem of the state.
    """
    try:
        repository = open_repository(directory, environ)
    except HooksError as stopped:
        return InstallState(problems=[stopped.message], remediation=list(stopped.remediation))
    left = receipt.load(repository)
    hooks = [_state(repository, name) for name in ((left and left.hook_types) or shims.INSTALLABLE)]
    guard = _guard_runs(repository)
    problems = [problem for hook in hooks if (problem := _problem(repository, left, hook))]
    merging = drivers.inspect(repository)
    problems += [
        f"{state.file}: git merges it as text, and a merge of two clones may conflict or lose events."
        for state in merging
        if state.owner is None
    ]
    if guard:
        problems.append("Spec Kitty's own guard in .git/hooks/pre-commit runs beside our hooks, or in place of them.")
    if left is None and not any(hook.reachable for hook in hooks):
        problems = ["No hooks of ours are installed here."]
    setting = repository.hooks_path
    return InstallState(
        repository=shown(repository.common),
        scheme=left.scheme if left else None,
        hooks_path=shown(repository.effective_hooks),
        hooks_path_scope=setting.scope if setting else None,
        hooks_path_origin=shown(setting.origin) if setting else None,
        hooks=hooks,
        merge_drivers=merging,
        guard_beside=guard,
        problems=problems,
        remediation=[_INSTALL] if problems else [],
    )


@dataclass(frozen=True)
class _Found:
    file: Path
    reachable: bool


def _state(repository: Repository, name: str) -> HookState:
    found = _find(repository, name)
    if found is None:
        return HookState(hook=name, reachable=False)
    text = placement.read_hook(found.file)
    python = shims.interpreter_of(text)
    return HookState(
        hook=name,
        reachable=found.reachable and placement.runs(found.file),
        file=shown(found.file),
        shim_version=shims.version_of(text),
        interpreter=shown(python) if python else None,
        interpreter_exists=bool(python) and placement.runs(Path(python or "")),
    )


def _find(repository: Repository, name: str) -> _Found | None:
    own, direct = repository.own_hooks / name, repository.effective_hooks / name
    if shims.version_of(placement.read_hook(direct)) is not None:
        return _Found(direct, reachable=True)
    if not own.is_file():
        return None
    place = direct.parent.parent if husky_writes(direct.parent) else direct.parent
    called = placement.runs(direct) and deposit.is_called(place / name, name)
    return _Found(own, reachable=called or _is_configured(repository, name))


def _is_configured(repository: Repository, name: str) -> bool:
    if repository.git_version < CONFIG_HOOKS_GIT:
        return False
    key = f"hook.spec-kitty-{name}"
    off = repository.ask("config", "--type=bool", "--get", f"{key}.enabled").line == "false"
    return not off and repository.ask("config", "--get", f"{key}.event").line == name


def _guard_runs(repository: Repository) -> bool:
    hook = repository.effective_hooks / "pre-commit"
    return placement.runs(hook) and team.is_guard(placement.read_hook(hook))


def _problem(repository: Repository, left: Receipt | None, hook: HookState) -> str | None:
    if not hook.reachable:
        if left and left.scheme == "config-hooks" and repository.git_version < CONFIG_HOOKS_GIT:
            return f"{hook.hook}: this git is older than 2.54 and does not run hooks from its configuration."
        return f"{hook.hook}: git does not run ours; it looks in {shown(repository.effective_hooks)}."
    if not hook.interpreter_exists:
        return f"{hook.hook}: its interpreter {hook.interpreter} is gone, so it refuses everything."
    if hook.shim_version != shims.VERSION:
        return f"{hook.hook}: it was written by another version of spec-kitty-hooks."
    return None
