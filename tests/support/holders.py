"""Children that hold a lock, or stop in the middle of a transition, until they are told to go on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from support.hooks import product_root

_TESTS = str(Path(__file__).resolve().parents[1])

#: Holds the lock at a path, waiting for it at most so many seconds.
OURS = """
import os, sys
from spec_kitty_hooks.filelock import LockTimeoutError, hold
try:
    with hold(os.fsencode(sys.argv[1]), float(sys.argv[2])):
        print("in", flush=True)
        sys.stdin.readline()
    print("out", flush=True)
except LockTimeoutError as error:
    print("LOCKED by", error.holder, flush=True)
"""

#: The same with the library that Spec Kitty locks with.
THEIRS = """
import sys
from filelock import FileLock, Timeout
try:
    with FileLock(sys.argv[1], timeout=float(sys.argv[2])):
        print("in", flush=True)
        sys.stdin.readline()
    print("out", flush=True)
except Timeout:
    print("LOCKED", flush=True)
"""

#: The same by the released client itself, for a mission of the repository that this runs in.
CLIENTS = """
import sys
from pathlib import Path
from specify_cli.status.locking import FeatureStatusLockTimeoutError, feature_status_lock
try:
    with feature_status_lock(Path.cwd(), sys.argv[1], timeout=float(sys.argv[2])):
        print("in", flush=True)
        sys.stdin.readline()
    print("out", flush=True)
except FeatureStatusLockTimeoutError:
    print("LOCKED", flush=True)
"""

#: Stops before a function is called for the first time (module, owner, name), and goes on with what follows.
STOPPING = """
import sys
from importlib import import_module

def stop_before(module, owner, name):
    place = getattr(import_module(module), owner) if owner else import_module(module)
    real = getattr(place, name)
    def stopped(*args, **words):
        setattr(place, name, real)
        print("in", flush=True)
        sys.stdin.readline()
        return real(*args, **words)
    setattr(place, name, stopped)

stop_before(*sys.argv[1:4])
del sys.argv[1:4]
"""

#: Makes one transition (the words of its request as JSON), and says the outcome or the code of the refusal.
MOVE = """
import json, os, sys
from datetime import UTC, datetime
from spec_kitty_hooks import transitions
from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.overview import Overview
with Git.open(None, os.environ, hook=False) as git:
    mission, request = Overview(git).list_missions()[0][0], Request(**json.loads(sys.argv[1]))
    try:
        done = transitions.transition(git, os.environ, mission, request, now=datetime.now(UTC), commit=False)
        print(done.outcome, flush=True)
    except HooksError as error:
        print(error.code, flush=True)
"""


class Holder:
    """A child that says `in` when it is where it was sent, goes on when told to, and says one more word at its end."""

    def __init__(
        self,
        code: str,
        *words: str | Path,
        env: Mapping[str, str],
        cwd: Path | None = None,
        python: str = sys.executable,
    ) -> None:
        place = {"PYTHONPATH": os.pathsep.join((str(product_root()), _TESTS))} if python == sys.executable else {}
        self._process = subprocess.Popen(
            [python, "-c", code, *map(str, words)],
            env={**env, **place},
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def arrive(self) -> Self:
        """Wait until it is where it was sent."""
        word = self.hear()
        assert word == "in", word or self._process.communicate()[1]
        return self

    def hear(self) -> str:
        """Return the next line that it says, "" at its end."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go_on(self) -> str:
        """Let it go on to its end; return its last line."""
        out, error = self._process.communicate("\n")
        assert not error, error
        return out.strip()

    def send(self, signal_number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(signal_number)

    def kill(self) -> None:
        """Kill it and wait for its end."""
        self._process.kill()
        self._process.communicate()
