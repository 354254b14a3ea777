"""A server's pre-receive hook: the same verdict on a bare repository, with the pushed objects still in quarantine."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hooks import cli_json, hook_command
from support.judging import codes_of
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


def test_a_claim_may_come_with_the_work(mission: Mission, server: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    mission.walk("WP01", "approved")
    mission.implement("WP02")
    lane.commit(files={"src/b/x.py": "1"})
    pushed = push(lane, mission.lane_branch("lane-a"), "main")
    assert pushed.returncode == 0
    assert "spec-kitty-hooks" not in pushed.stderr


def test_work_that_comes_before_its_claim_is_let_through_with_a_word(mission: Mission, server: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    pushed = push(lane, mission.lane_branch("lane-a"))
    assert pushed.returncode == 0
    assert "warning: WP_NOT_STARTED" in pushed.stderr


def test_a_lane_cannot_bring_the_deletion_of_its_plan(mission: Mission, server: Repo) -> None:
    lane = mission.implement("WP01")
    mission.repo.push("main")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    server.git("config", "receive.denyDeleteCurrent", "ignore")
    pushed = push(lane, "--force", mission.lane_branch("lane-a"), ":main")
    assert pushed.returncode
    assert "refused: " in pushed.stderr
    assert server.has_branch("main")


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


@pytest.fixture
def daemon(server: Repo) -> Iterator[str]:
    """The server behind `git daemon` on loopback; the address to push to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (
        "--reuseaddr",
        "--listen=127.0.0.1",
        f"--port={port}",
        "--export-all",
        "--enable=receive-pack",
        "--verbose",
    )
    command = ["git", "daemon", *options, f"--base-path={server.path.parent}", str(server.path.parent)]
    with subprocess.Popen(command, env=server.env, stderr=subprocess.PIPE, start_new_session=True) as running:
        assert running.stderr is not None
        said = running.stderr.readline()
        assert b"Ready to rumble" in said, said
        yield f"git://127.0.0.1:{port}/{server.path.name}"
        os.killpg(running.pid, signal.SIGTERM)


def test_the_same_over_a_connection(mission: Mission, server: Repo, daemon: str) -> None:
    lane = mission.implement("WP01")
    mission.repo.push("main")
    lane.commit(files={"src/a/x.py": "1"})
    taken = lane.git("push", daemon, mission.lane_branch("lane-a"), check=False, env={"GIT_ALLOW_PROTOCOL": "git"})
    assert taken.returncode == 0, taken.stderr
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    refused = lane.git("push", daemon, mission.lane_branch("lane-a"), check=False, env={"GIT_ALLOW_PROTOCOL": "git"})
    assert refused.returncode
    assert f"remote: spec-kitty-hooks: refused: {SCOPE}" in refused.stderr
    assert server.resolve(mission.lane_branch("lane-a")) == lane.resolve("HEAD^")


def test_a_push_is_judged_by_hand_from_outside(mission: Mission, server: Repo, tmp_path: Path) -> None:
    lane = mission.implement("WP01")
    mission.repo.push("main")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    server.git("fetch", "-q", str(mission.repo.path), lane.head())
    line = f"{'0' * 40} {lane.head()} refs/heads/{mission.lane_branch('lane-a')}\n"
    report = cli_json(server, "pre-receive", "-C", str(server.path), cwd=tmp_path, stdin=line.encode(), code=1)
    assert codes_of(report) == [(SCOPE, "block")]
