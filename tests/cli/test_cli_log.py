"""`log`: events that people can read and filter, each with where it is; damage with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}


@pytest.fixture
def mission(repo: Repo) -> Mission:
    return build_mission(repo, LANES)


def log(place: Repo, *args: str) -> Any:
    (found,) = valid(place, "log", cli_json(place, "log", *args))["missions"]
    return found


def moves(place: Repo, *args: str) -> list[tuple[str, str | None]]:
    """Return work package and target lane of each event."""
    return [(event["work_package_id"], event["to_lane"]) for event in log(place, *args)["events"]]


def lines(place: Repo, *args: str) -> Iterator[str]:
    ran = cli(place, "log", *args)
    assert (ran.returncode, ran.stderr) == (0, "")
    return iter(ran.stdout.splitlines())


# -- what is shown


def test_one_event_tells_everything_about_itself(mission: Mission) -> None:
    record = mission.transition("WP01", "claimed", actor="agent-seven", force=True, reason="because")
    event = log(mission.repo, "-n", "1")["events"][0]
    assert event == {
        "event_id": record["event_id"],
        "at": record["at"],
        "kind": "transition",
        "work_package_id": "WP01",
        "from_lane": "planned",
        "to_lane": "claimed",
        "actor": "agent-seven",
        "force": True,
        "reason": "because",
        "summary": "",
        "line": 6,
        "copies": [str(mission.repo.path), "refs/heads/main"],
        "committed": True,
        "published": False,
    }


def test_a_line_has_id_moment_work_package_change_actor_and_reason(mission: Mission) -> None:
    record = mission.transition("WP01", "claimed", force=True, reason="because", commit=False)
    moment = record["at"][:19].replace("T", " ")
    *_, last = lines(mission.repo)
    assert last == (
        f"  {record['event_id']}  {moment}Z  WP01    planned -> claimed          "
        "agent-one, forced, not committed: because"
    )


def test_events_are_in_the_order_in_which_they_count(mission: Mission) -> None:
    mission.transition("WP01", "claimed")
    early = mission.transition("WP02", "claimed", at="2026-01-05T08:00:00.000000+00:00")
    assert log(mission.repo)["events"][0]["event_id"] == early["event_id"]
    assert moves(mission.repo, "--reverse") == moves(mission.repo)[::-1]


def test_by_default_bookkeeping_is_left_out(mission: Mission) -> None:
    mission.annotate("WP01", agent="x", shell_pid=7)
    mission.annotate("WP01", note="look here")
    kinds = [(event["kind"], event["summary"]) for event in log(mission.repo)["events"]]
    assert kinds == [("transition", ""), ("transition", ""), ("annotation", "note: look here")]
    everything = [event["kind"] for event in log(mission.repo, "--kind", "all")["events"]]
    assert everything == ["lifecycle"] * 3 + ["transition"] * 2 + ["annotation"] * 2


def test_where_an_event_is_tells_committed_and_published(mission: Mission, tmp_path: Path) -> None:
    origin = Repo.init(tmp_path / "origin.git", mission.repo.env, mission.repo.clock, "--bare")
    mission.repo.add_remote("origin", origin)
    mission.transition("WP01", "claimed")
    mission.repo.push("main")
    mission.repo.git("fetch", "-q")
    mission.transition("WP01", "in_progress")
    mission.transition("WP02", "claimed", commit=False)
    found = log(mission.repo, "-n", "3")
    here = [str(mission.repo.path), "refs/heads/main", "refs/remotes/origin/main"]
    stands = [(event["copies"], event["committed"], event["published"]) for event in found["events"]]
    assert stands == [(here, True, True), (here[:2], True, False), (here[:1], False, False)]
    assert [(copy["kind"], copy["event_count"]) for copy in found["copies"]] == [
        ("worktree", 8),
        ("branch", 7),
        ("remote", 6),
    ]
    assert "1 event is appended, not committed" in found["warnings"][0]["message"]


def test_damage_and_what_is_not_understood_are_shown_with_their_lines(mission: Mission) -> None:
    mission.raw_line(b'{"kind": "snapshot"}')
    mission.raw_line(b"<<<<<<< HEAD")
    mission.raw_line(b'{"torn', newline=False)
    found = log(mission.repo)
    damage = [(entry["line"], entry["reason"].partition(" at")[0], entry["torn"]) for entry in found["damage"]]
    assert [damage[0][:2], damage[1][0], damage[1][2]] == [(7, "conflict marker"), 8, True]
    unknown = [event for event in found["events"] if event["kind"] == "unknown"]
    assert [(event["line"], event["summary"]) for event in unknown] == [(6, "unknown kind 'snapshot'")]
    text = "\n".join(lines(mission.repo, "--wp", "WP01"))
    assert f"damage: line 7 of {mission.repo.path}: conflict marker" in text
    assert ", torn: a write in progress or interrupted" in text


def test_an_id_with_two_contents_is_named(mission: Mission) -> None:
    record = mission.transition("WP01", "claimed")
    mission.transition("WP02", "canceled", event_id=record["event_id"], from_="planned")
    assert log(mission.repo)["conflicting_event_ids"] == [record["event_id"]]
    assert f"  conflict: different events have the id {record['event_id']}" in lines(mission.repo)


def test_a_frozen_copy_says_so(mission: Mission, tmp_path: Path) -> None:
    mission.start_lane("lane-a")
    origin = Repo.init(tmp_path / "origin.git", mission.repo.env, mission.repo.clock, "--bare")
    mission.repo.add_remote("origin", origin)
    mission.repo.push()
    alone = origin.clone(tmp_path / "alone", "--single-branch", f"--branch={mission.lane_branch('lane-a')}")
    assert log(alone)["frozen"]
    assert any("frozen copy" in line for line in lines(alone))


def test_outside_text_commands_no_terminal(mission: Mission) -> None:
    mission.transition("WP01", "claimed", actor="evil\x1b[2J", force=True, reason="a\nb\u202e")
    *_, last = lines(mission.repo)
    assert last.endswith("evil\\x1b[2J, forced: a\\x0ab\\u202e")


# -- filters


@pytest.fixture
def walked(mission: Mission) -> Repo:
    """WP01 in review, WP02 claimed by somebody else."""
    mission.walk("WP01", "in_review", actor="agent-seven")
    mission.walk("WP02", "claimed", actor="Agent-Eight")
    return mission.repo


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--wp", "WP02"), [("WP02", "planned"), ("WP02", "claimed")]),
        (("--wp", "wp02", "--wp", "WP01", "--lane", "claimed"), [("WP01", "claimed"), ("WP01", "in_progress")]),
        (("--actor", "eight"), [("WP02", "claimed")]),
        (("--lane", "doing"), [("WP01", "in_progress"), ("WP01", "for_review")]),
        (("--since", "1s"), []),
        (("--until", "2026-01-05T09:08"), [("WP01", "planned"), ("WP02", "planned")]),
        (("--limit", "2"), [("WP01", "in_review"), ("WP02", "claimed")]),
        (("--kind", "annotation"), []),
    ],
)
def test_a_filter_keeps_what_it_names(walked: Repo, args: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    if "wp02" in args:
        expected = [*expected, ("WP02", "claimed")]
    assert moves(walked, *args) == expected


def test_nothing_that_matches_names_the_work_packages_there_are(walked: Repo) -> None:
    assert "  no event matches; the log knows WP01, WP02" in lines(walked, "--wp", "WP77")


def test_a_limit_says_how_many_more_match(walked: Repo) -> None:
    assert next(lines(walked, "-n", "1")).endswith("(branch main): 1 of 10 records, 6 older ones match")


@pytest.mark.parametrize(
    "args", [("--lane", "nowhere"), ("--since", "soon"), ("--until", "3 years"), ("--kind", "x"), ("-n", "0")]
)
def test_wrong_usage_is_named(mission: Mission, args: tuple[str, ...]) -> None:
    found = valid(mission.repo, "error", cli_json(mission.repo, "log", *args, code=2))
    assert found["diagnostic_code"] == "USAGE"
    assert args[-1] in found["message"]


# -- which missions


def test_without_a_handle_it_is_the_mission_of_the_lane_else_all_unfinished_ones(mission: Mission) -> None:
    other = build_mission(mission.repo, LANES, slug="other")
    finished = build_mission(mission.repo, LANES, slug="finished")
    for wp_id in ("WP01", "WP02"):
        finished.walk(wp_id, "canceled")
    place = mission.start_lane("lane-a")
    assert log(place)["mission"] == mission.directory
    shown = [found["mission"] for found in cli_json(mission.repo, "log")["missions"]]
    assert shown == [mission.directory, other.directory]
    assert log(mission.repo, finished.directory)["mission"] == finished.directory


def test_a_repository_without_missions_and_a_mission_without_a_log_say_so(repo: Repo) -> None:
    assert cli_json(repo, "log") == {"missions": []}
    assert cli(repo, "log").stdout == "no branch of this clone has a mission\n"
    mission = build_mission(repo, LANES)
    repo.git("rm", "-q", mission.log_path)
    repo.commit("gone", [], no_verify=True)
    assert log(repo)["problems"] == ["no copy of the event log can be read"]
