"""Where `pr-branch` finds the mission's side and the remote's, and from where it can be called."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.diverging import LANES, diverge, land, plan, share
from support.focusing import branch_of, build, files_of
from support.hooks import cli, cli_json
from support.missions import build_mission
from support.repo import Repo


def test_before_the_mission_has_landed_its_own_branch_is_taken(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    lane = mission.start_lane("lane-a")
    lane.commit("WP01", files={"src/a/x": "1\n"})
    repo.branch("keep", mission.mission_branch)
    repo.git("update-ref", f"refs/heads/{mission.mission_branch}", lane.head())
    made = build(mission)
    assert made["source"] == f"refs/heads/{mission.mission_branch}"
    assert files_of(repo, made) == {b"src/a/x"}


def test_a_clone_without_the_target_takes_the_missions_branch(repo: Repo, tmp_path: Path) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    lane = mission.start_lane("lane-a")
    lane.commit("WP01", files={"src/a/x": "1\n"})
    repo.git("push", "-q", "origin", f"{lane.head()}:refs/heads/{mission.mission_branch}")
    clone = remote.clone(tmp_path / "clone", "-b", mission.mission_branch)
    made = build(mission, repo=clone)
    assert (made["outcome"], made["divergence"]["state"]) == ("CREATED", "unknown")


@pytest.mark.parametrize("topology", ["coord", "lanes_with_coord"])
def test_under_coordination_the_log_that_the_target_has_goes_along(repo: Repo, tmp_path: Path, topology: str) -> None:
    share(repo, tmp_path / "remote")
    mission = build_mission(repo, LANES, topology=topology)
    land(mission, {"src/a/x": "1\n"})
    made = build(mission)
    assert made["source"] == "refs/heads/main"
    assert b"src/a/x" in files_of(repo, made)
    assert any(f"the event log lives on branch {mission.coordination_branch}" in note for note in made["notes"])


def test_a_target_with_slashes_has_a_branch_of_its_own(repo: Repo, tmp_path: Path) -> None:
    share(repo, tmp_path / "remote")
    repo.git("checkout", "-q", "-b", "release/1.x")
    mission = build_mission(repo, LANES, target_branch="release/1.x")
    repo.push("release/1.x")
    repo.commit("x", files={"src/a/x": "1\n"})
    made = build(mission)
    assert made["branch"] == f"kitty/pr/{mission.directory}-to-release-1.x"
    assert made["upstream_name"] == "refs/remotes/origin/release/1.x"


def test_it_works_from_a_lanes_work_tree_a_subdirectory_and_from_outside(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    lane = mission.lane_worktree("lane-a")
    inside = cli_json(lane, "pr-branch", "--dry-run", cwd=lane.path / "src")
    assert (inside["mission"], inside["outcome"]) == (mission.directory, "PLANNED")
    outside = cli(repo, "pr-branch", "-C", str(repo.path), cwd=tmp_path)
    assert outside.stdout.endswith(f"  next: git -C {repo.path} push origin {branch_of(mission)}\n")


def test_a_bare_repository_with_remotes_works_too(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    bare = Repo(tmp_path / "bare", repo.env, repo.clock)
    repo.git("clone", "-q", "--mirror", repo.path, bare.path)
    made = cli_json(bare, "pr-branch", "--mission", mission.directory)
    assert made["outcome"] == "CREATED"
    assert bare.resolve(branch_of(mission)) == made["commit"] == build(mission)["commit"]
