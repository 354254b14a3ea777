"""lanes.json on disk: what an earlier run recorded, and replacing it in one step."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from spec_kitty_hooks.durable import replace_file
from spec_kitty_hooks.mission import jsontext
from spec_kitty_hooks.mission.identity import PLANNING_LANE
from spec_kitty_hooks.mission.registry import ROOT
from spec_kitty_hooks.scaffold.models import LaneEntry, LanesFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from spec_kitty_hooks.model.mission import Mission
    from spec_kitty_hooks.scaffold.checkout import Checkout

NAME = "lanes.json"
#: What the client infers from prose and we do not: no reason to write the file again.
_INFERRED = "predicted_surfaces"


def is_recorded(checkout: Checkout, mission: Mission, lanes: Sequence[LaneEntry]) -> bool:
    """Tell whether lanes.json says the same already, whoever wrote it and when."""
    recorded = _read(checkout, mission)
    return (
        bool(recorded)
        and recorded.get("mission_id") == mission.mission_id
        and recorded.get("target_branch") == mission.target_branch
        and recorded.get("mission_branch") == mission.mission_branch
        and _gist(recorded.get("lanes", [])) == _gist([lane.model_dump() for lane in lanes])
    )


def compose_lanes_file(checkout: Checkout, mission: Mission, lanes: Sequence[LaneEntry], now: datetime) -> LanesFile:
    """Return the new content; the planning commit that the client recorded stays."""
    planning_commit = _read(checkout, mission).get("planning_commit_sha")
    return LanesFile(
        mission_slug=mission.directory,
        mission_id=mission.mission_id,
        mission_branch=mission.mission_branch,
        target_branch=mission.target_branch,
        lanes=list(lanes),
        computed_at=now.isoformat(timespec="microseconds"),
        planning_artifact_wps=[wp_id for lane in lanes if lane.lane_id == PLANNING_LANE for wp_id in lane.wp_ids],
        planning_commit_sha=planning_commit if isinstance(planning_commit, str) else None,
    )


def write_lanes_file(checkout: Checkout, mission: Mission, content: LanesFile) -> None:
    """Replace lanes.json: a reader sees the old file or the new one, never a part. Raises OSError."""
    path = os.path.join(checkout.top, f"{ROOT}/{mission.directory}/{NAME}".encode())
    replace_file(path, content.render())


def _read(checkout: Checkout, mission: Mission) -> dict[str, Any]:
    value = jsontext.parse(checkout.read(f"{ROOT}/{mission.directory}/{NAME}".encode()) or b"{}")[0]
    return value if isinstance(value, dict) else {}


def _gist(lanes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in lane.items() if key != _INFERRED} for lane in lanes]
