"""What `start` makes the released client takes for its own: it goes on in the same work tree, up to the review."""

from __future__ import annotations

from typing import Any

import pytest
from support.hooks import cli_json
from support.peer import Client, Stage, Unpack

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture
def planned(unpack: Unpack) -> Stage:
    """A mission that is planned, of which nothing has been started."""
    return unpack("02")


def start(stage: Stage, wp_id: str, actor: str) -> Any:
    return cli_json(stage.repo, "start", wp_id, "--actor", actor, "--mission", stage.mission, child=True)


def call(client: Client, stage: Stage, *args: str) -> str:
    made = client.run(stage.repo, *args, "--mission", stage.mission)
    assert made.code == 0, made.out + made.err
    return made.out + made.err


@pytest.mark.blocker(944)
def test_the_client_goes_on_where_start_ended(planned: Stage, client: Client) -> None:
    found = start(planned, "WP01", "claude")
    assert found["directory"] == str(planned.lane.path)
    assert found["branch"] == planned.lane_branch == planned.lane.current_branch()
    assert client.lanes(planned.repo, planned.mission)["WP01"] == "in_progress"
    made = call(client, planned, "agent", "action", "implement", "WP01", "--agent", "claude")
    assert str(planned.lane.path) in made
    assert planned.lane.ask("status", "--porcelain") == ""
    planned.lane.commit("feat(WP01): writer", files={"src/csvx/writer.py": "rows = []\n"}, no_verify=True)
    call(client, planned, "agent", "tasks", "mark-status", "T001", "T002", "--status", "done")
    move = ("agent", "tasks", "move-task", "WP01", "--agent", "claude", "--note", "ready", "--to", "for_review")
    made = call(client, planned, *move, *(("--force",) if (planned.work_tree("coord").path).is_dir() else ()))
    assert client.lanes(planned.repo, planned.mission)["WP01"] == "for_review"


def test_the_client_leaves_what_start_gave_to_somebody_else(planned: Stage, client: Client) -> None:
    start(planned, "WP01", "codex")
    made = client.run(
        planned.repo, "agent", "action", "implement", "WP01", "--agent", "claude", "--mission", planned.mission
    )
    assert made.code == 1
    assert "codex" in made.out + made.err


def test_start_goes_on_where_the_client_ended(planned: Stage, client: Client) -> None:
    call(client, planned, "agent", "action", "implement", "WP01", "--agent", "claude")
    found = start(planned, "WP01", "claude")
    assert (found["outcome"], found["directory"]) == ("ALREADY", str(planned.lane.path))
    refused = cli_json(
        planned.repo, "start", "WP01", "--actor", "codex", "--mission", planned.mission, code=1, child=True
    )
    assert refused["diagnostic_code"] == "LANE_MOVED"
    assert client.lanes(planned.repo, planned.mission)["WP01"] == "in_progress"
