"""A mission that has been worked on, for the tests of what builds missions."""

from __future__ import annotations

import json
from pathlib import Path

from support.clock import Clock
from support.missions import Mission, build_mission, many_missions, seed
from support.repo import Repo
from support.sealed import sealed_environment

TOPOLOGIES = ("lanes", "single_branch", "coord", "lanes_with_coord")
TWO_LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}


def lived(place: Path, topology: str) -> Mission:
    """Build a mission that has been worked on, in a place and an environment of its own."""
    repo = seed(Repo.init(place / "repo", sealed_environment(place / ".sealed"), Clock()))
    mission = build_mission(repo, TWO_LANES, topology=topology, status_json=True)
    lane = mission.implement("WP01")
    lane.commit("feat(WP01): a", files={"src/a/new.py": "a = 1\n"})
    mission.walk("WP01", "done")
    mission.annotate("WP02", note="next")
    mission.retrospective()
    many_missions(repo, 2)
    return mission


def records_of(content: bytes) -> list[dict[str, object]]:
    return [json.loads(text) for text in content.split(b"\n")[:-1]]


def moves(mission: Mission) -> list[tuple[object, object, object]]:
    found = records_of(mission.read_log())
    return [(record["wp_id"], record["from_lane"], record["to_lane"]) for record in found if "to_lane" in record]
