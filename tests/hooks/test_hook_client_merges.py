"""The client merges the log's branch into a lane at any moment, and its union driver writes a third text of the log."""

from __future__ import annotations

import pytest
from support.hooks import install_native
from support.judging import printed_codes
from support.missions import Mission, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}
POLICY = {"commit_guard": {"mode": "block"}}


@pytest.fixture(params=["planned", "claimed", "in_progress", "for_review", "approved", "blocked"])
def working(repo: Repo, request: pytest.FixtureRequest) -> Mission:
    """A lane on which both work packages are in one status lane; both sides of a merge have lines of their own."""
    mission = build_mission(repo, LANES, policy=POLICY)
    lane = mission.start_lane("lane-a")
    if request.param != "planned":
        for wp_id in mission.work_packages:
            mission.walk(wp_id, request.param)
    repo.write(mission.log_path, mission.read_log() + b"\n")
    repo.commit_quietly("one side", [mission.log_path])
    lane.append(mission.log_path, b"\n\n\n")
    lane.commit_quietly("the other side", [mission.log_path])
    repo.git("config", "merge.union-of-events.driver", "sort -u -o %A %A %B")
    (repo.common_dir() / "info").mkdir(exist_ok=True)
    (repo.common_dir() / "info" / "attributes").write_text("status.events.jsonl merge=union-of-events\n")
    install_native(repo)
    return mission


def test_a_merge_of_the_log_alone_passes_whatever_state_the_lane_is_in(working: Mission) -> None:
    lane = working.lane_worktree("lane-a")
    merged = lane.git("merge", "-q", "--no-edit", working.target_branch, check=False)
    assert (merged.returncode, printed_codes(merged.stderr)) == (0, [])
    texts = [lane.show(revision, working.log_path) for revision in ("HEAD", "HEAD^1", "HEAD^2")]
    assert len(set(texts)) == 3, "or nothing was merged"
