"""Every next step that a finding offers is taken, and shown to help: commands by a shell, sentences to the letter."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from support import records
from support.hooks import cli
from support.judging import stage
from support.missions import Mission, WorkPackage, build_mission
from support.nursery import Nursery, build_working
from support.repo import Repo

from spec_kitty_hooks import catalog

OWN, FOREIGN = "src/a/x.py", "src/b/x.py"
_ANSWERING = ("check", "context", "explain", "log", "recover", "status", "where")
INFORMING = ("git show ", "git status", *(f"spec-kitty-hooks {name}" for name in _ANSWERING))
COMMANDS = ("git ", "spec-kitty-hooks ")


@dataclass
class Trouble:
    """A place where something is wrong: `place` is judged, `mission` was built; the rest is what a person knows."""

    place: Repo
    mission: Mission
    known: dict[str, Any] = field(default_factory=dict)
    args: tuple[str, ...] = ("check", "--staged", "--json")

    def judge(self, code: str) -> list[dict[str, Any]]:
        """Return the findings of one code."""
        report = json.loads(cli(self.place, *self.args).stdout)
        found = report.get("findings", [report.get("error", report)])
        return [finding for finding in found if (finding.get("diagnostic_code") or finding.get("code")) == code]

    @property
    def primary(self) -> Repo:
        return self.mission.repo


Build = Callable[[Mission, Path], Trouble]
SITUATIONS: dict[str, list[Build]] = {}


def situation(code: str) -> Callable[[Build], Build]:
    """Say that a function builds a situation in which `code` is found."""

    def note(build: Build) -> Build:
        SITUATIONS.setdefault(code, []).append(build)
        return build

    return note


def on_lane(mission: Mission, *paths: str) -> Trouble:
    """Stage changes of these paths in lane-a."""
    place = mission.lane_worktree("lane-a")
    stage(place, *paths)
    return Trouble(place, mission)


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


# -- the event log


def publish(mission: Mission, tmp: Path) -> Repo:
    """Put all branches on a bare origin that the primary checkout tracks, and return it."""
    origin = mission.repo.clone(tmp / "origin.git", "--bare")
    mission.repo.add_remote("origin", origin)
    mission.repo.git("fetch", "-q", "origin")
    return origin


def event(mission: Mission, wp_id: str, start: str, end: str, **fields: Any) -> bytes:
    names = {"mission_slug": mission.directory, "mission_id": mission.mission_id}
    stamp = {"at": mission.clock.at(), "event_id": mission.clock.ulid()}
    return records.line(records.transition(wp_id, start, end, **{**names, **stamp, **fields}))


def lines(mission: Mission) -> list[bytes]:
    return mission.read_log().splitlines(keepends=True)


def stage_log(mission: Mission, content: bytes, place: Repo | None = None) -> Trouble:
    """Stage `content` as the log on the target branch; what it was is known."""
    place = place or mission.repo
    before = place.read(mission.log_path)
    place.write(mission.log_path, content)
    place.stage(mission.log_path)
    return Trouble(place, mission, {"before": before})


@situation("EVENT_LOG_NOT_APPEND_ONLY")
def a_published_event_is_left_out(mission: Mission, tmp: Path) -> Trouble:
    publish(mission, tmp)
    return stage_log(mission, b"".join(lines(mission)[:-1]))


@situation("EVENT_LOG_NOT_APPEND_ONLY")
def a_published_event_was_lost_earlier(mission: Mission, tmp: Path) -> Trouble:
    publish(mission, tmp)
    before = mission.read_log()
    mission.write_log(b"".join(lines(mission)[:-1]))
    trouble = stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "claimed"))
    return Trouble(trouble.place, mission, {"published": before})


@situation("EVENT_LOG_ROLLED_BACK")
def an_unpublished_event_is_taken_back(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, b"".join(lines(mission)[:-1]))


@situation("EVENT_LOG_UNREADABLE")
def a_line_that_cannot_be_read(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, mission.read_log() + b"{\n")


@situation("EVENT_LOG_UNREADABLE")
def a_log_that_becomes_a_link(mission: Mission, _tmp: Path) -> Trouble:
    mission.repo.remove(mission.log_path)
    mission.repo.symlink(mission.log_path, "elsewhere")
    mission.repo.stage(mission.log_path)
    return Trouble(mission.repo, mission)


@situation("EVENT_LOG_UNREADABLE")
def a_line_that_could_not_be_read_before(mission: Mission, _tmp: Path) -> Trouble:
    mission.raw_line(b"{")
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "claimed"))


@situation("EVENT_LOG_UNREADABLE")
def a_damaged_working_log_seen_from_a_lane(mission: Mission, _tmp: Path) -> Trouble:
    mission.raw_line(b"{", commit=False)
    return on_lane(mission, OWN)


@situation("EVENT_LOG_UNREADABLE")
def a_deleted_working_log_seen_from_a_lane(mission: Mission, _tmp: Path) -> Trouble:
    mission.repo.remove(mission.log_path)
    return on_lane(mission, OWN)


@situation("EVENT_LOG_UNREADABLE")
def conflict_markers(mission: Mission, tmp: Path) -> Trouble:
    trouble = conflict(mission, tmp)
    trouble.place.stage(mission.log_path)
    return trouble


def conflict(mission: Mission, tmp: Path, **fields: Any) -> Trouble:
    """Two sides append to the log; their merge has stopped. Both sides' lines are known."""
    repo, base = mission.repo, mission.read_log()
    repo.branch("side")
    side = repo.worktree(tmp / "side", "side")
    theirs = event(mission, "WP02", "planned", "claimed", **fields)
    side.append(mission.log_path, theirs)
    side.commit("side", no_verify=True)
    ours = event(mission, "WP03", "in_progress", "for_review", **fields)
    mission.write_log(base + ours)
    assert repo.git("merge", "side", check=False).returncode
    return Trouble(repo, mission, {"union": base + ours + theirs})


@situation("EVENT_ID_CONFLICT")
def one_id_twice(mission: Mission, _tmp: Path) -> Trouble:
    same = {"event_id": mission.clock.ulid()}
    added = event(mission, "WP02", "planned", "claimed", **same) + event(mission, "WP02", "planned", "blocked", **same)
    return stage_log(mission, mission.read_log() + added)


@situation("EVENT_ID_CONFLICT")
def one_id_on_two_sides(mission: Mission, tmp: Path) -> Trouble:
    same = mission.clock.ulid()
    trouble = conflict(mission, tmp, event_id=same)
    trouble.place.write(mission.log_path, trouble.known["union"])
    trouble.place.stage(mission.log_path)
    *kept, last = trouble.known["union"].splitlines(keepends=True)
    trouble.known["union"] = b"".join(kept) + last.replace(same.encode(), mission.clock.ulid().encode())
    return trouble


@situation("EVENT_TRANSITION_ILLEGAL")
def an_edge_that_does_not_exist(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "done"))


@situation("EVENT_FROM_FUTURE")
def an_event_dated_tomorrow(mission: Mission, _tmp: Path) -> Trouble:
    at = (datetime.now(UTC) + timedelta(hours=30)).isoformat()
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "claimed", at=at))


@situation("EVENT_CHAIN_BROKEN")
def an_event_from_another_lane(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "claimed", "in_progress"))


@situation("STATUS_SNAPSHOT_DRIFT")
def a_stale_status_json(mission: Mission, _tmp: Path) -> Trouble:
    mission.status_json = True
    mission.annotate("WP01", note="status.json is written with it")
    added = event(mission, "WP02", "planned", "claimed")
    return stage_log(mission, mission.read_log() + added)


@situation("EVENT_LOG_SURFACES_DISAGREE")
def diverged_clones(mission: Mission, tmp: Path) -> Trouble:
    origin = publish(mission, tmp)
    origin.git("symbolic-ref", "HEAD", "refs/heads/main")
    other = origin.clone(tmp / "other")
    other.append(mission.log_path, event(mission, "WP02", "planned", "claimed"))
    other.commit("claim")
    other.push("main")
    mission.transition("WP03", "for_review")
    mission.repo.git("fetch", "-q", "origin")
    return on_lane(mission, OWN)


@situation("MERGE_LOST_EVENTS")
def a_merge_that_drops_one_side(mission: Mission, tmp: Path) -> Trouble:
    trouble = conflict(mission, tmp)
    mission.repo.write(mission.log_path, mission.repo.show("HEAD", mission.log_path))
    mission.repo.stage(mission.log_path)
    return trouble


# -- what status finds


class Stuck(Trouble):
    """A place where `status`, which makes no report, marks a work package."""

    def judge(self, code: str) -> list[dict[str, Any]]:
        """Return what stalled with that code."""
        found = json.loads(cli(self.place, *self.args).stdout)["missions"][self.mission.directory]["work_packages"]
        marked = [package["stalled"] for package in found.values() if package["stalled"]]
        return [stalled for stalled in marked if stalled["diagnostic_code"] == code]


@situation("WP_CLAIM_STALLED")
def a_claim_that_was_never_started(mission: Mission, _tmp: Path) -> Trouble:
    mission.walk("WP02", "claimed")
    return Stuck(mission.repo, mission, args=("status", "--json"))


@situation("REVIEW_STALLED")
def a_review_without_a_verdict(mission: Mission, _tmp: Path) -> Trouble:
    mission.walk("WP02", "in_review")
    return Stuck(mission.repo, mission, args=("status", "--json"))


# -- what the sentences ask for

Facts = Mapping[str, str]
Perform = Callable[[Trouble, Facts], None]


def on_target(trouble: Trouble, facts: Facts) -> Repo:
    """Return the checkout of the branch that a sentence names; it is the primary one in all of these."""
    branch = facts.get("target") or facts.get("log_branch") or facts["policy_branch"]
    assert trouble.primary.current_branch() == branch
    return trouble.primary


def widen(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    text = place.read(facts["head"]).replace(b"owned_files:\n", b"owned_files:\n- src/b/**\n- src/c/evil.py\n", 1)
    place.write(facts["head"], text)
    commit(place, facts["head"])


def move_to_target(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    patch = trouble.place.git("diff", "--cached", "--binary", binary=True).stdout
    trouble.place.git("reset", "-q", "--hard")
    place.git("apply", "--index", input=patch)
    assert place.git("commit", "-qm", "planning").stderr == ""


def commit(place: Repo, *paths: str) -> None:
    """Commit as a person does, hooks and all; nothing may be said. What was never committed is mended without."""
    place.stage(*paths)
    if place.git("diff", "--cached", "--quiet", check=False).returncode == 0:
        return
    done = place.try_commit()
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False), done.stderr


def write_log(trouble: Trouble, content: bytes) -> None:
    trouble.place.write(trouble.mission.log_path, content)
    trouble.place.stage(trouble.mission.log_path)


def find_plan(trouble: Trouble, facts: Facts) -> None:
    if "plan" in trouble.known:
        trouble.place.git("fetch", "-q", "origin", trouble.known["plan"])
    else:
        trouble.place.git("branch", "-m", facts["unrecorded"], "no-lane")


def fetch(trouble: Trouble, facts: Facts) -> None:
    branch = facts["unfetched"]
    trouble.place.git("fetch", "-q", "origin", f"{branch}:refs/remotes/origin/{branch}")


def put_log_back(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.git("checkout", "HEAD^", "--", facts["log"])
    assert place.try_commit().returncode == 0


def put_file(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    path = f"{facts['tasks']}{facts['wp']}-again.md"
    place.write(path, f"---\nwork_package_id: {facts['wp']}\nowned_files: [src/a/**]\n---\n")
    commit(place, path)


def mend_head(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.write(facts["head"], "---\nwork_package_id: WP01\nowned_files: [src/a/**]\n---\n")
    commit(place, facts["head"])


def mend_policy(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.write(".kittify/config.yaml", "policy:\n  commit_guard:\n    mode: block\n")
    commit(place, ".kittify/config.yaml")


def mend_staged_policy(trouble: Trouble, facts: Facts) -> None:
    trouble.place.write(facts["policy"], "policy: {}\n")
    commit(trouble.place, facts["policy"])


def put_lines_back(trouble: Trouble, facts: Facts) -> None:
    known = trouble.known["published"].splitlines(keepends=True)
    there = trouble.place.read(facts["lacking"])
    write_log(trouble, there + b"".join(line for line in known if line not in there))


def take_lines_out(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.write(facts["damaged"], place.read(facts["damaged"]).replace(b"\n{\n", b"\n"))
    commit(place, facts["damaged"])


def record_again(trouble: Trouble, _facts: Facts) -> None:
    at = datetime.now(UTC).isoformat()
    write_log(trouble, trouble.known["before"] + event(trouble.mission, "WP02", "planned", "claimed", at=at))


def merge_copies(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    assert place.git("merge", "-q", facts["others"], check=False).returncode
    ours, theirs = (place.show(side, trouble.mission.log_path) for side in ("HEAD", facts["others"]))
    place.write(trouble.mission.log_path, ours + theirs.splitlines(keepends=True)[-1])
    commit(place, trouble.mission.log_path)


def materialize(trouble: Trouble, _facts: Facts) -> None:
    trouble.place.git("reset", "-q", "--hard")
    trouble.mission.transition("WP02", "claimed", commit=False)
    trouble.mission.commit_log()


PERFORMED: dict[str, Perform] = {
    "or add it to owned_files in {head} on branch {target}, and commit that there": widen,
    "make this change on branch {target} instead": move_to_target,
    "or have {wp} moved back to in_progress first, so that it is reviewed again": (
        lambda trouble, facts: void(trouble.mission.transition(facts["wp"], "in_progress"))
    ),
    "fetch the branch that plans the mission of {unrecorded}, or rename that branch if it is no lane": find_plan,
    "fetch branch {unfetched}, which has the event log": fetch,
    "put the event log back: {log} on branch {log_branch}": put_log_back,
    "put a file for {wp} into {tasks} on branch {target}, and commit that there": put_file,
    "list owned_files in {head} on branch {target}, and commit that there": mend_head,
    "mend {policy}, git add it and commit again": mend_staged_policy,
    "mend .kittify/config.yaml on branch {policy_branch}, and commit that there": mend_policy,
    "mend {head} on branch {target}, and commit that there": mend_head,
    "put the lost lines back into {lacking}, then git add it and commit again": put_lines_back,
    "take these lines out of {damaged} on branch {log_branch}, and commit that there": take_lines_out,
    "keep the lines of both sides in {united} and nothing else, then git add it and commit again": (
        lambda trouble, _facts: write_log(trouble, trouble.known["union"])
    ),
    "keep both lines in {twofold}, the unpublished one under a new event_id, then git add it and commit again": (
        lambda trouble, _facts: write_log(trouble, trouble.known["union"])
    ),
    "set the clock of this machine right, then record the event again": record_again,
    "merge {others} into branch {log_branch}, keeping every line of both logs": merge_copies,
    "let Spec Kitty write status.json anew: its next transition does": materialize,
    "cd into a git repository, or name one with -C DIR": (
        lambda trouble, _facts: setattr(trouble, "args", (*trouble.args, "-C", str(trouble.primary.path)))
    ),
}


def void(_made: object) -> None:
    """Forget what a builder returns."""


def perform(trouble: Trouble, step: str) -> None:
    """Do what a sentence says; a sentence that nobody here knows how to follow fails."""
    for template, action in PERFORMED.items():
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(template))
        if match := re.fullmatch(pattern, step):
            action(trouble, match.groupdict())
            return
    pytest.fail(f"nobody here can follow: {step}")


def shell(place: Repo, command: str) -> subprocess.CompletedProcess[bytes]:
    """Type a command in the work tree; an editor, where git wants one, writes one line."""
    editor = {"GIT_EDITOR": "echo message >", "GIT_ALLOW_PROTOCOL": "file"}
    path = {"PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{place.env['PATH']}"}
    place.clock.tick()
    env = {**place.env, **place.clock.dates(), **editor, **path}
    return subprocess.run(["sh", "-c", command], cwd=place.path, env=env, check=False, capture_output=True)


CASES = [
    pytest.param(code, build, id=f"{code}-{build.__name__}") for code, all_ in SITUATIONS.items() for build in all_
]


@pytest.mark.parametrize(("code", "build"), CASES)
def test_every_step_of_a_remedy_works(code: str, build: Build, nursery: Nursery, tmp_path: Path) -> None:
    trouble = arrange(build, nursery, tmp_path)
    findings = trouble.judge(code)
    assert findings, cli(trouble.place, *trouble.args).stdout
    steps = findings[0]["remediation"]
    assert steps
    for step in steps:
        if step.startswith(INFORMING):
            done = shell(trouble.place, step)
            assert done.returncode == 0 or (step.startswith("spec-kitty-hooks explain") and done.returncode == 1), step
    fresh = True
    for step in steps:
        if step.startswith(INFORMING):
            continue
        if not fresh:
            trouble = arrange(build, nursery, tmp_path)
        fresh = False
        if step.startswith(COMMANDS):
            done = shell(trouble.place, step)
            assert done.returncode == 0, f"{step}\n{done.stderr!r}"
        else:
            perform(trouble, step)
        assert trouble.judge(code) == [], step


def arrange(build: Build, nursery: Nursery, tmp_path: Path) -> Trouble:
    """Build a situation in a place of its own."""
    for old in tmp_path.iterdir():
        if old.name != ".sealed":
            shutil.rmtree(old)
    return build(nursery(build_working), tmp_path)


def taken_elsewhere(name: str) -> Any:
    """Load the module of another table of remedies; what it says of itself is held to by its own tests."""
    path = Path(__file__).parent.parent / name
    spec = spec_from_file_location(f"elsewhere_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PREFLIGHT = taken_elsewhere("cli/test_cli_preflight_remedies.py")
PUSH = taken_elsewhere("push/test_push_remedies.py")


def test_every_code_has_a_situation_that_emits_it() -> None:
    assert set(catalog.DIAGNOSTICS) == {*SITUATIONS, *PREFLIGHT.SCENES, *PUSH.CODES}


def test_every_sentence_of_the_catalog_is_performed_and_every_command_is_one_of_ours() -> None:
    steps = {step for diagnostic in catalog.DIAGNOSTICS.values() for step in diagnostic.remedies}
    taken = {step for code in PREFLIGHT.SCENES for step in catalog.DIAGNOSTICS[code].remedies}  # there
    sentences = {step for step in steps - taken if not step.startswith(COMMANDS)}
    assert sentences <= {*PERFORMED, *PUSH.SENTENCES}
    assert set(PERFORMED) - sentences == {"cd into a git repository, or name one with -C DIR"}
    words = {word for step in steps for word in step.split() if step.startswith(COMMANDS)}
    assert words.isdisjoint(("reset", "rebase", "--force", "-f", "--no-verify", "push"))


# -- what a hook prints


def printed(text: str) -> list[str]:
    """Return the steps that a hook printed."""
    return [line.removeprefix("  next: ") for line in text.splitlines() if line.startswith("  next: ")]


@pytest.mark.parametrize("inside", ["", "src/a", "src/b"])
def test_one_printed_command_takes_all_foreign_paths_out_wherever_it_is_typed(
    nursery: Nursery, tmp_path: Path, inside: str
) -> None:
    names = ("src/b/b.py", "src/b/[id].py", "src/b/a b'c.py", "README.md", "src/c/\x1b[2J\n.py", "src/b/:colon")
    trouble = on_lane(nursery(build_working), OWN, *names)
    there = trouble.place.at(trouble.place.path / inside)
    refused = there.git("commit", "-qm", "work", check=False)
    command = printed(refused.stderr)[0]
    done = shell(there, command)
    assert (done.returncode, done.stderr) == (0, b"")
    assert trouble.place.ask("diff", "--cached", "--name-only") == OWN
    assert there.git("commit", "-qm", "work").stderr == ""
    assert shell(there, printed(refused.stderr)[1]).returncode in (0, 1)


@pytest.mark.parametrize("inside", ["", "src/a"])
def test_the_printed_command_takes_a_foreign_path_out_of_an_amended_commit(
    nursery: Nursery, tmp_path: Path, inside: str
) -> None:
    place = on_lane(nursery(build_working), OWN, "src/b/b.py", "src/b/new.py").place
    place.git("commit", "-qnm", "smuggled")
    there = place.at(place.path / inside)
    refused = there.git("commit", "-q", "--amend", "--no-edit", check=False)
    assert refused.returncode
    assert shell(there, printed(refused.stderr)[0]).returncode == 0
    amended = there.git("commit", "-q", "--amend", "--no-edit")
    assert amended.stderr == ""
    assert place.ask("diff", "--name-only", "HEAD^", "HEAD") == OWN


def test_a_split_change_in_an_amend_is_told_what_to_take_out(nursery: Nursery, tmp_path: Path) -> None:
    mission = nursery(build_working)
    mission.walk("WP02", "in_progress")
    place = on_lane(mission, "src/a/one.py", "src/b/two.py", "src/a/three.py").place
    place.git("commit", "-qnm", "split")
    told = place.git("commit", "-q", "--amend", "--no-edit", check=False)
    assert "ACTIVE_WP_CONTEXT_AMBIGUOUS" in told.stderr
    place.git("commit", "-qnm", "as it was", "--allow-empty", "--amend")
    command = f"git restore --staged --source={place.resolve('HEAD^')[:12]} -- src/b/two.py"
    assert printed(told.stderr)[0] == command
    assert shell(place, command).returncode == 0
    assert place.git("commit", "-q", "--amend", "--no-edit").stderr == ""
