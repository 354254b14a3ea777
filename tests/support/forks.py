"""Children that have everything imported already, stopped at the door until somebody has taken hold of them.

One server process forks them one after the other, so that a run costs milliseconds and no import is traced, killed or
made to fail. A child's own children are waited for too: when its end is told, nothing of it is at work any more.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_ROOT = Path(__file__).resolve().parents[2]
_SERVE = "import sys; sys.path[:0] = sys.argv[1:3]; from support.forks import serve; serve(sys.argv[3])"
_SET_CHILD_SUBREAPER = 36
_SET_PTRACER = 0x59616D61
_ANYBODY = ctypes.c_ulong(-1)

Pipe = tuple[int, int]


@dataclass(frozen=True)
class Ended:
    """How a child ended: exit code (minus the signal that killed it), the lines that it said, and its error stream."""

    code: int
    said: tuple[str, ...]
    error: str


def leave_unmeasured(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without coverage: who is killed has none to tell, and others would mostly do that."""
    return {name: value for name, value in environ.items() if not name.startswith("COVERAGE_")}


class Forks:
    """A server whose children do what the module `acts` knows. A context manager.

    Its `prepare(name, words, say)` returns a function that returns an exit code; `say` is heard even if the child is
    killed after it.
    """

    def __init__(self, acts: str, environ: Mapping[str, str]) -> None:
        env = leave_unmeasured(environ)
        command = [sys.executable, "-I", "-B", "-c", _SERVE, str(_ROOT), str(_ROOT / "tests"), acts]
        pipe = subprocess.PIPE
        self._server = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env, start_new_session=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self._server.communicate()

    def start(self, act: str, **words: Any) -> int:
        """Fork a child for an act, and return its process id; it waits for `finish`."""
        self._tell({"act": act, "words": words})
        return int(self._hear())

    def finish(self) -> Ended:
        """Let the child go, and return how it ended."""
        self._tell({})
        found = json.loads(self._hear())
        return Ended(found["code"], tuple(found["said"].splitlines()), found["error"])

    def run(self, act: str, **words: Any) -> Ended:
        """Do an act without taking hold of it."""
        self.start(act, **words)
        return self.finish()

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(what) + "\n")
        self._server.stdin.flush()

    def _hear(self) -> str:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, "the server of children has ended"
        return line


def serve(acts: str) -> None:
    """Fork children until the input ends: a request line brings a process id, the next line how it ended."""
    module = importlib.import_module(acts)
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        door, ready, said, error = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        pid = os.fork()
        if not pid:
            _be_child(module, request, door, ready, said, error)
        for end in (door[0], ready[1], said[1], error[1]):
            os.close(end)
        _read(ready[0])
        print(pid, flush=True)  # noqa: T201 (the answer)
        sys.stdin.readline()
        with contextlib.suppress(BrokenPipeError):  # it ended before it was ready
            os.write(door[1], b".")
        os.close(door[1])
        answer = {"said": _read(said[0]), "error": _read(error[0]), "code": _reap(pid)}
        print(json.dumps(answer), flush=True)  # noqa: T201 (the answer)


def _be_child(module: Any, request: dict[str, Any], door: Pipe, ready: Pipe, said: Pipe, error: Pipe) -> None:
    os.dup2(error[1], 2)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    for end in (door[1], ready[0], said[0], error[0], error[1]):
        os.close(end)
    code = 70
    try:
        act = module.prepare(request["act"], request["words"], lambda text: os.write(said[1], f"{text}\n".encode()))
        ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY, 0, 0, 0)
        os.close(ready[1])
        os.readv(door[0], [bytearray(1)])  # a call that nothing else makes: where it returns, the act begins
        code = act()
    except BaseException:  # noqa: BLE001 (whatever it was, it has to be told)
        os.write(2, traceback.format_exc().encode())
    os._exit(code)


def _read(end: int) -> str:
    parts = []
    while part := os.read(end, 1 << 16):
        parts.append(part)
    os.close(end)
    return b"".join(parts).decode("utf-8", "replace")


def _reap(pid: int) -> int:
    """Wait for a child and for all that it left behind; return its exit code."""
    code = 0
    while True:
        try:
            ended, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return code
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
