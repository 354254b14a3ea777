"""Writers that break one rule of the append protocol (reliability 4) each: proofs must find every one of them out.

A saboteur changes the product in the process that calls it, and nothing on disk.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from spec_kitty_hooks import filelock, recorder, transitions
from spec_kitty_hooks.mission import journal


@contextlib.contextmanager
def _no_lock(_path: bytes, _seconds: float) -> Iterator[None]:
    yield


def _own(target: Any, name: str, function: Callable[..., Any]) -> None:
    setattr(target, name, function)


def rewrite_and_rename() -> None:
    """Write the whole log anew beside it and put it in its place, without a lock (reliability 2, E7)."""

    def append(self: journal.OpenLog, lines: Sequence[bytes]) -> bytes:
        content = self.data + b"".join(line + b"\n" for line in lines)
        place = self.path + b".%d" % os.getpid()
        with open(place, "wb") as file:
            file.write(content)
        os.replace(place, self.path)
        return content

    _own(transitions, "hold", _no_lock)
    _own(journal.OpenLog, "append", append)


def rewrite_in_place() -> None:
    """Empty the log and write it anew, under the lock and to the disk, but piece by piece."""

    def append(self: journal.OpenLog, lines: Sequence[bytes]) -> bytes:
        content = self.data + b"".join(line + b"\n" for line in lines)
        with open(self.path, "wb", buffering=0) as file:
            file.writelines(content[start : start + 64] for start in range(0, len(content), 64))
            os.fsync(file.fileno())
        return content

    _own(journal.OpenLog, "append", append)


def lock_that_stays() -> None:
    """Let a file that exists be the lock, as if its owner always lived to remove it."""

    @contextlib.contextmanager
    def hold(path: bytes, seconds: float) -> Iterator[None]:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        end = time.monotonic() + min(seconds, 0.5)
        while not _make(path):
            if time.monotonic() > end:
                raise filelock.LockTimeoutError(path, "")
            time.sleep(0.002)
        try:
            yield
        finally:
            os.unlink(path)

    def _make(path: bytes) -> bool:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        return True

    _own(transitions, "hold", hold)


def _look_once() -> None:
    """Append whatever was decided, whether the log is still the one that was looked at or not."""
    real = journal.append_events
    _own(journal, "append_events", lambda path, lines, _size=None: real(path, lines))


def take_no_lock() -> None:
    """Decide and append as if alone."""
    _look_once()
    _own(transitions, "hold", _no_lock)


def decide_outside() -> None:
    """Look at the log first, and lock it only to append."""
    _look_once()
    hold, append = filelock.hold, recorder.Recorder.append

    def append_locked(self: recorder.Recorder, lines: Sequence[bytes], message: str) -> None:
        with hold(self.path + b".lock", 10):
            append(self, lines, message)

    _own(transitions, "hold", _no_lock)
    _own(recorder.Recorder, "append", append_locked)


SABOTEURS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "says early": lambda: None,  # the writer itself sees to that
    "rewrites and renames": rewrite_and_rename,
    "rewrites in place": rewrite_in_place,
    "leaves its lock": lock_that_stays,
    "takes no lock": take_no_lock,
    "decides outside": decide_outside,
}
