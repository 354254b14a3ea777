"""Reads one file below a trusted directory without following a link, blocking, or reading more than it was told to.

Says why a file cannot be used instead of raising; what is in the file is the business of others.
"""

from __future__ import annotations

import os
import stat

from spec_kitty_hooks.model.record import Record

_CLOSE = getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_DIRECTORY = os.O_RDONLY | _CLOSE | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
#: O_NONBLOCK: a FIFO that nobody writes to would hold the hook for ever.
_FILE = os.O_RDONLY | _CLOSE | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_HAS_DIR_FD = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_REPARSE_POINT = 0x400  # Windows: a link or a junction
_KINDS = (
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


class SafeRead(Record):
    """What came of reading a file: `data`, or None and a `problem` in words ("missing", "symlink", "too large" ...)."""

    data: bytes | None = None
    problem: str = ""


def read_file(root: bytes, relative: bytes, limit: int) -> SafeRead:
    """Return the content of the regular file `relative` (segments joined by `/`) below the directory `root`.

    `root` itself may be reached through links; below it none is followed (reliability 3: planted symlinks). Problems:
    missing, symlink, "not a regular file (KIND)", too large (over `limit` bytes), unsafe path, "unreadable (REASON)".
    """
    segments = relative.split(b"/")
    if b"\0" in root + relative or any(segment in (b"", b".", b"..") for segment in segments):
        return SafeRead(problem="unsafe path")
    try:
        fd = _open_below(root, segments) if _HAS_DIR_FD else open_by_path(root, segments)
    except OSError as error:
        return SafeRead(problem=_explain(error, root, segments))
    try:
        return _read_opened(fd, limit)
    except OSError as error:
        return SafeRead(problem=f"unreadable ({error.strerror})")
    finally:
        os.close(fd)


def open_by_path(root: bytes, segments: list[bytes]) -> int:
    """Open where there is no dir_fd (Windows). Raises OSError; a swap between look and open is found afterwards."""
    path, before = root, os.stat(root)
    for segment in segments:
        path = os.path.join(path, segment)
        before = os.lstat(path)
        if _is_link(before):
            raise OSError(0, "symlink")
    fd = os.open(path, _FILE)
    if not os.path.samestat(before, os.fstat(fd)):
        os.close(fd)
        raise OSError(0, "replaced while it was opened")
    return fd


def _open_below(root: bytes, segments: list[bytes]) -> int:
    directory = os.open(root, os.O_RDONLY | _CLOSE | os.O_DIRECTORY)
    try:
        for segment in segments[:-1]:
            inner = os.open(segment, _DIRECTORY, dir_fd=directory)
            os.close(directory)
            directory = inner
        return os.open(segments[-1], _FILE, dir_fd=directory)
    finally:
        os.close(directory)


def _read_opened(fd: int, limit: int) -> SafeRead:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        return SafeRead(problem=_describe_kind(status.st_mode))
    if status.st_size > limit:
        return SafeRead(problem="too large")
    parts, size = [], 0
    while size <= limit and (part := os.read(fd, min(limit + 1 - size, 1 << 20))):
        parts.append(part)
        size += len(part)
    return SafeRead(data=b"".join(parts)) if size <= limit else SafeRead(problem="too large")


def _explain(error: OSError, root: bytes, segments: list[bytes]) -> str:
    """Say why opening failed, by looking at the first segment that is not a plain directory."""
    path = root
    for number, segment in enumerate(segments, 1):
        path = os.path.join(path, segment)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return "missing"
        except OSError:
            break
        if _is_link(status):
            return "symlink"
        if number < len(segments) and not stat.S_ISDIR(status.st_mode):
            return "missing"  # a file stands where a directory was asked for
        if number == len(segments) and not stat.S_ISREG(status.st_mode):
            return _describe_kind(status.st_mode)
    return f"unreadable ({error.strerror})"


def _is_link(status: os.stat_result) -> bool:
    return stat.S_ISLNK(status.st_mode) or bool(getattr(status, "st_file_attributes", 0) & _REPARSE_POINT)


def _describe_kind(mode: int) -> str:
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "special")
    return f"not a regular file ({kind})"
