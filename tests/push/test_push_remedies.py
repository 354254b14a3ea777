"""Every next step that the push gate offers is taken, and shown to help."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.hooks import cli_json, install_native
from support.missions import Mission, build_mission
from support.pushing import PUSH_HOOKS, Pushed, publish, push
from support.repo import Repo

#: Codes of the catalog whose remedies are taken here.
CODES = {
    "FOREIGN_COMMITS_ON_TARGET",
    "LEDGER_BRANCH_DELETED",
    "PUSH_REWRITES_LEDGER",
    "REMOTE_STATE_UNKNOWN",
    "TARGET_BRANCH_NOT_SYNCHRONIZED",
}
#: Sentences of the catalog that are followed here.
SENTENCES = {
    "if this is old history, name the commit to judge from in {adopted}: judge_from, under policy.hooks",
    "merge branch {branch} into {target} and push that first",
    "then merge {theirs}, keeping every line of both logs, and push again",
}


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    return publish(mission, tmp_path / "remote.git")


def steps(pushed: Pushed) -> list[str]:
    """Return what the hook said to type next."""
    return [line.removeprefix("  next: ") for line in pushed.text.splitlines() if line.startswith("  next: ")]


def step(pushed: Pushed, start: str) -> str:
    """Return the first step that begins like this."""
    return next(each for each in steps(pushed) if each.startswith(start))


def type_in(repo: Repo, command: str) -> str:
    """Type a command in the work tree; it has to succeed. Return what it printed."""
    path = {"PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{repo.env['PATH']}", "GIT_ALLOW_PROTOCOL": "file"}
    repo.clock.tick()
    env = {**repo.env, **repo.clock.dates(), **path}
    done = subprocess.run(["sh", "-c", command], cwd=repo.path, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def move_remote(mission: Mission, remote: Repo, place: Path) -> Repo:
    """Let somebody else publish one commit on main."""
    other = Repo.init(place, mission.repo.env, mission.clock)
    other.git("pull", "-q", str(remote.path), "main")
    other.commit(files={"src/z.py": "theirs"})
    other.git("push", "-q", str(remote.path), "HEAD:main")
    return other


def leave_scope(mission: Mission, lane: Repo) -> None:
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)


def touch_planning(mission: Mission, lane: Repo) -> None:
    lane.commit(files={f"{mission.path}/spec.md": "mine"}, no_verify=True)


def grant_itself(mission: Mission, lane: Repo) -> None:
    path = mission.wp_path("WP01")
    lane.commit(files={path: lane.read(path).replace(b"src/a/**", b"src/**")}, no_verify=True)


def work_late(mission: Mission, lane: Repo) -> None:
    for wp_id in ("WP01", "WP02"):
        mission.walk(wp_id, "approved")
    lane.commit(files={"src/a/late.py": "1"}, no_verify=True)


@pytest.mark.parametrize("trouble", [leave_scope, touch_planning, grant_itself, work_late])
def test_a_commit_that_does_not_belong_is_shown_and_reverted(
    mission: Mission, remote: Repo, trouble: Callable[[Mission, Repo], None]
) -> None:
    lane = mission.implement("WP01")
    trouble(mission, lane)
    refused = push(lane, mission.lane_branch("lane-a"))
    assert not refused.allowed
    assert "+++" in type_in(lane, step(refused, "git show "))
    type_in(lane, step(refused, "git revert "))
    assert push(lane, mission.lane_branch("lane-a")).allowed


def test_what_is_not_here_is_fetched(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    move_remote(mission, remote, tmp_path / "other")
    mission.repo.commit(files={"src/y.py": "ours"}, no_verify=True)
    refused = push(mission.repo, "--force", "main")
    assert refused.codes == ("REMOTE_STATE_UNKNOWN",)
    assert steps(refused) == ["git fetch origin"]
    type_in(mission.repo, "git fetch origin")
    assert "REMOTE_STATE_UNKNOWN" not in push(mission.repo, "--force", "main").codes


def test_a_diverged_target_goes_out_as_a_branch_of_its_own(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    move_remote(mission, remote, tmp_path / "other")
    mission.walk("WP01", "claimed")
    mission.repo.git("fetch", "-q", "origin")
    refused = push(mission.repo, "--force", "main")
    assert "TARGET_BRANCH_NOT_SYNCHRONIZED" in refused.refused
    type_in(mission.repo, "git fetch origin")
    command = step(refused, "spec-kitty-hooks pr-branch ")
    type_in(mission.repo, command)
    [made] = [name for name in mission.repo.refs() if name.startswith("refs/heads/kitty/pr/")]
    assert push(mission.repo, made).allowed
    assert remote.refs()[made] == mission.repo.refs()[made]


def test_rewritten_commits_of_a_log_are_merged_back(mission: Mission, remote: Repo) -> None:
    mission.walk("WP01", "claimed")
    push(mission.repo, "main")
    mission.repo.git("reset", "-q", "--hard", "HEAD~1")
    mission.repo.commit(files={"src/y.py": "instead"}, no_verify=True)
    refused = push(mission.repo, "--force", "main")
    assert "PUSH_REWRITES_LEDGER" in refused.refused
    assert "claimed" in type_in(mission.repo, step(refused, "git log ") + " -p")
    sentence = step(refused, "then merge ")
    type_in(mission.repo, f"git merge --no-edit {sentence.removeprefix('then merge ').partition(',')[0]}")
    assert push(mission.repo, "main").silent


def test_lost_events_of_a_rewritten_log_are_looked_at_and_put_back(mission: Mission, remote: Repo) -> None:
    mission.walk("WP01", "claimed")
    push(mission.repo, "main")
    kept = mission.repo.read(mission.log_path)
    mission.repo.write(mission.log_path, b"".join(kept.splitlines(keepends=True)[:-1]))
    mission.repo.commit("lose", no_verify=True)
    refused = push(mission.repo, "main")
    assert refused.refused == ("EVENT_LOG_NOT_APPEND_ONLY",)
    assert type_in(mission.repo, step(refused, "git diff ")).count("\n-{") == 1
    lines = type_in(mission.repo, step(refused, "git show ")).encode()
    assert "put the lost lines back into" in step(refused, "put ")
    mission.repo.write(mission.log_path, lines)
    mission.repo.commit("put back", no_verify=True)
    assert push(mission.repo, "main").silent


def test_events_that_a_merge_dropped_are_recovered(mission: Mission, remote: Repo) -> None:
    mission.repo.branch("side")
    mission.walk("WP01", "claimed")
    mission.repo.commit_to("side", {"src/y.py": "1"})
    mission.repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    mission.repo.write(mission.log_path, mission.repo.show("side", mission.log_path))
    mission.repo.commit("merge", no_verify=True)
    refused = push(mission.repo, "main")
    assert refused.refused == ("MERGE_LOST_EVENTS",)
    told = type_in(mission.repo, step(refused, "spec-kitty-hooks recover --events"))
    assert "put back" in told
    assert push(mission.repo, "main").silent


def test_a_log_is_merged_before_its_branch_goes(repo: Repo, tmp_path: Path) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, topology="coord")
    publish(mission, tmp_path / "remote.git", "main", mission.coordination_branch)
    mission.walk("WP01", "claimed")
    push(repo, mission.coordination_branch)
    refused = push(repo, "--delete", mission.coordination_branch)
    assert refused.refused == ("LEDGER_BRANCH_DELETED",)
    words = shlex.split(step(refused, "merge branch "))
    assert (words[2], words[4]) == (mission.coordination_branch, "main")
    ours, theirs = (repo.show(side, mission.log_path) for side in ("main", words[2]))
    repo.git("merge", "-q", "--no-commit", "-X", "theirs", words[2], check=False)
    repo.write(mission.log_path, b"".join(dict.fromkeys((ours + theirs).splitlines(keepends=True))))
    repo.commit("merge the log", no_verify=True)
    assert push(repo, "main").allowed
    assert push(repo, "--delete", mission.coordination_branch).silent


def test_commits_of_another_mission_are_noted_and_shown(mission: Mission, remote: Repo) -> None:
    mission.repo.commit(files={"kitty-specs/other-mission/spec.md": "x"}, no_verify=True)
    report = cli_json(mission.repo, "check", "--from-ref", "origin/main", "--to-ref", "main")
    [found] = [each for each in report["findings"] if each["diagnostic_code"] == "FOREIGN_COMMITS_ON_TARGET"]
    assert found["severity"] == "note"
    [command] = found["remediation"]
    type_in(mission.repo, command)


def test_a_repository_with_a_past_names_where_to_judge_from(repo: Repo, tmp_path: Path) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    mission.transition("WP01", "approved", from_="planned")
    empty = Repo.init(tmp_path / "empty.git", repo.env, repo.clock, "--bare", "-b", "main")
    repo.add_remote("origin", empty)
    install_native(repo, PUSH_HOOKS)
    refused = push(repo, "main")
    assert refused.refused == ("EVENT_TRANSITION_ILLEGAL",)
    sentence = step(refused, "if this is old history")
    assert "judge_from, under policy.hooks" in sentence
    path = sentence.partition(" to judge from in ")[2].partition(":")[0]
    config = yaml.safe_load(repo.read(path)) or {}
    config.setdefault("policy", {}).setdefault("hooks", {})["judge_from"] = repo.head()
    repo.commit("adopt", files={path: yaml.safe_dump(config)}, no_verify=True)
    assert push(repo, "main").silent
