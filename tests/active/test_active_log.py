"""Which copies of the event log count (design 4.3), in every clone in which somebody might commit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.hooks import cli_json, install_native
from support.judging import active, answer, check, codes_of, commit, context
from support.missions import Mission, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}


@pytest.fixture
def team(repo: Repo, tmp_path: Path) -> tuple[Mission, Repo]:
    """A mission whose lane-a works on WP01, everything pushed to a bare origin; the second value is that origin."""
    mission = build_mission(repo, LANES)
    origin = Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare")
    repo.add_remote("origin", origin)
    install_native(repo)
    mission.implement("WP01")
    repo.push()
    repo.git("fetch", "-q", "origin")
    return mission, origin


def clone_lane(mission: Mission, origin: Repo, path: Path, *args: str) -> Repo:
    """Clone, check the lane out (single-branch clones have it already), and install our hooks."""
    place = origin.clone(path, *args)
    if not any(arg.startswith("--single-branch") for arg in args):
        place.checkout(mission.lane_branch("lane-a"))
    install_native(place)
    return place


def roles(place: Repo, mission: Mission) -> dict[str, str]:
    """Return the role of each copy of the log by its place."""
    found = cli_json(place, "where", mission.directory)["missions"][0]
    return {copy["where"]: copy["role"] for copy in found["log"]}


def test_a_fresh_clone_judges_like_the_checkout_it_came_from(team: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, origin = team
    place = clone_lane(mission, origin, tmp_path / "fresh")
    assert not place.exists(".kittify/workspaces")
    assert active(place) == ("in_progress", ["WP01"])
    assert commit(place, "src/a/x.py").silent
    assert commit(place, "src/b/x.py").codes == ("ACTIVE_WP_SCOPE_VIOLATION",)


def test_a_log_that_is_here_only_as_a_remote_branch_counts(team: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, origin = team
    place = clone_lane(mission, origin, tmp_path / "fresh")
    place.git("branch", "-D", "main")
    assert active(place) == ("in_progress", ["WP01"])
    assert roles(place, mission)["refs/remotes/origin/main"] == "authoritative"
    assert "by origin/main at " in answer(context(place), "record the branch")
    assert not commit(place, "src/b/x.py").allowed


def test_a_local_target_behind_its_remote_is_superseded(team: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, origin = team
    place = clone_lane(mission, origin, tmp_path / "fresh")
    mission.walk("WP01", "approved")
    mission.walk("WP02", "in_progress")
    mission.repo.push("main")
    assert active(place) == ("in_progress", ["WP01"])
    place.git("fetch", "-q")
    assert active(place) == ("in_progress", ["WP02"])
    assert roles(place, mission)["refs/heads/main"] == "superseded"
    assert commit(place, "src/b/x.py").silent
    assert not commit(place, "src/a/x.py").allowed


def test_policy_and_plan_come_from_the_newer_remote_as_well(team: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, origin = team
    place = clone_lane(mission, origin, tmp_path / "fresh")
    mission.repo.write(".kittify/config.yaml", "policy:\n  commit_guard:\n    mode: warn\n")
    mission.repo.commit("policy", no_verify=True)
    mission.repo.push("main")
    assert not commit(place, "src/b/x.py").allowed
    place.git("fetch", "-q")
    assert commit(place, "src/b/x.py").codes == ("ACTIVE_WP_SCOPE_VIOLATION",)


def test_a_local_target_ahead_of_its_remote_counts_alone(team: tuple[Mission, Repo]) -> None:
    mission, _origin = team
    mission.walk("WP01", "approved")
    mission.walk("WP02", "in_progress")
    place = mission.lane_worktree("lane-a")
    assert active(place) == ("in_progress", ["WP02"])
    assert roles(place, mission)["refs/remotes/origin/main"] == "superseded"


def test_on_a_diverged_target_the_events_of_both_sides_count(team: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, origin = team
    theirs = origin.clone(tmp_path / "theirs")
    install_native(theirs)
    mission.transition("WP01", "for_review")
    ours = mission.read_log()
    mission.repo.git("reset", "-q", "--hard", "HEAD^")
    mission.stands["WP01"] = "in_progress"
    mission.transition("WP02", "claimed")
    mission.transition("WP02", "in_progress")
    mission.repo.push("main")
    theirs.git("fetch", "-q")
    theirs.write(mission.log_path, ours)
    theirs.commit_quietly("for review", (mission.log_path,))
    lane = theirs.worktree(tmp_path / "lane", mission.lane_branch("lane-a"))
    assert active(lane) == ("in_progress", ["WP02"])
    found = context(lane)
    assert found["work_packages"] == {"WP01": "for_review", "WP02": "in_progress"}
    counting = [where for where, role in roles(lane, mission).items() if role == "authoritative"]
    assert counting == [str(theirs.path), "refs/remotes/origin/main"]
    done = commit(lane, "src/b/x.py")
    assert (done.allowed, done.codes) == (True, ("EVENT_LOG_SURFACES_DISAGREE",))
    assert not commit(lane, "src/a/x.py").allowed


def test_a_single_branch_clone_of_a_lane_proves_nobody_active(team: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, origin = team
    args = ("--single-branch", "--branch", mission.lane_branch("lane-a"))
    place = clone_lane(mission, origin, tmp_path / "single", *args)
    found = context(place)
    assert (found["basis"], found["plan_is_own_copy"]) == ("unproven", True)
    assert "the branch's own copy at " in answer(found, "record the branch")
    assert answer(found, "Where is the event log") == "no copy can be reached"
    refused = commit(place, "src/c/x.py")
    assert not refused.allowed
    assert "ACTIVE_WP_SCOPE_VIOLATION" in refused.codes
    assert "is outside what any work package of lane-a owns" in refused.text
    assert commit(place, "src/a/x.py", "src/b/x.py").silent
    report = check(place, "src/b/x.py")
    assert (report["verdict"], codes_of(report)) == ("pass", [("ACTIVE_WP_STATUS_UNAVAILABLE", "note")])


def test_after_fetching_the_target_a_single_branch_clone_judges_fully(
    team: tuple[Mission, Repo], tmp_path: Path
) -> None:
    mission, origin = team
    args = ("--single-branch", "--branch", mission.lane_branch("lane-a"))
    place = clone_lane(mission, origin, tmp_path / "single", *args)
    place.git("fetch", "-q", "origin", "main:refs/remotes/origin/main")
    assert active(place) == ("in_progress", ["WP01"])
    assert not commit(place, "src/b/x.py").allowed


def test_a_shallow_clone_judges_a_commit_like_a_full_one(team: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, origin = team
    place = clone_lane(mission, origin, tmp_path / "shallow", "--depth=1", "--no-single-branch")
    assert active(place) == ("in_progress", ["WP01"])
    assert commit(place, "src/a/x.py").silent
    assert commit(place, "src/b/x.py").codes == ("ACTIVE_WP_SCOPE_VIOLATION",)


@pytest.mark.parametrize("name", ["hub.git", "hub/.git"])
def test_a_bare_repository_with_linked_worktrees_has_no_working_log(
    team: tuple[Mission, Repo], tmp_path: Path, name: str
) -> None:
    mission, origin = team
    hub = origin.clone(tmp_path / name, "--bare")
    install_native(hub)
    place = hub.worktree(tmp_path / "lane", mission.lane_branch("lane-a"))
    assert roles(place, mission)["refs/heads/main"] == "authoritative"
    assert commit(place, "src/a/x.py").silent
    assert not commit(place, "src/b/x.py").allowed


def test_the_working_log_of_a_separate_git_directory_is_read_where_it_lies(
    team: tuple[Mission, Repo], tmp_path: Path
) -> None:
    mission, origin = team
    place = origin.clone(tmp_path / "apart", f"--separate-git-dir={tmp_path / 'apart.git'}")
    install_native(place)
    assert roles(place, mission)[str(place.path)] == "authoritative"
    lane = place.worktree(tmp_path / "lane", mission.lane_branch("lane-a"))
    assert commit(lane, "src/a/x.py").silent


# -- coordination


@pytest.fixture
def coordinated(repo: Repo) -> Mission:
    """A mission whose log lives on a coordination branch; lane-a works on WP01."""
    mission = build_mission(repo, LANES, topology="coord")
    install_native(repo)
    mission.implement("WP01")
    return mission


def test_the_log_of_a_coordinated_mission_is_read_from_its_own_worktree(coordinated: Mission) -> None:
    place = coordinated.lane_worktree("lane-a")
    assert not place.exists(coordinated.log_path)  # the client's sparse checkout hides it
    assert active(place) == ("in_progress", ["WP01"])
    assert context(place)["log_branch"] == coordinated.coordination_branch
    assert commit(place, "src/a/x.py").silent
    assert not commit(place, "src/b/x.py").allowed


def test_a_coordination_branch_without_a_worktree_counts(coordinated: Mission) -> None:
    coordinated.remove_coordination_worktree()
    coordinated.walk("WP01", "approved")
    coordinated.walk("WP02", "in_progress")
    place = coordinated.lane_worktree("lane-a")
    assert active(place) == ("in_progress", ["WP02"])
    assert commit(place, "src/b/x.py").silent


def test_a_coordination_branch_that_is_here_only_as_remote_counts(coordinated: Mission, tmp_path: Path) -> None:
    origin = Repo.init(tmp_path / "origin.git", coordinated.repo.env, coordinated.repo.clock, "--bare")
    coordinated.repo.add_remote("origin", origin)
    coordinated.repo.push()
    place = clone_lane(coordinated, origin, tmp_path / "fresh")
    found = context(place)
    assert (found["log_branch"], found["basis"]) == (coordinated.coordination_branch, "in_progress")
    assert not commit(place, "src/b/x.py").allowed


def test_a_coordination_worktree_whose_directory_was_deleted_is_no_worktree(coordinated: Mission) -> None:
    shutil.rmtree(coordinated.coordination_worktree.path)
    place = coordinated.lane_worktree("lane-a")
    assert active(place) == ("in_progress", ["WP01"])
    assert commit(place, "src/a/x.py").silent


def test_a_coordination_branch_merged_into_the_target_is_a_left_over(coordinated: Mission) -> None:
    repo = coordinated.repo
    coordinated.remove_coordination_worktree()
    repo.git("merge", "-q", "--no-verify", "-X", "theirs", "-m", "merge", coordinated.coordination_branch)
    log = repo.show(coordinated.coordination_branch, coordinated.log_path)
    repo.write(coordinated.log_path, log)
    repo.commit_quietly("log", (coordinated.log_path,))
    assert context(coordinated.lane_worktree("lane-a"))["log_branch"] == "main"


def test_a_coordination_branch_squashed_into_the_target_is_a_left_over(coordinated: Mission) -> None:
    repo = coordinated.repo
    coordinated.walk("WP01", "approved")
    log = repo.show("main", coordinated.log_path) + repo.show(coordinated.coordination_branch, coordinated.log_path)
    repo.write(coordinated.log_path, log)
    repo.commit_quietly("squashed mission", (coordinated.log_path,))
    place = coordinated.lane_worktree("lane-a")
    found = context(place)
    assert (found["log_branch"], found["work_packages"]["WP01"]) == ("main", "approved")


def test_a_coordinated_mission_whose_branch_has_no_log_uses_the_target(repo: Repo) -> None:
    mission = build_mission(repo, LANES, meta={"topology": "coord", "coordination_branch": "kitty/never-made"})
    install_native(repo)
    place = mission.implement("WP01")
    assert context(place)["log_branch"] == "main"
    assert commit(place, "src/a/x.py").silent


# -- the working file


@pytest.fixture
def started(repo: Repo) -> Mission:
    """A mission on main, checked out in the primary checkout; lane-a works on WP01."""
    mission = build_mission(repo, LANES)
    install_native(repo)
    mission.implement("WP01")
    return mission


def test_events_in_the_working_file_count_before_they_are_committed(started: Mission) -> None:
    started.transition("WP01", "for_review", commit=False)
    started.transition("WP02", "claimed", commit=False)
    started.transition("WP02", "in_progress", commit=False)
    assert active(started.lane_worktree("lane-a")) == ("in_progress", ["WP02"])


def test_a_primary_checkout_on_another_branch_leaves_the_committed_log(started: Mission) -> None:
    started.repo.checkout("elsewhere", "-b")
    started.repo.git("rm", "-rq", "kitty-specs")
    place = started.lane_worktree("lane-a")
    assert active(place) == ("in_progress", ["WP01"])
    assert roles(place, started)["refs/heads/main"] == "authoritative"
    assert commit(place, "src/a/x.py").silent
    assert not commit(place, "src/b/x.py").allowed


def test_what_a_lane_carries_of_the_log_is_never_evidence(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    started.walk("WP01", "approved")
    started.walk("WP02", "in_progress")
    place.write(started.log_path, started.read_log().replace(b'"WP02"', b'"WP09"'))
    place.commit("smuggled", no_verify=True)
    assert active(place) == ("in_progress", ["WP02"])
    assert roles(place, started)[f"refs/heads/{started.lane_branch('lane-a')}"] == "frozen"


def test_a_sparse_checkout_that_hides_the_log_leaves_the_committed_one(started: Mission) -> None:
    started.hide_log(started.repo)
    assert not started.repo.exists(started.log_path)
    place = started.lane_worktree("lane-a")
    assert active(place) == ("in_progress", ["WP01"])
    assert roles(place, started)[str(started.repo.path)] == "hidden"
    assert commit(place, "src/a/x.py").silent


def test_a_damaged_working_log_is_named_by_line_and_the_rest_still_judges(started: Mission) -> None:
    lines = started.read_log().splitlines(keepends=True)
    started.write_log(b"".join([*lines[:2], b'{"torn": \n', *lines[2:], b"<<<<<<< ours\n"]), commit=False)
    place = started.lane_worktree("lane-a")
    done = commit(place, "src/a/x.py")
    assert done.allowed
    assert done.codes == ("EVENT_LOG_UNREADABLE",)
    assert "(line 3: " in done.text
    assert f"line {len(lines) + 2}: " in done.text
    refused = commit(place, "src/b/x.py")
    assert not refused.allowed
    assert set(refused.codes) == {"EVENT_LOG_UNREADABLE", "ACTIVE_WP_SCOPE_VIOLATION"}


def test_events_that_damage_hides_in_the_working_log_count_from_the_commit(started: Mission) -> None:
    started.walk("WP01", "approved")
    started.walk("WP02", "in_progress")
    lines = started.read_log().splitlines(keepends=True)
    started.write_log(b"".join(lines[:-2]) + lines[-2][:40], commit=False)
    assert active(started.lane_worktree("lane-a")) == ("in_progress", ["WP02"])


def make_missing(path: Path) -> None:
    path.unlink()


def make_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_symlink(path: Path) -> None:
    target = path.rename(path.with_suffix(".moved"))
    path.symlink_to(target)


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (make_missing, "missing"),
        (make_fifo, "not a regular file (fifo)"),
        (make_symlink, "symlink"),
        (make_directory, "not a regular file (directory)"),
    ],
    ids=["missing", "fifo", "symlink", "directory"],
)
def test_a_working_log_that_is_no_file_is_named_and_the_committed_one_judges(
    started: Mission, spoil: object, problem: str
) -> None:
    assert callable(spoil)
    spoil(started.repo.path / started.log_path)
    place = started.lane_worktree("lane-a")
    done = commit(place, "src/a/x.py")
    assert done.allowed
    assert done.codes == ("EVENT_LOG_UNREADABLE",)
    assert f"the event log in {started.repo.path} cannot be read ({problem})" in done.text
    assert not commit(place, "src/b/x.py").allowed


def test_a_mission_without_a_log_cannot_be_judged_beyond_the_lanes_own_files(repo: Repo) -> None:
    mission = build_mission(repo, LANES)
    repo.git("rm", "-q", mission.log_path)
    repo.commit("no log", [], no_verify=True)
    install_native(repo)
    place = mission.start_lane("lane-a")
    done = commit(place, "src/a/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_STATUS_UNAVAILABLE",)
    assert f"the event log of mission {mission.directory} cannot be read" in done.text
    assert f"spec-kitty-hooks where {mission.directory}" in done.text
    assert "ACTIVE_WP_SCOPE_VIOLATION" in commit(place, "src/c/x.py").codes


def test_a_copied_repository_does_not_read_the_log_of_its_original(mission: Mission, tmp_path: Path) -> None:
    """Git goes on naming the original's linked work trees in a copy made with `cp -r`."""
    repo = mission.repo
    repo.checkout("elsewhere", "-b")
    repo.worktree("../out", "main")
    mission_log = mission.log_path
    shutil.copytree(repo.path, tmp_path / "copy", symlinks=True)
    (repo.path / ".." / "out" / mission_log).resolve().write_bytes(b"")
    copied = cli_json(repo.at(tmp_path / "copy"), "status", "--all")
    assert copied["missions"][mission.directory]["event_count"] == 3
    assert cli_json(repo, "status", "--all")["missions"][mission.directory]["event_count"] == 0
