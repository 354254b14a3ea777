"""Places where something is wrong, as the remedies of findings are tried in them, and what makes one of a mission."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import records
from support.hooks import cli
from support.judging import stage
from support.missions import Mission
from support.repo import Repo

OWN, FOREIGN = "src/a/x.py", "src/b/x.py"


@dataclass
class Trouble:
    """A place where something is wrong: `place` is judged, `mission` was built; the rest is what a person knows."""

    place: Repo
    mission: Mission
    known: dict[str, Any] = field(default_factory=dict)
    args: tuple[str, ...] = ("check", "--staged", "--json")

    def judge(self, code: str) -> list[dict[str, Any]]:
        """Return the findings of one code."""
        report = json.loads(cli(self.place, *self.args).stdout)
        found = report.get("findings", [report.get("error", report)])
        return [finding for finding in found if (finding.get("diagnostic_code") or finding.get("code")) == code]

    @property
    def primary(self) -> Repo:
        return self.mission.repo


Build = Callable[[Mission, Path], Trouble]
#: The situations in which each code is found.
Situations = dict[str, list[Build]]


def noting(table: Situations) -> Callable[[str], Callable[[Build], Build]]:
    """Return what says that a function builds a situation in which a code is found, and puts it into `table`."""

    def situation(code: str) -> Callable[[Build], Build]:
        def note(build: Build) -> Build:
            table.setdefault(code, []).append(build)
            return build

        return note

    return situation


def on_lane(mission: Mission, *paths: str) -> Trouble:
    """Stage changes of these paths in lane-a."""
    place = mission.lane_worktree("lane-a")
    stage(place, *paths)
    return Trouble(place, mission)


def publish(mission: Mission, tmp: Path) -> Repo:
    """Put all branches on a bare origin that the primary checkout tracks, and return it."""
    origin = mission.repo.clone(tmp / "origin.git", "--bare")
    mission.repo.add_remote("origin", origin)
    mission.repo.git("fetch", "-q", "origin")
    return origin


def event(mission: Mission, wp_id: str, start: str, end: str, **fields: Any) -> bytes:
    """Return one more line of a mission's log."""
    names = {"mission_slug": mission.directory, "mission_id": mission.mission_id}
    stamp = {"at": mission.clock.at(), "event_id": mission.clock.ulid()}
    return records.line(records.transition(wp_id, start, end, **{**names, **stamp, **fields}))


def stage_log(mission: Mission, content: bytes, place: Repo | None = None) -> Trouble:
    """Stage `content` as the log on the target branch; what it was is known."""
    place = place or mission.repo
    before = place.read(mission.log_path)
    place.write(mission.log_path, content)
    place.stage(mission.log_path)
    return Trouble(place, mission, {"before": before})
