"""Who a mission is and which branches are its own (formats 1.2, 6)."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.identity import (
    is_branch_name,
    legacy_work_package,
    propose_directories,
    read_mission,
)
from spec_kitty_hooks.model.ids import is_slug
from spec_kitty_hooks.model.mission import ExecutionLane, Mission

ULID = "01KV3NGSDCJ272573TF6T6NWDW"
MISSION = "csv-export-01KV3NGS"


def read(directory: str = MISSION, meta: Any = None, lanes: Any = None) -> Mission:
    data = [None if value is None else json.dumps(value).encode() for value in (meta, lanes)]
    return read_mission(directory, *data)


def lane_branches(directory: str, meta: Any, lane_id: str, **plan: Any) -> tuple[str, ...]:
    lanes = {"version": 1, "lanes": [{"lane_id": lane_id, "wp_ids": ["WP01"]}], **plan}
    return read(directory, meta, lanes).lanes[0].branches


def test_both_files_are_read_together() -> None:
    meta = {
        "mission_id": ULID,
        "target_branch": "feat/csv",
        "coordination_branch": None,
        "mission_type": "software-dev",
        "topology": "lanes",
        "change_mode": "bulk_edit",
        "slug": "../../etc",
        "future": {"a": 1},
    }
    lanes = {
        "version": 1,
        "mission_id": "csv-export",
        "mission_branch": "kitty/mission-csv-export-01KV3NGS",
        "target_branch": "main",
        "lanes": [
            {"lane_id": "lane-a", "wp_ids": ["WP02", "WP01"], "write_scope": ["src/**"], "parallel_group": 0},
            {"lane_id": "lane-planning", "wp_ids": ["WP03"]},
        ],
    }
    base = "kitty/mission-csv-export-01KV3NGS"

    assert read(MISSION, meta, lanes) == Mission(
        directory=MISSION,
        mission_id=ULID,
        target_branch="feat/csv",
        mission_branch=base,
        mission_type="software-dev",
        topology="lanes",
        change_mode="bulk_edit",
        has_lanes_file=True,
        lanes=(
            ExecutionLane(lane_id="lane-a", wp_ids=("WP02", "WP01"), branches=(f"{base}-lane-a",)),
            ExecutionLane(lane_id="lane-planning", wp_ids=("WP03",), branches=("feat/csv",)),
        ),
    )


def test_one_file_alone_is_enough() -> None:
    only_meta = read(meta={"mission_id": ULID, "target_branch": "main", "coordination_branch": "kitty/mission-x"})
    only_lanes = read(lanes={"target_branch": "dev", "mission_branch": "pr/x", "lanes": []})

    assert (only_meta.mission_branch, only_meta.has_lanes_file) == ("kitty/mission-csv-export-01KV3NGS", False)
    assert (only_meta.coordination_branch, only_meta.problems) == ("kitty/mission-x", ())
    assert (only_lanes.target_branch, only_lanes.mission_branch, only_lanes.problems) == ("dev", "pr/x", ())
    assert read() == Mission(directory=MISSION, mission_branch="kitty/mission-csv-export-01KV3NGS")


def test_older_keys_are_understood() -> None:
    meta = {"feature_slug": "001-x", "mission": "research", "feature_number": "001", "status_phase": 1}

    assert read("001-x", meta).mission_type == "research"
    assert read("001-x", meta).problems == ()
    assert read("001-x", {**meta, "mission_type": "documentation"}).mission_type == "documentation"


@pytest.mark.parametrize(
    ("directory", "mission_id", "branch"),
    [
        ("csv-export-01KV3NGS", ULID, "kitty/mission-csv-export-01KV3NGS"),
        ("csv-export-01KV3NGS", "", "kitty/mission-csv-export-01KV3NGS"),
        ("083-csv-export", ULID, "kitty/mission-csv-export-01KV3NGS"),
        ("083-csv-export", "", "kitty/mission-083-csv-export"),
        ("083-csv-export-01KV3NGS", ULID, "kitty/mission-csv-export-01KV3NGS"),
        ("083-csv-export-01KV3NGS", "", "kitty/mission-csv-export-01KV3NGS"),
        ("csv-export", ULID, "kitty/mission-csv-export-01KV3NGS"),
        ("csv-export", "", ""),
        ("csv-export-01KSWJVX", ULID, "kitty/mission-csv-export-01KSWJVX-01KV3NGS"),
        ("mission-id-01KV3NGS", ULID, "kitty/mission-mission-id-01KV3NGS"),
    ],
)
def test_a_mission_branch_that_is_not_recorded_is_composed_as_upstream_does(
    directory: str, mission_id: str, branch: str
) -> None:
    assert read(directory, {"mission_id": mission_id}).mission_branch == branch
    assert read(directory, {"mission_id": mission_id}, {"lanes": []}).mission_branch == branch


def test_a_recorded_mission_branch_wins_and_composed_names_follow() -> None:
    doubled = "kitty/mission-csv-export-01KV3NGS-01KV3NGS"

    assert lane_branches(MISSION, {"mission_id": ULID}, "lane-a", mission_branch=doubled) == (
        f"{doubled}-lane-a",
        "kitty/mission-csv-export-01KV3NGS-lane-a",
    )
    assert lane_branches("083-x", {"mission_id": ULID}, "lane-b", mission_branch="pr/x") == (
        "pr/x-lane-b",
        "kitty/mission-x-01KV3NGS-lane-b",
        "kitty/mission-083-x-lane-b",
    )
    assert lane_branches("x", {}, "lane-a") == ("kitty/mission-x-lane-a",)
    assert lane_branches("057-x-01KV3NGS", {}, "lane-a") == (
        "kitty/mission-x-01KV3NGS-lane-a",
        "kitty/mission-057-x-01KV3NGS-lane-a",
    )


@pytest.mark.parametrize("lane_id", ["lane-a", "lane-z", "lane-{", "lane-aa", "lane-zz", "lane-\u00e9"])
def test_any_number_of_lanes_has_branches(lane_id: str) -> None:
    assert lane_branches(MISSION, {"mission_id": ULID}, lane_id) == (f"kitty/mission-csv-export-01KV3NGS-{lane_id}",)


@pytest.mark.parametrize("lane_id", ["lane-~", "lane a", "lane-a.lock", "lane-a..b", "lane-a\n", "lane-^"])
def test_a_lane_whose_branch_git_would_refuse_has_none(lane_id: str) -> None:
    assert lane_branches(MISSION, {"mission_id": ULID}, lane_id) == ()


def test_the_planning_lane_works_on_the_target_branch() -> None:
    assert lane_branches(MISSION, {"target_branch": "feat/x"}, "lane-planning") == ("feat/x",)
    assert lane_branches(MISSION, {}, "lane-planning", target_branch="dev") == ("dev",)
    assert lane_branches(MISSION, {}, "lane-planning") == ()


@pytest.mark.parametrize(
    ("meta", "lanes", "problems"),
    [
        (b"{", None, ["meta.json: "]),
        (b"[]", None, ["meta.json: it is not an object"]),
        (b"\xff", None, ["meta.json: "]),
        (b'{"mission_id": 7}', None, ["meta.json: mission_id is not a string"]),
        (b'{"mission_id": "csv-export"}', None, ["meta.json: mission_id is not a ULID"]),
        (b'{"target_branch": ["main"]}', None, ["meta.json: target_branch is not a string"]),
        (b'{"target_branch": "a b"}', None, ["meta.json: target_branch cannot be a branch name"]),
        (b'{"coordination_branch": true}', None, ["meta.json: coordination_branch is not a string"]),
        (b'{"topology": 1, "change_mode": {}}', None, ["meta.json: topology is", "meta.json: change_mode is"]),
        (None, b"null", ["lanes.json: it is not an object"]),
        (None, b"{}", ["lanes.json: lanes is not a list"]),
        (None, b'{"lanes": {}}', ["lanes.json: lanes is not a list"]),
        (None, b'{"version": 2, "lanes": []}', ["lanes.json: its version is not 1"]),
        (None, b'{"mission_branch": "-x", "lanes": []}', ["lanes.json: mission_branch cannot be"]),
        (
            None,
            b'{"lanes": [7, {}, {"lane_id": ""}, {"lane_id": 1}]}',
            [f"lanes.json: lane number {n}" for n in (1, 2, 3, 4)],
        ),
        (None, b'{"lanes": [{"lane_id": "lane-a"}]}', ["lanes.json: wp_ids of lane number 1"]),
        (None, b'{"lanes": [{"lane_id": "lane-a", "wp_ids": "WP01"}]}', ["lanes.json: wp_ids of lane number 1"]),
        (
            None,
            b'{"lanes": [{"lane_id": "l", "wp_ids": ["WP1", 2, "WP01\\n"]}]}',
            ["lanes.json: wp_ids of lane number 1"],
        ),
        (
            None,
            b'{"lanes": [{"lane_id": "l", "wp_ids": []}, {"lane_id": "l", "wp_ids": []}]}',
            ["lanes.json: two lanes have the same lane_id"],
        ),
        (b" " * (limits.JSON_FILE_BYTES + 1), None, ["meta.json: it has 4194305 bytes"]),
    ],
)
def test_what_cannot_be_used_becomes_a_sentence(meta: bytes | None, lanes: bytes | None, problems: list[str]) -> None:
    found = read_mission(MISSION, meta, lanes)

    assert [got[: len(want)] for got, want in zip(found.problems, problems, strict=True)] == problems
    assert (found.mission_id, found.target_branch, found.coordination_branch) == ("", "", "")


def test_what_is_right_beside_a_problem_is_kept() -> None:
    lanes = {"version": 3, "target_branch": 1, "lanes": [None, {"lane_id": "lane-b", "wp_ids": ["WP01", "x", "WP02"]}]}
    found = read(meta={"mission_id": "x", "target_branch": "main"}, lanes=lanes)

    assert len(found.problems) == 4  # a target branch that meta.json has already given is not asked for
    assert found.target_branch == "main"
    assert [(lane.lane_id, lane.wp_ids) for lane in found.lanes] == [("lane-b", ("WP01", "WP02"))]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(("", "x", ULID, "a b", "main", "WP01", "lane-a", "\ud800")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("lane_id", "wp_ids", "x")), inner, max_size=3)
    ),
    max_leaves=8,
)
META = st.dictionaries(st.sampled_from(("mission_id", "target_branch", "coordination_branch", "mission")), VALUES)
LANES = st.dictionaries(st.sampled_from(("version", "lanes", "mission_branch", "target_branch")), VALUES)


@given(META | VALUES, LANES | VALUES, st.sampled_from((MISSION, "001-x", "x", "\ud800", "a b")))
def test_any_json_gives_a_mission_with_usable_branch_names(meta: Any, lanes: Any, directory: str) -> None:
    found = read(directory, meta, lanes)
    names = [found.target_branch, found.coordination_branch, *(name for lane in found.lanes for name in lane.branches)]

    assert all(is_branch_name(name) for name in names if name)
    assert all(problem.startswith(("meta.json: ", "lanes.json: ")) for problem in found.problems)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_give_a_mission(meta: bytes, lanes: bytes) -> None:
    assert read_mission(MISSION, meta, lanes).directory == MISSION


REF_NAMES = (
    *("main", "feat/x", "x.y", "x/y.z", "{", "x@y", "lane-{", "\u00e9", "x-", "@x", "", "@", ".x", "x.", "x/.y"),
    *("x..y", "x@{y", "x y", "x~", "x^", "x:", "x?", "x*", "x[", "x\\y", "/x", "x/", "x//y", "x.lock", "x.lock/y"),
    *("x\n", "\x7f", "\x01x", "HEAD/x", "refs/heads/x", "x.LOCK", "x\u2028y", "x/@"),
)


def test_branch_names_are_those_that_git_takes() -> None:
    for name in REF_NAMES:
        git = subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], capture_output=True, check=False)
        assert is_branch_name(name) == (git.returncode == 0), name
    assert not is_branch_name("-x")  # a ref, but an option to every command
    assert not is_branch_name("x\ud800")  # cannot be encoded
    assert not is_branch_name("x" * (limits.PATH_BYTES + 1))


def test_old_branches_name_their_work_package() -> None:
    assert legacy_work_package("001-x-WP03", "001-x") == "WP03"
    assert legacy_work_package("001-x-WP100", "001-x") == "WP100"
    assert legacy_work_package("001-x-WP03", "001") == ""
    assert legacy_work_package("001-x-WP3", "001-x") == ""
    assert legacy_work_package("001-x-WP03x", "001-x") == ""
    assert legacy_work_package("001-x", "001-x") == ""
    assert legacy_work_package("any-WP03", "") == "WP03"
    assert legacy_work_package("WP03", "") == ""
    assert legacy_work_package("feat/any-WP03", "") == ""


@pytest.mark.parametrize(
    ("branch", "directories"),
    [
        ("kitty/mission-001-x", ("001-x",)),
        ("kitty/mission-001-x-lane-a", ("001-x", "001-x-lane-a")),
        ("kitty/mission-x-01KV3NGS-lane-a", ("x-01KV3NGS", "x", "x-01KV3NGS-lane-a")),
        ("kitty/mission-x-01KV3NGS", ("x-01KV3NGS", "x")),
        ("kitty/mission-x-01KV3NGS-01KV3NGS", ("x-01KV3NGS", "x-01KV3NGS-01KV3NGS")),
        ("kitty/mission-mission-id-01KV3NGS-lane-{", ("mission-id-01KV3NGS", "mission-id")),
        ("kitty/mission-tasks-and-lane-work-lane-aa", ("tasks-and-lane-work", "tasks-and-lane-work-lane-aa")),
        ("kitty/mission-tasks-and-lane-work", ("tasks-and-lane-work", "tasks-and")),
        ("kitty/mission-x-lane-planning", ("x", "x-lane-planning")),
        ("kitty/mission-x-lane-", ("x-lane-",)),
        ("kitty/mission-001-x-WP02", ("001-x", "001-x-WP02")),
        ("001-x-WP02", ("001-x",)),
        ("x-lane-a", ("x",)),
        ("kitty/mission-", ()),
        ("kitty/mission-../../etc-lane-a", ()),
        ("kitty/mission-a/b", ()),
        ("kitty/pr/x-to-main", ()),
        ("main", ()),
        ("", ()),
    ],
)
def test_a_branch_proposes_directories_best_first(branch: str, directories: tuple[str, ...]) -> None:
    assert propose_directories(branch) == directories


@given(st.text("a-0./\n\u00e9KV3NGS", max_size=30) | st.text(max_size=10))
def test_proposals_are_few_and_safe_as_a_path(text: str) -> None:
    for branch in (text, f"kitty/mission-{text}", f"kitty/mission-{text}-lane-a"):
        found = propose_directories(branch)
        assert len(found) <= 4
        assert all(is_slug(name) for name in found)


SLUGS = st.from_regex(r"[a-z][a-z0-9]{0,4}(-(lane|mission|wp|[a-z0-9]{1,4})){0,4}", fullmatch=True)


@given(SLUGS, st.sampled_from(("lane-a", "lane-z", "lane-{", "lane-aa", "lane-planning")), st.booleans(), st.booleans())
@pytest.mark.blocker(950)
def test_every_form_of_lane_branch_proposes_its_directory(slug: str, lane: str, doubled: bool, numbered: bool) -> None:
    current = f"{slug}-01KV3NGS"
    body = f"{current}-01KV3NGS" if doubled else current

    assert propose_directories(f"kitty/mission-{body}-{lane}")[0] == current
    directory = f"042-{slug}" if numbered else slug
    assert propose_directories(f"kitty/mission-{directory}-{lane}")[0] == directory
    assert directory in propose_directories(f"kitty/mission-{directory}")
    assert propose_directories(f"{directory}-WP07")[0] == directory


def missions(corpus: Path) -> list[Mission]:
    found = []
    for directory in sorted((corpus / "kitty-specs").iterdir()):
        meta, lanes = directory / "meta.json", directory / "lanes.json"
        data = [file.read_bytes() if file.is_file() else None for file in (meta, lanes)]
        found.append(read_mission(directory.name, *data))
    return found


def test_every_real_mission_is_read_without_a_problem(corpus: Path) -> None:
    found = missions(corpus)

    assert len(found) > 50
    assert [mission.problems for mission in found if mission.problems] == []
    assert all(mission.mission_id and mission.target_branch and mission.mission_branch for mission in found)
    assert sum(len(mission.lanes) for mission in found) > 200
    assert sum(bool(mission.coordination_branch) for mission in found) >= 1


def test_every_real_lane_branch_proposes_its_own_mission(corpus: Path) -> None:
    for mission in missions(corpus):
        for lane in mission.lanes:
            for branch in lane.branches if lane.lane_id != "lane-planning" else ():
                # The current form of an NNN- mission drops the number, so its text cannot say which one it was.
                if branch.startswith(f"kitty/mission-{mission.directory[:3]}"):
                    assert mission.directory == propose_directories(branch)[0]
                else:
                    assert mission.directory[:3].isdigit()
        assert mission.directory in propose_directories(f"kitty/mission-{mission.directory}")


def test_no_two_real_missions_share_a_lane_branch(corpus: Path) -> None:
    names = Counter(
        name
        for mission in missions(corpus)
        for name in {
            *(branch for lane in mission.lanes if lane.lane_id != "lane-planning" for branch in lane.branches),
            mission.mission_branch,
        }
    )

    assert max(names.values()) == 1
