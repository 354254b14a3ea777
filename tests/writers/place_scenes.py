"""Scenes around `start`: who holds the work package, what it builds on, and where its lane has its work tree."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.missions import Mission, WorkPackage, build_mission
from support.repo import Repo
from writers.log_scenes import held, say
from writers.scene import Scene, scene, start

AGAIN = "then run the same command again"
STATUS = "spec-kitty-hooks status {}"
WAIT = "wait for it to end, then run this again"


def own_lock(mission: Mission, name: str) -> Path:
    return mission.repo.common_dir() / "spec-kitty-hooks" / name


def plan(mission: Mission, **changes: Any) -> None:
    """Change lanes.json on the target branch: top keys, or keys of a lane by its id."""
    path = f"{mission.path}/lanes.json"
    content = json.loads(mission.repo.show(mission.target_branch, path))
    for lane in content["lanes"]:
        lane.update(changes.pop(lane["lane_id"].replace("-", "_"), {}))
    mission.edit(path, json.dumps({**content, **changes}))


def chained(mission: Mission) -> Mission:
    """Build another mission, in which WP02 in lane-b builds on WP01 in lane-a."""
    packages = [WorkPackage(wp_id="WP01"), WorkPackage(wp_id="WP02", dependencies=("WP01",))]
    made = build_mission(mission.repo, {"lane-a": packages[:1], "lane-b": packages[1:]}, slug="chained")
    plan(made, lane_b={"depends_on_lanes": ["lane-a"]})
    return made


# -- who holds it


@scene("START_LOCKED", WAIT)
def while_somebody_starts_it(mission: Mission, _beside: Path) -> Scene:
    release = held(own_lock(mission, f"start-{mission.directory}-WP01.lock"))
    return start(mission, always="import spec_kitty_hooks.starting as s; s._LOCK_SECONDS = 0.1", acts={WAIT: release})


@scene("LANE_LOCKED", WAIT)
def while_somebody_makes_its_lane(mission: Mission, _beside: Path) -> Scene:
    release = held(own_lock(mission, f"lane-{mission.directory}-lane-a.lock"))
    return start(mission, always="import spec_kitty_hooks.workplaces as w; w._LOCK_SECONDS = 0.1", acts={WAIT: release})


@scene("LANE_MOVED", "spec-kitty-hooks recover {} --mission {}", STATUS)
def claimed_by_somebody_else(mission: Mission, _beside: Path) -> Scene:
    mission.transition("WP01", "claimed", actor="agent-two", policy_metadata={"shell_pid": 2**22 + 1})
    return start(mission)


@scene("LANE_MOVED", "spec-kitty-hooks recover {} --mission {}", STATUS)
def claimed_in_a_shell_that_still_runs(mission: Mission, _beside: Path) -> Scene:
    shell = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    sidecar = {"shell_pid": shell.pid}
    mission.transition("WP01", "claimed", actor="agent-one", policy_metadata=sidecar)
    return start(mission, done=shell.communicate)


@scene("LANE_MOVED", "spec-kitty-hooks mission finalize {}", STATUS)
def not_planned_yet(mission: Mission, _beside: Path) -> Scene:
    return start(build_mission(mission.repo, {"lane-a": {"WP01": ["src/x/**"]}}, slug="fresh", bootstrap=False))


@scene("LANE_MOVED", "spec-kitty-hooks transition {} --to in_progress --mission {}", STATUS)
def blocked(mission: Mission, _beside: Path) -> Scene:
    mission.implement("WP01", actor="Committer")
    mission.transition("WP01", "blocked", actor="Committer")
    return start(mission, "--actor", "Committer")


@scene("LANE_MOVED", STATUS)
def over(mission: Mission, _beside: Path) -> Scene:
    mission.walk("WP01", "done")
    found = start(mission)
    found.decide = lambda: found.words.__setitem__(1, "WP03")
    return found


@scene("LANE_MOVED", STATUS)
def taken_up_by_somebody_else_meanwhile(mission: Mission, _beside: Path) -> Scene:
    for lane in ("claimed", "in_progress"):
        mission.transition("WP01", lane, actor="agent-one", policy_metadata={"shell_pid": 2**22 + 1})
    fault = """
import spec_kitty_hooks.holding as h
from spec_kitty_hooks.liveness import Process
h.read_claim = lambda log, wp_id, real=h.read_claim: real(log, wp_id).replace(process=Process(pid=1))"""
    return start(mission, fault=fault)


@scene("DEPENDENCIES_NOT_SATISFIED", "wait for them, or start all the same with --force --reason TEXT", STATUS)
def before_what_it_builds_on(mission: Mission, _beside: Path) -> Scene:
    found = start(chained(mission), wp_id="WP02")
    step = "wait for them, or start all the same with --force --reason TEXT"
    found.acts = {step: say(found, "--force", "--reason", "the interface is settled")}
    return found


# -- which lane


@scene("WORK_PACKAGE_WITHOUT_LANE", "spec-kitty-hooks mission finalize {}")
def in_no_lane(mission: Mission, _beside: Path) -> Scene:
    made = build_mission(mission.repo, {"lane-a": {"WP01": ["src/x/**"], "WP02": ["src/y/**"]}}, slug="left-out")
    plan(made, lane_a={"wp_ids": ["WP02"]})
    return start(made)


@scene("WORK_PACKAGE_WITHOUT_LANE", "{} add -- {}", "{} commit -m 'Finalize mission {}' -- {}", AGAIN)
def in_a_lane_that_nobody_committed(mission: Mission, _beside: Path) -> Scene:
    path = f"{mission.path}/lanes.json"
    content = mission.repo.read(path)
    mission.repo.git("rm", "-q", path)
    mission.repo.commit("without lanes")
    mission.repo.write(path, content)
    return start(mission)


@scene("WORK_PACKAGE_WITHOUT_LANE", "mend lanes.json, and commit that")
def in_a_lane_that_can_be_no_name(mission: Mission, _beside: Path) -> Scene:
    made = build_mission(mission.repo, {"lane~a": {"WP01": ["src/x/**"]}}, slug="odd")
    content = made.repo.read(f"{made.path}/lanes.json").replace(b"lane~a", b"lane-a").decode()
    return start(made, acts={"mend lanes.json, and commit that": lambda: made.edit(f"{made.path}/lanes.json", content)})


@scene("BRANCH_NOT_HERE", "git switch {}", AGAIN)
def on_a_target_branch_that_is_out_nowhere(mission: Mission, _beside: Path) -> Scene:
    made = build_mission(
        mission.repo, {"lane-planning": [WorkPackage(wp_id="WP01")]}, slug="plans", target_branch="feat/x"
    )
    mission.repo.checkout("main")
    return start(made)


@scene("BRANCH_NOT_HERE", "git fetch origin {}", AGAIN)
def without_the_target_branch(mission: Mission, beside: Path) -> Scene:
    """Somebody else takes it away after the log was read, which lives there as well."""
    fault = """
import spec_kitty_hooks.workplaces as w
w.Branches = type("Blind", (w.Branches,), {"newest": lambda self, source, name: None})"""
    return Scene(mission.repo.clone(beside / "clone"), start(mission).words, fault=fault)


@scene("BRANCH_NOT_HERE", "git fetch", AGAIN)
def without_the_commit_of_the_plan(mission: Mission, beside: Path) -> Scene:
    clone = mission.repo.clone(beside / "clone")
    mission.repo.branch("planning")
    late = mission.repo.commit_to("planning", {f"{mission.path}/late.md": "1\n"}, "plan")
    edited = json.loads(clone.read(f"{mission.path}/lanes.json")) | {"planning_commit_sha": late}
    clone.write(f"{mission.path}/lanes.json", json.dumps(edited))
    clone.commit("the plan's commit")
    return Scene(clone, start(mission).words)


# -- what its branch has


_MERGE = "git -C {} merge -m {} {}, and commit what you resolve"


def conflicting(mission: Mission, lane: Callable[[Mission], object]) -> Scene:
    """Let a lane change what the lane that it builds on changes; `lane` prepares the later one."""
    made = chained(mission)
    made.implement("WP01").commit("work", files={"file": "theirs\n"}, no_verify=True)
    made.walk("WP01", "approved")
    lane(made)
    place = made.lane_worktree("lane-b")
    found = start(made, wp_id="WP02")

    def merge() -> None:
        step = next(step for step in found.ask().steps("MERGE_CONFLICT") or [] if " merge -m " in step)
        found.type(step.removesuffix(", and commit what you resolve"))
        place.write("file", "both\n")
        place.stage("file")
        place.git("commit", "-q", "--no-edit")

    found.acts = {_MERGE: merge}
    return found


def _branch_with_work(made: Mission) -> Repo:
    place = made.start_lane("lane-b")
    place.commit("own", files={"file": "ours\n"}, no_verify=True)
    return place


@scene("MERGE_CONFLICT", _MERGE, AGAIN)
def in_conflict_in_its_work_tree(mission: Mission, _beside: Path) -> Scene:
    return conflicting(mission, _branch_with_work)


@scene("MERGE_CONFLICT", "git worktree add {} {}", _MERGE, AGAIN)
def in_conflict_without_a_work_tree(mission: Mission, _beside: Path) -> Scene:
    return conflicting(mission, lambda made: made.repo.git("worktree", "remove", _branch_with_work(made).path))


@scene("MERGE_CONFLICT", "git worktree add -b {} {} {}", _MERGE, AGAIN)
def in_conflict_without_a_branch(mission: Mission, _beside: Path) -> Scene:
    def change_mission(made: Mission) -> None:
        made.repo.commit_to(made.mission_branch, {"file": "ours\n"}, "on the mission branch")

    return conflicting(mission, change_mission)


@scene("WORKTREE_NOT_CLEAN", "git -C {} status", "commit them, then run the same command again")
def with_changes_that_are_not_committed(mission: Mission, _beside: Path) -> Scene:
    made = chained(mission)
    place = made.start_lane("lane-b")
    place.write("src/b/left", "1\n")
    made.start_lane("lane-a").commit("work", files={"src/a/x.py": "x\n"}, no_verify=True)
    made.walk("WP01", "done")
    act = {"commit them, then run the same command again": lambda: place.commit("left", no_verify=True)}
    return start(made, wp_id="WP02", acts=act)


# -- where its work tree is


@scene("WORKTREE_IN_THE_WAY", "git worktree add DIRECTORY {}", AGAIN)
def in_a_bare_repository(mission: Mission, beside: Path) -> Scene:
    bare = mission.repo.clone(beside / "bare.git", "--bare")
    return Scene(bare, start(mission).words, names={"DIRECTORY": str(beside / "lane")})


@scene("WORKTREE_IN_THE_WAY", "git worktree add DIRECTORY {}", AGAIN)
def in_a_bare_repository_with_its_branch(mission: Mission, beside: Path) -> Scene:
    bare = mission.repo.clone(beside / "bare.git", "--bare")
    bare.branch(mission.lane_branch("lane-a"), "main")
    return Scene(bare, start(mission).words, names={"DIRECTORY": str(beside / "lane")})


_UNLOCK = "bring it back, or give it up: git worktree unlock {}"


@scene("WORKTREE_IN_THE_WAY", _UNLOCK, AGAIN)
def on_a_stick_that_is_away(mission: Mission, _beside: Path) -> Scene:
    place = mission.start_lane("lane-a")
    mission.repo.git("worktree", "lock", "--reason", "on a stick", place.path)
    shutil.rmtree(place.path)
    found = start(mission)
    found.acts = {_UNLOCK: lambda: found.type(f"git worktree unlock {place.path}")}
    return found


@scene("WORKTREE_IN_THE_WAY", "git -C {} switch {}", AGAIN)
def with_another_branch_in_its_place(mission: Mission, _beside: Path) -> Scene:
    mission.start_lane("lane-a").checkout("other", "-b")
    return start(mission)


@scene("WORKTREE_IN_THE_WAY", "git --git-dir={} worktree repair {}", AGAIN)
def after_the_repository_was_moved(mission: Mission, beside: Path) -> Scene:
    mission.start_lane("lane-a")
    there = mission.repo.path.rename(beside / "moved")
    return Scene(mission.repo.at(there), start(mission).words)


@scene("WORKTREE_IN_THE_WAY", "ls -la {}", "mv {} {}", AGAIN)
def with_something_else_in_its_place(mission: Mission, _beside: Path) -> Scene:
    mission.lane_worktree("lane-a").write("mine", "1\n")
    return start(mission)


@scene("WORKTREE_ELSEWHERE", "git -C {} switch -", AGAIN)
def in_the_primary_checkout(mission: Mission, _beside: Path) -> Scene:
    mission.repo.checkout(mission.lane_branch("lane-a"), "-b")
    return start(mission)


@scene("WORKTREE_ELSEWHERE", "mkdir -p {} && git worktree move {} {}", AGAIN)
def in_another_place(mission: Mission, beside: Path) -> Scene:
    mission.start_lane("lane-a", worktree=beside / "it's here", context=False)
    return start(mission)
