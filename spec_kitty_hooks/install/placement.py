"""Writing below a git directory: whole files or nothing, readable for whom the repository is shared with.

Knows nothing of hooks; never follows a link that stands where it writes.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from spec_kitty_hooks.install.repository import Repository

_HOOK_BYTES = 16 << 20  # no hook is a program of that size
_NAMED_SHARING = {
    "group": 0o660,
    "true": 0o660,
    "1": 0o660,
    "all": 0o664,
    "world": 0o664,
    "everybody": 0o664,
    "2": 0o664,
}


def sharing(repository: Repository) -> int:
    """Return `core.sharedRepository` as permission bits to add; an octal value carries 0o1000 and replaces them all."""
    value = repository.ask("config", "--get", "core.sharedRepository").line.lower()
    if len(value) > 2 and all(digit in "01234567" for digit in value):
        return int(value, 8) & 0o666 | 0o1000
    return _NAMED_SHARING.get(value, 0)


def shared_mode(mode: int, sharing: int) -> int:
    """Return the mode of a file in a shared repository, as git works it out (core.sharedRepository)."""
    bits = sharing & 0o777
    if mode & stat.S_IXUSR:
        bits |= (bits & 0o444) >> 2
    return mode & ~0o777 | bits if sharing & 0o1000 else mode | bits


def make_directory(path: Path, sharing: int) -> None:
    """Make one directory, below one that exists; a shared repository's group is inherited like git does it."""
    if path.is_dir():
        return
    path.mkdir()
    if sharing:
        path.chmod(shared_mode(stat.S_IMODE(path.stat().st_mode), sharing) | stat.S_ISGID)


def write_file(
    path: Path, content: bytes, *, executable: bool = False, sharing: int = 0, mode: int | None = None
) -> None:
    """Put `content` at `path` by rename; the same content stays as it is, times included.

    Its mode is what umask and `sharing` allow, or exactly `mode`. Raises OSError; then `path` is as it was.
    """
    descriptor, temporary = _temporary(path, 0o777 if executable else 0o666)
    try:
        with open(descriptor, "wb") as file:
            allowed = shared_mode(stat.S_IMODE(os.fstat(descriptor).st_mode), sharing)
            wanted = allowed if mode is None else mode
            if _is_already(path, content, wanted):
                return
            os.fchmod(descriptor, wanted)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def copy_file(source: Path, target: Path) -> None:
    """Put an exact copy (bytes and mode) of `source` at `target`; a link becomes an absolute link to the same file."""
    if source.is_symlink():
        pointed = os.path.join(source.parent, os.readlink(source))
        if not (target.is_symlink() and os.readlink(target) == pointed):
            target.unlink(missing_ok=True)
            target.symlink_to(pointed)
        return
    write_file(target, source.read_bytes(), mode=stat.S_IMODE(source.stat().st_mode))


def read_hook(path: Path) -> bytes:
    """Return what stands in a hook file, through a link too; empty if there is none, or no plain file of a sane size.

    Links may lead to a device that never ends, and a FIFO waits for somebody to write.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return b""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _HOOK_BYTES:
        os.close(descriptor)
        return b""
    with open(descriptor, "rb") as file:
        return file.read()


def runs(path: Path) -> bool:
    """Tell whether git would run this file as a hook."""
    return path.is_file() and os.access(path, os.X_OK)


def _temporary(path: Path, mode: int) -> tuple[int, Path]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), temporary


def _is_already(path: Path, content: bytes, mode: int) -> bool:
    return (
        not path.is_symlink()
        and path.is_file()
        and stat.S_IMODE(path.stat().st_mode) == mode
        and path.read_bytes() == content
    )
