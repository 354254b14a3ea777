"""Our lines in the repository's git configuration, put in so that they can be taken out byte for byte.

Git itself edits the file; only where its own removal is not exact is the earlier text kept and put back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING

from spec_kitty_hooks.install import placement
from spec_kitty_hooks.install.refusal import InstallBusyError, InstallRefusedError
from spec_kitty_hooks.install.report import shown

if TYPE_CHECKING:
    from pathlib import Path

    from spec_kitty_hooks.install.repository import Repository

HOOKS_PATH = "core.hooksPath"

Settings = Mapping[str, str]


def hook_settings(name: str, command: str) -> dict[str, str]:
    """Return what makes git 2.54 run `command` (a piece of sh) as hook `name` (git-config(1), hook.<name>.event)."""
    # The friendly name must not be the name of an event: git 2.55 dies of that.
    return {f"hook.spec-kitty-{name}.command": command, f"hook.spec-kitty-{name}.event": name}


def holds(repository: Repository, settings: Settings) -> bool:
    """Tell whether all the values are set."""
    return all(local(repository, key) == value for key, value in settings.items())


def put_in(repository: Repository, settings: Settings) -> str | None:
    """Set the values in the repository's own scope, where none of them is yet.

    Return None if taking them out gives the earlier bytes back, else the digest of the new text, with the earlier
    one kept in `config.before`. Raises InstallRefusedError when git cannot write its configuration.
    """
    before = _file(repository).read_bytes()
    for key, value in settings.items():
        _change(repository, "--replace-all", key, value)
    if _without(repository, settings) == before:
        return None
    placement.write_file(_before(repository), before, mode=0o600)
    return _digest(_file(repository).read_bytes())


def take_out(repository: Repository, settings: Settings, digest: str | None, prior: str | None) -> bool:
    """Undo `put_in`; values that somebody changed since are left alone.

    Return False if the text had changed since and could not be given back as a whole. `prior` is the earlier
    `core.hooksPath`, set again in that case. Raises InstallRefusedError when the file cannot be written.
    """
    if digest is not None and digest == _digest(_file(repository).read_bytes()) and _before(repository).is_file():
        _replace(_file(repository), _before(repository).read_bytes())
        return True
    for key, value in settings.items():
        if local(repository, key) == value:
            _change(repository, "--unset-all", key)
    _drop_sections(repository, settings)
    if prior is not None and local(repository, HOOKS_PATH) is None:
        _change(repository, HOOKS_PATH, prior)
    return digest is None


def local(repository: Repository, key: str) -> str | None:
    """Return the last value of a key in the repository's own scope."""
    values = repository.ask("config", "--local", "-z", "--get-all", key).out.split(b"\0")[:-1]
    return os.fsdecode(values[-1]) if values else None


def _drop_sections(repository: Repository, settings: Settings) -> None:
    # Git leaves an empty section behind where a comment stands above it.
    left = repository.ask("config", "--local", "--list", "--name-only", "-z").out.split(b"\0")
    for section in sorted({key.rpartition(".")[0] for key in settings} - {"core"}):
        if not any(name.startswith(f"{section}.".encode()) for name in left):
            repository.ask("config", "--local", "--remove-section", section)


def _change(repository: Repository, *arguments: str) -> None:
    done = repository.ask("config", "--local", *arguments)
    if not done.code:
        return
    lock = _lock(_file(repository))
    if lock.is_file():
        raise _busy(lock)
    reason = shown(os.fsdecode(done.error).strip())
    raise InstallRefusedError(f"git cannot write {shown(_file(repository))}: {reason}", "mend that, then try again")


def _without(repository: Repository, settings: Settings) -> bytes:
    trial = repository.home / "config.trial"
    try:
        shutil.copyfile(_file(repository), trial)
        for key in settings:
            repository.ask("config", "--file", str(trial), "--unset-all", key)
        return trial.read_bytes()
    finally:
        trial.unlink(missing_ok=True)


def _replace(path: Path, content: bytes) -> None:
    # The lock is git's own, so that a `git config` running now is not undone.
    lock = _lock(path)
    try:
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise _busy(lock) from error
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        lock.chmod(stat.S_IMODE(path.stat().st_mode))
        os.replace(lock, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            lock.unlink()


def _lock(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _busy(lock: Path) -> InstallBusyError:
    problem = f"{shown(lock)} exists: git is changing its configuration."
    return InstallBusyError(problem, f"try again; if no git is at work here, remove {shown(lock)}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file(repository: Repository) -> Path:
    return (repository.common / "config").resolve()


def _before(repository: Repository) -> Path:
    return repository.home / "config.before"
