"""The hooks that were there before us: which of them git would run, which is the client's own guard.

Reads and copies hook files; the originals stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec_kitty_hooks.install import neighbours, placement, shims

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: githooks(5): what git looks for in a hooks directory. Server hooks count too: a clone can be pushed to.
GIT_HOOKS = (
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "pre-push",
    "pre-receive",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "reference-transaction",
    "push-to-checkout",
    "pre-auto-gc",
    "post-rewrite",
    "sendemail-validate",
    "p4-changelist",
    "p4-prepare-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "post-index-change",
)

# What Spec Kitty's hook_installer writes into .git/hooks/pre-commit, and what older versions of it wrote.
_GUARD_CALL = b"-m specify_cli.policy.commit_guard_hook"
_OLD_GUARD = b"SPEC_KITTY_MANAGED_HOOK_SHIM=1"


@dataclass(frozen=True)
class Adoption:
    """What became of the team's hook of one name: kept running, or ignored; `note` is for whoever installs."""

    kept: bool = False
    ignored: bool = False
    note: str | None = None


def is_guard(text: bytes) -> bool:
    """Tell whether a hook is Spec Kitty's own and nothing else; a hook that does more than call the guard is not."""
    if _OLD_GUARD in text:
        return True
    code = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    return any(_GUARD_CALL in line for line in code) and all(_GUARD_CALL in line or line == b"set -e" for line in code)


def present(directory: Path) -> list[str]:
    """Return the names of the hooks in `directory` that git would run and that are not ours."""
    return [name for name in GIT_HOOKS if _is_foreign(directory / name) and placement.runs(directory / name)]


def foreign_files(directory: Path) -> list[Path]:
    """Return everything in `directory` that we did not write."""
    return sorted(path for path in _listed(directory) if _is_foreign(path))


def adopt(name: str, hooks: Path, copies: Path) -> Adoption:
    """Copy the team's hook `name` of the directory `hooks` into `copies`, with the files that belong to it (`name.*`).

    A copy whose original was overwritten by the guard, or is missing, stays: it may be the only one. A hook manager
    that took its hook away has been uninstalled, and its copy goes.
    """
    original, copy = hooks / name, copies / name
    if is_guard(placement.read_hook(original)):
        return Adoption(kept=copy.is_file(), ignored=True)
    if not original.exists():
        if manager := neighbours.manager_of(placement.read_hook(copy)):
            copy.unlink()
            return Adoption(note=f"{name}: {manager} has taken its hook away, so it does not run any more.")
        note = f"{name}: the hook is gone from its place; its copy goes on running until uninstall puts it back."
        return Adoption(kept=True, note=note) if copy.is_file() else Adoption()
    if not placement.runs(original):
        copy.unlink(missing_ok=True)
        return Adoption(note=f"{name}: the existing hook is not executable, so git ignored it and so do we.")
    for path in (original, *_companions(original)):
        placement.copy_file(path, copies / path.name)
    return Adoption(kept=True)


def give_back(copies: Path, hooks: Path, names: Iterable[str]) -> list[str]:
    """Put those copies back whose original was lost: overwritten by the guard, or missing; return their names."""
    lost = [name for name in names if (copies / name).is_file() and _is_lost(hooks / name, copies / name)]
    for name in lost:
        hooks.mkdir(exist_ok=True)
        placement.copy_file(copies / name, hooks / name)
    return lost


def _companions(hook: Path) -> list[Path]:
    # The pre-commit framework keeps the hook that it found as pre-commit.legacy and runs it from its own directory.
    named = (path for path in _listed(hook.parent) if path.name.startswith(f"{hook.name}."))
    return sorted(path for path in named if path.is_file() and path.suffix != ".sample")


def _is_lost(original: Path, copy: Path) -> bool:
    if original.exists():
        return is_guard(placement.read_hook(original))
    return not neighbours.manager_of(placement.read_hook(copy))  # a manager takes away what it uninstalls


def _is_foreign(path: Path) -> bool:
    return (path.is_file() or path.is_symlink()) and not shims.is_ours(placement.read_hook(path))


def _listed(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.is_dir() else []
