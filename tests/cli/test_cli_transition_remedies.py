"""What `transition` and `start` tell a person to type next works, and their exit codes say what became of the event."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli, cli_json, product_root
from support.missions import Mission, build_mission
from support.repo import Repo

from spec_kitty_hooks.cli.transition import report_failure
from spec_kitty_hooks.mission.journal import OutcomeUnknownError
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.model import mission as model

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}


@pytest.fixture
def mission(repo: Repo) -> Mission:
    return build_mission(repo, LANES)


def move(place: Repo, wp_id: str, to: str, *args: str, code: int = 0) -> Any:
    return cli_json(place, "transition", wp_id, "--to", to, "--actor", "agent-one", *args, code=code)


def shell(place: Repo, command: str) -> None:
    subprocess.run(["sh", "-ec", command], cwd=place.path, env=place.env, check=True, capture_output=True)


def events(mission: Mission, wp_id: str) -> list[str]:
    found = map(json.loads, mission.read_log().splitlines())
    return [event["to_lane"] for event in found if event.get("wp_id") == wp_id and event["to_lane"] != "planned"]


def test_an_event_that_is_appended_only_is_committed_by_the_printed_commands_alone(mission: Mission) -> None:
    lock = mission.repo.path / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    (problem,) = move(mission.repo, "WP01", "claimed")["diagnostics"]
    assert problem["diagnostic_code"] == "EVENT_NOT_COMMITTED"
    assert not [step for step in problem["remediation"] if "again" in step]
    for step in problem["remediation"]:
        shell(mission.repo, step.removeprefix("if no git is running: "))
    assert mission.repo.ask("status", "--porcelain") == ""
    assert mission.repo.show("main", mission.log_path) == mission.read_log()


def test_a_log_in_conflict_says_how_to_keep_the_lines_of_both_sides(mission: Mission, tmp_path: Path) -> None:
    clone = mission.repo.clone(tmp_path / "clone")
    move(clone, "WP02", "claimed")
    move(mission.repo, "WP01", "claimed")
    clone.git("fetch", "-q", env={"GIT_ALLOW_PROTOCOL": "file"})
    clone.git("merge", "-q", "origin/main", check=False)
    found = move(clone, "WP02", "in_progress", code=1)
    assert (found["diagnostic_code"], "conflict marker" in found["message"]) == ("EVENT_LOG_UNREADABLE", True)
    keep, add = found["remediation"][:2]
    log = clone.path / mission.log_path
    assert keep == f"take the lines with <<<<<<<, ======= and >>>>>>> out of {log}, and no other"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(line for line in lines if line.startswith(b"{")))
    shell(clone, add)
    assert "UU" not in clone.ask("status", "--porcelain")
    packages = cli_json(clone, "status", mission.directory)["missions"][mission.directory]["work_packages"]
    assert {wp_id: package["lane"] for wp_id, package in packages.items()} == {"WP01": "claimed", "WP02": "claimed"}


def test_a_plan_that_is_not_committed_starts_nobody_on_the_target_branch(repo: Repo) -> None:
    mission = build_mission(repo, LANES, lanes_file=False)
    place = repo.path / mission.path / "lanes.json"
    place.write_text(json.dumps({"lanes": []}))
    before = mission.read_log()
    found = cli_json(repo, "start", "WP01", "--actor", "agent-one", code=3)
    assert found["diagnostic_code"] == "WORK_PACKAGE_WITHOUT_LANE"
    assert "is not committed" in found["message"]
    assert mission.read_log() == before
    for step in found["remediation"][:-1]:
        repo.git(*shlex.split(step)[1:])
    assert repo.show("main", f"{mission.path}/lanes.json") == place.read_bytes()


def test_in_a_bare_repository_the_printed_command_makes_the_lanes_work_tree(mission: Mission, tmp_path: Path) -> None:
    bare = mission.repo.clone(tmp_path / "bare.git", "--bare")
    found = cli_json(bare, "start", "WP01", "--mission", mission.directory, code=3)
    place = tmp_path / "place"
    shell(bare, found["remediation"][0].replace("DIRECTORY", str(place)))
    started = cli_json(bare, "start", "WP01", "--mission", mission.directory, "--actor", "agent-one")
    assert started["directory"] == str(place)


@pytest.mark.parametrize("sinks", [">/dev/full", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize("words", [("transition", "WP01", "--to", "claimed"), ("start", "WP01")])
def test_an_answer_that_nobody_can_see_is_not_taken_for_a_refusal(
    mission: Mission, words: tuple[str, ...], sinks: str
) -> None:
    call = (
        f"import sys; sys.path.insert(0, {str(product_root())!r}); from spec_kitty_hooks.__main__ import main; main()"
    )
    script = shlex.join([sys.executable, "-I", "-c", call, *words, "--actor", "agent-one"])
    ran = subprocess.run(
        ["sh", "-c", f"{script} {sinks}"], cwd=mission.repo.path, env=mission.repo.env, capture_output=True, check=False
    )
    assert events(mission, "WP01")[0] == "claimed"
    assert ran.returncode == 4, ran.stderr


def test_a_refusal_stays_a_refusal_where_its_reason_cannot_be_written(mission: Mission) -> None:
    call = (
        f"import sys; sys.path.insert(0, {str(product_root())!r}); from spec_kitty_hooks.__main__ import main; main()"
    )
    script = shlex.join(
        [sys.executable, "-I", "-c", call, "transition", "WP01", "--to", "done", "--actor", "agent-one"]
    )
    ran = subprocess.run(
        ["sh", "-c", f"{script} 2>/dev/full"], cwd=mission.repo.path, env=mission.repo.env, check=False
    )
    assert ran.returncode == 1


def test_every_command_that_writes_tells_its_exit_codes(repo: Repo) -> None:
    for name in ("transition", "start", "recover"):
        said = cli(repo, name, "--help").stdout
        codes = said[said.index("Exit codes:") :].split("\n\n")[0]
        for code in ("0", "1", "2", "3", "4", "75"):
            assert f" {code} " in codes.replace("\n", " "), (name, code)


def test_an_unknown_outcome_is_settled_with_the_same_event_id(capsys: pytest.CaptureFixture[str]) -> None:
    said = "run the same command again: it adds only what is missing"  # which it does not under a new id
    request = Request(
        work_package_id="WP01", to_lane="claimed", actor="agent-one", event_id="01KN23710000000000000000AB"
    )
    error = OutcomeUnknownError("WRITE_OUTCOME_UNKNOWN", "the events may not be there", (said,))
    assert report_failure(error, model.Mission(directory="x"), request, as_json=True) == 4
    (step,) = json.loads(capsys.readouterr().out)["remediation"]
    assert step == f"run the same command again with --event-id {request.event_id}: it adds only what is missing"
