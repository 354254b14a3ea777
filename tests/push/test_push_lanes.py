"""A push of a lane: every commit is held against what the lane's work packages owned when it was written."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from support.missions import Mission
from support.pushing import publish, push
from support.repo import Repo

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    return publish(mission, tmp_path / "remote.git")


def test_a_lane_with_its_own_work_goes_out_in_silence(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    lane.commit(files={"src/a/y.py": "1"})
    pushed = push(lane, mission.lane_branch("lane-a"))
    assert pushed.silent, pushed.text
    assert remote.has_branch(mission.lane_branch("lane-a"))


def test_a_commit_that_went_past_the_commit_hook_is_found(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    bad = lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    lane.commit(files={"src/a/x.py": "1"})
    pushed = push(lane, mission.lane_branch("lane-a"))
    assert pushed.refused == (SCOPE,)
    assert f"commit {bad[:12]} by " in pushed.text
    assert not remote.has_branch(mission.lane_branch("lane-a"))


def test_work_is_judged_by_who_was_active_when_it_was_written(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    mission.walk("WP01", "approved")
    mission.implement("WP02")
    lane.commit(files={"src/b/x.py": "1"})
    mission.walk("WP02", "approved")
    assert push(lane, mission.lane_branch("lane-a")).silent


def test_work_after_approval_is_found(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    mission.implement("WP02")
    mission.walk("WP01", "approved")
    mission.walk("WP02", "approved")
    lane.commit(files={"src/a/x.py": "1"}, no_verify=True)
    assert push(lane, mission.lane_branch("lane-a")).refused == ("WP_ALREADY_APPROVED",)


def test_work_after_approval_that_is_taken_up_again_only_warns(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    mission.implement("WP02")
    mission.walk("WP01", "approved")
    mission.walk("WP02", "approved")
    lane.commit(files={"src/a/x.py": "1"}, no_verify=True)
    mission.transition("WP01", "in_progress", force=True, reason="again")
    pushed = push(lane, mission.lane_branch("lane-a"))
    assert (pushed.allowed, pushed.codes) == (True, ("WP_ALREADY_APPROVED",))


def test_what_another_started_work_package_owns_only_warns(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    mission.implement("WP02")
    mission.walk("WP01", "approved")
    lane.commit(files={"src/a/x.py": "1"}, no_verify=True)
    pushed = push(lane, mission.lane_branch("lane-a"))
    assert (pushed.allowed, pushed.codes) == (True, (SCOPE, "REVIEW_APPROVAL_STALE"))


def test_a_rejected_work_package_is_not_shipped(mission: Mission, remote: Repo) -> None:
    mission.implement("WP01")
    mission.walk("WP01", "for_review")
    mission.review_cycle("WP01", 1, "rejected")
    mission.transition("WP01", "approved", force=True, reason="no time")
    pushed = push(mission.repo, "main")
    assert "REJECTED_REVIEW_ARTIFACT_CONFLICT" in pushed.codes


def test_a_revert_is_the_way_out(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    refused = push(lane, mission.lane_branch("lane-a"))
    command = next(line for line in refused.text.splitlines() if "git revert" in line).removeprefix("  next: ")
    lane.git(*shlex.split(command)[1:])
    pushed = push(lane, mission.lane_branch("lane-a"))
    assert (pushed.allowed, pushed.codes) == (True, (SCOPE,))
    assert "a later commit undoes it" in pushed.text


def test_ledger_commits_that_the_lane_merged_are_the_targets_own(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    mission.repo.commit(files={"src/c/z.py": "by somebody on main"}, no_verify=True)
    mission.walk("WP03", "in_progress")
    lane.git("merge", "-q", "--no-edit", "main")
    assert push(lane, mission.lane_branch("lane-a")).silent


def test_a_branch_that_no_mission_records_cannot_carry_work_into_a_lane(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.checkout("aside", "-b")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    lane.checkout(mission.lane_branch("lane-a"))
    lane.commit(files={"src/a/x.py": "1"})
    lane.git("merge", "-q", "--no-edit", "aside")
    assert push(lane, mission.lane_branch("lane-a")).refused == (SCOPE,)


def test_another_lane_that_was_merged_is_held_to_its_own_work_packages(mission: Mission, remote: Repo) -> None:
    lane, other = mission.implement("WP01"), mission.implement("WP03")
    other.commit(files={"src/c/x.py": "1"})
    lane.commit(files={"src/a/x.py": "1"})
    lane.git("merge", "-q", "--no-edit", mission.lane_branch("lane-b"))
    assert push(lane, mission.lane_branch("lane-a")).silent
    other.commit(files={"src/a/z.py": "1"}, no_verify=True)
    lane.git("merge", "-q", "--no-edit", mission.lane_branch("lane-b"))
    assert push(lane, mission.lane_branch("lane-a")).refused == (SCOPE,)


def test_a_lane_that_was_merged_is_judged_when_the_target_is_pushed(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    bad = lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    mission.repo.git("merge", "-q", "--no-edit", "--no-ff", mission.lane_branch("lane-a"))
    lane.commit(files={"src/a/x.py": "the lane goes on"})
    pushed = push(mission.repo, "main")
    assert pushed.refused == (SCOPE,)
    assert bad[:12] in pushed.text


def test_what_is_on_the_remote_is_not_judged_again(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    lane.git("push", "-q", "--no-verify", "origin", mission.lane_branch("lane-a"))
    lane.commit(files={"src/a/x.py": "1"})
    assert push(lane, mission.lane_branch("lane-a")).silent
