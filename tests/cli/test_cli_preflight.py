"""`preflight merge | ship`: one report of everything that has to hold, with its exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import records
from support.diverging import diverge, share
from support.hooks import cli
from support.judging import valid
from support.missions import Mission, WorkPackage, build_mission
from support.ready import find, leave_merge, make_ready, preflight, work
from support.repo import Repo
from support.trace import unchanged

PURPOSES = ("merge", "ship")
FINDING_KEYS = ("diagnostic_code", "branch_or_work_package", "violated_invariant", "remediation")


def codes(mission: Mission, purpose: str = "merge", *args: str) -> list[str]:
    return [found["diagnostic_code"] for found in preflight(mission.repo, purpose, *args)["findings"]]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_mission_that_is_ready_passes_without_a_word_more(mission: Mission, purpose: str) -> None:
    make_ready(mission)
    with unchanged(mission.repo):
        ran = cli(mission.repo, "preflight", purpose)
    assert (ran.returncode, ran.stderr) == (0, "")
    name = mission.directory
    assert ran.stdout == (
        f"spec-kitty-hooks: pass: {purpose} of mission {name}: 3 work packages, target main, no tracking branch\n"
    )


def test_the_report_is_one_value_with_the_keys_of_the_contract(mission: Mission) -> None:
    work(mission, "WP01")
    found = valid(mission.repo, "preflight", {k: v for k, v in preflight(mission.repo).items() if k != "exit"})
    assert (found["purpose"], found["mission"], found["target_branch"]) == ("merge", mission.directory, "main")
    assert (found["verdict"], found["exit_code"]) == ("fail", 1)
    assert found["work_packages"] == {"WP01": "approved", "WP02": "planned", "WP03": "planned"}
    assert found["divergence"]["state"] == "no_tracking_branch"
    assert [one["branch_or_work_package"] for one in found["findings"]] == ["WP02", "WP03"]
    for one in found["findings"]:
        assert all(one[key] for key in FINDING_KEYS)
        assert one["evidence"]["event_count"] == found["evidence"]["event_count"] > 0


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("topology", ["lanes", "coord", "lanes_with_coord"])
def test_it_says_the_same_from_every_work_tree_of_every_topology(repo: Repo, topology: str, purpose: str) -> None:
    lanes = {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}}
    mission = make_ready(build_mission(repo, lanes, topology=topology))
    places = [repo, mission.lane_worktree("lane-a"), *([mission.coordination_worktree] if mission.coordinated else [])]
    for place in places:
        found = preflight(place, purpose)
        assert (found["exit"], found["findings"], found["mission"]) == (0, [], mission.directory), place.path


def test_what_landed_needs_no_branch_any_more(mission: Mission) -> None:
    make_ready(mission)
    for wp_id in mission.work_packages:
        mission.walk(wp_id, "done")
    for lane_id in ("lane-a", "lane-b"):
        mission.repo.git("worktree", "remove", "--force", mission.lane_worktree(lane_id).path)
        mission.repo.git("branch", "-D", mission.lane_branch(lane_id))
    mission.repo.git("branch", "-D", mission.mission_branch)
    assert codes(mission) == []


# -- what stops it


def test_a_work_package_is_canceled_for_a_reason_or_stops_it(mission: Mission) -> None:
    make_ready(mission)
    mission.transition("WP03", "canceled")
    assert codes(mission) == []
    mission.write_log(mission.read_log().replace(b'"reason_source": "operator"', b'"reason_source": "synthetic"'))
    (found,) = find(mission.repo, "merge", "WP_NOT_APPROVED")
    assert found["message"] == "WP03 is canceled without a reason of anybody's, neither approved nor done"


def depending(*needs: str) -> dict[str, list[WorkPackage]]:
    """Return a lane with two work packages, of which the second one depends on others."""
    first = WorkPackage(wp_id="WP01", owned_files=("src/a/**",))
    return {"lane-a": [first, WorkPackage(wp_id="WP02", owned_files=("src/b/**",), dependencies=needs)]}


def test_dependencies_come_from_the_heads_where_the_plan_counts(repo: Repo) -> None:
    mission = build_mission(repo, depending("WP01", "WP09"))
    work(mission, "WP02")
    messages = [one["message"] for one in find(repo, "merge", "DEPENDENCY_UNMET")]
    assert messages == [
        "WP02 depends on WP01, which is planned",
        "WP02 depends on WP09, which is no work package of this mission",
    ]


@pytest.mark.parametrize(
    ("gates", "expected", "exit_code"),
    [
        ({}, ["WP_NOT_APPROVED", "DEPENDENCY_UNMET"], 1),
        ({"mode": "warn"}, ["WP_NOT_APPROVED", "DEPENDENCY_UNMET"], 0),
        ({"mode": "block"}, ["WP_NOT_APPROVED", "DEPENDENCY_UNMET"], 1),
        ({"mode": "off"}, [], 0),
        ({"enabled": False}, [], 0),
        ({"require_review_approval": False}, ["DEPENDENCY_UNMET"], 1),
        ({"require_deps_complete": False}, ["WP_NOT_APPROVED"], 1),
    ],
)
def test_merge_gates_keep_their_meaning(
    repo: Repo, gates: dict[str, object], expected: list[str], exit_code: int
) -> None:
    mission = build_mission(repo, depending("WP01"), policy={"merge_gates": gates})
    work(mission, "WP02")
    found = preflight(repo)
    assert ([one["diagnostic_code"] for one in found["findings"]], found["exit"]) == (expected, exit_code)


@pytest.mark.blocker(904)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_rejected_work_package_that_was_forced_through_stops_it(mission: Mission, purpose: str) -> None:
    make_ready(mission)
    mission.transition("WP03", "in_progress")
    mission.walk("WP03", "in_review")
    mission.transition("WP03", "in_progress")
    mission.transition("WP03", "approved", force=True, reason="ship it")
    assert preflight(mission.repo, purpose)["exit"] == 1
    (found,) = find(mission.repo, purpose, "REJECTED_REVIEW_ARTIFACT_CONFLICT")
    assert found["branch_or_work_package"] == "WP03"
    assert found["details"]["latest_review_cycle_path"] == mission.review_path("WP03", 2)


def test_an_approval_without_any_work_is_named_and_does_not_stop_it(mission: Mission) -> None:
    make_ready(mission)
    mission.repo.git("branch", "-f", "spare", mission.lane_branch("lane-b"))
    mission.repo.git("worktree", "remove", "--force", mission.lane_worktree("lane-b").path)
    mission.repo.git("branch", "-f", mission.lane_branch("lane-b"), mission.mission_branch)
    assert codes(mission) == []  # it may have landed: lanes.json of this age does not say where the plan ended
    lanes = json.loads(mission.repo.read(f"{mission.path}/lanes.json"))
    lanes["planning_commit_sha"] = mission.repo.resolve(mission.mission_branch)
    mission.edit(f"{mission.path}/lanes.json", json.dumps(lanes))
    found = preflight(mission.repo)
    assert [one["diagnostic_code"] for one in found["findings"]] == ["WP_APPROVED_WITHOUT_WORK"]
    assert (found["findings"][0]["work_package_id"], found["exit"]) == ("WP03", 0)


def test_a_change_after_the_review_is_named(mission: Mission) -> None:
    make_ready(mission)
    lane = mission.lane_worktree("lane-b")
    lane.clock.tick()
    late = lane.commit("late", files={"src/c/late.py": ""}, no_verify=True)
    (found,) = find(mission.repo, "merge", "REVIEW_APPROVAL_STALE")
    assert (found["work_package_id"], found["commit"]) == ("WP03", late)


def test_a_lane_that_is_nowhere_stops_it_and_one_on_a_remote_does_not(mission: Mission, tmp_path: Path) -> None:
    make_ready(mission)
    branch = mission.lane_branch("lane-b")
    share(mission.repo, tmp_path / "origin.git")
    mission.repo.push(branch)
    mission.repo.git("worktree", "remove", "--force", mission.lane_worktree("lane-b").path)
    mission.repo.git("branch", "-D", branch)
    assert codes(mission) == []
    mission.repo.git("update-ref", "-d", f"refs/remotes/origin/{branch}")
    (found,) = find(mission.repo, "merge", "LANE_BRANCH_MISSING")
    assert found["branch_or_work_package"] == branch


def test_branches_of_the_mission_itself_have_to_exist(mission: Mission) -> None:
    make_ready(mission)
    mission.repo.git("branch", "-D", mission.mission_branch)
    (found,) = find(mission.repo, "merge", "MISSING_MISSION_BRANCH")
    assert found["branch_or_work_package"] == mission.mission_branch
    assert preflight(mission.repo)["exit"] == 1


@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_unfinished_merge_of_the_client_stops_it_from_every_work_tree(mission: Mission, purpose: str) -> None:
    make_ready(mission)
    record = leave_merge(mission, "WP03")
    for place in (mission.repo, mission.lane_worktree("lane-a")):
        assert [one["diagnostic_code"] for one in preflight(place, purpose)["findings"]] == ["MERGE_UNFINISHED"]
    record.write_text("{")
    (found,) = find(mission.repo, purpose, "MERGE_UNFINISHED")
    assert "state.json" in found["message"]


@pytest.mark.blocker(953)
def test_a_diverged_target_stops_a_ship_and_warns_before_a_merge(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "origin.git")
    make_ready_again(mission)
    (warned,) = find(repo, "merge", "TARGET_BRANCH_NOT_SYNCHRONIZED")
    (refused,) = find(repo, "ship", "TARGET_BRANCH_NOT_SYNCHRONIZED")
    assert (warned["severity"], refused["severity"]) == ("warn", "block")
    assert refused["details"]["behind_count"] == 1
    assert (preflight(repo, "merge")["exit"], preflight(repo, "ship")["exit"]) == (0, 1)


def make_ready_again(mission: Mission) -> None:
    mission.walk("WP01", "approved")
    for wp_id in ("WP02", "WP03"):
        work(mission, wp_id)


def test_a_fetch_is_made_only_when_asked_for(mission: Mission, tmp_path: Path) -> None:
    make_ready(mission)
    remote = share(mission.repo, tmp_path / "origin.git")
    remote.commit_to("main", {"theirs.py": ""}, "theirs")
    assert codes(mission, "ship") == []
    assert codes(mission, "ship", "--fetch") == ["TARGET_BRANCH_NOT_SYNCHRONIZED"]
    remote.path.rename(tmp_path / "gone")
    assert codes(mission, "ship", "--fetch") == ["TARGET_BRANCH_NOT_SYNCHRONIZED"], "what is known stays known"
    mission.repo.git("merge", "-q", "--ff-only", "origin/main")
    assert preflight(mission.repo, "ship", "--fetch")["exit"] == 3, "a fetch that failed proves nothing"


# -- the log


def test_a_damaged_log_is_named(mission: Mission) -> None:
    make_ready(mission)
    mission.raw_line(b"<<<<<<< HEAD")
    found = preflight(mission.repo)
    assert {one["diagnostic_code"] for one in found["findings"]} == {"EVENT_LOG_UNREADABLE"}
    assert found["exit"] == 0


def test_one_id_with_two_contents_stops_it(mission: Mission) -> None:
    make_ready(mission)
    record = {**mission.transitions[-1], "reason": "another"}
    mission.raw_line(json.dumps(record).encode())
    assert codes(mission) == ["EVENT_ID_CONFLICT"]


def test_copies_that_disagree_about_a_work_package_are_named(mission: Mission, tmp_path: Path) -> None:
    make_ready(mission)
    remote = share(mission.repo, tmp_path / "origin.git")
    names: dict[str, Any] = {"mission_slug": mission.directory, "mission_id": mission.mission_id}
    stamp: dict[str, Any] = {"at": mission.clock.at(), "event_id": mission.clock.ulid()}
    theirs = records.line(records.transition("WP02", "approved", "in_progress", **stamp, **names))
    remote.commit_to("main", {mission.log_path: mission.read_log() + theirs}, "theirs")
    mission.repo.git("fetch", "-q", "origin")
    mission.transition("WP03", "in_progress")
    found = codes(mission)
    assert {"EVENT_LOG_SURFACES_DISAGREE", "TARGET_BRANCH_NOT_SYNCHRONIZED", "WP_NOT_APPROVED"} == set(found)


def test_a_log_that_cannot_be_reached_is_never_a_pass(mission: Mission, tmp_path: Path) -> None:
    make_ready(mission)
    branch = mission.lane_branch("lane-a")
    clone = mission.repo.clone(tmp_path / "clone", "--single-branch", f"--branch={branch}")
    for purpose in PURPOSES:
        found = preflight(clone, purpose, "--mission", mission.directory)
        assert found["exit"] != 0
        assert "ACTIVE_WP_STATUS_UNAVAILABLE" in [one["diagnostic_code"] for one in found["findings"]]


# -- manners


def test_wrong_usage_is_told_apart(mission: Mission) -> None:
    assert cli(mission.repo, "preflight").returncode == 2
    assert cli(mission.repo, "preflight", "launch").returncode == 2
    assert cli(mission.repo, "preflight", "merge", "--mission", "no-such").returncode == 2


def test_a_broken_policy_is_named(repo: Repo) -> None:
    mission = make_ready(build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, policy="policy:\n  merge_gates: 7\n"))
    assert codes(mission) == ["POLICY_INVALID"]


def test_from_elsewhere_the_steps_name_the_work_tree(mission: Mission, tmp_path: Path) -> None:
    ran = cli(mission.repo, "preflight", "merge", "-C", str(mission.repo.path), cwd=tmp_path)
    assert f"next: spec-kitty-hooks log {mission.directory} --wp WP01 -C {mission.repo.path}" in ran.stdout
