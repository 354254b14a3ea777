"""Runs the command line in forks of a process that has loaded what we import from others, and nothing of ours.

Each run is a process of its own, with its own directory, environment and files, that imports the package under test
anew: what is saved is the loading of click, pydantic, pygit2 and rich, three quarters of the time of most commands.
"""

from __future__ import annotations

import os
import pickle
import runpy
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

#: What a fork cannot take over, because an interpreter reads it when it starts.
_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC")
_LOADED = (
    *("click", "pydantic", "pygit2", "yaml", "email.message", "uuid", "zoneinfo", "importlib.metadata", "subprocess"),
    *("tempfile", "shutil", "logging", "datetime", "json", "rich.console", "rich.table", "rich.text", "coverage"),
)
_COUNT = struct.Struct("!I")
_CODE = struct.Struct("!i")


def can_fork(env: Mapping[str, str]) -> bool:
    """Tell whether a run with `env` laid over the sealed environment may be a fork, which has none of our limits."""
    if not hasattr(socket, "send_fds") or any(name.startswith(_AT_START) for name in env):
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def run(
    words: Sequence[str], *, cwd: str | Path, env: Mapping[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `python -P -m spec_kitty_hooks WORDS` and return what became of it; -N is the signal that ended it."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        code = _ask((list(words), str(cwd), dict(env)), (given, out, err))
        return subprocess.CompletedProcess(list(words), code, _read(out), _read(err))


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _ask(request: object, files: Sequence[BinaryIO]) -> int:
    line = _server()
    data = pickle.dumps(request)
    socket.send_fds(line, [_COUNT.pack(len(data))], [file.fileno() for file in files])
    line.sendall(data)
    answer = line.recv(_CODE.size, socket.MSG_WAITALL)
    assert len(answer) == _CODE.size, "the process that forks is gone"
    code: int = _CODE.unpack(answer)[0]
    return code


@cache
def _server() -> socket.socket:
    """Start the process that forks; it ends when this one does."""
    ours, theirs = socket.socketpair()
    place = Path(__file__).parent
    call = f"import sys; sys.path[:0] = {[str(place.parent)]!r}; from support import forking; forking.serve()"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", *_AT_START))}
    theirs.set_inheritable(True)
    command = [sys.executable, "-P", "-c", call, str(theirs.fileno())]
    os.posix_spawn(sys.executable, command, {**env, "LC_ALL": "C.UTF-8"})
    theirs.close()
    return ours


def serve() -> None:
    """Answer requests until nobody is left to ask; each is run by a fork, which leaves through here as itself."""
    line = socket.socket(fileno=int(sys.argv[1]))
    for name in _LOADED:
        try:
            import_module(name)
        except ModuleNotFoundError:
            continue
    while True:
        head, files, _flags, _address = socket.recv_fds(line, _COUNT.size, 3)
        if not head:
            return
        request = pickle.loads(line.recv(_COUNT.unpack(head)[0], socket.MSG_WAITALL))
        child = os.fork()
        if not child:
            line.close()
            _become(files, *request)
            return
        for file in files:
            os.close(file)
        line.sendall(_CODE.pack(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def _become(files: Sequence[int], words: list[str], cwd: str, env: dict[str, str]) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.path.remove(str(Path(__file__).parent.parent))
    sys.argv = ["spec_kitty_hooks", *words]
    if coverage := sys.modules.get("coverage"):
        coverage.process_startup()  # as coverage's own .pth file does in a new process
    runpy.run_module("spec_kitty_hooks", run_name="__main__", alter_sys=True)
