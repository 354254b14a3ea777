"""`start` killed at every step that changes something, and raced: run again it finishes, and exactly one gets it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli_json, product_root
from support.missions import Mission, build_mission
from support.plan import WorkPackage
from support.repo import Repo

#: In place of git: kills whoever called it before or after the N-th command that changes something.
_GIT = """#!/bin/sh
case " $* " in
*" hash-object "*|*" commit-tree "*|*" update-ref "*|*" update-index "*|*" worktree "*|*" read-tree "*|*" merge "*|\
*" sparse-checkout "*)
    count=$(($(cat {count}) + 1)); echo $count > {count}
    if [ $count = {number} ]; then
        [ {when} = before ] || {git} "$@"
        kill -9 $PPID
        exit 1
    fi;;
esac
exec {git} "$@"
"""


def place_git(directory: Path, number: int, when: str) -> dict[str, str]:
    """Put the killing git on PATH, and return the variables that do so."""
    directory.mkdir()
    count, git = directory / "count", shutil.which("git")
    count.write_text("0")
    program = directory / "git"
    program.write_text(_GIT.format(count=shlex.quote(str(count)), number=number, when=when, git=git))
    program.chmod(0o755)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}


def command(*args: str) -> list[str]:
    call = "from spec_kitty_hooks.__main__ import main; sys.exit(main())"
    code = f"import sys; sys.path.insert(0, {str(product_root())!r}); {call}"
    return [sys.executable, "-I", "-c", code, "start", *args, "--json"]


def run(repo: Repo, variables: dict[str, str], *args: str) -> int:
    ran = subprocess.run(command(*args), cwd=repo.path, env=repo.env | variables, check=False, capture_output=True)
    return ran.returncode


def events(mission: Mission, wp_id: str) -> list[dict[str, Any]]:
    lines = mission.repo.show(mission.log_branch, mission.log_path).splitlines()
    found = [event for event in map(json.loads, lines) if event.get("wp_id") == wp_id]
    return [event for event in found if event.get("to_lane") in ("claimed", "in_progress")]


def check_finished(mission: Mission, wp_id: str, lane_id: str) -> Repo:
    """Require that one claim and one start are committed, and that the lane's work tree is whole."""
    repo, place = mission.repo, mission.lane_worktree(lane_id)
    assert [event["to_lane"] for event in events(mission, wp_id)] == ["claimed", "in_progress"]
    assert repo.ask("status", "--porcelain") == ""
    assert place.current_branch() == mission.lane_branch(lane_id)
    assert place.ask("status", "--porcelain") == ""
    assert "locked" not in repo.ask("worktree", "list", "--porcelain")
    assert repo.git("fsck", "--no-dangling", "--no-progress").stderr == ""
    return place


def build(repo: Repo, topology: str) -> Mission:
    """WP02 in lane-b builds on lane-a, in which WP01 is done."""
    lanes = {"lane-a": [WorkPackage(wp_id="WP01")], "lane-b": [WorkPackage(wp_id="WP02", dependencies=("WP01",))]}
    mission = build_mission(repo, lanes, topology=topology)
    mission.implement("WP01").commit("work", files={"src/a/x": "1\n"})
    mission.walk("WP01", "approved")
    path = f"{mission.path}/lanes.json"
    content = json.loads(repo.show(mission.target_branch, path))
    content["lanes"][1]["depends_on_lanes"] = ["lane-a"]
    content["planning_commit_sha"] = repo.head()
    mission.edit(path, json.dumps(content))
    repo.commit_quietly("reviews", (mission.path,))
    return mission


@pytest.mark.slow
@pytest.mark.blocker(944)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("topology", ["lanes", "coord"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_step_it_is_finished_by_the_same_call(
    tmp_path: Path, repo: Repo, topology: str, when: str
) -> None:
    mission = build(repo, topology)
    kept = tmp_path / "kept"
    shutil.copytree(repo.path, kept, symlinks=True)
    number, steps = 1, 0
    while True:
        code = run(repo, place_git(tmp_path / f"git{number}", number, when), "WP02", "--actor", "agent-one")
        if code == 0:
            break
        assert code == -9
        steps += 1
        assert run(repo, {}, "WP02", "--actor", "agent-one") == 0, number
        assert check_finished(mission, "WP02", "lane-b").read("src/a/x") == b"1\n", number
        shutil.rmtree(repo.path)
        shutil.copytree(kept, repo.path, symlinks=True)
        number += 1
    assert steps > 20
    check_finished(mission, "WP02", "lane-b")


def race(repo: Repo, actors: list[str], wp_ids: list[str], shell: str = 'exec "$@"') -> list[tuple[int, Any]]:
    """Start as many at the same time, each in a shell of its own; return exit code and answer of each."""
    racers = [
        subprocess.Popen(
            ["sh", "-c", shell, "sh", *command(wp_id, "--actor", actor)],
            cwd=repo.path,
            env=repo.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for actor, wp_id in zip(actors, wp_ids, strict=True)
    ]
    found = []
    for racer in racers:
        assert racer.stdout is not None
        answer = ""
        while not answer.endswith("}\n") or answer.count("{") != answer.count("}"):
            line = racer.stdout.readline()
            assert line, answer
            answer += line
        found.append(answer)
    codes = []
    for racer in racers:  # only now the shells may end
        racer.communicate("\n")
        codes.append(racer.returncode)
    return [(code, json.loads(answer)) for code, answer in zip(codes, found, strict=True)]


@pytest.mark.parametrize("count", [2, 8])
def test_of_racing_actors_exactly_one_gets_it_and_the_others_are_told_who(mission: Mission, count: int) -> None:
    actors = [f"agent-{number}" for number in range(count)]
    found = race(mission.repo, actors, ["WP01"] * count)
    assert sorted(code for code, _answer in found) == [0] + [1] * (count - 1)
    winner = next(answer["actor"] for code, answer in found if code == 0)
    for code, answer in found:
        assert code == 0 or answer["diagnostic_code"] == "LANE_MOVED"
        assert code == 0 or f"by {winner}" in answer["message"]
    check_finished(mission, "WP01", "lane-a")
    assert {event["actor"] for event in events(mission, "WP01")} == {winner}


def test_of_one_actors_racing_shells_exactly_one_gets_it(mission: Mission) -> None:
    found = race(mission.repo, ["agent-one"] * 4, ["WP01"] * 4, shell='"$@"; code=$?; read line; exit $code')
    assert sorted(code for code, _answer in found) == [0, 1, 1, 1]
    assert {answer["diagnostic_code"] for code, answer in found if code} == {"LANE_MOVED"}
    assert all("which still runs" in answer["message"] for code, answer in found if code)
    check_finished(mission, "WP01", "lane-a")


def test_work_packages_of_one_lane_and_of_several_start_at_the_same_time(mission: Mission) -> None:
    found = race(mission.repo, ["agent-one", "agent-two", "agent-three"], ["WP01", "WP02", "WP03"])
    assert [code for code, _answer in found] == [0, 0, 0]
    for wp_id, lane_id in (("WP01", "lane-a"), ("WP02", "lane-a"), ("WP03", "lane-b")):
        check_finished(mission, wp_id, lane_id)
    lanes = cli_json(mission.repo, "status", mission.directory)["missions"][mission.directory]["work_packages"]
    assert {package["lane"] for package in lanes.values()} == {"in_progress"}
