"""Missions are built as the released client lays them out, and it reads them."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from support.lives import TOPOLOGIES, TWO_LANES, lived, moves, records_of
from support.missions import Mission, WorkPackage, build_mission, many_missions
from support.records import LANES, ROAD, line, transition
from support.repo import Repo

from spec_kitty_hooks.model.ids import is_ulid
from spec_kitty_hooks.model.lanes import EDGES


class TestMission:
    @pytest.mark.parametrize("topology", TOPOLOGIES)
    def test_git_finds_nothing_wrong(self, tmp_path: Path, topology: str) -> None:
        repo = lived(tmp_path, topology).repo
        ran = repo.git("fsck", "--strict", "--no-dangling")
        assert ran.stdout + ran.stderr == ""
        assert repo.ask("status", "--porcelain", "-uno") == ""

    def test_every_work_package_starts_planned_and_walks_the_legal_way(self, mission: Mission) -> None:
        assert moves(mission) == [(name, "genesis", "planned") for name in ("WP01", "WP02", "WP03")]
        mission.walk("WP01", "done")
        assert moves(mission)[3:] == [("WP01", *edge) for edge in pairwise(ROAD[1:])]
        assert mission.stands["WP01"] == "done"

    @pytest.mark.parametrize("edge", sorted(EDGES), ids=">".join)
    def test_an_unforced_edge_carries_what_its_guards_ask_for(self, edge: tuple[str, str]) -> None:
        cited = "review-cycle://m/WP01/1"
        made = transition("WP01", *edge, at="t", event_id="E", mission_slug="m", mission_id="M", reference=cited)
        guards = EDGES[edge]
        result, review = made.get("review_result"), (made["evidence"] or {}).get("review", {})
        assert made["actor"]
        assert "reason" not in guards or made["reason"]
        assert "review_ref" not in guards or made["review_ref"]
        assert ("review_result" in guards) == (result is not None)
        if result is not None:
            assert all(result.values())
            assert made["review_ref"] == result["reference"]
            assert review in ({}, result)
        if "evidence" in guards:
            assert review["verdict"] == "approved"
            assert review["reviewer"]
            assert review["reference"]

    def test_a_forced_edge_carries_a_reason_and_no_proof(self, mission: Mission) -> None:
        made = mission.transition("WP01", "done", force=True, actor="operator")
        assert (made["force"], made["actor"], made["from_lane"]) == (True, "operator", "planned")
        assert made["reason"]
        assert made["evidence"] is made["review_ref"] is None

    def test_subtasks_are_done_before_review(self, repo: Repo) -> None:
        package = WorkPackage(wp_id="WP01", owned_files=["src/**"], subtasks=("T001", "T002"))
        mission = build_mission(repo, {"lane-a": [package]})
        mission.walk("WP01", "for_review")
        found = [record for record in records_of(mission.read_log()) if record.get("kind") == "annotation"]
        assert [record["delta"] for record in found] == [{"subtasks": {"T001": "done", "T002": "done"}}]

    def test_a_verdict_comes_with_its_file(self, mission: Mission) -> None:
        mission.walk("WP01", "in_review")
        first = mission.transition("WP01", "in_progress")
        second = mission.walk("WP01", "approved")[-1]
        assert first["review_result"]["verdict"] == "changes_requested"
        assert second["review_ref"].endswith("/review-cycle-2.md")
        tree = mission.repo.tree()
        assert {mission.review_path("WP01", number).encode() for number in (1, 2)} <= tree.keys()

    def test_events_are_committed_alone(self, mission: Mission) -> None:
        mission.repo.write("src/a/other.py", "x\n")
        mission.repo.stage()
        mission.walk("WP01", "in_progress")
        shown = mission.repo.ask("show", "--format=", "--name-only").split("\n")
        assert shown == [mission.log_path]
        assert mission.repo.ask("diff", "--cached", "--name-only") == "src/a/other.py"

    def test_an_event_can_be_left_uncommitted(self, mission: Mission) -> None:
        before = mission.repo.head()
        mission.transition("WP01", "claimed", commit=False)
        assert mission.repo.head() == before
        assert mission.repo.ask("diff", "--name-only") == mission.log_path

    def test_damage_lies_in_the_log_as_given(self, mission: Mission) -> None:
        mission.raw_line(b"<<<<<<< HEAD\r")
        mission.raw_line(b'{"torn', newline=False)
        assert mission.read_log().endswith(b'}\n<<<<<<< HEAD\r\n{"torn')
        assert mission.repo.show("HEAD", mission.log_path) == mission.read_log()

    def test_other_records_are_the_classes_of_the_client(self, mission: Mission) -> None:
        mission.decision(question="which")
        mission.retrospective()
        mission.lifecycle("TasksCompleted")
        mission.annotate("WP01", note="n")
        found = records_of(mission.read_log())[-4:]
        keys = ("event_type", "type", "event_type", "kind")
        assert [record[key] for record, key in zip(found, keys, strict=True)] == [
            *("DecisionPointOpened", "RetrospectiveCaptured"),
            *("TasksCompleted", "annotation"),
        ]
        assert all(is_ulid(record["event_id"]) for record in found)

    def test_a_line_is_what_the_client_writes(self) -> None:
        assert line({"b": "é", "a": None}) == b'{"a": null, "b": "\\u00e9"}\n'

    def test_the_written_status_agrees_with_the_log(self, tmp_path: Path) -> None:
        mission = lived(tmp_path, "lanes")
        written = json.loads(mission.repo.read(f"{mission.path}/status.json"))
        assert {name: slot["lane"] for name, slot in written["work_packages"].items()} == mission.stands
        assert set(written["summary"]) == set(LANES)
        assert written["event_count"] == len(moves(mission))


class TestNames:
    def test_a_lane_is_a_linked_worktree_where_the_client_puts_it(self, mission: Mission) -> None:
        lane = mission.start_lane("lane-a")
        name = f"{mission.directory}-lane-a"
        assert lane.path == mission.repo.path / ".worktrees" / name
        assert lane.current_branch() == f"kitty/mission-{name}"
        assert mission.repo.exists(f".kittify/workspaces/{name}.json")
        assert mission.repo.ask("status", "--porcelain") == ""

    @pytest.mark.parametrize("lane_id", ["lane-aa", "lane-{", "lane-a.b"])
    def test_any_lane_id_that_git_takes_can_be_a_lane(self, repo: Repo, lane_id: str) -> None:
        mission = build_mission(repo, {lane_id: {"WP01": ["src/**"]}})
        assert mission.implement("WP01").current_branch().endswith(lane_id)

    def test_the_planning_lane_is_the_primary_checkout(self, repo: Repo) -> None:
        mission = build_mission(repo, {"lane-planning": {"WP01": ["docs/**"]}}, target_branch="feat/x")
        assert mission.start_lane("lane-planning").path == repo.path
        assert mission.lane_branch("lane-planning") == repo.current_branch() == "feat/x"

    def test_names_are_free(self, repo: Repo) -> None:
        shared = "01KE6P8K0000000000000000"
        odd = build_mission(repo, TWO_LANES, slug="mission-lane-a", mission_id=shared + "01")
        twin = build_mission(repo, TWO_LANES, slug="fix-lane-b", mission_id=shared + "02")
        old = build_mission(repo, TWO_LANES, directory="012-old", meta={"mission_slug": "old"})
        doubled = build_mission(
            repo, TWO_LANES, directory="x-01KE6P8K", mission_branch="kitty/mission-x-01KE6P8K-01KE6P8K"
        )
        assert odd.directory == "mission-lane-a-01KE6P8K"
        assert twin.directory[-8:] == odd.directory[-8:]
        assert old.lane_branch("lane-a") == "kitty/mission-012-old-lane-a"
        assert json.loads(repo.read(f"{old.path}/meta.json"))["mission_slug"] == "old"
        assert json.loads(repo.read(f"{doubled.path}/lanes.json"))["mission_branch"] == doubled.mission_branch
        assert doubled.implement("WP03").current_branch() == "kitty/mission-x-01KE6P8K-01KE6P8K-lane-b"

    def test_meta_has_every_key_that_all_real_missions_have(self, mission: Mission) -> None:
        common = {"created_at", "friendly_name", "mission_id", "mission_slug", "slug", "mission_type", "target_branch"}
        assert (
            common | {"flattened", "mission_number"}
            <= json.loads(mission.repo.read(f"{mission.path}/meta.json")).keys()
        )

    def test_a_key_of_meta_can_be_removed(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, meta={"topology": None, "mission_number": 7})
        written = json.loads(repo.read(f"{mission.path}/meta.json"))
        assert "topology" not in written
        assert written["mission_number"] == 7

    def test_heads_can_be_broken(self, repo: Repo) -> None:
        package = WorkPackage(wp_id="WP01", head=b"---\n<<<<<<< HEAD\n---\n")
        mission = build_mission(repo, {"lane-a": [package]}, policy={"commit_guard": {"mode": "block"}})
        assert repo.read(mission.wp_path("WP01")).startswith(b"---\n<<<<<<< HEAD\n---\n")
        assert b"\npolicy:\n  commit_guard:\n    mode: block\n" in repo.read(".kittify/config.yaml")
        mission.replan(WorkPackage(wp_id="WP01", owned_files=["docs/**"]))
        assert b"\n- docs/**\n" in repo.read(mission.wp_path("WP01"))


class TestCoordination:
    def test_events_go_to_the_coordination_branch_only(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, topology="coord")
        mission.walk("WP01", "in_progress")
        assert b'"to_lane"' not in repo.show("main", mission.log_path)
        assert repo.show(mission.coordination_branch, mission.log_path) == mission.read_log()
        assert mission.coordination_worktree.read(mission.log_path) == mission.read_log()
        assert json.loads(repo.read(f"{mission.path}/meta.json"))["coordination_branch"] == mission.coordination_branch

    def test_a_lane_hides_the_log_and_still_has_the_plan(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, topology="coord")
        lane = mission.implement("WP01")
        assert not lane.exists(mission.log_path)
        assert mission.log_path.encode() in lane.tree()
        assert lane.exists(mission.wp_path("WP01"))
        assert lane.ask("status", "--porcelain") == ""

    def test_without_its_worktree_the_branch_alone_takes_the_events(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, topology="coord")
        mission.remove_coordination_worktree()
        tip = repo.resolve(mission.log_branch)
        mission.walk("WP01", "approved")
        assert mission.surface is None
        assert repo.resolve(f"{mission.log_branch}~1") == tip
        assert moves(mission)[-1] == ("WP01", "in_review", "approved")
        assert mission.review_path("WP01", 1).encode() in repo.tree(mission.log_branch)

    def test_with_the_target_not_checked_out_the_branch_takes_the_events(self, mission: Mission) -> None:
        mission.repo.checkout("elsewhere", "-b")
        before = mission.repo.head()
        mission.walk("WP01", "claimed")
        assert mission.repo.head() == before
        assert moves(mission)[-1] == ("WP01", "planned", "claimed")
        assert mission.repo.ask("status", "--porcelain") == ""


def test_a_crowd_of_missions_is_one_commit(repo: Repo) -> None:
    before = repo.head()
    names = many_missions(repo, 20, packages=3)
    assert repo.resolve("HEAD~1") == before
    assert {path.name for path in (repo.path / "kitty-specs").iterdir()} == set(names)
    assert len({name[-8:] for name in names}) == 20
    assert repo.ask("status", "--porcelain") == ""
    assert repo.git("fsck", "--strict").stderr == ""


PEER = """\
import json, sys
from pathlib import Path
from specify_cli.lanes.persistence import require_lanes_json
from specify_cli.status.store import read_event_stream
from specify_cli.status.reducer import materialize_snapshot
from specify_cli.status.wp_metadata import read_authored_wp_frontmatter
log, plan = map(Path, sys.argv[1:])
snapshot = materialize_snapshot(log).to_dict()
manifest = require_lanes_json(plan)
heads = [read_authored_wp_frontmatter(path)[0] for path in sorted((plan / "tasks").glob("WP*.md"))]
print(json.dumps({
    "lanes": {name: slot["lane"] for name, slot in snapshot["work_packages"].items()},
    "count": snapshot["event_count"],
    "branch": manifest.mission_branch,
    "wp_ids": [list(lane.wp_ids) for lane in manifest.lanes],
    "owned": {str(head.work_package_id): list(head.owned_files) for head in heads},
}))
"""


@pytest.mark.peer
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_released_client_reads_what_we_build(tmp_path: Path, peer_python: str, topology: str) -> None:
    mission = lived(tmp_path, topology)
    log = (mission.surface or mission.repo).path / mission.path
    ran = subprocess.run(
        [peer_python, "-I", "-c", PEER, log, mission.repo.path / mission.path],
        env=mission.repo.env,
        cwd=mission.repo.path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    read = json.loads(ran.stdout.splitlines()[-1])
    assert read["lanes"] == mission.stands
    assert read["count"] == len(moves(mission))
    assert read["branch"] == mission.mission_branch
    assert read["wp_ids"] == [["WP01", "WP02"], ["WP03"]]
    assert read["owned"] == {"WP01": ["src/a/**"], "WP02": ["src/b/**"], "WP03": ["src/c/**"]}
