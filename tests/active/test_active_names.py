"""Which mission and lane a branch belongs to (design 4.2, formats 6.2): recorded names, however odd."""

from __future__ import annotations

import json

import pytest
from support.hooks import install_native
from support.judging import answer, check, codes_of, commit, context
from support.missions import Mission, build_mission, many_missions
from support.repo import Repo

ONE = {"lane-a": {"WP01": ["src/a/**"]}}
MID8 = "01KN2371"


def identity(tail: str) -> str:
    """Return a mission id with the shared mid8."""
    return MID8 + tail.rjust(18, "0")


def starts(mission: Mission, lane_id: str = "lane-a", wp_id: str = "WP01") -> Repo:
    """Start a lane with our hooks, without the client's cached workspace file."""
    install_native(mission.repo)
    place = mission.start_lane(lane_id, context=False)
    mission.walk(wp_id, "in_progress")
    return place


def judged(place: Repo, mission: Mission, lane_id: str = "lane-a") -> None:
    """Require that the lane is recognised, lets its own files pass and refuses a foreign one."""
    found = context(place)
    assert (found["role"], found["mission"], found["execution_lane"]) == ("lane", mission.directory, lane_id)
    assert commit(place, "src/a/x.py").silent
    assert commit(place, "src/b/x.py").codes == ("ACTIVE_WP_SCOPE_VIOLATION",)


@pytest.mark.parametrize("lane_id", ["lane-a", "lane-z", "lane-aa", "lane-{", "lane-27", "lane-docs"])
def test_a_lane_is_recognised_by_the_id_that_is_recorded(repo: Repo, lane_id: str) -> None:
    mission = build_mission(repo, {lane_id: {"WP01": ["src/a/**"]}})
    judged(starts(mission, lane_id), mission, lane_id)


@pytest.mark.blocker(950)
@pytest.mark.parametrize("slug", ["mission-lifecycle", "mission-mission", "mission-lane-a"])
def test_a_slug_that_starts_with_mission_keeps_it(repo: Repo, slug: str) -> None:
    mission = build_mission(repo, ONE, slug=slug)
    judged(starts(mission), mission)


@pytest.mark.parametrize("slug", ["tasks-and-lane-stabilization", "rc3-lane-a", "x-lane-planning"])
def test_only_the_last_lane_in_a_branch_name_is_the_lane(repo: Repo, slug: str) -> None:
    mission = build_mission(repo, ONE, slug=slug)
    judged(starts(mission), mission)


def test_two_missions_with_the_same_mid8_are_told_apart(repo: Repo) -> None:
    first = build_mission(repo, ONE, slug="alpha", mission_id=identity("1"))
    second = build_mission(repo, {"lane-a": {"WP01": ["src/b/**"]}}, slug="beta", mission_id=identity("2"))
    judged(starts(first), first)
    place = second.start_lane("lane-a")
    second.walk("WP01", "in_progress")
    assert context(place)["mission"] == second.directory
    assert commit(place, "src/b/x.py").silent
    assert not commit(place, "src/a/x.py").allowed


def test_two_numbered_missions_with_one_slug_and_one_mid8_are_told_apart(repo: Repo) -> None:
    for number, mine, other in ((1, "a", "b"), (2, "b", "a")):
        owned = {"lane-a": {"WP01": [f"src/{mine}/**"]}}
        mission = build_mission(repo, owned, directory=f"00{number}-export", mission_id=identity(str(number)))
        place = starts(mission)
        assert context(place)["mission"] == mission.directory
        assert commit(place, f"src/{mine}/x.py").silent
        assert not commit(place, f"src/{other}/x.py").allowed


@pytest.mark.parametrize(
    "name", ["pr/csv-export", "mission/csv-1060-1622", "kitty/mission-csv-export-{mid8}-{mid8}", "kitty/mission-other"]
)
@pytest.mark.blocker(950)
def test_the_recorded_mission_branch_wins_over_the_computed_one(repo: Repo, name: str) -> None:
    mission = build_mission(repo, ONE, mission_id=identity("7"), mission_branch=name.format(mid8=MID8))
    judged(starts(mission), mission)


def test_a_recorded_name_beats_the_same_name_composed_for_another_mission(repo: Repo) -> None:
    composed = build_mission(repo, {"lane-a": {"WP01": ["src/b/**"]}}, slug="alpha", mission_branch="pr/alpha")
    recorded = build_mission(repo, ONE, slug="beta", mission_branch=f"kitty/mission-{composed.directory}")
    judged(starts(recorded), recorded)


def test_a_numbered_mission_has_its_legacy_branch(repo: Repo) -> None:
    mission = build_mission(repo, ONE, directory="034-csv-export")
    assert mission.lane_branch("lane-a") == "kitty/mission-034-csv-export-lane-a"
    judged(starts(mission), mission)


def test_a_numbered_mission_without_a_recorded_branch_is_found_under_the_current_form(repo: Repo) -> None:
    mission = build_mission(repo, ONE, directory="034-csv-export", mission_id=identity("9"))
    lanes = json.loads(repo.read(f"{mission.path}/lanes.json"))
    del lanes["mission_branch"]
    mission.edit(f"{mission.path}/lanes.json", json.dumps(lanes))
    install_native(repo)
    place = mission.start_lane("lane-a", branch=f"kitty/mission-csv-export-{MID8}-lane-a")
    mission.walk("WP01", "in_progress")
    judged(place, mission)


def test_a_branch_per_work_package_works_without_lanes_json(repo: Repo) -> None:
    mission = build_mission(repo, ONE, directory="034-csv-export", lanes_file=False)
    install_native(repo)
    place = repo.worktree(".worktrees/034-csv-export-WP01", "034-csv-export-WP01", "main")
    mission.walk("WP01", "in_progress")
    judged(place, mission, "WP01")


def test_a_lane_added_to_the_plan_after_the_branch_was_cut_is_found(repo: Repo) -> None:
    mission = build_mission(repo, ONE)
    install_native(repo)
    place = mission.start_lane("lane-a", branch=f"{mission.mission_branch}-lane-b", context=False)
    lanes = json.loads(repo.read(f"{mission.path}/lanes.json"))
    lanes["lanes"][0]["lane_id"] = "lane-b"
    mission.edit(f"{mission.path}/lanes.json", json.dumps(lanes))
    mission.walk("WP01", "in_progress")
    judged(place, mission, "lane-b")


def test_a_branch_named_like_a_lane_that_nobody_records_cannot_be_judged(repo: Repo) -> None:
    build_mission(repo, ONE)
    install_native(repo)
    repo.checkout("kitty/mission-nowhere-01ABCDEF-lane-a", "-b")
    done = commit(repo, "src/b/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_CONTEXT_MISSING",)
    assert "is named like a lane, but no mission within reach records it" in done.text
    found = context(repo)
    assert (found["role"], found["mission"]) == ("unrecorded lane", None)


@pytest.mark.parametrize("name", ["feature/x", "topic-lane-change", "release-WP01", "kitty/pr/csv-to-main", "hotfix"])
def test_a_branch_that_no_mission_records_is_nobodys_business(repo: Repo, name: str) -> None:
    build_mission(repo, ONE)
    install_native(repo)
    repo.checkout(name, "-b")
    assert commit(repo, "src/b/x.py").silent
    report = check(repo, "src/b/x.py")
    assert (report["verdict"], report["findings"]) == ("not_applicable", [])


def test_the_target_the_mission_and_the_coordination_branch_are_not_judged_for_ownership(repo: Repo) -> None:
    mission = build_mission(repo, ONE, topology="coord", coordination_branch="kitty/coord-x")
    install_native(repo)
    mission.start_lane("lane-a")
    mission.walk("WP01", "in_progress")
    assert commit(repo, "src/b/x.py").silent
    assert commit(mission.coordination_worktree, "src/b/x.py").silent
    assert context(mission.coordination_worktree)["role"] == "coordination"
    repo.checkout(mission.mission_branch)
    assert commit(repo, "src/b/x.py").silent
    assert context(repo)["role"] == "integration"


def test_the_planning_lane_works_on_the_target_branch_and_is_not_judged(repo: Repo) -> None:
    owned = {"lane-a": {"WP01": ["src/a/**"]}, "lane-planning": {"WP02": ["docs/**"]}}
    mission = build_mission(repo, owned)
    install_native(repo)
    mission.walk("WP02", "in_progress")
    assert commit(repo, "src/c/x.py").silent
    found = context(repo)
    assert (found["role"], found["mission"], found["basis"]) == ("target", mission.directory, None)


def test_a_target_branch_of_several_missions_is_nobodys_in_particular(repo: Repo) -> None:
    first = build_mission(repo, ONE, slug="alpha")
    second = build_mission(repo, ONE, slug="beta")
    found = context(repo)
    assert (found["role"], found["mission"]) == ("target", None)
    assert answer(found, "record the branch") == f"target branch of 2 missions: {first.directory}, {second.directory}"


def test_a_lane_keeps_its_own_mission_among_many(repo: Repo) -> None:
    many_missions(repo, 30)
    mission = build_mission(repo, ONE)
    judged(starts(mission), mission)


def test_unusable_lane_ids_in_the_plan_do_not_stop_the_others(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-~": {"WP02": ["src/c/**"]}, **ONE})
    judged(starts(mission), mission)
    report = check(mission.lane_worktree("lane-a"), "src/c/x.py")
    assert codes_of(report) == [("ACTIVE_WP_SCOPE_VIOLATION", "block")]
