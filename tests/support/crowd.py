"""Many writers of one repository at once, in processes that one other process forks, kills and listens to.

Everything is imported once, in that process (`support.crowdmain`); a writer costs a fork. What it heard comes back as
a `Story`; whether that story is true is for tests to say, from the logs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.hooks import product_root
from support.ledger import Ledger
from support.missions import Mission, build_mission
from support.repo import Repo

#: One way around that needs nothing but a reason, and starts with a claim.
CYCLE = {"planned": "claimed", "claimed": "blocked", "blocked": "in_progress", "in_progress": "planned"}


@dataclass
class Story:
    """What the writers said. `acknowledged` are event ids, each at most once; `answers` counts every other answer.

    `present` counts the retries that were told that the killed writer had got its event into the log. `rounds` holds
    the answers of the racers, round by round. `stuck` says that a lock was left behind; `seconds` is how long writers
    took from the start of all to the end of the last.
    """

    acknowledged: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    tracebacks: list[str] = field(default_factory=list)
    rounds: list[list[str]] = field(default_factory=list)
    kills: int = 0
    present: int = 0
    stuck: bool = False
    seconds: float = 0.0


def crowd(repo: Repo, kind: str, missions: Sequence[Mission], **wanted: Any) -> Story:
    """Let a crowd loose; `wanted` are further keys of `crowdmain.Job`."""
    job = {"kind": kind, "repo": str(repo.path), "missions": [mission.directory for mission in missions], **wanted}
    place = os.pathsep.join((str(product_root()), str(Path(__file__).resolve().parents[1])))
    ran = subprocess.run(
        [sys.executable, "-m", "support.crowdmain"],
        env={**_uncovered(repo.env), "PYTHONPATH": place},
        input=json.dumps(job).encode(),
        check=False,
        capture_output=True,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return Story(**json.loads(ran.stdout))


def _uncovered(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which nobody measures: who is killed has nothing to tell, and the others are many."""
    return {name: value for name, value in env.items() if not name.startswith("COVERAGE_")}


def crowded(repo: Repo, missions: int, packages: int) -> list[Mission]:
    """Build missions with work packages for a crowd, all planned."""
    owned = {f"WP{number:02}": [f"src/{number}/**"] for number in range(1, packages + 1)}
    return [build_mission(repo, {"lane-a": owned}, slug=f"crowd-{number}") for number in range(missions)]


def read_ledger(mission: Mission) -> Ledger:
    """Read a mission's log in the primary checkout."""
    return Ledger.read(mission.repo.path / mission.log_path)


def read_copy(mission: Mission) -> Ledger:
    """Read what was acknowledged of a mission, from the copy beside git's own files, if anything was."""
    place = mission.repo.common_dir() / "spec-kitty-hooks" / f"{mission.mission_id}.journal"
    return Ledger.read(place) if place.exists() else Ledger(b"")
