"""One line of the benchmark: a command in a place, and how long it took each time."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from support.repo import Repo


@dataclass
class Row:
    """One command to time. `prepare` runs before each round, outside the clock."""

    name: str
    command: list[str]
    place: Repo
    env: dict[str, str]
    prepare: Callable[[], object] = lambda: None
    seconds: list[float] = field(default_factory=list)

    def run(self, check: bool = False) -> None:
        """Run once and keep the time; with `check` show what went wrong instead of timing a failure."""
        self.prepare()
        env = {**self.place.env, **self.place.clock.dates(), **self.env}
        output = subprocess.PIPE if check else subprocess.DEVNULL
        began = time.perf_counter()
        done = subprocess.run(
            self.command,
            cwd=self.place.path,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
        took = time.perf_counter() - began
        if check and done.returncode:
            raise SystemExit(f"{self.name}: exit {done.returncode}\n{os.fsdecode(done.stdout + done.stderr)}")
        if not check:
            self.seconds.append(took)
