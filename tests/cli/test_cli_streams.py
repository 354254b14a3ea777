"""Whoever reads the output, and whether anybody does, changes no verdict and shows no traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.hooks import cli, cli_json, exported, hook_command
from support.missions import Mission
from support.repo import Repo


@pytest.fixture
def lane(mission: Mission) -> Repo:
    """A lane with WP01 (src/a) in progress and somebody else's file staged."""
    place = mission.implement("WP01")
    place.write("src/b/x.py", "x\n")
    place.stage()
    return place


def shell(place: Repo, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in which "$@" is our pre-commit hook."""
    env = {**place.env, **exported(place, "pre-commit"), "PYTHONUNBUFFERED": "1"}
    command = ["bash", "-c", script, "hook", *hook_command("pre-commit")]
    return subprocess.run(command, cwd=place.path, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("sink", ["2>&1 | true", "2>&-", "2>/dev/full", ">&- 2>&-"])
def test_a_refusal_stands_whether_or_not_anybody_reads_it(lane: Repo, sink: str) -> None:
    ran = shell(lane, f'"$@" {sink}; echo "${{PIPESTATUS[0]}}" >&2' if "|" in sink else f'"$@" {sink}; exit $?')
    code = int(ran.stderr.splitlines()[-1]) if "|" in sink else ran.returncode
    assert code == 1


def test_an_answer_that_cannot_be_written_is_said_in_one_line(lane: Repo) -> None:
    script = f"{sys.executable} -m spec_kitty_hooks context > /dev/full"
    ran = subprocess.run(
        ["bash", "-c", script], cwd=lane.path, env=lane.env, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (3, "spec-kitty-hooks: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_bug(lane: Repo, closed: str) -> None:
    script = f"{sys.executable} -m spec_kitty_hooks context {closed}"
    ran = subprocess.run(
        ["bash", "-c", script], cwd=lane.path, env=lane.env, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_reader_that_went_away_gets_no_traceback(lane: Repo) -> None:
    script = f'{sys.executable} -u -m spec_kitty_hooks context | true; echo "${{PIPESTATUS[0]}}"'
    ran = subprocess.run(
        ["bash", "-c", script], cwd=lane.path, env=lane.env, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() in ("130", "0")  # 0 if all of it fitted before the reader left
    assert not ran.stderr


def test_printed_commands_fit_the_directory_one_stands_in(lane: Repo) -> None:
    said = cli(lane, "check", "--staged", cwd=lane.path / "src" / "a").stdout
    (step,) = [line.removeprefix("  next: ") for line in said.splitlines() if line.startswith("  next: git restore")]
    assert step == "git restore --staged -- ../b/x.py"
    subprocess.run(["sh", "-c", step], cwd=lane.path / "src" / "a", env=lane.env, check=True)
    assert cli_json(lane, "check", "--staged")["findings"] == []


def test_committed_events_that_the_working_log_lacks_are_told(mission: Mission, lane: Repo) -> None:
    lane.git("reset", "-q", "--hard")
    kept = mission.read_log().splitlines(keepends=True)
    mission.write_log(b"".join(kept[:-1]), commit=False)
    report = cli_json(lane, "check-path", "src/a/x.py")
    told = [finding for finding in report["findings"] if finding["diagnostic_code"] == "EVENT_LOG_SURFACES_DISAGREE"]
    assert told[0]["severity"] == "warn"
    assert "lacks 1 committed event" in told[0]["message"]
    subprocess.run(
        ["sh", "-c", told[0]["remediation"][0]], cwd=lane.path, env=lane.env, check=True, capture_output=True
    )
    mission.write_log(b"".join(kept) + b"\n", commit=False)
    assert cli_json(lane, "check-path", "src/a/x.py")["findings"] == []


def test_an_empty_list_of_paths_passes(lane: Repo) -> None:
    assert cli(lane, "check-path", "--paths-from", "-").returncode == 0
    assert cli(lane, "check-path").returncode == 2


def test_a_hook_explains_itself(lane: Repo) -> None:
    assert "Run one git hook" in cli(lane, "hook", "pre-commit", "--help").stdout


@pytest.mark.parametrize("command", [("where",), ("status",), ("mission", "finalize", "--dry-run")])
def test_a_mission_can_be_named_by_argument_or_option(mission: Mission, command: tuple[str, ...]) -> None:
    named = cli(mission.repo, *command, "--mission", mission.directory)
    assert named.stdout == cli(mission.repo, *command, mission.directory).stdout
    assert mission.directory in named.stdout
    both = cli(mission.repo, *command, mission.directory, "--mission", "another")
    assert (both.returncode, both.stdout) == (2, "")
    assert "--mission says another" in both.stderr


def test_schema_and_demo_speak_json_too(repo: Repo) -> None:
    assert "status" in cli_json(repo, "schema")
    assert cli_json(repo, "schema", "demo")["title"] == "DemoModel"
    assert cli_json(repo, "demo") == {"surprises": [], "kept": None}


def test_an_error_is_json_where_json_was_asked_for_in_either_way(repo: Repo) -> None:
    for words in (("--format", "json"), ("--format=json",), ("--json",)):
        ran = cli(repo, "check", *words)
        assert (ran.returncode, ran.stderr) == (2, "")
        assert json.loads(ran.stdout)["diagnostic_code"] == "USAGE"
