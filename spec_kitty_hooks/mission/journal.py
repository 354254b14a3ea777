"""The only writer of event logs: one write, on the disk and read back before anybody is told that it is there.

Decides nothing about events. Whoever appends holds the lock at `lock_path`, which is Spec Kitty's own, so that both
tools wait for each other (reliability 4).
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.durable import sync_directory
from spec_kitty_hooks.errors import OUTCOME_UNKNOWN, RETRY, HooksError
from spec_kitty_hooks.filelock import LockTimeoutError, claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FLAGS = os.O_RDWR | os.O_APPEND
#: No link is followed, and a FIFO in the log's place does not block.
_GUARDS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY"))
_CHUNK = 1 << 20
LOCK_SECONDS = 10.0  # to wait for another writer


class OutcomeUnknownError(HooksError):
    """The write may or may not be in the file (`WRITE_OUTCOME_UNKNOWN`)."""

    exit_code = OUTCOME_UNKNOWN


class LockedError(HooksError):
    """Somebody else writes to the log of a mission (`EVENT_LOG_LOCKED`); nothing was written."""

    exit_code = RETRY

    def __init__(self, directory: str, holder: str) -> None:
        message = f"the event log of {directory} is locked by {holder or 'a process that cannot be named'}"
        super().__init__("EVENT_LOG_LOCKED", message, ("wait for it to end, then run this again",))


class LogMovedError(HooksError):
    """Somebody changed a log without its lock after it was read (`EVENT_LOG_LOCKED`); nothing was written."""

    exit_code = RETRY

    def __init__(self, path: bytes) -> None:
        message = f"{os.fsdecode(path)} was changed by somebody who does not hold its lock"
        super().__init__("EVENT_LOG_LOCKED", message, ("run this again",))


def lock_path(common_dir: bytes, directory: str) -> bytes:
    """Return the lock of a mission's log: the file that Spec Kitty itself locks, for all work trees of a repository."""
    return os.path.join(common_dir, b"spec-kitty-locks", f"{directory}.status.lock".encode())


class OpenLog:
    """A log that is open for appending: `data` is its content as it was found, empty if the file was missing."""

    def __init__(self, path: bytes, descriptor: int | None, data: bytes) -> None:
        self.path = path
        self.data = data
        self.descriptor = descriptor

    def append(self, lines: Sequence[bytes]) -> bytes:
        """Append records, each given without its newline, and return the content of the file with them.

        A last line without a newline gets one first; a missing file is made. Raises OSError if nothing was written,
        OutcomeUnknownError if nobody can vouch for the records, which may be there.
        """
        if self.descriptor is None:
            self.descriptor = os.open(self.path, _FLAGS | _GUARDS | os.O_CREAT | os.O_EXCL, 0o666)
        guard = b"\n" if self.data and not self.data.endswith(b"\n") else b""
        addition = guard + b"".join(line + b"\n" for line in lines)
        start = self._write(self.descriptor, addition)
        try:
            os.fsync(self.descriptor)
            sync_directory(os.path.dirname(self.path))  # whoever made the file may have been killed before he did that
            content = _read_all(self.descriptor)
            in_place = os.path.samestat(os.fstat(self.descriptor), os.lstat(self.path))
        except OSError as error:
            raise _doubt(self.path, error) from error
        if not in_place or content[start : start + len(addition)] != addition:
            raise _doubt(self.path, "the file was replaced or changed meanwhile")
        return content

    def confirm(self, lines: Sequence[bytes]) -> None:
        """Bring to the disk records that are there: their writer may have been killed before it could.

        They are written again in their place, with the newlines around them, for after a flush that failed the kernel
        takes their pages for clean. Raises OSError if that fails, ValueError if one is not there.
        """
        descriptor = os.open(self.path, os.O_RDWR | _GUARDS)  # O_APPEND would put them at the end
        try:
            if not os.path.samestat(os.fstat(descriptor), os.lstat(self.path)) or _read_all(descriptor) != self.data:
                raise OSError(errno.ESTALE, "replaced or changed meanwhile", self.path)
            for line in lines:
                start = self.data.index(line)
                first = max(start - 1, 0)
                os.pwrite(descriptor, self.data[first : start + len(line) + 1], first)
            os.fsync(descriptor)
            sync_directory(os.path.dirname(self.path))
        finally:
            _close(descriptor)

    def cut_tail(self, tail: bytes) -> None:
        """Take away an unfinished last line that has been put elsewhere before. Raises OSError if it is not there."""
        if self.descriptor is None or not tail or b"\n" in tail or not self.data.endswith(tail):
            raise OSError(errno.EINVAL, "the last line is another one by now", self.path)
        os.ftruncate(self.descriptor, len(self.data) - len(tail))
        os.fsync(self.descriptor)

    def _write(self, descriptor: int, addition: bytes) -> int:
        """Write in one call and return where the addition starts; a part that was written is taken back."""
        written = os.write(descriptor, addition)
        try:
            end = os.lseek(descriptor, 0, os.SEEK_CUR)  # with O_APPEND: behind our own data, whoever else appends
            if written == len(addition):
                return end - written
            ours = os.pread(descriptor, len(addition), end - written) == addition[:written]  # and nothing behind it
            if ours:
                os.ftruncate(descriptor, end - written)
        except OSError as error:
            raise _doubt(self.path, error) from error
        if not ours:
            raise _doubt(self.path, "only a part was written, and somebody else wrote behind it")
        raise OSError(errno.ENOSPC, "the disk took only a part of it", self.path)


@contextmanager
def open_log(path: bytes) -> Iterator[OpenLog]:
    """Open the log at `path`, which may be missing, and read it; no other call opens it until this one is done.

    That holds even where somebody deleted the lock file: whoever locks its successor still waits here. Raises OSError
    for a link, a hard link, anything but a regular file, and a log over limits.LOG_BYTES.
    """
    try:
        descriptor = os.open(path, _FLAGS | _GUARDS)
    except FileNotFoundError:
        descriptor = None
    log = OpenLog(path, descriptor, b"")
    try:
        if descriptor is not None:
            _check_file(descriptor, path)
            claim(descriptor, path, LOCK_SECONDS)
            log.data = _read_all(descriptor)
        yield log
    finally:
        if log.descriptor is not None:
            _close(log.descriptor)


def append_events(path: bytes, lines: Sequence[bytes], size: int | None = None) -> bytes:
    """Append records to the log at `path`; as `OpenLog.append`.

    `size` is how many bytes it had when it was decided what to append. Raises LogMovedError if it has not by now.
    """
    with open_log(path) as log:
        if size is not None and len(log.data) != size:
            raise LogMovedError(path)
        return log.append(lines)


def confirm_events(path: bytes, lines: Sequence[bytes]) -> bytes:
    """Bring to the disk records that were found in the log at `path`, and return its content.

    Raises OutcomeUnknownError if nobody can vouch for them, LockTimeoutError if others write to it all the time.
    """
    try:
        with open_log(path) as log:
            log.confirm(lines)
            return log.data
    except LockTimeoutError:
        raise
    except (OSError, ValueError) as error:
        raise _doubt(path, error) from error


def _doubt(path: bytes, reason: object) -> OutcomeUnknownError:
    text = (reason.strerror if isinstance(reason, OSError) else str(reason)) or "an error"
    step = "run the same command again: it adds only what is missing"
    message = f"the events may not be in {os.fsdecode(path)}: {text}"
    return OutcomeUnknownError("WRITE_OUTCOME_UNKNOWN", message, (step,))


def _close(descriptor: int) -> None:
    with suppress(OSError):  # what had to reach the disk was flushed, and cannot be taken back any more
        os.close(descriptor)


def _check_file(descriptor: int, path: bytes) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise OSError(errno.EINVAL, "not a plain file with one name", path)
    if status.st_size > limits.LOG_BYTES:
        raise OSError(errno.EFBIG, f"longer than {limits.LOG_BYTES} bytes", path)


def _read_all(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, _CHUNK):
        parts.append(part)
    return b"".join(parts)
