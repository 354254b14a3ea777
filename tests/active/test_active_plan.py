"""What the active work package owns (design 4.5): the committed plan, which a lane cannot widen for itself."""

from __future__ import annotations

import json

import pytest
from support.hooks import cli_json, install_native
from support.judging import answer, commit, context, stage
from support.missions import Mission, WorkPackage, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}
WIDER = WorkPackage(wp_id="WP01", owned_files=["src/a/**", "src/c/**"])


@pytest.fixture
def mission(repo: Repo) -> Mission:
    built = build_mission(repo, LANES)
    install_native(repo)
    built.implement("WP01")
    return built


def lane(mission: Mission) -> Repo:
    return mission.lane_worktree("lane-a")


def test_widening_the_plan_on_the_target_is_the_remedy(mission: Mission) -> None:
    refused = commit(lane(mission), "src/c/x.py")
    assert not refused.allowed
    assert f"owned_files in {mission.wp_path('WP01')} on branch main" in refused.text
    mission.replan(WIDER)
    assert commit(lane(mission), "src/c/x.py").silent


def test_an_uncommitted_edit_of_the_plan_does_not_count(mission: Mission) -> None:
    mission.replan(WIDER)
    mission.repo.git("reset", "-q", "--soft", "HEAD^")
    assert not commit(lane(mission), "src/c/x.py").allowed
    mission.repo.git("reset", "-q")
    assert not commit(lane(mission), "src/c/x.py").allowed


def test_a_lane_commit_cannot_widen_itself(mission: Mission) -> None:
    place = lane(mission)
    mission.replan(WIDER)
    wider = mission.repo.read(mission.wp_path("WP01"))
    mission.repo.git("reset", "-q", "--hard", "HEAD^")
    place.write(mission.wp_path("WP01"), wider)
    refused = commit(place, "src/c/x.py", mission.wp_path("WP01"))
    assert not refused.allowed
    assert set(refused.codes) == {"OWNERSHIP_SELF_GRANT", "ACTIVE_WP_SCOPE_VIOLATION"}
    place.write(mission.wp_path("WP01"), wider)
    place.commit("smuggled", [mission.wp_path("WP01")], no_verify=True)
    assert not commit(place, "src/c/x.py").allowed
    assert not commit(place, "src/c/y.py", args=("--amend",)).allowed


def test_a_lane_that_merges_the_plan_is_not_stopped_by_it(mission: Mission) -> None:
    mission.replan(WIDER)
    place = lane(mission)
    assert commit(place, "src/a/own.py").silent
    merged = place.git("merge", "--no-edit", "main", check=False)
    assert (merged.returncode, "spec-kitty-hooks" in merged.stderr) == (0, False)


def test_a_lane_that_rewrites_lanes_json_changes_nothing_for_itself(mission: Mission) -> None:
    place = lane(mission)
    lanes = json.loads(place.read(f"{mission.path}/lanes.json"))
    lanes["lanes"] = []
    place.write(f"{mission.path}/lanes.json", json.dumps(lanes))
    place.commit("smuggled", no_verify=True)
    found = context(place)
    assert (found["execution_lane"], found["basis"]) == ("lane-a", "in_progress")
    assert not commit(place, "src/c/x.py").allowed


def test_a_lane_that_deletes_its_mission_is_still_judged(mission: Mission) -> None:
    place = lane(mission)
    place.git("rm", "-rq", "kitty-specs")
    place.commit("smuggled", [], no_verify=True)
    assert context(place)["mission"] == mission.directory
    assert not commit(place, "src/c/x.py").allowed


def test_the_source_of_ownership_can_be_shown_with_git(mission: Mission) -> None:
    found = context(lane(mission))
    (candidate,) = found["candidates"]
    assert candidate["owned_files"] == ["src/a/**"]
    assert b"src/a/**" in mission.repo.git("show", candidate["source"], binary=True).stdout
    assert found["plan"] == mission.repo.head()


def test_an_active_work_package_without_a_file_is_named(mission: Mission) -> None:
    mission.repo.git("rm", "-q", mission.wp_path("WP01"))
    mission.repo.commit("gone", [], no_verify=True)
    done = commit(lane(mission), "src/a/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_METADATA_MISSING",)
    assert "WP01 is active but has no file in tasks/" in done.text


def test_two_files_for_one_work_package_are_named(mission: Mission) -> None:
    mission.edit(f"{mission.path}/tasks/WP01-twin.md", mission.repo.read(mission.wp_path("WP01")))
    done = commit(lane(mission), "src/a/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_METADATA_INVALID",)
    assert "2 files in tasks/ claim WP01" in done.text


def test_a_head_that_cannot_be_read_is_named_with_its_line(mission: Mission) -> None:
    mission.replan(WorkPackage(wp_id="WP01", head="---\nwork_package_id: WP01\nowned_files: [src/a/**\n---\n"))
    done = commit(lane(mission), "src/a/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_METADATA_INVALID",)
    assert f"the head of {mission.wp_path('WP01')}" in done.text
    (candidate,) = context(lane(mission))["candidates"]
    assert candidate["problem"]


def test_a_work_package_that_lists_no_files_is_named(mission: Mission) -> None:
    mission.replan(WorkPackage(wp_id="WP01"))
    done = commit(lane(mission), "src/a/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_OWNERSHIP_MISSING",)
    assert "WP01 owns nothing" in done.text


def test_wp10_is_not_taken_for_wp100(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP10": ["src/a/**"]}, "lane-b": {"WP100": ["src/b/**"]}})
    install_native(repo)
    place = mission.implement("WP10")
    assert commit(place, "src/a/x.py").silent
    assert "it belongs to WP100 (planned)" in commit(place, "src/b/x.py").text


def test_odd_names_are_owned_like_any_other(mission: Mission) -> None:
    place = lane(mission)
    names = (b"src/a/caf\xc3\xa9.py", b"src/a/\xff.py", b"src/a/new\nline", b"src/a/\x1b[2J", b"src/a/ x ")
    assert commit(place, *names).silent
    refused = commit(place, b"src/b/\x1b[2J\xff\n.py")
    assert not refused.allowed
    assert "\x1b" not in refused.text


def test_both_sides_of_a_rename_count(mission: Mission) -> None:
    place = lane(mission)
    place.git("mv", "src/b/b.py", "src/a/b.py")
    ran = place.try_commit()
    assert ran.returncode
    assert "src/b/b.py (deleted) is outside what WP01 owns" in ran.stderr


def test_the_steps_name_the_commit_that_the_plan_was_read_at(mission: Mission) -> None:
    stage(lane(mission), "src/a/x.py")
    report = cli_json(lane(mission), "check", "--staged")
    assert report["evidence"]["plan"] == mission.repo.head()
    assert f"main at {mission.repo.head()[:8]}" in answer(context(lane(mission)), "record the branch")
