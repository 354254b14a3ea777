"""Hook files put in place and taken away again, for each of the three ways in which git comes to call us.

Writes hook files only; the configuration that makes git look at them is set by whoever calls.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spec_kitty_hooks.install import neighbours, placement, shims, team
from spec_kitty_hooks.install.plan import husky_writes, is_outside
from spec_kitty_hooks.install.refusal import InstallRefusedError
from spec_kitty_hooks.install.report import HookLines, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spec_kitty_hooks.install.repository import Repository

_KEPT = ".spec-kitty-hooks"  # beside hooks that we replaced in somebody's directory


@dataclass(frozen=True)
class Pinned:
    """What every shim of one installation has in common: its hook names, interpreter, and the files' sharing.

    `elsewhere` are the hooks that were asked for and are left to a hook manager, by name.
    """

    names: Sequence[str]
    python: str
    sharing: int
    elsewhere: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Deposit:
    """What was done: hooks of ours, of the team that go on running, of the client that do not.

    `shared` are those of `installed` that another repository keeps.
    """

    installed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: list[HookLines] = field(default_factory=list)


def fill_own_directory(repository: Repository, pinned: Pinned) -> Deposit:
    """Put our hooks and the stubs for all others into our directory, and copies of the team's hooks beside it."""
    done, copies = Deposit(), repository.home / "team"
    for path in _homes(repository):
        placement.make_directory(path, pinned.sharing)
    done.notes += _move_foreign_out(repository, only=team.GIT_HOOKS)
    for name in pinned.names:
        adoption = team.adopt(name, repository.git_hooks, copies)
        done.kept += [name] if adoption.kept else []
        done.ignored += [name] if adoption.ignored else []
        done.notes += [adoption.note] if adoption.note else []
        manager = neighbours.manager_of(placement.read_hook(copies / name))
        _write(repository.own_hooks, name, pinned, shims.Chain(copies / name, repository.git_hooks / name, manager))
    others = [name for name in team.present(repository.git_hooks) if name not in pinned.names]
    guards = [name for name in others if team.is_guard(placement.read_hook(repository.git_hooks / name))]
    passed = [name for name in others if name not in guards]
    for name in passed:
        stub = shims.render_stub(name, repository.git_hooks / name)
        placement.write_file(repository.own_hooks / name, stub, executable=True, sharing=pinned.sharing)
    _remove_ours(repository.own_hooks, except_for={*pinned.names, *passed})
    done.installed, done.kept, done.ignored = list(pinned.names), done.kept + passed, done.ignored + guards
    return done


def fill_beside(repository: Repository, pinned: Pinned) -> Deposit:
    """Put our hooks where the configuration of git 2.54 names them; hooks directories run as before."""
    for path in _homes(repository)[:2]:
        placement.make_directory(path, pinned.sharing)
    for name in pinned.names:
        _write(repository.own_hooks, name, pinned, None)
    return Deposit(installed=list(pinned.names), kept=team.present(repository.effective_hooks))


def fill_for_callers(repository: Repository, pinned: Pinned) -> Deposit:
    """Put our hooks where hooks kept by somebody else can call them; `lines` says what is still to be added there."""
    done = fill_beside(repository, pinned)
    directory = repository.effective_hooks
    place = directory.parent if husky_writes(directory) else directory
    missing = [name for name in pinned.names if not is_called(place / name, name)]
    done.installed = [name for name in pinned.names if name not in missing]
    done.lines = [HookLines(hook=n, file=shown(place / n), lines=shims.lines_calling(n)) for n in missing]
    return done


def fill_existing_directory(repository: Repository, pinned: Pinned, own: Sequence[str]) -> Deposit:
    """Put our hooks into the directory that `core.hooksPath` names; what stood there is kept beside and run first.

    `own` are the hooks that this repository put there before; others of ours belong to another repository and stay.
    """
    done, directory = Deposit(installed=list(pinned.names)), repository.effective_hooks
    placement.make_directory(repository.home, pinned.sharing)
    for name in pinned.names:
        hook, copy = directory / name, directory / _KEPT / name
        ours = shims.is_ours(placement.read_hook(hook))
        if ours and name not in own and is_outside(repository, directory):
            done.shared.append(name)
            done.notes.append(f"{name}: another repository put its hook there already, and it serves this one too.")
            continue
        if not ours and os.path.lexists(hook):
            placement.make_directory(copy.parent, pinned.sharing)
            _keep(hook, copy)
        guard = team.is_guard(placement.read_hook(copy))
        if guard:
            done.ignored.append(name)
        elif placement.runs(copy):
            done.kept.append(name)
            done.notes += _notes_on_chained(name, copy)
        manager = neighbours.manager_of(placement.read_hook(copy))
        _write(directory, name, pinned, None if guard else shims.Chain(copy, manager=manager))
    return done


def empty_existing_directory(directory: Path, names: Sequence[str]) -> Deposit:
    """Take our hooks out of somebody's directory and put back what stood there; a hook written since stays."""
    done = Deposit()
    for name in names:
        hook, copy = directory / name, directory / _KEPT / name
        if not shims.is_ours(placement.read_hook(hook)):
            done.notes.append(
                f"{shown(hook)} is not ours any more and stays; see {shown(copy.parent)} for the earlier one."
            )
            continue
        done.installed.append(name)
        if os.path.lexists(copy):
            _restore(copy, hook)
            done.kept.append(name)
        else:
            hook.unlink()
    with contextlib.suppress(OSError):
        (directory / _KEPT).rmdir()
    return done


def empty_own_directory(repository: Repository, names: Sequence[str]) -> Deposit:
    """Take our files away; a hook of the team that the client's guard overwrote is put back from its copy."""
    done = Deposit(installed=[name for name in names if (repository.own_hooks / name).exists()])
    _remove_ours(repository.own_hooks, except_for=set())
    done.notes += _move_foreign_out(repository, only=None)
    done.kept += team.give_back(repository.home / "team", repository.git_hooks, names)
    shutil.rmtree(repository.home / "team", ignore_errors=True)
    return done


def remove_homes(repository: Repository) -> None:
    """Remove our directories where nothing is left in them."""
    for path in reversed(_homes(repository)):
        with contextlib.suppress(OSError):
            path.rmdir()


def check_room(repository: Repository, only: Sequence[str] | None = None) -> None:
    """Make sure that what others put into our directory (only files of these names) has a place outside of it.

    Raises InstallRefusedError where a hook of somebody else stands; the same manager's earlier one may be replaced.
    """
    for path in _foreign(repository, only):
        target = repository.git_hooks / path.name
        if os.path.lexists(target) and not _is_successor(path, target):
            raise InstallRefusedError(
                f"Another tool put {shown(path)} there, and {shown(target)} is a hook too.",
                f"make one hook of the two at {shown(target)}, and remove {shown(path)}",
            )


def is_called(hook: Path, name: str) -> bool:
    """Tell whether a hook kept by somebody else calls ours."""
    return f"spec-kitty-hooks/hooks/{name}".encode() in placement.read_hook(hook)


def _homes(repository: Repository) -> tuple[Path, Path, Path]:
    return repository.home, repository.own_hooks, repository.home / "team"


def _keep(hook: Path, copy: Path) -> None:
    # A relative link leads to the same file from one directory deeper, and can be put back letter by letter.
    if hook.is_symlink():
        copy.unlink(missing_ok=True)
        copy.symlink_to(os.path.join(os.pardir, os.readlink(hook)))
    else:
        placement.copy_file(hook, copy)


def _restore(copy: Path, hook: Path) -> None:
    if copy.is_symlink():
        hook.unlink()
        hook.symlink_to(os.readlink(copy).removeprefix(f"{os.pardir}{os.sep}"))
        copy.unlink()
    else:
        copy.replace(hook)


def _write(directory: Path, name: str, pinned: Pinned, chain: shims.Chain | None) -> None:
    text = shims.render(name, pinned.python, chain)
    placement.write_file(directory / name, text, executable=True, sharing=pinned.sharing)


def _remove_ours(directory: Path, except_for: set[str]) -> None:
    for path in directory.iterdir() if directory.is_dir() else ():
        if path.name not in except_for and shims.is_ours(placement.read_hook(path)):
            path.unlink()


def _move_foreign_out(repository: Repository, only: Sequence[str] | None) -> list[str]:
    # While core.hooksPath names our directory, tools such as git-lfs and prek put their hooks into it.
    check_room(repository, only)
    notes = []
    for path in _foreign(repository, only):
        target = repository.git_hooks / path.name
        repository.git_hooks.mkdir(exist_ok=True)
        path.replace(target)
        notes.append(f"{path.name}: another tool had put this hook into our directory; it is at {shown(target)} now.")
    return notes


def _foreign(repository: Repository, only: Sequence[str] | None) -> list[Path]:
    return [path for path in team.foreign_files(repository.own_hooks) if only is None or path.name in only]


def _is_successor(path: Path, target: Path) -> bool:
    new, old = placement.read_hook(path), placement.read_hook(target)
    manager = neighbours.manager_of(new)
    return new == old or bool(manager and manager == neighbours.manager_of(old))


def _notes_on_chained(name: str, copy: Path) -> list[str]:
    text = placement.read_hook(copy)
    if copy.is_symlink() or not any(word in text for word in (b"$0", b"BASH_SOURCE", b"__file__")):
        return []
    return [f"{name}: the existing hook asks for its own path, which is {shown(copy)} now; see that it still works."]
