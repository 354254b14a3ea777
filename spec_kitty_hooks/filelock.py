"""Exclusive locks between processes: the one place that knows how a system does that.

A lock file is never deleted, and one that somebody else deleted or replaced is noticed: two processes would hold two
different files. The lock goes with the descriptor, so that a killed holder leaves none behind.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = os.O_RDWR | os.O_CREAT
#: No link is followed, and a FIFO in the lock's place does not block.
_GUARDS = ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY")
_FIRST_PAUSE = 0.001  # seconds
_LAST_PAUSE = 0.002
_LOOKS = 500  # in the time that is left: 20 ms apart with ten seconds to go
_CONTENTION = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_HOLDER_BYTES = 4096

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class LockTimeoutError(OSError):
    """Somebody else held the lock all the time; `holder` says who, as far as the system tells."""

    def __init__(self, path: bytes, holder: str) -> None:
        super().__init__(errno.EAGAIN, "locked", path)
        self.holder = holder


@contextmanager
def hold(path: bytes, seconds: float) -> Iterator[None]:
    """Hold the lock at `path`, whose directory is made if it is missing.

    Waits at most `seconds`. Raises LockTimeoutError, or another OSError if there can be no lock there (also for a link
    or anything but a regular file).
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = _acquire(path, time.monotonic() + seconds)
    try:
        _sign(descriptor)
        yield
    finally:
        with suppress(OSError):  # what was done under the lock is done; the lock ends with the process at the latest
            os.close(descriptor)


def claim(descriptor: int, path: bytes, seconds: float) -> None:
    """Lock an open file until it is closed, whatever becomes of its name; `path` is for messages.

    Waits at most `seconds`. Raises LockTimeoutError, or another OSError if the system cannot do it.
    """
    if sys.platform == "win32":
        return  # there, nobody else could read it
    deadline = time.monotonic() + seconds
    while not _lock(descriptor):
        if time.monotonic() >= deadline:
            raise LockTimeoutError(path, find_holder(path))
        time.sleep(_FIRST_PAUSE)


def find_holder(path: bytes) -> str:
    """Return who holds a lock: `process 4711 (python -m x)`; "" if nobody can be named.

    Linux names every holder; elsewhere only those can be named that wrote themselves into the file, as `hold` does.
    """
    try:
        status = os.stat(path)
        with open("/proc/locks", encoding="ascii") as table:
            pid = next((pid for pid, inode in map(_parse_row, table) if inode == status.st_ino and pid > 0), 0)
        if pid:
            return _describe(pid)
    except OSError:
        pass
    return _read_signature(path)


def _acquire(path: bytes, deadline: float) -> int:
    pause = _FIRST_PAUSE
    while True:
        descriptor = os.open(path, _FLAGS | sum(getattr(os, name, 0) for name in _GUARDS), 0o666)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a plain file", path)
            if _lock(descriptor) and _is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockTimeoutError(path, find_holder(path))
        time.sleep(pause)
        pause = _choose_pause(pause, left)


def _choose_pause(last: float, left: float) -> float:
    """Return how long to wait before the next look, in seconds: twice as long, and the shorter the less time is left.

    The system wakes nobody in turn: in a crowd the lock is his who looks next, so whoever has waited longest looks
    most often.
    """
    return min(last * 2, max(left / _LOOKS, _LAST_PAUSE))


def _lock(descriptor: int) -> bool:
    try:
        _try(descriptor)
    except OSError as error:
        if error.errno in _CONTENTION:
            return False
        raise
    return True


def _is_at(descriptor: int, path: bytes) -> bool:
    """Tell whether the file that is locked is still the one that others find."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    """Say in the file who holds it, for systems that cannot tell; a full disk must not stop a writer here."""
    if sys.platform == "win32":
        return  # others may not read a locked byte
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError:
        pass


def _read_signature(path: bytes) -> str:
    try:
        with open(path, "rb") as file:
            text = file.read(_HOLDER_BYTES)
    except OSError:
        return ""
    digits = text.split(b"\n")[0]
    return _describe(int(digits)) if 0 < len(digits) < 10 and digits.isdigit() else ""


def _describe(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(_HOLDER_BYTES).split(b"\0")
    except OSError:
        return f"process {pid}"
    command = b" ".join(words).decode("utf-8", "replace").strip()
    return f"process {pid} ({command[: limits.SHOWN_CHARACTERS]})" if command else f"process {pid}"


def _parse_row(row: str) -> tuple[int, int]:
    """Return process and inode of a row of /proc/locks that says who holds a lock; (0, 0) for one that waits."""
    words = row.split()
    if len(words) < 6 or words[1] == "->" or not words[4].lstrip("-").isdigit():
        return 0, 0
    inode = words[5].rpartition(":")[2]
    return int(words[4]), int(inode) if inode.isdigit() else 0
