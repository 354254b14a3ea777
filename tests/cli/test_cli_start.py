"""`start`: the work package is in progress in its lane's work tree, and somebody else's is left alone."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, build_mission
from support.plan import WorkPackage
from support.repo import Repo
from support.trace import unchanged

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
IDENTITY = "01KE6P8K000000000000000000"
DEAD = {"shell_pid": 2**22 + 1}


@pytest.fixture
def live() -> Iterator[dict[str, Any]]:
    """What a claim records of a shell that runs all the time."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as shell:
        yield {"shell_pid": shell.pid}


def start(place: Repo, wp_id: str, *args: str, actor: str = "agent-one", code: int = 0) -> Any:
    found = cli_json(place, "start", wp_id, "--actor", actor, *args, code=code, child=True)  # whose shell we are
    return valid(place, "error" if code else "start", found)


def refuse(mission: Mission, diagnostic: str, *args: str, code: int = 1, wp_id: str = "WP01", **options: Any) -> Any:
    """Require that nothing is started, and that nothing changed but objects."""
    with unchanged(mission.repo):
        found = start(mission.repo, wp_id, "--mission", mission.directory, *args, code=code, **options)
    assert found["diagnostic_code"] == diagnostic, found
    assert found["remediation"]
    return found


def lanes(mission: Mission) -> dict[str, str]:
    found = cli_json(mission.repo, "status", mission.directory)["missions"][mission.directory]["work_packages"]
    return {wp_id: package["lane"] for wp_id, package in found.items()}


def events(mission: Mission, wp_id: str = "WP01") -> list[dict[str, Any]]:
    """Return what the log's branch has committed of a work package."""
    lines = mission.repo.show(mission.log_branch, mission.log_path).splitlines()
    return [event for event in map(json.loads, lines) if event.get("wp_id") == wp_id]


def plan(mission: Mission, **changes: Any) -> None:
    """Change lanes.json on the target branch: top keys, or keys of a lane by its id."""
    path = f"{mission.path}/lanes.json"
    content = json.loads(mission.repo.show(mission.target_branch, path))
    for lane in content["lanes"]:
        lane.update(changes.pop(lane["lane_id"].replace("-", "_"), {}))
    mission.edit(path, json.dumps({**content, **changes}))


def check_started(mission: Mission, found: Any, lane_id: str = "lane-a", wp_id: str = "WP01") -> Repo:
    """Require a whole work tree on the recorded branch, the events committed, and nothing left over; return it."""
    place = mission.lane_worktree(lane_id)
    assert (found["directory"], found["branch"]) == (str(place.path), mission.lane_branch(lane_id))
    assert found["execution_lane"] == lane_id
    assert place.current_branch() == mission.lane_branch(lane_id)
    assert place.ask("status", "--porcelain") == ""
    assert lanes(mission)[wp_id] == "in_progress"
    assert [event["to_lane"] for event in events(mission, wp_id)[-2:]] == ["claimed", "in_progress"]
    assert mission.repo.ask("status", "--porcelain") == ""
    assert found["diagnostics"] == []
    return place


@pytest.mark.parametrize("topology", ["lanes", "single_branch", "coord", "lanes_with_coord"])
def test_every_topology_starts_in_the_lanes_own_work_tree(repo: Repo, topology: str) -> None:
    mission = build_mission(repo, LANES, topology=topology)
    found = start(repo, "WP01")
    assert found["outcome"] == "STARTED"
    place = check_started(mission, found)
    assert place.exists(mission.log_path) is not mission.coordinated
    assert repo.has_branch(mission.coordination_branch if mission.coordinated else mission.mission_branch)


def test_the_claim_names_the_shell_as_the_client_does(mission: Mission) -> None:
    found = start(mission.repo, "WP01")
    claimed, begun = events(mission)[-2:]
    for event in (claimed, begun):
        assert event["policy_metadata"]["agent"] == event["actor"] == "agent-one"
        assert event["policy_metadata"]["shell_pid"] == os.getpid()
        assert float(event["policy_metadata"]["shell_pid_created_at"]) > 0
        assert (event["force"], event["reason"], event["execution_mode"]) == (False, None, "worktree")
    assert found["event_id"] == begun["event_id"]
    assert [one["to_lane"] for one in found["transitions"]] == ["claimed", "in_progress"]


def test_a_person_is_told_where_to_go(mission: Mission) -> None:
    ran = cli(mission.repo, "start", "WP01", "--actor", "agent-one")
    place = mission.lane_worktree("lane-a").path
    assert (ran.returncode, ran.stderr) == (0, "")
    first, second = ran.stdout.splitlines()
    assert first == f"WP01: in progress, by agent-one, in lane-a, branch {mission.lane_branch('lane-a')}"
    assert second == f"  next: cd {place}"
    again = cli(mission.repo, "start", "WP01", "--actor", "agent-one").stdout.splitlines()
    assert again == [first.replace("in progress", "already in progress"), second]


def test_starting_again_changes_nothing(mission: Mission) -> None:
    start(mission.repo, "WP01")
    place = mission.lane_worktree("lane-a")
    place.write("src/a/mine", "1\n")
    before = (mission.read_log(), mission.repo.refs(), mission.repo.ask("ls-files", "-s"), place.ask("ls-files", "-s"))
    assert start(place, "WP01")["outcome"] == "ALREADY"
    after = (mission.read_log(), mission.repo.refs(), mission.repo.ask("ls-files", "-s"), place.ask("ls-files", "-s"))
    assert after == before
    assert place.read("src/a/mine") == b"1\n"


@pytest.mark.parametrize("where", ["a lane", "a subdirectory"])
def test_it_works_from_anywhere(mission: Mission, where: str) -> None:
    start(mission.repo, "WP01")
    here = mission.lane_worktree("lane-a") if where == "a lane" else mission.repo.at(mission.repo.path / "src")
    found = start(here, "WP03", "--mission", mission.directory)
    check_started(mission, found, "lane-b", "WP03")


def test_a_second_work_package_goes_on_in_the_same_work_tree(mission: Mission) -> None:
    start(mission.repo, "WP01")
    place = mission.lane_worktree("lane-a")
    work = place.commit("work", files={"src/a/x": "1\n"})
    mission.stands["WP01"] = "in_progress"
    mission.walk("WP01", "approved")
    check_started(mission, start(mission.repo, "WP02"), wp_id="WP02")
    assert place.head() == work


# -- whose it is


def test_another_actors_claim_is_left_alone_and_named(mission: Mission) -> None:
    mission.transition("WP01", "claimed", actor="agent-two", policy_metadata=DEAD)
    found = refuse(mission, "LANE_MOVED")
    assert "by agent-two" in found["message"]
    assert found["remediation"][0] == f"spec-kitty-hooks recover WP01 --mission {mission.directory}"


@pytest.mark.parametrize("lane", ["claimed", "in_progress"])
def test_an_actor_who_still_runs_in_another_shell_is_left_alone(
    mission: Mission, live: dict[str, Any], lane: str
) -> None:
    mission.transition("WP01", "claimed", actor="agent-one", policy_metadata=live)
    if lane == "in_progress":
        mission.transition("WP01", lane, actor="agent-one", policy_metadata=None)
    found = refuse(mission, "LANE_MOVED")
    assert f"process {live['shell_pid']}, which still runs" in found["message"]


@pytest.mark.blocker(944)
@pytest.mark.parametrize("sidecar", [DEAD, None, {"shell_pid": 1, "shell_pid_created_at": "1.5"}])
def test_a_claim_whose_shell_is_gone_is_gone_on_with(mission: Mission, sidecar: dict[str, Any] | None) -> None:
    mission.transition("WP01", "claimed", actor="agent-one", policy_metadata=sidecar)
    found = start(mission.repo, "WP01")
    assert found["outcome"] == "RESUMED"
    check_started(mission, found)
    assert events(mission)[-1]["policy_metadata"]["shell_pid"] == os.getpid()


def test_work_whose_shell_is_gone_is_taken_over_by_exactly_one(mission: Mission) -> None:
    mission.transition("WP01", "claimed", actor="agent-one", policy_metadata=DEAD)
    mission.transition("WP01", "in_progress", actor="agent-one", policy_metadata=DEAD)
    assert start(mission.repo, "WP01")["outcome"] == "ALREADY"
    last = events(mission)[-1]
    assert (last["kind"], last["actor"], last["delta"]["shell_pid"]) == ("annotation", "agent-one", os.getpid())
    assert mission.lane_worktree("lane-a").current_branch() == mission.lane_branch("lane-a")


@pytest.mark.parametrize("lane", ["for_review", "in_review", "approved", "done", "blocked", "canceled"])
def test_what_is_past_its_start_is_not_started(mission: Mission, lane: str) -> None:
    mission.walk("WP01", lane)
    found = refuse(mission, "LANE_MOVED")
    assert f"WP01 is in {lane} since" in found["message"]


def test_what_is_not_planned_is_not_started(repo: Repo) -> None:
    mission = build_mission(repo, LANES, bootstrap=False)
    assert "mission finalize" in refuse(mission, "LANE_MOVED")["remediation"][0]
    refuse(mission, "LANE_MOVED", wp_id="WP99")


# -- what it builds on


@pytest.fixture
def chained(repo: Repo) -> Mission:
    """WP02 in lane-b builds on WP01 in lane-a."""
    first, second = WorkPackage(wp_id="WP01"), WorkPackage(wp_id="WP02", dependencies=("WP01",))
    mission = build_mission(repo, {"lane-a": [first], "lane-b": [second]})
    plan(mission, lane_b={"depends_on_lanes": ["lane-a"]})
    return mission


def test_what_is_not_finished_is_not_built_on(chained: Mission) -> None:
    found = refuse(chained, "DEPENDENCIES_NOT_SATISFIED", wp_id="WP02")
    assert "WP01 (planned)" in found["message"]
    refuse(chained, "USAGE", "--force", wp_id="WP02", code=2)


def test_force_builds_on_it_all_the_same_and_says_why(chained: Mission) -> None:
    chained.implement("WP01")
    found = start(chained.repo, "WP02", "--force", "--reason", "the interface is settled")
    check_started(chained, found, "lane-b", "WP02")
    claimed, begun = events(chained, "WP02")[-2:]
    assert (claimed["force"], claimed["reason"]) == (True, "the interface is settled")
    assert (begun["force"], begun["reason"]) == (False, None)


def test_force_that_is_not_needed_is_not_recorded(mission: Mission) -> None:
    start(mission.repo, "WP01", "--force", "--reason", "x")
    assert [event["force"] for event in events(mission)[-2:]] == [False, False]


def test_the_work_it_builds_on_is_in_the_lane(chained: Mission) -> None:
    lane = chained.implement("WP01")
    work = lane.commit("work", files={"src/a/x": "1\n"})
    chained.walk("WP01", "approved")
    place = check_started(chained, start(chained.repo, "WP02"), "lane-b", "WP02")
    assert place.read("src/a/x") == b"1\n"
    assert place.git("merge-base", "--is-ancestor", work, "HEAD").returncode == 0


def test_work_that_came_later_is_brought_into_a_lane_that_is_there(chained: Mission) -> None:
    place = chained.start_lane("lane-b")
    place.commit("own", files={"src/b/x": "1\n"})
    chained.implement("WP01").commit("work", files={"src/a/x": "1\n"})
    chained.walk("WP01", "done")
    check_started(chained, start(chained.repo, "WP02"), "lane-b", "WP02")
    assert (place.read("src/a/x"), place.read("src/b/x")) == (b"1\n", b"1\n")
    assert place.ask("log", "-1", "--format=%s") == "Merge dependency lane lane-a into lane-b"


def test_the_finished_plan_is_in_the_lane(mission: Mission) -> None:
    repo = mission.repo
    repo.branch(mission.mission_branch)
    plan(mission, planning_commit_sha=repo.commit("plan", files={f"{mission.path}/late.md": "1\n"}))
    place = check_started(mission, start(repo, "WP01"))
    assert place.exists(f"{mission.path}/late.md")


def test_a_plan_that_is_not_here_is_asked_for(mission: Mission) -> None:
    plan(mission, planning_commit_sha="1" * 40)
    refuse(mission, "BRANCH_NOT_HERE", code=3)


def test_a_conflict_stops_it_before_anything_is_claimed(chained: Mission) -> None:
    chained.implement("WP01").commit("work", files={"file": "theirs\n"})
    chained.walk("WP01", "approved")
    chained.start_lane("lane-b").commit("own", files={"file": "ours\n"})
    found = refuse(chained, "MERGE_CONFLICT", wp_id="WP02", code=3)
    place = chained.lane_worktree("lane-b")
    step = found["remediation"][0].removesuffix(", and commit what you resolve")
    subprocess.run(["sh", "-c", step], cwd=chained.repo.path, env=chained.repo.env, check=False, capture_output=True)
    place.write("file", "both\n")
    place.stage("file")
    place.git("commit", "-q", "--no-edit")
    check_started(chained, start(chained.repo, "WP02"), "lane-b", "WP02")


def test_a_lane_that_is_gone_is_mentioned(chained: Mission) -> None:
    chained.walk("WP01", "done")
    assert start(chained.repo, "WP02")["notes"] == ["lane-a, which lane-b builds on, has no branch here"]


def test_changes_that_are_not_committed_stay_where_they_are(mission: Mission) -> None:
    place = mission.start_lane("lane-a")
    place.write("src/a/left", "1\n")
    assert start(mission.repo, "WP01")["outcome"] == "STARTED"
    assert place.git("status", "--porcelain", "-uall").stdout == "?? src/a/left\n"


def test_a_lane_that_needs_more_commits_has_to_be_clean(chained: Mission) -> None:
    place = chained.start_lane("lane-b")
    place.write("src/b/left", "1\n")
    chained.start_lane("lane-a").commit("work", files={"src/a/x.py": "x\n"})
    chained.walk("WP01", "done")
    found = cli_json(chained.repo, "start", "WP02", code=3)
    assert found["diagnostic_code"] == "WORKTREE_NOT_CLEAN"
    assert found["remediation"][0] == f"git -C {place.path} status"
    place.commit("left")
    check_started(chained, start(chained.repo, "WP02"), "lane-b", "WP02")


# -- names come from what is recorded


def test_a_recorded_branch_wins_over_a_composed_one(repo: Repo) -> None:
    mission = build_mission(repo, LANES, mission_branch="mission/odd-name")
    found = start(repo, "WP01")
    assert found["branch"] == "mission/odd-name-lane-a"
    check_started(mission, found)


def test_a_branch_that_is_there_under_another_name_is_used(repo: Repo) -> None:
    recorded = f"kitty/mission-csv-export-{IDENTITY[:8]}"
    build_mission(repo, LANES, directory="012-csv-export", mission_id=IDENTITY, mission_branch=recorded)
    repo.branch("kitty/mission-012-csv-export-lane-a")
    assert start(repo, "WP01")["branch"] == "kitty/mission-012-csv-export-lane-a"
    assert start(repo, "WP03")["branch"] == f"{recorded}-lane-b"


def test_a_branch_that_only_the_remote_has_is_gone_on_with(mission: Mission, tmp_path: Path) -> None:
    place = mission.start_lane("lane-a")
    work = place.commit("theirs", files={"src/a/x": "1\n"})
    clone = mission.repo.clone(tmp_path / "clone")
    found = start(clone, "WP01", "--mission", mission.directory)
    there = clone.at(Path(found["directory"]))
    assert (there.head(), there.read("src/a/x")) == (work, b"1\n")
    assert clone.has_branch(mission.mission_branch)
    assert clone.resolve(mission.mission_branch) == mission.repo.resolve(mission.mission_branch)


@pytest.mark.parametrize("lane_id", ["../up", "lane~a", "a/b"])
def test_a_lane_that_can_be_no_name_is_refused(repo: Repo, lane_id: str) -> None:
    mission = build_mission(repo, {lane_id: {"WP01": ["src/a/**"]}})
    refuse(mission, "WORK_PACKAGE_WITHOUT_LANE", code=3)
    assert sorted(os.listdir(repo.path.parent)) == [".sealed", "repo"]


def test_a_work_package_in_no_lane_is_refused(mission: Mission) -> None:
    plan(mission, lane_a={"wp_ids": ["WP02"]})
    refuse(mission, "WORK_PACKAGE_WITHOUT_LANE", code=3)


@pytest.mark.parametrize("lanes_file", [True, False])
def test_planning_is_done_on_the_target_branch_itself(repo: Repo, lanes_file: bool) -> None:
    packages = [WorkPackage(wp_id="WP01", execution_mode="planning_artifact")]
    mission = build_mission(repo, {"lane-planning": packages}, lanes_file=lanes_file)
    found = start(repo, "WP01")
    assert (found["directory"], found["branch"], found["execution_lane"]) == (str(repo.path), "main", None)
    assert not (repo.path / ".worktrees").exists()
    assert events(mission)[-1]["execution_mode"] == "direct_repo"
    assert lanes(mission) == {"WP01": "in_progress"}


def test_a_target_branch_that_is_nowhere_is_switched_to_first(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-planning": [WorkPackage(wp_id="WP01")]}, target_branch="feat/x")
    repo.checkout("main")
    found = refuse(mission, "BRANCH_NOT_HERE", code=3)
    repo.git(*shlex.split(found["remediation"][0])[1:])
    assert start(repo, "WP01")["directory"] == str(repo.path)


# -- what stands in the way


def test_a_directory_in_the_way_stops_it_before_anything_is_claimed(mission: Mission) -> None:
    mission.lane_worktree("lane-a").write("mine", "1\n")
    refuse(mission, "WORKTREE_IN_THE_WAY", code=3)
    assert lanes(mission)["WP01"] == "planned"


def test_a_lane_that_is_checked_out_elsewhere_stops_it_as_well(mission: Mission, tmp_path: Path) -> None:
    mission.start_lane("lane-a", worktree=tmp_path / "elsewhere", context=False)
    found = refuse(mission, "WORKTREE_ELSEWHERE", code=3)
    subprocess.run(["sh", "-ec", found["remediation"][0]], cwd=mission.repo.path, env=mission.repo.env, check=True)
    check_started(mission, start(mission.repo, "WP01"))


def test_a_work_tree_that_was_deleted_is_made_again(mission: Mission) -> None:
    start(mission.repo, "WP01")
    place = mission.lane_worktree("lane-a")
    mission.repo.git("worktree", "remove", place.path)
    assert start(mission.repo, "WP01")["outcome"] == "ALREADY"
    assert place.ask("status", "--porcelain") == ""


def test_in_a_bare_repository_the_lane_may_be_anywhere(mission: Mission, tmp_path: Path) -> None:
    bare = mission.repo.clone(tmp_path / "bare.git", "--bare")
    found = start(bare, "WP01", "--mission", mission.directory, code=3)
    assert found["diagnostic_code"] == "WORKTREE_IN_THE_WAY"
    bare.branch(mission.lane_branch("lane-a"), "main")
    place = bare.worktree(tmp_path / "place", mission.lane_branch("lane-a"))
    assert start(bare, "WP01", "--mission", mission.directory)["directory"] == str(place.path)


def test_who_starts_it_has_to_be_known(mission: Mission) -> None:
    for actor in ("", " "):
        assert start(mission.repo, "WP01", actor=actor, code=2)["diagnostic_code"] == "ACTOR_MISSING"
