"""Runs a program for a limited time, with everything that it starts, where nobody can be asked for a password.

Off the commit path: the only children that may wait for a network, and nothing here knows git.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_kitty_hooks.git.process import Argument

_GRACE = 1.0  # seconds for the whole group to remove its lock files
_PAUSE = 0.01


class Ended(Record):
    """A program that ended: exit code (None if its time was up), and the end of what it said on both streams."""

    rc: int | None
    said: bytes


def run_bounded(argv: Sequence[Argument], environ: Mapping[str, str], seconds: float) -> Ended:
    """Run `argv` for at most `seconds`, then end its whole process group. Raises OSError if it cannot be started.

    It gets a session of its own, without a terminal, and no input: ssh then asks nobody, and Ctrl-C reaches only us.
    """
    with tempfile.TemporaryFile() as said:  # a pipe would be held open by what escapes the group
        words = [os.fsencode(word) for word in argv]
        process = subprocess.Popen(
            words, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
        try:
            rc: int | None = process.wait(seconds)
        except subprocess.TimeoutExpired:
            rc = None
            _end(process)
        except BaseException:
            _end(process)
            raise
        said.seek(max(0, said.seek(0, os.SEEK_END) - limits.SAID_BYTES))
        return Ended(rc=rc, said=said.read())


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group: asked first, as a git killed at once leaves its lock files behind."""
    _signal(process.pid, signal.SIGTERM)
    end = time.monotonic() + _GRACE
    while time.monotonic() < end and _signal(process.pid, 0):
        process.poll()
        time.sleep(_PAUSE)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; tell whether anybody is left in it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False
