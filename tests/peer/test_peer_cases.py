"""What the released guard gets wrong of its 58 cases comes out right on the released client's own repositories.

None is left out. In stage 05 the client has everything approved, so WP04 goes back to work first, as case 18 has it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from support.cases import CASES, LANES, Case, Scene, stage_03, stage_04, stage_05
from support.hooks import cli
from support.judging import active, json_of
from support.missions import Mission, WorkPackage
from support.nursery import Build
from support.peer import GUARD, Stage, Unpack
from support.plan import ExecutionLane

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]

#: The client's stage that a builder's stands for, and the work package that is at work in it.
STAGES: dict[Build, tuple[str, str]] = {stage_03: ("03-", "WP01"), stage_04: ("04-", "WP02"), stage_05: ("05-", "WP04")}
WRONG = [case for case in CASES if case.guard != "ok"]


def adopt(stage: Stage) -> Mission:
    """Return the client's mission as one that our builders know; nothing is written."""
    tasks = stage.repo.path / "kitty-specs" / stage.mission / "tasks"
    slugs = {file.name[:4]: file.stem[5:] for file in tasks.glob("WP*.md")}
    lanes = []
    for lane_id, owned in LANES.items():
        packages = [WorkPackage(wp_id=wp_id, owned_files=owned[wp_id], slug=slugs[wp_id]) for wp_id in owned]
        assert stage.planned()[lane_id] == list(owned)
        lanes.append(ExecutionLane.of(lane_id, packages))
    meta = json_of((tasks.parent / "meta.json").read_text())
    names = {"target_branch": meta["target_branch"], "topology": meta["topology"]}
    return Mission(stage.repo, stage.mission, meta["mission_id"], lanes, **names)


def reopen(mission: Mission, wp_id: str) -> None:
    """Take an approved work package back to work, later than everything that the client wrote."""
    last = [json_of(line)["at"] for line in mission.read_log().decode().splitlines() if '"to_lane"' in line]
    mission.clock.now = datetime.fromisoformat(max(last))
    mission.transition(wp_id, "in_progress", from_="approved", force=True, reason="more to do")


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.number)
def test_what_the_guard_gets_wrong_is_right_on_the_clients_own_repository(
    case: Case, unpack: Unpack, tmp_path: Path
) -> None:
    prefix, wp_id = STAGES[case.stage]
    mission = adopt(unpack(prefix))
    if case.stage is stage_05:
        reopen(mission, wp_id)
    mission.stands[wp_id] = "in_progress"
    scene = Scene(mission, tmp_path)
    installed = cli(scene.place, "install")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert active(scene.place) == ("in_progress", [wp_id])
    assert GUARD not in case.require(scene).text
