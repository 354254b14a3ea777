"""What a tired person reads: reasons, severities, the next command as it has to be typed, and exit codes that fit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support import papers
from support.hooks import cli, cli_json, install_native
from support.judging import answer, commit, context, stage
from support.missions import Mission, build_mission
from support.repo import Repo

from spec_kitty_hooks import errors
from spec_kitty_hooks.cli.app import COMMANDS

LANES = {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}}
FOREIGN = "src/b/x.py"


@pytest.fixture
def mission(repo: Repo) -> Mission:
    return build_mission(repo, LANES)


@pytest.fixture
def place(mission: Mission) -> Repo:
    """lane-a's worktree with WP01 in progress."""
    return mission.implement("WP01")


# -- install


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_outside_a_repository_is_exit_3_as_for_every_command(repo: Repo, tmp_path: Path, command: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    assert cli(repo.at(outside), "context").returncode == errors.CANNOT_JUDGE
    ran = cli(repo.at(outside), command)
    assert (ran.returncode, ran.stdout) == (errors.CANNOT_JUDGE, "")
    assert "next: run this inside a clone, or name one with -C" in ran.stderr
    assert cli_json(repo.at(outside), command, code=errors.CANNOT_JUDGE)["exit_code"] == errors.CANNOT_JUDGE


def test_a_locked_configuration_is_exit_75_both_ways(repo: Repo) -> None:
    lock = repo.path / ".git" / "config.lock"
    for command in ("install", "uninstall"):
        lock.touch()
        ran = cli(repo, command)
        assert (ran.returncode, ran.stdout) == (errors.RETRY, "")
        assert f"next: try again; if no git is at work here, remove {lock}" in ran.stderr
        lock.unlink()
        assert cli(repo, command).returncode == errors.PASS


def test_a_configuration_that_may_not_be_written_is_no_matter_of_trying_again(repo: Repo) -> None:
    config = repo.path / ".git" / "config"
    (repo.path / ".git" / "config.lock").mkdir()  # not a lock that somebody gives back
    before = config.read_bytes()
    assert cli(repo, "install").returncode == errors.BLOCKED
    assert config.read_bytes() == before


# -- explain


def test_explain_shows_a_name_that_is_not_utf8_escaped_once(place: Repo) -> None:
    said = cli(place, "explain", b"src/b/\xff.py").stdout
    assert said.startswith("src/b/\\xff.py may not change.\n")
    assert "src/b/\\\\xff" not in said
    assert "ACTIVE_WP_SCOPE_VIOLATION (block): src/b/\\xff.py" in said


def test_explain_on_a_target_branch_says_target_as_context_does(place: Repo, mission: Mission) -> None:
    told = answer(context(mission.repo), "record the branch")
    assert "(target)" in told
    assert answer(cli_json(mission.repo, "explain", FOREIGN), "record the branch") == told


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ({"commit_guard": {"enabled": False}}, "policy.commit_guard.enabled"),
        ({"commit_guard": {"mode": "off"}}, "policy.commit_guard.mode"),
        ({"commit_guard": {"enforce_ownership": False}}, "policy.commit_guard.enforce_ownership"),
        (
            {"hooks": {"severity": {"ACTIVE_WP_SCOPE_VIOLATION": "off"}}},
            "policy.hooks.severity.ACTIVE_WP_SCOPE_VIOLATION",
        ),
    ],
)
def test_explain_names_the_policy_that_keeps_ownership_from_being_judged(
    place: Repo, mission: Mission, policy: dict[str, Any], key: str
) -> None:
    mission.edit(".kittify/config.yaml", papers.config(policy))
    ran = cli(place, "explain", FOREIGN)
    assert ran.returncode == 0
    assert ran.stdout.startswith(f"{FOREIGN} may change: ownership is switched off by {key}.\n")
    assert f"ownership is switched off by {key}" in answer(context(place), "policy")


@pytest.mark.parametrize("severity", ["block", "warn", "note"])
def test_explain_shows_severities(place: Repo, mission: Mission, severity: str) -> None:
    policy = {"hooks": {"severity": {"ACTIVE_WP_SCOPE_VIOLATION": severity}}}
    mission.edit(".kittify/config.yaml", papers.config(policy))
    assert f"  ACTIVE_WP_SCOPE_VIOLATION ({severity}): {FOREIGN}" in cli(place, "explain", FOREIGN).stdout


# -- the hook


def test_a_commit_that_is_let_through_unjudged_says_so_last(place: Repo, mission: Mission) -> None:
    install_native(mission.repo)
    place.checkout("HEAD", "--detach")
    done = commit(place, FOREIGN)
    assert (done.allowed, done.codes) == (True, ("DETACHED_HEAD",))
    lines = [line for line in done.text.splitlines() if line.startswith(("spec-kitty-hooks", "  next"))]
    assert lines[-1] == "spec-kitty-hooks: commit let through, not judged."


def test_a_mere_warning_is_a_judgement(place: Repo, mission: Mission) -> None:
    install_native(mission.repo)
    mission.edit(".kittify/config.yaml", papers.config({"commit_guard": {"mode": "warn"}}))
    done = commit(place, FOREIGN)
    assert (done.allowed, done.codes) == (True, ("ACTIVE_WP_SCOPE_VIOLATION",))
    assert "let through" not in done.text


# -- mission new


@pytest.mark.parametrize("name", ["Export \x1b[2J", "two\nlines", "a\u202eb", b"\xff", "\x7f"])
def test_a_name_that_a_terminal_would_obey_is_refused_and_nothing_is_written(repo: Repo, name: str | bytes) -> None:
    ran = cli(repo, "mission", "new", "csv-export", "--name", name)
    assert (ran.returncode, ran.stdout) == (errors.USAGE, "")
    assert ran.stderr.isprintable() or not set(ran.stderr) - {"\n"} & {"\x1b", "\u202e", "\x7f"}
    assert "the name" in ran.stderr
    assert not repo.exists("kitty-specs")


def test_a_name_for_people_is_kept_as_it_is(repo: Repo) -> None:
    ran = cli(repo, "mission", "new", "csv-export", "--name", "Exporté — en CSV: \\x41")
    assert ran.returncode == 0, ran.stderr


# -- the directory of -C


def test_commands_printed_for_another_directory_name_it(place: Repo, tmp_path: Path) -> None:
    stage(place, FOREIGN)
    there = ("-C", str(place.path))
    elsewhere = place.at(tmp_path)
    for command in (("check", "--staged"), ("check-path", FOREIGN), ("explain", "kitty-specs/x.md")):
        said = cli(elsewhere, *command, *there)
        steps = re.findall("next: ((?:git|spec-kitty-hooks) .*)", said.stdout)
        assert said.returncode == 1
        assert steps
        assert [step for step in steps if f" -C {place.path}" not in step] == []
    found = cli_json(elsewhere, "check", "--staged", *there, code=1)
    step = next(step for step in found["findings"][0]["remediation"] if step.startswith("git "))
    place.git(*step.split()[1:], cwd=tmp_path)
    assert cli(elsewhere, "check", "--staged", *there).returncode == 0


def test_commands_for_the_directory_one_stands_in_are_plain(place: Repo) -> None:
    stage(place, FOREIGN)
    for args in ((), ("-C", ".")):
        assert " -C " not in cli(place, "check", "--staged", *args).stdout


# -- help


def test_no_command_is_cut_off_in_the_help(repo: Repo) -> None:
    for words in ((), ("mission",)):
        said = cli(repo, *words, "--help").stdout
        assert "..." not in said.partition("Commands:")[2], said


@pytest.mark.parametrize("command", [("where",), ("mission", "finalize")])
def test_every_way_to_name_a_mission_is_in_the_help(mission: Mission, command: tuple[str, ...]) -> None:
    said = " ".join(cli(mission.repo, *command, "--help").stdout.split())
    assert "MISSION is its directory, slug, number or id (all of it or the first eight characters)" in said


def test_the_exit_codes_of_the_help_are_all_there_are(repo: Repo) -> None:
    said = " ".join(cli(repo, "--help").stdout.partition("Exit codes:")[2].partition("Options:")[0].split())
    assert {int(number) for number in re.findall(r"\d+", said)} == {code for code, _meaning in errors.EXIT_CODES}
    assert set(COMMANDS) <= set(re.findall(r"^  ([\w-]+)", cli(repo, "--help").stdout, re.MULTILINE))
