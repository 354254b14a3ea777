"""Objects by the thousand through one `git cat-file --batch`.

Speaks that protocol and nothing else; what a name may look like is decided by its caller.
"""

from __future__ import annotations

import os

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.git.reader import GitObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_kitty_hooks.git.process import Child
    from spec_kitty_hooks.git.program import Program

#: Unanswered requests are never more bytes than the smallest pipe holds (POSIX: 512, every system today: 4,096), so
#: that writing them cannot block while git waits for us to read.
_WINDOW = 4096
_CHUNK = 1 << 18
_DEATHS = 256  # a partial clone may kill it once for each object that is not here; more is something else
_NO_OBJECT = (b" missing", b" ambiguous", b" submodule")


class _Gone(Exception):  # noqa: N818 (it never leaves this file)
    """The process ended in the middle of an answer, or said something that is not an answer."""


class Batch:
    """The persistent process; it starts at the first question, and again after it died."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._child: Child | None = None
        self._buffer = bytearray()
        self._deaths = 0

    def ask(self, names: Sequence[bytes], limit: int) -> list[GitObject | None]:
        """Return the objects of `names` (no newline in them), in order; None for what is not here.

        An object larger than `limit` bytes comes back without its data. A name that kills git (partial clone, no
        network) is None as well. Raises RepositoryError if git keeps dying.
        """
        answers: list[GitObject | None] = []
        while len(answers) < len(names):
            before, fresh = len(answers), self._child is None
            window = _take_window(names, before)
            try:
                self._send(window)
                for _name in window:
                    answers.append(self._receive(limit))  # noqa: PERF401 (what came before a death is kept)
            except (_Gone, BrokenPipeError):
                self._bury()
                if fresh or len(answers) > before:  # else it may have died earlier, and the name is innocent
                    answers.append(None)
            except BaseException:
                self.close()  # answers are still on their way: nobody may read them as the next ones
                raise
        return answers

    def close(self) -> None:
        """End the process; a later question starts another one."""
        child, self._child = self._child, None
        self._buffer.clear()
        if child is not None:
            child.stop()

    def _bury(self) -> None:
        self.close()
        self._deaths += 1
        if self._deaths > _DEATHS:
            raise RepositoryError(UNSUPPORTED, "git cat-file keeps failing in this repository", ("git fsck",))

    def _send(self, names: Sequence[bytes]) -> None:
        if self._child is None:
            self._child = self._program.start("cat-file", "--batch")
        request = memoryview(b"".join(name + b"\n" for name in names))
        while request:
            request = request[os.write(self._child.stdin, request) :]

    def _receive(self, limit: int) -> GitObject | None:
        line = self._read_line()
        if line.endswith(_NO_OBJECT):
            return None
        try:
            oid, kind, digits = line.decode("ascii").split(" ")
            size = int(digits)
        except ValueError:
            raise _Gone from None
        data = self._read_data(size, limit)
        return GitObject(oid=oid, kind=kind, data=data, size=size, truncated=size > limit)

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            self._fill()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _read_data(self, size: int, limit: int) -> bytes:
        rest = size + 1  # git ends the content with a newline of its own
        while size > limit and rest > len(self._buffer):
            rest -= len(self._buffer)
            self._buffer.clear()
            self._fill()
        while len(self._buffer) < rest:
            self._fill()
        data = bytes(self._buffer[:size]) if size <= limit else b""
        del self._buffer[:rest]
        return data

    def _fill(self) -> None:
        part = os.read(self._child.stdout, _CHUNK) if self._child is not None else b""
        if not part:
            raise _Gone
        self._buffer += part


def _take_window(names: Sequence[bytes], first: int) -> Sequence[bytes]:
    """Return at least one name from `first` on, and as many as fit."""
    last, size = first, 0
    while last < len(names) and (last == first or size + len(names[last]) < _WINDOW):
        size += len(names[last]) + 1
        last += 1
    return names[first:last]
