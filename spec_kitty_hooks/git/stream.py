"""Listens to a child that is fed at the same time, without ever holding all that it says.

Starts the program that it is given; nothing here knows git.
"""

from __future__ import annotations

import os
import select

from spec_kitty_hooks.git.process import feed, run_portably, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_kitty_hooks.git.process import Argument, Child

_CHUNK = 1 << 16


class ChildError(Exception):
    """A child ended badly; `rc` is its exit code, as in Completed."""

    def __init__(self, rc: int) -> None:
        super().__init__(f"exit code {rc}")
        self.rc = rc


def stream(argv: Sequence[Argument], environ: Mapping[str, str], stdin: bytes) -> Iterator[bytes]:
    """Run `argv`, a program that only reads, and yield what it says while it is fed; to close the iterator ends it.

    Raises OSError if it cannot be started, and ChildError after all that it said if its exit code is not 0.
    """
    if hasattr(select, "poll"):
        child = start(argv, environ)
        try:
            yield from _converse(child, stdin)
        except BaseException:
            child.stop()
            raise
        rc = child.wait()
    else:  # Windows
        done = run_portably(argv, environ, stdin)
        yield done.out
        rc = done.rc
    if rc:
        raise ChildError(rc)


def _converse(child: Child, data: bytes) -> Iterator[bytes]:
    """Feed `data` and yield what comes back, each as far as the pipes go: neither side can stop the other."""
    os.set_blocking(child.stdin, False)
    poll = select.poll()
    poll.register(child.stdout, select.POLLIN)
    poll.register(child.stdin, select.POLLOUT)
    rest = memoryview(data)
    while True:
        for fd, _event in poll.poll():
            if fd == child.stdin:
                rest = rest[feed(fd, rest) :]
                if not rest:
                    poll.unregister(fd)
                    child.hang_up()
            elif part := os.read(fd, _CHUNK):
                yield part
            else:
                return
