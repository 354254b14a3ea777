"""The released client's own board and ours, at every stage of its mission."""

from __future__ import annotations

from typing import Any

import pytest
from support.hooks import cli_json
from support.judging import context
from support.pair import Pair
from support.peer import Client, Unpack
from support.repo import Repo

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]

#: Stages at which work packages exist.
STAGES = ("02", "03", "04", "05-", "06")


def reduced(repo: Repo, mission: str) -> dict[str, str]:
    """Return the lane of each work package as `status --json` has it."""
    found: Any = cli_json(repo, "status", mission)["missions"][mission]
    assert found["problems"] == []
    return {wp_id: package["lane"] for wp_id, package in found["work_packages"].items()}


@pytest.mark.parametrize("prefix", STAGES)
def test_status_and_context_say_what_the_clients_board_says(unpack: Unpack, client: Client, prefix: str) -> None:
    stage = unpack(prefix)
    board = client.lanes(stage.repo, stage.mission)
    assert len(board) == 4
    assert reduced(stage.repo, stage.mission) == board
    for lane_id, tree in stage.lane_trees().items():
        found = context(tree)
        wp_ids = stage.planned()[lane_id]
        assert found["work_packages"] == {wp_id: board[wp_id] for wp_id in wp_ids}
        working = [wp_id for wp_id in wp_ids if board[wp_id] == "in_progress"]
        assert [candidate["work_package_id"] for candidate in found["candidates"]] == working
        assert reduced(tree, stage.mission) == board


def test_the_board_moves_from_stage_to_stage(pair: Pair, unpack: Unpack) -> None:
    seen = [reduced(stage.repo, stage.mission) for stage in map(unpack, STAGES)]
    assert [sorted(set(lanes.values())) for lanes in seen] == [
        ["planned"],
        ["in_progress", "planned"],
        ["approved", "in_progress", "planned"],
        ["approved"],
        ["done"],
    ]
