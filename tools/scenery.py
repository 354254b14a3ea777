"""Repositories of a given size for the benchmark: missions, tracked files, staged paths, events."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from support import records
from support.clock import Clock
from support.missions import Mission, build_mission, seed
from support.repo import Repo
from support.sealed import sealed_environment


class Scenery:
    """Builds the repositories that rows run in, each once, below a temporary directory."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.lane = cache(self._lane)

    def bare(self, name: str) -> Repo:
        """Return a repository without missions."""
        return self._seeded(name)

    def empty(self) -> Repo:
        """Return a repository without missions and with one staged file."""
        repo = self._seeded("empty")
        repo.git("rm", "-r", "-q", "--ignore-unmatch", "kitty-specs", ".kittify")
        repo.commit("no missions", allow_empty=True)
        repo.write("src/a/new.py", "x = 1\n")
        repo.stage()
        return repo

    def _seeded(self, name: str) -> Repo:
        place = self.top / name
        return seed(Repo.init(place / "repo", sealed_environment(place / "sealed"), Clock()))

    def _lane(
        self, name: str, *, missions: int = 1, tracked: int = 0, staged: int = 1, events: int = 0, target: str = "main"
    ) -> Repo:
        """Return the worktree of a lane with WP01 in progress and `staged` files of its own in the index."""
        repo = self._seeded(name)
        lanes = {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}}
        mission = build_mission(repo, lanes, target_branch=target)
        files = copies(repo, mission, missions - 1)
        files.update({f"files/d{n // 500}/f{n}.txt": b"" for n in range(tracked)})
        if files:
            repo.commit_to(target, files, "more of everything")
            repo.git("reset", "-q", "--hard")
        lane = mission.implement("WP01")
        if events:
            mission.write_log(mission.read_log() + noise(mission, events))
        for number in range(staged):
            lane.write(f"src/a/s{number}.py", "x = 1\n")
        lane.stage()
        return lane


def copies(repo: Repo, mission: Mission, count: int) -> dict[str | bytes, str | bytes]:
    """Return the files of `count` further missions with names and ids of their own."""
    paths = [path for path in repo.tree() if path.startswith(os.fsencode(mission.path) + b"/")]
    originals = {path: repo.show("HEAD", path) for path in paths}
    files: dict[str | bytes, str | bytes] = {}
    for number in range(count):
        repo.clock.tick()
        identity = repo.clock.ulid()
        name = f"other-{number}-{identity[:8]}"
        for path, content in originals.items():
            mine = content.replace(mission.directory.encode(), name.encode())
            new = path.replace(mission.directory.encode(), name.encode())
            files[new] = mine.replace(mission.mission_id.encode(), identity.encode())
    return files


def noise(mission: Mission, count: int) -> bytes:
    """Return `count` transitions of WP02, which another lane has; they leave it planned."""
    circle = ("planned", "claimed", "in_progress")
    moves = [(circle[step % 3], circle[(step + 1) % 3]) for step in range(count - count % 3)]
    return b"".join(records.line(transition(mission, *move)) for move in moves)


def transition(mission: Mission, start: str, to: str) -> records.Record:
    """Return the next transition of WP02."""
    clock, names = mission.clock, (mission.directory, mission.mission_id)
    at, event_id = clock.at(), clock.ulid()
    return records.transition("WP02", start, to, at=at, event_id=event_id, mission_slug=names[0], mission_id=names[1])
