"""Which process is which, over time: its number and when it started, as Spec Kitty's client writes them into claims.

A number alone proves little, since it is given out again; the time is `psutil`'s text of it (formats 2.2).
"""

from __future__ import annotations

import os
import sys

from spec_kitty_hooks.model.record import Record

_START_FIELD = 19  # of /proc/PID/stat, behind the name in brackets: clock ticks after the system's start
_STAT_BYTES = 1 << 20


class Process(Record):
    """A process; `created_at` is "" where the system does not tell when it started."""

    pid: int
    created_at: str = ""


def identify(pid: int) -> Process:
    """Return a process with the time of its start, as far as that can be told."""
    try:
        ticks = int(_read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[_START_FIELD])
        boot = next(line for line in _read("/proc/stat").split(b"\n") if line.startswith(b"btime"))
        return Process(pid=pid, created_at=str(ticks / os.sysconf("SC_CLK_TCK") + float(boot.split()[1])))
    except (OSError, ValueError, IndexError, StopIteration):
        return Process(pid=pid)


def is_running(process: Process) -> bool:
    """Tell whether a recorded process still runs on this machine; what cannot be disproved counts as running."""
    if process.pid <= 0:
        return False
    if sys.platform == "win32":
        return True  # os.kill would end it
    try:
        os.kill(process.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # somebody else's
    now = identify(process.pid).created_at
    return not (process.created_at and now) or process.created_at == now


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(_STAT_BYTES)
