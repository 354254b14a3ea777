"""Writers that take the kernel at its word, each in one place: whoever kills, fails or cuts them off has to find it.

A function changes the product in the process that calls it, which has to be a child of its own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from spec_kitty_hooks import recorder, transitions
from spec_kitty_hooks.git import checkouts, writing
from spec_kitty_hooks.mission import journal
from spec_kitty_hooks.mission.journal import OpenLog

Say = Callable[[str], object]


def acknowledge_before_sync(say: Say) -> None:
    """Tell of success when the write has returned, and flush only then."""

    def write(self: OpenLog, descriptor: int, addition: bytes) -> int:
        start = real(self, descriptor, addition)
        say("ACK early")
        return start

    real = OpenLog._write
    _own(OpenLog, "_write", write)


def rewrite_the_whole_file(_say: Say) -> None:
    """Cut the file to nothing and write it anew with the addition."""

    def write(self: OpenLog, descriptor: int, addition: bytes) -> int:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, self.data + addition)
        return len(self.data)

    _own(OpenLog, "_write", write)


def write_in_two_pieces(_say: Say) -> None:
    """Write the first half of a line and then the other."""

    def write(self: OpenLog, descriptor: int, addition: bytes) -> int:
        half = len(addition) // 2
        start = real(self, descriptor, addition[:half])
        real(self, descriptor, addition[half:])
        return start

    real = OpenLog._write
    _own(OpenLog, "_write", write)


def forget_ids(_say: Say) -> None:
    """Do not see that the event of a retry is there."""

    def begin(self: Any, *arguments: Any) -> None:
        real(self, *arguments)
        if self._view.log is not None:
            events = tuple(event for event in self._view.log.events if event.event_id != self._request.event_id)
            self._view = self._view.replace(log=self._view.log.replace(events=events))

    real = transitions._Transition.__init__
    _own(transitions._Transition, "__init__", begin)


def swallow_errors(_say: Say) -> None:
    """Take a flush that failed for one that did not."""
    _own(journal, "os", _Module(fsync=_try_once))


def sync_again(_say: Say) -> None:
    """Flush once more where a flush failed."""

    def sync(descriptor: int) -> None:
        try:
            os.fsync(descriptor)
        except OSError:
            os.fsync(descriptor)

    _own(journal, "os", _Module(fsync=sync))


def call_it_refused(_say: Say) -> None:
    """Let an error after the write pass for one before it."""

    def doubt(_path: bytes, _reason: object) -> OSError:
        return OSError(5, "Input/output error")

    _own(journal, "_doubt", doubt)


def let_close_fail(_say: Say) -> None:
    """Let an error of `close` pass for one of the write."""
    _own(journal, "_close", os.close)


def skip_sync(_say: Say) -> None:
    """Flush neither the log nor its directory."""
    _own(journal, "os", _Module(fsync=_do_nothing))
    skip_directory_sync(_say)


def skip_directory_sync(say: Say) -> None:
    """Do not flush the name of a new log."""
    leave_status_alone(say)
    _own(journal, "sync_directory", _do_nothing)


def leave_status_alone(_say: Say) -> None:
    """Do not write status.json: by chance its own flush is one of the log's directory. Nothing is broken by that."""
    _own(recorder.Recorder, "settle", _do_nothing)


def sync_the_directory_of_a_new_log_only(say: Say) -> None:
    """Flush the name of a log where this call made it, and not where one did that was killed."""

    def open_log(path: bytes) -> Any:
        if os.path.exists(path):
            _own(journal, "sync_directory", _do_nothing)
        return real(path)

    leave_status_alone(say)
    real = journal.open_log
    _own(journal, "open_log", open_log)


def let_git_be_lazy(_say: Say) -> None:
    """Let git flush nothing."""
    for module in (writing, checkouts):
        _own(module, "WRITING", ("-c", "core.fsync=none"))


def trust_what_is_there(_say: Say) -> None:
    """Vouch for an event that an earlier call wrote, without bringing it to the disk."""
    _own(OpenLog, "confirm", _do_nothing)


def sync_what_is_there(_say: Say) -> None:
    """Flush again what an earlier call wrote, without writing it again."""

    def confirm(self: OpenLog, _lines: Sequence[bytes]) -> None:
        assert self.descriptor is not None
        os.fsync(self.descriptor)

    _own(OpenLog, "confirm", confirm)


def skip_readback(_say: Say) -> None:
    """Believe what the kernel says of a write."""

    def append(self: OpenLog, lines: Sequence[bytes]) -> bytes:
        if self.descriptor is None:
            return real(self, lines)
        addition = b"".join(line + b"\n" for line in lines)
        self._write(self.descriptor, addition)
        os.fsync(self.descriptor)
        return self.data + addition

    real = OpenLog.append
    _own(OpenLog, "append", append)


def keep_a_part(_say: Say) -> None:
    """Leave what a full disk took of a line."""
    _own(journal, "os", _Module(ftruncate=_do_nothing))


def cut_unseen(_say: Say) -> None:
    """Cut off as many bytes as the kernel says it took, whoever wrote them."""

    def read(_descriptor: int, _size: int, _start: int) -> Any:
        return _Anything()

    _own(journal, "os", _Module(pread=read))


class _Anything:
    """Equals all."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class _Module:
    """The module `os` with some functions replaced."""

    def __init__(self, **functions: Callable[..., Any]) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> Any:
        return self._functions.get(name) or getattr(os, name)


def _try_once(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.fsync(descriptor)


def _do_nothing(*_arguments: Any, **_options: Any) -> None:
    pass


def _own(target: Any, name: str, function: object) -> None:
    setattr(target, name, function)


_BY_PURPOSE: tuple[tuple[Callable[[Say], None], ...], ...] = (
    (acknowledge_before_sync, rewrite_the_whole_file, write_in_two_pieces, forget_ids),
    (swallow_errors, sync_again, call_it_refused, let_close_fail),
    (skip_sync, skip_directory_sync, sync_the_directory_of_a_new_log_only, leave_status_alone, let_git_be_lazy),
    (trust_what_is_there, sync_what_is_there, skip_readback, keep_a_part, cut_unseen),
)
VARIANTS = {function.__name__: function for functions in _BY_PURPOSE for function in functions}
