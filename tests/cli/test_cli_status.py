"""`status` and `where`: every mission as its log has it, every copy with how it differs; and mission handles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, build_mission, many_missions
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}
MID8 = "01KN2371"


@pytest.fixture
def mission(repo: Repo) -> Mission:
    return build_mission(repo, LANES)


def test_status_of_all_real_missions_is_what_the_released_reducer_makes_of_them(repo: Repo, corpus: Path) -> None:
    golden = json.loads((corpus / "golden.json").read_text())
    shutil.copytree(corpus / "kitty-specs", repo.path / "kitty-specs")
    repo.commit("bring in missions", no_verify=True)
    found = valid(repo, "status", cli_json(repo, "status", "--all"))["missions"]
    assert len(golden) == 56
    for expected in golden.values():  # there null means a review result without a verdict; here it is no verdict
        expected["review_verdict"] = {wp: verdict for wp, verdict in expected["review_verdict"].items() if verdict}
    assert {name: summarise(found[name]) for name in golden} == golden


def summarise(status: Any) -> Any:
    """Return one mission's status in the shape of golden.json."""
    packages = status["work_packages"]
    return {
        "event_count": status["event_count"],
        "last_event_id": status["last_event_id"],
        "lanes": {wp: package["lane"] for wp, package in packages.items()},
        "force_count": {wp: package["force_count"] for wp, package in packages.items() if package["force_count"]},
        "review_verdict": {wp: p["review_verdict"] for wp, p in packages.items() if p["review_verdict"]},
    }


def test_status_lists_work_packages_in_the_order_of_the_board(mission: Mission) -> None:
    mission.implement("WP02")
    ran = cli(mission.repo, "status", mission.directory)
    assert (ran.returncode, ran.stderr) == (0, "")
    head, first, second = ran.stdout.splitlines()
    assert head.startswith(f"Mission {mission.directory} (4 transitions, from worktree {mission.repo.path})")
    assert (first.split()[:2], second.split()[:2]) == (["planned", "WP01"], ["in_progress", "WP02"])


def test_status_as_json_tells_lane_actor_and_age(mission: Mission) -> None:
    mission.implement("WP01", actor="agent-seven")
    found = valid(mission.repo, "status", cli_json(mission.repo, "status"))["missions"][mission.directory]
    package = found["work_packages"]["WP01"]
    assert (package["lane"], package["execution_lane"], package["actor"]) == ("in_progress", "lane-a", "agent-seven")
    assert package["age_seconds"] >= 0
    assert found["problems"] == []


def test_status_without_a_handle_shows_the_mission_of_the_lane(mission: Mission) -> None:
    other = build_mission(mission.repo, LANES, slug="other")
    place = mission.start_lane("lane-a")
    assert list(cli_json(place, "status")["missions"]) == [mission.directory]
    assert set(cli_json(mission.repo, "status")["missions"]) == {mission.directory, other.directory}


def test_status_without_a_handle_leaves_finished_missions_out(mission: Mission) -> None:
    finished = build_mission(mission.repo, LANES, slug="finished")
    for wp_id in ("WP01", "WP02"):
        finished.walk(wp_id, "done")
    assert list(cli_json(mission.repo, "status")["missions"]) == [mission.directory]
    assert finished.directory in cli_json(mission.repo, "status", "--all")["missions"]


def test_status_in_a_repository_without_missions_says_so(repo: Repo) -> None:
    assert cli_json(repo, "status") == {"missions": {}}
    ran = cli(repo, "status")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "no branch of this clone has a mission\n"


def test_status_names_damage_by_line_and_goes_on(mission: Mission) -> None:
    mission.raw_line(b"{torn")
    mission.walk("WP01", "claimed")
    found = cli_json(mission.repo, "status", mission.directory)["missions"][mission.directory]
    assert found["work_packages"]["WP01"]["lane"] == "claimed"
    assert any("event log line 6" in problem for problem in found["problems"])


def test_status_of_a_mission_without_a_log_says_so(mission: Mission) -> None:
    mission.repo.git("rm", "-q", mission.log_path)
    mission.repo.commit("gone", [], no_verify=True)
    found = cli_json(mission.repo, "status", mission.directory)["missions"][mission.directory]
    assert (found["event_count"], found["source"]) == (0, "nowhere")
    assert found["problems"] == ["no copy of the event log can be read"]


# -- handles


def test_a_mission_is_found_by_id_by_mid8_by_directory_and_by_slug(mission: Mission) -> None:
    for handle in (mission.mission_id, mission.mission_id[:8], mission.directory, "csv-export"):
        assert list(cli_json(mission.repo, "status", handle)["missions"]) == [mission.directory]


def test_a_number_and_a_directory_without_its_number_name_a_mission(repo: Repo) -> None:
    build_mission(repo, LANES, directory="034-csv-export")
    for handle in ("34", "034", "csv-export"):
        assert list(cli_json(repo, "status", handle)["missions"]) == ["034-csv-export"]


@pytest.mark.parametrize("command", ["status", "where"])
def test_an_ambiguous_handle_lists_the_candidates(repo: Repo, command: str) -> None:
    names = [
        build_mission(repo, LANES, slug=slug, mission_id=MID8 + slug.upper() * 18).directory for slug in ("a", "b")
    ]
    ran = cli(repo, command, MID8)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"{MID8} names 2 missions: {names[0]}, {names[1]}" in ran.stderr
    assert "next: name the directory in full" in ran.stderr
    found = valid(repo, "error", cli_json(repo, command, MID8, code=2))
    assert found["diagnostic_code"] == "MISSION_AMBIGUOUS_SELECTOR"


@pytest.mark.parametrize("command", ["status", "where"])
@pytest.mark.parametrize("handle", ["nowhere", "", "../x", b"\xff", "99"])
def test_an_unknown_handle_is_wrong_usage(mission: Mission, command: str, handle: str | bytes) -> None:
    found = valid(mission.repo, "error", cli_json(mission.repo, command, handle, code=2))
    assert found["diagnostic_code"] == "MISSION_NOT_FOUND"
    assert found["remediation"][0] == "spec-kitty-hooks status --all"
    assert found["message"].encode()  # every character of it can be written


# -- where


def copies(place: Repo, handle: str) -> dict[str, Any]:
    """Return the copies of the log by their place."""
    found = valid(place, "where", cli_json(place, "where", handle))["missions"][0]
    return {copy["where"]: copy for copy in found["log"]}


def test_where_lists_every_copy_of_the_log_with_what_it_lacks(mission: Mission, tmp_path: Path) -> None:
    repo = mission.repo
    origin = Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare")
    repo.add_remote("origin", origin)
    mission.start_lane("lane-a")
    repo.push()
    repo.git("fetch", "-q")
    committed = mission.transition("WP01", "claimed")
    working = mission.transition("WP01", "in_progress", commit=False)
    found = copies(repo, mission.directory)
    lane = f"refs/heads/{mission.lane_branch('lane-a')}"
    lost = [committed["event_id"], working["event_id"]]
    roles = {where: (copy["role"], copy["missing"]) for where, copy in found.items()}
    assert roles == {
        str(repo.path): ("authoritative", []),
        "refs/heads/main": ("superseded", lost[1:]),
        "refs/remotes/origin/main": ("superseded", lost),
        lane: ("frozen", lost),
        lane.replace("refs/heads/", "refs/remotes/origin/"): ("frozen", lost),
    }
    assert found[str(repo.path)]["event_count"] == found[lane]["event_count"] + 2


def test_where_shows_what_a_copy_has_more(mission: Mission) -> None:
    place = mission.start_lane("lane-a")
    extra = mission.transition("WP01", "claimed", commit=False)
    place.write(mission.log_path, mission.read_log())
    place.commit("smuggled", no_verify=True)
    mission.repo.git("checkout", "-q", "--", mission.log_path)
    lane = copies(mission.repo, mission.directory)[f"refs/heads/{mission.lane_branch('lane-a')}"]
    assert (lane["role"], lane["extra"]) == ("frozen", [extra["event_id"]])
    ran = cli(mission.repo, "where", mission.directory)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"has more 1: {extra['event_id']}" in ran.stdout


def test_where_names_an_id_that_copies_disagree_about(mission: Mission, tmp_path: Path) -> None:
    repo = mission.repo
    origin = Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare")
    repo.add_remote("origin", origin)
    record = mission.transition("WP01", "claimed")
    repo.push("main")
    repo.git("fetch", "-q")
    repo.git("reset", "-q", "--hard", "HEAD^")
    mission.write_log(mission.read_log())
    mission.stands["WP01"] = "planned"
    mission.transition("WP01", "canceled", event_id=record["event_id"])
    found = cli_json(repo, "where", mission.directory)["missions"][0]
    assert found["conflicting_event_ids"] == [record["event_id"]]
    assert "conflict: copies hold different events" in cli(repo, "where", mission.directory).stdout


def test_where_shows_planning_files_that_differ(mission: Mission) -> None:
    place = mission.start_lane("lane-a")
    place.append(mission.wp_path("WP01"), b"\nnote\n")
    place.commit("smuggled", no_verify=True)
    mission.repo.append(f"{mission.path}/meta.json", b"\n")
    found = cli_json(mission.repo, "where", mission.directory)["missions"][0]
    differing = {(file["path"], file["where"]) for file in found["files"] if file["same"] is False}
    assert differing == {
        (mission.wp_path("WP01"), f"refs/heads/{mission.lane_branch('lane-a')}"),
        (mission.wp_path("WP01"), str(place.path)),
        (f"{mission.path}/meta.json", str(mission.repo.path)),
    }
    assert f"differs       {mission.wp_path('WP01')} in " in cli(mission.repo, "where", mission.directory).stdout


def test_where_lists_review_files(mission: Mission) -> None:
    mission.walk("WP01", "approved")
    found = cli_json(mission.repo, "where", mission.directory)["missions"][0]
    assert mission.review_path("WP01", 1) in {file["path"] for file in found["files"]}


def test_where_on_a_coordinated_mission_names_its_branch_and_the_frozen_target(repo: Repo) -> None:
    mission = build_mission(repo, LANES, topology="coord")
    mission.implement("WP01")
    found = cli_json(repo, "where", mission.directory)["missions"][0]
    assert found["log_branch"] == mission.coordination_branch
    assert found["log"][0]["where"] == str(mission.coordination_worktree.path)


def test_where_in_a_repository_without_missions_says_so(repo: Repo) -> None:
    assert cli_json(repo, "where") == {"missions": []}
    assert cli(repo, "where").stdout == "no branch of this clone has a mission\n"


def test_where_among_many_missions_shows_the_one_of_the_lane(mission: Mission) -> None:
    many_missions(mission.repo, 20)
    place = mission.start_lane("lane-a")
    found = cli_json(place, "where")["missions"]
    assert [one["mission"] for one in found] == [mission.directory]
