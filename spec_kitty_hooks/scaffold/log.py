"""Appending to an event log: one write, on the disk and read back before anybody is told that it is there.

Appenders of ours wait for each other; no compare-and-append, and Spec Kitty's own writers do not know this lock.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import OUTCOME_UNKNOWN, HooksError
from spec_kitty_hooks.filelock import lock

if TYPE_CHECKING:
    from collections.abc import Sequence

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT
#: No link is followed, and a FIFO in the log's place does not block.
_GUARDS = ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY")


class OutcomeUnknownError(HooksError):
    """The write may or may not be in the file (`WRITE_OUTCOME_UNKNOWN`)."""

    exit_code = OUTCOME_UNKNOWN


def append_events(path: bytes, lines: Sequence[bytes]) -> None:
    """Append records, each given without its newline, to the log at `path`, which is made if it is missing.

    A last line without a newline gets one first. Raises OSError if nothing was written (also for a link, a hard link
    or anything but a regular file), OutcomeUnknownError if nobody can vouch for the records, which may be there.
    """
    is_new = not os.path.lexists(path)
    fd = os.open(path, _FLAGS | sum(getattr(os, name, 0) for name in _GUARDS), 0o666)
    try:
        _check_file(fd, path)
        lock(fd)  # a file grows before its content arrives: the newline guard must not look in between
        data = _newline_guard(fd) + b"".join(line + b"\n" for line in lines)
        start = _write(fd, data, path)
        try:
            os.fsync(fd)
            if is_new:
                sync_directory(os.path.dirname(path))
            held = _read_back(fd, start, len(data)) == data and os.path.samestat(os.fstat(fd), os.lstat(path))
        except OSError as error:
            raise _unknown(path, error.strerror or "an error") from error
        if not held:
            raise _unknown(path, "the file was replaced or changed meanwhile")
    finally:
        os.close(fd)


def sync_directory(path: bytes) -> None:
    """Bring the names in a directory to the disk, where the system can do that."""
    if hasattr(os, "O_DIRECTORY"):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _check_file(fd: int, path: bytes) -> None:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise OSError(errno.EINVAL, "not a plain file with one name", path)


def _newline_guard(fd: int) -> bytes:
    size = os.fstat(fd).st_size
    return b"\n" if size and _read_back(fd, size - 1, 1) != b"\n" else b""


def _write(fd: int, data: bytes, path: bytes) -> int:
    """Write in one call and return where the data starts; a part that was written is taken back."""
    written = os.write(fd, data)
    end = os.lseek(fd, 0, os.SEEK_CUR)  # with O_APPEND: behind our own data, whoever else appends
    if written < len(data):
        if os.fstat(fd).st_size != end:
            raise _unknown(path, "only a part was written, and somebody else wrote behind it")
        os.ftruncate(fd, end - written)
        raise OSError(errno.ENOSPC, "the disk took only a part of it", path)
    return end - written


def _read_back(fd: int, start: int, size: int) -> bytes:
    os.lseek(fd, start, os.SEEK_SET)
    return os.read(fd, size)


def _unknown(path: bytes, reason: str) -> OutcomeUnknownError:
    name = os.fsdecode(path)
    step = "run the same command again: it adds only what is missing"
    return OutcomeUnknownError("WRITE_OUTCOME_UNKNOWN", f"the events may not be in {name}: {reason}", (step,))
