"""What is wrong with a change on a lane: with the paths that it has, or with what it has to be judged by."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.judging import stage
from support.missions import Mission, WorkPackage, build_mission
from support.repo import Repo
from support.trouble import FOREIGN, OWN, Situations, Trouble, event, noting, on_lane, publish, stage_log

SITUATIONS: Situations = {}
situation = noting(SITUATIONS)


# -- ownership


@situation("ACTIVE_WP_SCOPE_VIOLATION")
def foreign_paths(mission: Mission, _tmp: Path) -> Trouble:
    return on_lane(mission, OWN, "src/b/b.py")


@situation("ACTIVE_WP_SCOPE_VIOLATION")
def foreign_path_with_an_odd_name(mission: Mission, _tmp: Path) -> Trouble:
    stage(mission.lane_worktree("lane-a"), "src/a/[x] .py")
    return on_lane(mission, "src/b/[id]/new\nli'ne \x1b$(é) *.py", OWN)


@situation("ACTIVE_WP_SCOPE_VIOLATION")
def foreign_path_in_an_unborn_branch(mission: Mission, _tmp: Path) -> Trouble:
    place = mission.lane_worktree("lane-a")
    place.checkout("fresh", "--orphan")
    mission.repo.git("branch", "-D", mission.lane_branch("lane-a"))
    place.git("symbolic-ref", "HEAD", f"refs/heads/{mission.lane_branch('lane-a')}")
    place.git("rm", "-rqf", "--cached", ".")
    place.git("add", "-f", "src/a", "src/b")
    return Trouble(place, mission)


def merge_with(mission: Mission, change: Callable[[Repo], None]) -> Trouble:
    """Stop a merge of the target into the lane before its commit, and change something in it."""
    place = mission.lane_worktree("lane-a")
    place.commit("own", files={"src/a/a.py": "own\n"}, no_verify=True)
    mission.repo.commit_to("main", {"src/b/b.py": "target\n", "docs/x.md": ""}, "target moves")
    place.git("merge", "-q", "--no-commit", "main")
    change(place)
    place.git("add", "-A")
    return Trouble(place, mission)


@situation("ACTIVE_WP_SCOPE_VIOLATION")
def foreign_path_changed_in_a_merge(mission: Mission, _tmp: Path) -> Trouble:
    return merge_with(mission, lambda place: place.write("src/b/b.py", "evil\n"))


@situation("ACTIVE_WP_SCOPE_VIOLATION")
def foreign_path_added_in_a_merge(mission: Mission, _tmp: Path) -> Trouble:
    return merge_with(mission, lambda place: place.write("src/c/evil.py", "evil\n"))


@situation("ACTIVE_WP_SCOPE_VIOLATION")
def foreign_path_before_an_edit(mission: Mission, _tmp: Path) -> Trouble:
    return Trouble(mission.lane_worktree("lane-a"), mission, args=("check-path", "--json", FOREIGN))


@situation("PLANNING_PATH_ON_LANE")
def planning_on_a_lane(mission: Mission, _tmp: Path) -> Trouble:
    return on_lane(mission, f"{mission.path}/spec.md")


@situation("OWNERSHIP_SELF_GRANT")
def a_lane_that_grants_itself_more(mission: Mission, _tmp: Path) -> Trouble:
    place, path = mission.lane_worktree("lane-a"), mission.wp_path("WP01")
    place.write(path, place.read(path).replace(b"src/a/**", b"src/**"))
    place.stage(path)
    return Trouble(place, mission)


@situation("WP_ALREADY_APPROVED")
def change_after_approval(mission: Mission, _tmp: Path) -> Trouble:
    mission.walk("WP01", "approved")
    mission.walk("WP02", "approved")
    return on_lane(mission, OWN)


@situation("WP_NOT_STARTED")
def change_before_the_start(mission: Mission, _tmp: Path) -> Trouble:
    mission.transition("WP01", "planned")
    return on_lane(mission, OWN)


# -- context


@situation("ACTIVE_WP_CONTEXT_AMBIGUOUS")
def change_split_between_two(mission: Mission, _tmp: Path) -> Trouble:
    mission.walk("WP02", "in_progress")
    return on_lane(mission, "src/a/one.py", "src/a/[id].py", "src/b/b.py")


@situation("ACTIVE_WP_CONTEXT_MISSING")
def another_branch_in_a_lanes_work_tree(mission: Mission, _tmp: Path) -> Trouble:
    mission.lane_worktree("lane-a").checkout("topic", "-b")
    return on_lane(mission, OWN)


@situation("ACTIVE_WP_CONTEXT_MISSING")
def a_branch_that_only_looks_like_a_lane(mission: Mission, tmp: Path) -> Trouble:
    place = mission.repo.worktree(tmp / "ghost", "kitty/mission-ghost-lane-a", "main")
    stage(place, OWN)
    return Trouble(place, mission)


@situation("ACTIVE_WP_CONTEXT_MISSING")
def a_lane_whose_plan_is_not_fetched(mission: Mission, tmp: Path) -> Trouble:
    origin = publish(mission, tmp)
    other = origin.clone(tmp / "other")
    build_mission(other, {"lane-a": {"WP01": ["src/a/**"]}}, directory="ghost", target_branch="plans")
    other.push("plans")
    trouble = a_branch_that_only_looks_like_a_lane(mission, tmp)
    trouble.known["plan"] = "plans"
    return trouble


@situation("ACTIVE_WP_STATUS_UNAVAILABLE")
def the_log_is_deleted(mission: Mission, _tmp: Path) -> Trouble:
    mission.repo.git("rm", "-q", mission.log_path)
    mission.repo.git("commit", "-qnm", "no log")
    return on_lane(mission, OWN)


@situation("ACTIVE_WP_STATUS_UNAVAILABLE")
def the_log_is_not_in_this_clone(mission: Mission, tmp: Path) -> Trouble:
    lane = mission.lane_branch("lane-a")
    place = publish(mission, tmp).clone(tmp / "single", "--single-branch", "--branch", lane)
    stage(place, OWN)
    return Trouble(place, mission)


def replan(mission: Mission, **values: Any) -> Trouble:
    mission.replan(WorkPackage(wp_id="WP01", **values))
    return on_lane(mission, OWN)


@situation("ACTIVE_WP_METADATA_MISSING")
def a_work_package_without_a_file(mission: Mission, _tmp: Path) -> Trouble:
    mission.repo.git("rm", "-q", mission.wp_path("WP01"))
    mission.repo.git("commit", "-qnm", "gone")
    return on_lane(mission, OWN)


@situation("ACTIVE_WP_METADATA_INVALID")
def a_head_that_cannot_be_read(mission: Mission, _tmp: Path) -> Trouble:
    return replan(mission, head="---\nowned_files: [\n---\n")


@situation("ACTIVE_WP_OWNERSHIP_MISSING")
def a_head_that_owns_nothing(mission: Mission, _tmp: Path) -> Trouble:
    return replan(mission, owned_files=[])


@situation("DETACHED_HEAD")
def a_detached_head(mission: Mission, _tmp: Path) -> Trouble:
    mission.lane_worktree("lane-a").checkout("HEAD", "--detach")
    return on_lane(mission, OWN)


@situation("SHALLOW_HISTORY")
def history_cut_off_before_what_is_published(mission: Mission, tmp: Path) -> Trouble:
    place = publish(mission, tmp).clone(tmp / "shallow", "--depth=1")
    mission.repo.commit("more", files={"docs/x.md": ""}, no_verify=True)
    mission.repo.push("main")
    place.git("fetch", "-q", "--depth=1")
    return stage_log(mission, place.read(mission.log_path) + event(mission, "WP02", "planned", "claimed"), place)


@situation("REPOSITORY_UNSUPPORTED")
def no_repository_at_all(mission: Mission, tmp: Path) -> Trouble:
    empty = mission.repo.at(tmp / "empty")
    empty.path.mkdir()
    empty.env["GIT_CEILING_DIRECTORIES"] = str(tmp)
    return Trouble(empty, mission)


@situation("REPOSITORY_UNSUPPORTED")
def somebody_elses_repository(mission: Mission, _tmp: Path) -> Trouble:
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can give a repository away")
    for path in (mission.repo.path, mission.repo.path / ".git"):
        os.chown(path, 12345, 12345)
    return Trouble(mission.repo, mission)


@situation("REPOSITORY_UNSUPPORTED")
def a_partial_clone_without_the_plan(mission: Mission, tmp: Path) -> Trouble:
    mission.edit(mission.log_path, mission.read_log() + b"\n")
    clone = publish(mission, tmp).clone(tmp / "partial", "--filter=blob:none", "--no-checkout")
    clone.checkout(mission.lane_branch("lane-a"))
    for path in (".kittify/config.yaml", mission.wp_path("WP01")):
        clone.git("cat-file", "-e", f"origin/main:{path}")
    stage(clone, OWN)
    return Trouble(clone, mission)


@situation("POLICY_INVALID")
def a_broken_policy_seen_from_a_lane(mission: Mission, _tmp: Path) -> Trouble:
    mission.edit(".kittify/config.yaml", "policy:\n  commit_guard:\n    mode: sometimes\n")
    return on_lane(mission, OWN)


@situation("POLICY_INVALID")
def a_policy_about_to_be_broken(mission: Mission, _tmp: Path) -> Trouble:
    mission.repo.write(".kittify/config.yaml", "policy: [\n")
    mission.repo.stage(".kittify/config.yaml")
    return Trouble(mission.repo, mission)
