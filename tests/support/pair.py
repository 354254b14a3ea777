"""One mission driven twice by the released client: as it is, and with our hooks, block mode and a team's hook.

Both are built once for all tests and all workers of a run of the suite.
"""

from __future__ import annotations

import fcntl
import shlex
import sys
from pathlib import Path

from support.peer import Client, Whole, Witness
from support.sealed import sealed_environment

#: Makes our hooks refuse, and takes upstream's guard at its word; committed before the mission starts.
_POLICY = "policy:\n  commit_guard:\n    mode: block\n"

_INSTALL = """
import os, sys
from spec_kitty_hooks.install import install
report = install(None, python=sys.argv[1], environ=os.environ)
sys.exit(report.problem)
"""


class Pair:
    """The two missions of one topology: `plain` and `hooked`; `witness` saw every run of our hooks in the latter."""

    def __init__(self, place: Path, topology: str) -> None:
        self._place = place
        self.topology = topology
        self.plain = Whole(place / "plain", topology)
        self.hooked = Whole(place / "hooks", topology)  # as long a name, so that the client wraps its lines alike
        self.witness = Witness(place / "witness")
        self._marks = place / "team-ran"

    @property
    def team(self) -> bytes:
        """The team's own pre-commit hook: it says nothing, and leaves a mark for each run."""
        return b"#!/bin/sh\necho ran >> %s\n" % shlex.quote(str(self._marks)).encode()

    def team_runs(self) -> int:
        """Return how often the team's own hook ran."""
        return len(self._marks.read_text().splitlines())

    def build(self, script: Path, python: str) -> None:
        """Drive both missions side by side, unless another worker has; raises AssertionError if the plain one stops."""
        with self._place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self._place / "done"
            if not done.exists():
                self._drive(script, python)
                done.touch()

    def _drive(self, script: Path, python: str) -> None:
        team = self._place / "team"
        team.write_bytes(self.team)
        prepare = " && ".join(
            (
                "mkdir -p .git/hooks",
                f"cp {shlex.quote(str(team))} .git/hooks/pre-commit",
                "chmod 755 .git/hooks/pre-commit",
                f"printf %s {shlex.quote(_POLICY)} >> .kittify/config.yaml",
                shlex.join([sys.executable, "-I", "-c", _INSTALL, str(self.witness.path)]),
            )
        )
        started = []
        for whole, steps in ((self.plain, "true"), (self.hooked, prepare)):
            client = Client(python, sealed_environment(whole.root / "sealed"))
            started.append((whole, whole.start(script, client, steps)))
        codes = [process.wait() for _whole, process in started]
        assert codes[0] == 0, self.plain.story()  # what becomes of the other one is for tests to say
