"""A server's pre-receive hook: the same verdict on a bare repository, with the pushed objects still in quarantine."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from support.hooks import hook_command
from support.missions import Mission
from support.repo import Repo

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"


@pytest.fixture
def server(mission: Mission, tmp_path: Path) -> Repo:
    """A bare repository that judges what it receives, with the mission's main, and the mission's `origin`."""
    bare = Repo.init(tmp_path / "server.git", mission.repo.env, mission.clock, "--bare", "-b", "main")
    mission.repo.add_remote("origin", bare)
    mission.repo.push("main")
    command = [*hook_command("pre-receive")[:-2], "pre-receive"]
    shim = bare.path / "hooks" / "pre-receive"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f"#!/bin/sh\nexec {shlex.join(command)}\n")
    shim.chmod(0o755)
    return bare


def push(repo: Repo, *args: str) -> subprocess.CompletedProcess[str]:
    return repo.git("push", "origin", *args, check=False)


def test_a_lane_with_its_own_work_is_taken(mission: Mission, server: Repo) -> None:
    lane = mission.implement("WP01")
    mission.repo.push("main")
    lane.commit(files={"src/a/x.py": "1"})
    pushed = push(lane, mission.lane_branch("lane-a"))
    assert pushed.returncode == 0
    assert "spec-kitty-hooks" not in pushed.stderr


def test_a_push_past_all_hooks_of_the_clone_is_refused(mission: Mission, server: Repo) -> None:
    lane = mission.implement("WP01")
    mission.repo.push("main")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    pushed = push(lane, "--no-verify", mission.lane_branch("lane-a"))
    assert pushed.returncode
    assert f"remote: spec-kitty-hooks: refused: {SCOPE}" in pushed.stderr
    assert "No ref was changed here." in pushed.stderr
    assert not server.has_branch(mission.lane_branch("lane-a"))


def test_the_log_of_a_server_is_the_one_before_the_push(mission: Mission, server: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    pushed = push(lane, mission.lane_branch("lane-a"), "main")
    assert pushed.returncode == 0
    assert "warning: WP_NOT_STARTED" in pushed.stderr


def test_lanes_that_come_together_are_each_held_to_their_own(mission: Mission, server: Repo) -> None:
    lane, other = mission.implement("WP01"), mission.implement("WP03")
    mission.repo.push("main")
    lane.commit(files={"src/a/x.py": "1"})
    other.commit(files={"src/c/x.py": "1"})
    other.git("merge", "-q", "--no-edit", mission.lane_branch("lane-a"))
    pushed = push(lane, mission.lane_branch("lane-a"), mission.lane_branch("lane-b"))
    assert pushed.returncode == 0, pushed.stderr


def test_a_rewritten_log_is_refused(mission: Mission, server: Repo) -> None:
    mission.walk("WP01", "claimed")
    mission.repo.push("main")
    mission.repo.git("reset", "-q", "--hard", "HEAD~1")
    pushed = push(mission.repo, "--force", "main")
    assert "refused: EVENT_LOG_NOT_APPEND_ONLY" in pushed.stderr
    assert "refused: PUSH_REWRITES_LEDGER" in pushed.stderr
