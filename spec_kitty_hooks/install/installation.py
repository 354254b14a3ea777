"""Installing and uninstalling: one report each, whatever happens.

Files come first and the configuration that names them last, so that git never looks at half an installation.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from spec_kitty_hooks.errors import BLOCKED, HooksError
from spec_kitty_hooks.install import (
    account,
    attributes,
    configuration,
    deposit,
    drivers,
    interpreter,
    neighbours,
    placement,
    receipt,
    shims,
)
from spec_kitty_hooks.install.deposit import Deposit, Pinned
from spec_kitty_hooks.install.plan import Plan, make_plan
from spec_kitty_hooks.install.receipt import Receipt
from spec_kitty_hooks.install.refusal import InstallRefusedError
from spec_kitty_hooks.install.report import InstallReport, Scheme, UninstallReport, shown
from spec_kitty_hooks.install.repository import Repository, open_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Report = TypeVar("_Report", InstallReport, UninstallReport)


def install(
    directory: Path | None,
    *,
    hook_types: Sequence[str] = (),
    into_hooks_path: bool = False,
    outside_ok: bool = False,
    python: str = sys.executable,
    environ: Mapping[str, str],
) -> InstallReport:
    """Put the hooks into the repository around `directory` (the current one if None), for all its worktrees.

    `hook_types` (all if empty) are added to those installed before. `into_hooks_path` allows writing into the
    directory of an existing `core.hooksPath`, `outside_ok` even where that is outside this repository. Installing
    again mends what moved and picks up new hooks of the team. Never raises; `problem` says why nothing was done.
    """

    def work() -> InstallReport:
        repository = open_repository(directory, environ)
        left = receipt.load(repository)
        names = _names(hook_types, left)
        plan = make_plan(repository, left, into_hooks_path=into_hooks_path, outside_ok=outside_ok)
        elsewhere = _find_elsewhere(repository, plan, names)
        names = [name for name in names if name not in elsewhere]
        pinned = Pinned(names, interpreter.pin(python, repository), placement.sharing(repository), elsewhere)
        return _carry_out(repository, plan, left, pinned)

    return _reported(work, InstallReport)


def uninstall(directory: Path | None, *, environ: Mapping[str, str]) -> UninstallReport:
    """Take everything of ours out of the repository around `directory` and give back what was there, byte for byte.

    Never raises; `problem` says why nothing was done.
    """

    def work() -> UninstallReport:
        repository = open_repository(directory, environ)
        left = receipt.load(repository) or _guess(repository)
        if left is None:
            return UninstallReport(ok=True, notes=["No hooks of ours are installed here."])
        done = _withdraw(repository, left)
        return UninstallReport(ok=True, removed=done.installed, restored=done.kept, notes=done.notes)

    return _reported(work, UninstallReport)


def _carry_out(repository: Repository, plan: Plan, left: Receipt | None, pinned: Pinned) -> InstallReport:
    if left and _goes_elsewhere(plan, left):
        _withdraw(repository, left)
        left = None
    done = _deposit(repository, plan, left, pinned)
    merging = drivers.settings(repository, pinned.python)
    # A driver that is not set yet is none to git: so these lines come before the configuration, as the hooks do.
    made = attributes.put_in(repository, drivers.lines(repository), left.attributes if left else None, pinned.sharing)
    digest = _configure(repository, plan, left, pinned, merging)
    prior = receipt.packed(plan.prior_hooks_path) if plan.prior_hooks_path is not None else None
    note = Receipt(
        scheme=plan.scheme,
        hook_types=tuple(name for name in pinned.names if name not in done.shared),
        hooks_path=receipt.packed(str(plan.hooks_path)),
        by_hand=plan.by_hand,
        prior_hooks_path=prior,
        config_digest=digest,
        drivers={key: receipt.packed(value) for key, value in merging.items()},
        attributes=made,
    )
    receipt.save(repository, note, pinned.sharing)
    return account.of_install(repository, plan, pinned, done)


def _goes_elsewhere(plan: Plan, left: Receipt) -> bool:
    if left.scheme != plan.scheme or left.by_hand != plan.by_hand:
        return True
    return plan.scheme == "existing-hooks-path" and _directory(left) not in (plan.hooks_path, None)


def _deposit(repository: Repository, plan: Plan, left: Receipt | None, pinned: Pinned) -> Deposit:
    if plan.scheme == "hooks-directory":
        return deposit.fill_own_directory(repository, pinned)
    if plan.scheme == "config-hooks":
        return deposit.fill_beside(repository, pinned)
    if plan.by_hand:
        return deposit.fill_for_callers(repository, pinned)
    return deposit.fill_existing_directory(repository, pinned, left.hook_types if left else ())


def _configure(
    repository: Repository, plan: Plan, left: Receipt | None, pinned: Pinned, merging: configuration.Settings
) -> str | None:
    settings = {**_settings(plan.scheme, str(plan.hooks_path), pinned.names), **merging}
    if configuration.holds(repository, settings):
        return left.config_digest if left else None
    if left:
        _unconfigure(repository, left)
    return configuration.put_in(repository, settings)


def _unconfigure(repository: Repository, left: Receipt) -> bool:
    merging = {key: receipt.unpacked(value) for key, value in left.drivers.items()}
    settings = {**_settings(left.scheme, receipt.unpacked(left.hooks_path), left.hook_types), **merging}
    prior = receipt.unpacked(left.prior_hooks_path) if left.prior_hooks_path is not None else None
    return configuration.take_out(repository, settings, left.config_digest, prior)


def _withdraw(repository: Repository, left: Receipt) -> Deposit:
    if left.scheme != "existing-hooks-path" or left.by_hand:
        deposit.check_room(repository)  # before anything is changed
    exact = _unconfigure(repository, left)
    attributes.take_out(repository, left.attributes)
    if left.scheme == "existing-hooks-path" and not left.by_hand:
        done = deposit.empty_existing_directory(_directory(left) or repository.effective_hooks, left.hook_types)
    else:
        done = deposit.empty_own_directory(repository, left.hook_types)
    receipt.remove(repository)
    deposit.remove_homes(repository)
    if repository.home.exists():
        done.notes.append(f"{shown(repository.home)} stays: something else lies in it, such as a report of a crash.")
    if not exact:
        done.notes.append("The git configuration has changed since, so only our own lines were taken out of it.")
    return done


def _directory(left: Receipt) -> Path | None:
    # None: it went with the repository to another place.
    directory = Path(receipt.unpacked(left.hooks_path))
    return directory if directory.is_dir() else None


def _settings(scheme: Scheme, hooks_path: str, names: Sequence[str]) -> dict[str, str]:
    if scheme == "hooks-directory":
        return {configuration.HOOKS_PATH: hooks_path}
    settings: dict[str, str] = {}
    for name in names if scheme == "config-hooks" else ():
        settings |= configuration.hook_settings(name, shlex.quote(f"{hooks_path}/{name}"))
    return settings


def _names(asked: Sequence[str], left: Receipt | None) -> list[str]:
    unknown = [name for name in asked if name not in shims.INSTALLABLE]
    if unknown:
        raise InstallRefusedError(
            f"There is no hook {unknown[0]!r} of ours; there are: {', '.join(shims.INSTALLABLE)}.",
            "spec-kitty-hooks install",
        )
    wanted = {*(asked or shims.INSTALLABLE), *(left.hook_types if left else ())}
    return [name for name in shims.INSTALLABLE if name in wanted]


def _find_elsewhere(repository: Repository, plan: Plan, names: Sequence[str]) -> dict[str, str]:
    # A shim that runs a manager's hook tells it to leave ours out; beside the configuration's hooks nobody can.
    if plan.scheme != "config-hooks":
        return {}
    texts = [placement.read_hook(repository.top / name) for name in neighbours.CONFIGURATIONS]
    hooks = {name: placement.read_hook(repository.effective_hooks / name) for name in names}
    found = {name: manager for name in names if (manager := neighbours.runs_ours(hooks[name], texts, name))}
    if len(found) == len(names):
        raise InstallRefusedError(
            f"{found[names[0]]} runs every hook of ours here already; installed once more, git would run them twice.",
            "take them out of its configuration first, if git itself shall run them; then `spec-kitty-hooks install`",
        )
    return found


def _guess(repository: Repository) -> Receipt | None:
    # The receipt is gone; what git was told may still be there.
    own = receipt.packed(str(repository.own_hooks))
    merging = {key: receipt.packed(value) for key, value in drivers.registered(repository).items()}
    schemes: tuple[Scheme, ...] = ("hooks-directory", "config-hooks")
    for scheme in schemes:
        settings = _settings(scheme, str(repository.own_hooks), shims.INSTALLABLE)
        if any(configuration.local(repository, key) == value for key, value in settings.items()):
            return Receipt(scheme=scheme, hook_types=shims.INSTALLABLE, hooks_path=own, drivers=merging)
    shimmed = any(shims.is_ours(placement.read_hook(repository.own_hooks / name)) for name in shims.INSTALLABLE)
    if shimmed or merging or attributes.holds_block(repository):
        names = shims.INSTALLABLE
        return Receipt(scheme="existing-hooks-path", hook_types=names, hooks_path=own, by_hand=True, drivers=merging)
    return None


def _reported(work: Callable[[], _Report], report: type[_Report]) -> _Report:
    try:
        return work()
    except HooksError as stopped:
        steps = list(stopped.remediation)
        return report(ok=False, exit_code=stopped.exit_code, problem=stopped.message, remediation=steps)
    except OSError as error:
        problem = f"{shown(error.filename)}: {error.strerror}." if error.filename else f"{error.strerror}."
        steps = ["mend that, then run the same again"]
        return report(ok=False, exit_code=BLOCKED, problem=problem, remediation=steps)
