"""Writes that are on the disk when they return. Knows nothing of what it writes."""

from __future__ import annotations

import os
import stat


def replace_file(path: bytes, data: bytes) -> None:
    """Put a file in the place of another, or of none: a reader sees the old content or the new one, never a part.

    One writer at a time. Raises OSError, also if what is at `path` is no regular file (a link is not followed, nor
    replaced).
    """
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise FileExistsError(17, "not a plain file", path)
    directory, name = os.path.split(path)
    place = os.path.join(directory, b"." + name + b".new")  # the same one each time: what a killed call left goes
    try:
        if os.path.lexists(place):
            os.unlink(place)
        with open(place, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(place, path)
    finally:
        if os.path.lexists(place):
            os.unlink(place)
    sync_directory(directory)


def append_file(path: bytes, data: bytes) -> None:
    """Add to a file, which is made if it is missing, as is its directory. Raises OSError; no link is followed."""
    directory = os.path.dirname(path)
    os.makedirs(directory, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o666), "ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(directory)


def sync_directory(path: bytes) -> None:
    """Bring the names in a directory to the disk, where the system can do that. Raises OSError."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
