"""The client's record of an unfinished merge: whatever is in it, it is read, or said to be unreadable."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from spec_kitty_hooks.mission.mergestate import read_merge_state
from spec_kitty_hooks.model.mission import Mission
from spec_kitty_hooks.model.preflight import MergeState

ID = "01M81GSGV83NB1K5JRBWZVY5NE"
MISSION = Mission(directory="csv-export-01M81GSG", mission_id=ID)
RECORD = {"mission_id": ID, "wp_order": ["WP01", "WP02", "WP03"], "completed_wps": ["WP02"]}
CURRENT, OLDER = f".kittify/runtime/merge/{ID}", ".kittify/runtime/merge/csv-export-01M81GSG"
LEGACY = ".kittify/merge-state.json"


def write(place: Path, name: str, content: Any) -> None:
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def read(place: Path) -> MergeState:
    return read_merge_state(os.fsencode(place), MISSION)


def test_without_a_record_nothing_is_unfinished(tmp_path: Path) -> None:
    assert read(tmp_path) == MergeState()


@pytest.mark.parametrize("name", [f"{CURRENT}/state.json", f"{OLDER}/state.json", LEGACY])
def test_what_is_not_completed_remains(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, RECORD)
    assert read(tmp_path) == MergeState(remaining=("WP01", "WP03"))


@pytest.mark.parametrize("name", [f"{CURRENT}/state.json", LEGACY])
def test_a_merge_of_which_nothing_remains_is_finished(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, {**RECORD, "completed_wps": RECORD["wp_order"]})
    assert read(tmp_path) == MergeState()


def test_the_merge_of_another_mission_is_not_this_ones(tmp_path: Path) -> None:
    write(tmp_path, ".kittify/runtime/merge/01M81GP74711JPAM7ZMCY4Y37X/state.json", RECORD)
    write(tmp_path, LEGACY, {**RECORD, "mission_id": "other"})
    assert read(tmp_path) == MergeState()
    write(tmp_path, LEGACY, {**RECORD, "mission_id": "other", "mission_slug": MISSION.directory})
    assert read(tmp_path).remaining == ("WP01", "WP03")


def test_a_lock_alone_tells_that_a_merge_runs_or_was_killed(tmp_path: Path) -> None:
    write(tmp_path, f"{CURRENT}/lock", "2026-01-05T09:00:00Z")
    assert read(tmp_path) == MergeState(locked=True)
    write(tmp_path, f"{CURRENT}/state.json", RECORD)
    assert read(tmp_path) == MergeState(remaining=("WP01", "WP03"), locked=True)


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "nul\0l"])
@pytest.mark.parametrize("name", [f"{CURRENT}/state.json"])
def test_a_record_that_cannot_be_read_is_never_none(tmp_path: Path, name: str, content: str) -> None:
    write(tmp_path, name, content)
    assert read(tmp_path).problem.startswith(f"{name}: ")
    assert read(tmp_path).remaining == ()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere.json", RECORD)
    (tmp_path / CURRENT).mkdir(parents=True)
    (tmp_path / CURRENT / "state.json").symlink_to(tmp_path / "elsewhere.json")
    assert read(tmp_path).problem == f"{CURRENT}/state.json: symlink"


@pytest.mark.parametrize("values", [{}, {"wp_order": "WP01"}, {"wp_order": [1, None], "completed_wps": 7}])
def test_odd_values_count_for_nothing(tmp_path: Path, values: dict[str, Any]) -> None:
    write(tmp_path, f"{CURRENT}/state.json", values)
    assert read(tmp_path) == MergeState()


def test_a_directory_that_is_no_safe_name_is_not_looked_into(tmp_path: Path) -> None:
    write(tmp_path, ".kittify/runtime/state.json", RECORD)
    assert read_merge_state(os.fsencode(tmp_path), MISSION.replace(mission_id="..", directory="../x")) == MergeState()
