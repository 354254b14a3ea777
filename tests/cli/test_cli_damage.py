"""Whatever the event log holds, the reading commands answer, and damage is named by its line (formats 2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.hooks import cli_json
from support.missions import Mission, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}
Spoil = Callable[[bytes], bytes]


@pytest.fixture
def mission(repo: Repo) -> Mission:
    """A mission whose log has six lines: three of its birth, WP01 and WP02 planned, WP01 claimed."""
    mission = build_mission(repo, LANES)
    mission.walk("WP01", "claimed")
    assert mission.read_log().count(b"\n") == 6
    return mission


def last(log: bytes, **changes: Any) -> bytes:
    """Return the log with fields of its last record changed, other than ASCII written as it is."""
    before, line = log.rstrip(b"\n").rsplit(b"\n", 1)
    return before + b"\n" + json.dumps({**json.loads(line), **changes}, ensure_ascii=False).encode() + b"\n"


def read(mission: Mission) -> Any:
    """Require that every reading command answers with 0 and an empty stderr; return the mission's status."""
    for command in ("where", "context"):
        assert cli_json(mission.repo, command)
    return cli_json(mission.repo, "status", "--all")["missions"][mission.directory]


@pytest.mark.parametrize(
    ("spoil", "lane"),
    [
        pytest.param(lambda log: b"\xef\xbb\xbf" + log, "claimed", id="byte order mark"),
        pytest.param(lambda log: log.replace(b"\n", b"\r\n"), "claimed", id="CRLF"),
        pytest.param(lambda log: log + b'{"kind": "from the future"}\n', "claimed", id="unknown kind"),
        pytest.param(lambda log: last(log, to_lane="doing"), "in_progress", id="alias of a lane"),
        pytest.param(lambda log: last(log, reason="x" * 600_000), "claimed", id="600 kB in a line"),
        pytest.param(lambda log: last(log, reason="one\u2028line"), "claimed", id="U+2028 in a string"),
        pytest.param(lambda log: log + log, "claimed", id="every id twice"),
        pytest.param(lambda log: log + last(log, reason="other").splitlines(True)[-1], "claimed", id="id reused"),
    ],
)
def test_an_unusual_log_is_read_like_any_other(mission: Mission, spoil: Spoil, lane: str) -> None:
    mission.write_log(spoil(mission.read_log()))
    found = read(mission)
    assert (found["event_count"], found["problems"]) == (3, [])
    assert found["work_packages"]["WP01"]["lane"] == lane


@pytest.mark.parametrize(
    ("spoil", "lines", "lane"),
    [
        pytest.param(lambda log: log[:-10], [6], "planned", id="torn end"),
        pytest.param(lambda log: log[:200] + log[220:], [1], "claimed", id="torn middle"),
        pytest.param(lambda log: log[:200] + b"\n" + log[200:], [1, 2], "claimed", id="line broken in two"),
        pytest.param(
            lambda log: log + b"<<<<<<< ours\n=======\n>>>>>>> theirs\n", [7, 8, 9], "claimed", id="conflict markers"
        ),
        pytest.param(lambda log: log + b'{"a":' * 200 + b"1" + b"}" * 200 + b"\n", [7], "claimed", id="200 deep"),
    ],
)
def test_damage_is_named_by_its_line_and_the_rest_is_read(
    mission: Mission, spoil: Spoil, lines: list[int], lane: str
) -> None:
    mission.write_log(spoil(mission.read_log()))
    found = read(mission)
    assert [problem.partition(":")[0] for problem in found["problems"]] == [f"event log line {n}" for n in lines]
    assert found["work_packages"]["WP01"]["lane"] == lane


def test_an_empty_log_has_no_events_and_no_damage(mission: Mission) -> None:
    mission.write_log(b"")
    found = read(mission)
    assert (found["event_count"], found["work_packages"], found["problems"]) == (0, {}, [])


def test_a_missing_log_is_named(mission: Mission) -> None:
    mission.repo.git("rm", "-q", mission.log_path)
    mission.repo.commit("gone", [], no_verify=True)
    found = read(mission)
    assert (found["event_count"], found["problems"]) == (0, ["no copy of the event log can be read"])


@pytest.mark.parametrize("kind", ["decision", "retrospective"])
def test_records_that_are_no_transitions_move_nothing(mission: Mission, kind: str) -> None:
    before = mission.read_log()
    getattr(mission, kind)()
    assert len(mission.read_log()) > len(before)
    found = read(mission)
    assert (found["event_count"], found["problems"]) == (3, [])
    assert found["work_packages"]["WP01"]["lane"] == "claimed"
