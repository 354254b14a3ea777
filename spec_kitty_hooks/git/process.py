"""Child processes without `subprocess`, whose import costs more than the interpreter itself (latency 4).

Starts the program that it is given, never through a shell; nothing here knows git.
"""

from __future__ import annotations

import os
import select
import time

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    Argument = bytes | str

SIGKILL, SIGTERM = 9, 15  # the `signal` module would import enum
_GRACE = 2.0  # seconds for an interrupted child to end by itself
_PAUSE = 0.005
_CHUNK = 1 << 16


class Completed(Record):
    """A child that ended: exit code (minus the signal number if one killed it), standard output and error."""

    rc: int
    out: bytes
    err: bytes


class Child:
    """A running child: `stdin` and `stdout` are descriptors of ours, its error stream goes nowhere."""

    def __init__(self, stdin: int, stdout: int, process: int | subprocess.Popen[bytes]) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self._process = process

    def hang_up(self) -> None:
        """Let the child see the end of its input."""
        if self.stdin >= 0:
            os.close(self.stdin)
        self.stdin = -1

    def wait(self) -> int:
        """Let the child end by itself, and return its exit code. Either this or `stop` is to be called, once."""
        self.hang_up()
        os.close(self.stdout)
        if isinstance(self._process, int):
            return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
        return self._process.wait()

    def stop(self) -> None:
        """End the child at once and reap it: for children that only read. To be called once."""
        self.hang_up()
        os.close(self.stdout)
        if isinstance(self._process, int):
            _kill(self._process)
        else:
            self._process.kill()
            self._process.wait()


def run(argv: Sequence[Argument], environ: Mapping[str, str], stdin: bytes = b"") -> Completed:
    """Run `argv` (the absolute path of a program first) to its end. Raises OSError if it cannot be started."""
    if not hasattr(os, "posix_spawn"):
        return run_portably(argv, environ, stdin)
    opened: list[int] = []
    try:
        source, output, errors = _pipe(opened), _pipe(opened), _pipe(opened)
        pid = _spawn(argv, environ, source[0], output[1], errors[1])
        try:
            for fd in (source[0], output[1], errors[1]):
                _close(fd, opened)
            out, err = _exchange(source[1], stdin, output[0], errors[0], opened)
        except BaseException:
            _interrupt(pid)
            raise
        return Completed(rc=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out=out, err=err)
    finally:
        for fd in opened:
            os.close(fd)


def start(argv: Sequence[Argument], environ: Mapping[str, str]) -> Child:
    """Start `argv` (the absolute path of a program first). Raises OSError if it cannot be started."""
    opened: list[int] = []
    try:
        source, output = _pipe(opened), _pipe(opened)
        process = _launch(argv, environ, source[0], output[1])
        opened = [source[0], output[1]]
        return Child(source[1], output[0], process)
    finally:
        for fd in opened:
            os.close(fd)


def run_portably(argv: Sequence[Argument], environ: Mapping[str, str], stdin: bytes) -> Completed:
    """Do what `run` does where there is no posix_spawn (Windows)."""
    import subprocess

    words = [os.fsdecode(word) for word in argv]
    done = subprocess.run(words, env=environ, input=stdin, capture_output=True, check=False)
    return Completed(rc=done.returncode, out=done.stdout, err=done.stderr)


def launch_portably(
    argv: Sequence[Argument], environ: Mapping[str, str], stdin: int, stdout: int
) -> subprocess.Popen[bytes]:
    """Start a child between two descriptors where there is no posix_spawn (Windows)."""
    import subprocess

    words = [os.fsdecode(word) for word in argv]
    return subprocess.Popen(words, env=environ, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)


def _launch(
    argv: Sequence[Argument], environ: Mapping[str, str], stdin: int, stdout: int
) -> int | subprocess.Popen[bytes]:
    if not hasattr(os, "posix_spawn"):
        return launch_portably(argv, environ, stdin, stdout)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        return _spawn(argv, environ, stdin, stdout, nowhere)
    finally:
        os.close(nowhere)


def _spawn(argv: Sequence[Argument], environ: Mapping[str, str], stdin: int, stdout: int, stderr: int) -> int:
    # Every other descriptor of ours closes on exec (PEP 446); dup2 takes that mark off 0, 1 and 2.
    streams = ((stdin, 0), (stdout, 1), (stderr, 2))
    actions = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in streams]
    return os.posix_spawn(argv[0], list(argv), environ, file_actions=actions)


def _interrupt(pid: int) -> None:
    """End a child that may be writing: killed at once, git would leave its lock files to everybody after us."""
    os.kill(pid, SIGTERM)
    end = time.monotonic() + _GRACE
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(_PAUSE)
    _kill(pid)


def _kill(pid: int) -> None:
    os.kill(pid, SIGKILL)
    os.waitpid(pid, 0)


def _pipe(opened: list[int]) -> tuple[int, int]:
    """Return a new pipe. A closed descriptor 0, 1 or 2 is filled first: an end that landed there would be lost."""
    while (fd := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(fd)
    ends = os.pipe()
    opened.extend(ends)
    return ends


def _close(fd: int, opened: list[int]) -> None:
    opened.remove(fd)
    os.close(fd)


def _exchange(sink: int, data: bytes, output: int, errors: int, opened: list[int]) -> tuple[bytes, bytes]:
    """Feed `data` and collect both streams as they come, so that no full pipe can stop either side."""
    collected: dict[int, list[bytes]] = {output: [], errors: []}
    poll = select.poll()
    poll.register(output, select.POLLIN)
    poll.register(errors, select.POLLIN)
    os.set_blocking(sink, False)
    poll.register(sink, select.POLLOUT)
    rest = memoryview(data)
    waiting = 3
    while waiting:
        for fd, _event in poll.poll():
            if fd == sink:
                rest = rest[feed(sink, rest) :]
                ended = not rest
            else:
                part = os.read(fd, _CHUNK)
                collected[fd].append(part)
                ended = not part
            if ended:
                waiting -= 1
                poll.unregister(fd)
                _close(fd, opened)
    return b"".join(collected[output]), b"".join(collected[errors])


def feed(sink: int, rest: memoryview) -> int:
    """Write as much of `rest` as a pipe takes at once, and return how much; all of it if nobody reads any more."""
    try:
        return os.write(sink, rest[:_CHUNK]) if rest else 0
    except BrokenPipeError:
        return len(rest)  # the child has read all that it wants
