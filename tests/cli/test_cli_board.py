"""`status` for people: what stalled, what is not committed, what may be out of date, and the board on a terminal."""

from __future__ import annotations

import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, build_mission
from support.repo import Repo
from support.tty import on_terminal

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def ago(minutes: int) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def claim(mission: Mission, wp_id: str, minutes: int, **fields: Any) -> None:
    mission.transition(wp_id, "claimed", at=ago(minutes), **fields)


def status(place: Repo, mission: Mission) -> Any:
    return valid(place, "status", cli_json(place, "status", mission.directory))["missions"][mission.directory]


def package(mission: Mission, wp_id: str) -> Any:
    return status(mission.repo, mission)["work_packages"][wp_id]


def row(text: str, wp_id: str) -> str:
    """Return the line of one work package."""
    (line,) = [line for line in text.splitlines() if line.split()[1:2] == [wp_id] and not line.startswith("Mission")]
    return line


# -- what stalled


@pytest.mark.blocker(944)
def test_a_claim_is_always_seen_and_marked_once_it_is_old(mission: Mission) -> None:
    claim(mission, "WP01", 90, actor="agent-seven")
    claim(mission, "WP02", 30)
    ran = cli(mission.repo, "status", mission.directory)
    since = package(mission, "WP01")["last_transition_at"][:19].replace("T", " ")
    assert f"claimed since {since}Z by agent-seven, not started, STALLED" in row(ran.stdout, "WP01")
    assert "not started" in row(ran.stdout, "WP02")
    assert "STALLED" not in row(ran.stdout, "WP02")
    assert f"next: spec-kitty-hooks recover WP01 --mission {mission.directory}\n" in ran.stdout
    stalled = package(mission, "WP01")["stalled"]
    assert (stalled["diagnostic_code"], stalled["severity"]) == ("WP_CLAIM_STALLED", "note")
    assert stalled["remediation"][0] == f"spec-kitty-hooks recover WP01 --mission {mission.directory}"
    assert package(mission, "WP02")["stalled"] is None


def test_a_review_that_goes_on_for_long_is_marked(mission: Mission) -> None:
    mission.walk("WP01", "for_review")
    mission.transition("WP01", "in_review", at=ago(90))
    assert "in review since" in row(cli(mission.repo, "status").stdout, "WP01")
    assert package(mission, "WP01")["stalled"]["diagnostic_code"] == "REVIEW_STALLED"


def test_work_in_progress_never_stalls(mission: Mission) -> None:
    mission.walk("WP01", "claimed")
    mission.transition("WP01", "in_progress", at=ago(10_000))
    assert package(mission, "WP01")["stalled"] is None


def test_the_limit_is_the_policy_committed_with_the_plan(repo: Repo) -> None:
    mission = build_mission(repo, LANES, policy={"hooks": {"stale_claim_minutes": 600}})
    claim(mission, "WP01", 90)
    assert package(mission, "WP01")["stalled"] is None
    mission.edit(".kittify/config.yaml", "policy:\n  hooks:\n    stale_claim_minutes: 10\n")
    assert package(mission, "WP01")["stalled"]["age_seconds"] >= 90 * 60


def test_policy_can_switch_the_mark_off_or_raise_it(repo: Repo) -> None:
    severity = {"WP_CLAIM_STALLED": "off", "REVIEW_STALLED": "warn"}
    mission = build_mission(repo, LANES, policy={"hooks": {"severity": severity}})
    claim(mission, "WP01", 90)
    mission.walk("WP02", "for_review")
    mission.transition("WP02", "in_review", at=ago(90))
    assert package(mission, "WP01")["stalled"] is None
    assert package(mission, "WP02")["stalled"]["severity"] == "warn"


# -- what is not committed


def test_events_that_no_commit_has_are_counted_and_the_printed_commands_commit_them(mission: Mission) -> None:
    claim(mission, "WP01", 1, commit=False)
    mission.annotate("WP01", note="x", commit=False)
    mission.transition("WP02", "claimed", commit=False)
    mission.repo.write("README.md", "something else\n")
    mission.repo.stage("README.md")
    found = status(mission.repo, mission)
    assert (found["uncommitted"], package(mission, "WP01")["uncommitted"], package(mission, "WP03")["uncommitted"]) == (
        *(3, 2),
        0,
    )
    text = cli(mission.repo, "status").stdout
    assert "warning: 3 events are appended, not committed: no other clone, push or CI sees them" in text
    assert row(text, "WP01").endswith("2 appended, not committed")
    for step in found["warnings"][0]["remediation"]:
        subprocess.run(shlex.split(step), cwd="/", env=mission.repo.env, check=True, capture_output=True)
    after = status(mission.repo, mission)
    assert (after["uncommitted"], after["warnings"]) == (0, [])
    assert mission.repo.ask("diff", "--cached", "--name-only") == "README.md"


def test_what_a_remote_has_is_committed(mission: Mission, tmp_path: Path) -> None:
    origin = Repo.init(tmp_path / "origin.git", mission.repo.env, mission.repo.clock, "--bare")
    mission.repo.add_remote("origin", origin)
    mission.transition("WP01", "claimed")
    mission.repo.push("main")
    mission.repo.git("fetch", "-q")
    kept = mission.read_log()
    mission.repo.git("update-ref", "refs/heads/main", "HEAD^")
    mission.write_log(kept, commit=False)
    assert status(mission.repo, mission)["uncommitted"] == 0


# -- what may be out of date


def publish(mission: Mission, tmp_path: Path) -> Repo:
    """Return a bare repository that has every branch of the mission's."""
    origin = Repo.init(tmp_path / "origin.git", mission.repo.env, mission.repo.clock, "--bare")
    mission.repo.add_remote("origin", origin)
    mission.repo.push()
    return origin


def follow(place: Repo, warning: Any) -> None:
    """Type the one command that a warning names."""
    (step,) = warning["remediation"]
    subprocess.run(shlex.split(step), cwd=place.path, env=place.env, check=True, capture_output=True)


def test_a_frozen_copy_is_never_shown_without_saying_so(mission: Mission, tmp_path: Path) -> None:
    mission.start_lane("lane-a")
    mission.walk("WP01", "in_progress")
    origin = publish(mission, tmp_path)
    alone = origin.clone(tmp_path / "alone", "--single-branch", f"--branch={mission.lane_branch('lane-a')}")
    found = status(alone, mission)
    assert (found["frozen"], found["work_packages"]["WP01"]["lane"]) == (True, "planned")
    (warning,) = found["warnings"]
    assert "branch main is not in this clone" in warning["message"]
    head, first, *_rest = cli(alone, "status", mission.directory).stdout.splitlines()
    assert head.startswith("Mission ")
    assert first.startswith("  warning: the event log's branch main is not in this clone: this is the frozen copy")
    follow(alone, warning)
    after = status(alone, mission)
    assert (after["frozen"], after["warnings"], after["work_packages"]["WP01"]["lane"]) == (False, [], "in_progress")


def test_a_coordination_branch_that_is_not_here_is_named(repo: Repo, tmp_path: Path) -> None:
    mission = build_mission(repo, LANES, topology="coord")
    mission.walk("WP01", "in_progress")
    origin = publish(mission, tmp_path)
    alone = origin.clone(tmp_path / "alone", "--single-branch", "--branch=main")
    (warning,) = status(alone, mission)["warnings"]
    assert f"coordination branch {mission.coordination_branch} is not in this clone" in warning["message"]
    follow(alone, warning)
    after = status(alone, mission)
    assert (after["warnings"], after["work_packages"]["WP01"]["lane"]) == ([], "in_progress")


def test_a_coordination_branch_deleted_after_the_mission_is_no_matter(repo: Repo) -> None:
    mission = build_mission(repo, LANES, topology="coord")
    for wp_id in mission.work_packages:
        mission.walk(wp_id, "done")
    mission.remove_coordination_worktree()
    repo.git("clean", "-dfq", "kitty-specs")  # the client leaves review files here too
    repo.git("merge", "-q", "--no-edit", "-X", "theirs", mission.coordination_branch)
    repo.git("branch", "-q", "-D", mission.coordination_branch)
    assert status(repo, mission)["warnings"] == []


# -- the terminal


def test_a_wide_terminal_shows_lanes_as_columns(mission: Mission) -> None:
    claim(mission, "WP01", 90)
    mission.walk("WP02", "in_progress")
    mission.transition("WP03", "blocked")
    lines = COLOUR.sub("", on_terminal(mission.repo, "status", columns=180)).splitlines()
    (head,) = [line for line in lines if line.split()[:2] == ["planned", "claimed"]]
    columns = head.split()
    assert columns == [
        *("planned", "claimed", "in_progress", "for_review", "in_review", "approved", "done", "blocked"),
    ]
    (cards,) = [line for line in lines if "WP01 lane-a" in line]
    assert [cards.index(wp_id) for wp_id in ("WP01", "WP02", "WP03")] == [
        head.index(lane) for lane in ("claimed", "in_progress", "blocked")
    ]
    assert any(line.strip() == "STALLED" for line in lines)
    assert any("recover WP01" in line for line in lines)


def test_a_narrow_terminal_shows_the_table_of_a_pipe(mission: Mission) -> None:
    mission.walk("WP02", "in_progress")
    shown = COLOUR.sub("", on_terminal(mission.repo, "status", columns=80))
    piped = cli(mission.repo, "status").stdout
    age = re.compile(r"\d+ \w+ ago")
    assert age.sub("", shown) == age.sub("", piped)


def test_several_missions_are_apart_by_one_line(mission: Mission) -> None:
    build_mission(mission.repo, LANES, slug="other")
    for columns in (80, 180):
        shown = COLOUR.sub("", on_terminal(mission.repo, "status", columns=columns)).splitlines()
        heads = [number for number, line in enumerate(shown) if line.startswith("Mission ")]
        assert len(heads) == 2
        assert [shown[heads[1] - 1].strip(), shown[heads[1] - 2].strip() == ""] == ["", columns == 180]


def test_only_a_terminal_is_coloured_and_not_with_no_color(mission: Mission) -> None:
    mission.walk("WP01", "claimed")
    mission.transition("WP02", "claimed", commit=False)
    hues = re.compile(r"\x1b\[(?:\d+;)*[34]\d[;m]")
    for command in (("status",), ("log", "-n", "2")):
        assert hues.search(on_terminal(mission.repo, *command, columns=180))
        assert not hues.search(on_terminal(mission.repo, *command, columns=180, env={"NO_COLOR": "1"}))
        assert "\x1b" not in cli(mission.repo, *command, env={"FORCE_COLOR": "1"}).stdout


def test_outside_text_commands_no_terminal(repo: Repo) -> None:
    mission = build_mission(repo, LANES)
    mission.transition("WP01", "claimed", actor="evil\x1b[2J\u202e[bold]", at=ago(90))
    for text in (on_terminal(repo, "status", columns=180), cli(repo, "status").stdout):
        assert "\x1b[2J" not in text
        assert "\u202e" not in text
        assert "evil" in text
