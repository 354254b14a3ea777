"""`mission finalize` writes lanes.json and seeds the log of a sound plan; run again it adds only what is missing."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from support.draft import Plan, codes
from support.hooks import cli

from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.identity import read_mission
from spec_kitty_hooks.model.events import TRANSITION
from spec_kitty_hooks.model.transition import find_problem
from spec_kitty_hooks.scaffold.checkout import Checkout
from spec_kitty_hooks.scaffold.finalization import Finalization


class TestASoundPlan:
    def test_lanes_json_has_every_key_and_our_reader_knows_its_branches(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.add("WP02", ["src/b/**"], ["WP01"])
        plan.finalize()
        lanes = plan.lanes()
        assert list(lanes) == [
            *("version", "mission_slug", "mission_id", "mission_branch", "target_branch", "lanes", "computed_at"),
            *("computed_from", "planning_artifact_wps", "planning_commit_sha"),
        ]
        assert lanes["lanes"][1] == {
            "lane_id": "lane-b",
            "wp_ids": ["WP02"],
            "write_scope": ["src/b/**"],
            "predicted_surfaces": [],
            "depends_on_lanes": ["lane-a"],
            "parallel_group": 1,
        }
        read = read_mission(
            plan.directory,
            plan.repo.read(f"{plan.path}/meta.json"),
            plan.repo.read(f"{plan.path}/lanes.json"),
        )
        assert read.problems == ()
        assert read.mission_branch == f"kitty/mission-{plan.directory}"
        assert [lane.branches[0] for lane in read.lanes] == [f"{read.mission_branch}-lane-{name}" for name in "ab"]

    def test_every_work_package_is_planned_by_a_legal_event(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.add("WP02", ["docs/**"], execution_mode="planning_artifact")
        assert plan.finalize()["seeded"] == ["WP01", "WP02"]
        assert plan.states() == {"WP01": "planned", "WP02": "planned"}
        events = [event for event in parse_log(plan.log()).events if event.kind == TRANSITION]
        assert [find_problem(event) for event in events] == ["", ""]
        assert [event.record["execution_mode"] for event in events] == ["worktree", "direct_repo"]
        assert set(events[0].record) == {
            *("actor", "at", "event_id", "evidence", "execution_mode", "force", "from_lane", "mission_id"),
            *("mission_slug", "policy_metadata", "reason", "review_ref", "to_lane", "wp_id"),
        }

    def test_running_it_again_changes_no_byte(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.finalize()
        before = plan.log(), plan.repo.read(f"{plan.path}/lanes.json")
        again = plan.finalize()
        assert (again["lanes_file"], again["seeded"], again["already_planned"]) == ("unchanged", [], ["WP01"])
        assert (plan.log(), plan.repo.read(f"{plan.path}/lanes.json")) == before

    def test_a_work_package_added_later_is_all_that_is_added(self, plan: Plan) -> None:
        plan.add("WP02", ["src/a/**"])
        plan.finalize()
        before = plan.log()
        plan.add("WP01", ["src/b/**"])
        again = plan.finalize()
        assert (again["lanes_file"], again["seeded"], again["already_planned"]) == ("written", ["WP01"], ["WP02"])
        assert plan.log().startswith(before)
        assert [(lane["lane_id"], lane["wp_ids"]) for lane in again["lanes"]] == [
            ("lane-b", ["WP01"]),
            ("lane-a", ["WP02"]),
        ]

    def test_a_log_without_a_last_newline_stays_readable(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.repo.write(f"{plan.path}/status.events.jsonl", plan.log().rstrip(b"\n"))
        plan.finalize()
        assert parse_log(plan.log()).damage == ()
        assert plan.states() == {"WP01": "planned"}

    def test_a_missing_log_is_made(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.repo.remove(f"{plan.path}/status.events.jsonl")
        plan.finalize()
        assert plan.states() == {"WP01": "planned"}

    def test_a_dry_run_writes_nothing_and_says_what_it_would_write(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        before = plan.log()
        found = plan.finalize("--dry-run")
        assert (found["dry_run"], found["lanes_file"], found["seeded"]) == (True, "not written", ["WP01"])
        assert found["next_steps"] == [f"spec-kitty-hooks mission finalize {plan.directory}"]
        assert plan.log() == before
        assert not plan.repo.exists(f"{plan.path}/lanes.json")

    def test_the_next_steps_commit_the_plan_and_start_a_lane(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        steps = plan.finalize()["next_steps"]
        assert len(steps) == 3
        plan.repo.git(*steps[0].split()[1:])
        plan.repo.git("commit", "-q", "-m", "finalize", *steps[1].split('"')[2].split())
        assert cli(plan.repo, *steps[2].split()[1:]).returncode == 0
        assert plan.repo.ask("status", "--porcelain") == ""
        again = plan.finalize()
        assert (again["seeded"], again["next_steps"]) == ([], [])

    def test_commit_takes_the_mission_and_nothing_else_and_is_not_repeated(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.repo.write("src/a/other.py", "x = 1\n")
        plan.repo.stage("src/a/other.py")
        found = plan.finalize("--commit")
        assert found["commit"] == plan.repo.head()
        assert plan.repo.ask("status", "--porcelain") == "A  src/a/other.py"
        assert plan.finalize("--commit")["commit"] is None
        assert plan.repo.head() == found["commit"]

    def test_a_dependency_makes_an_overlap_a_note_and_one_lane(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.add("WP02", ["src/a/x.py"], ["WP01"])
        found = plan.finalize()
        assert codes(found, "note") == ["PLAN_OWNERSHIP_OVERLAP"]
        assert [lane["wp_ids"] for lane in found["lanes"]] == [["WP01", "WP02"]]

    def test_the_text_is_short_and_ends_with_the_next_command(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.add("WP02", ["src/b/**"], ["WP01"])
        code, out, err = plan.say()
        lines = out.splitlines()
        assert (code, err) == (0, "")
        assert lines[:3] == [
            f"  lane-a: WP01  (branch kitty/mission-{plan.directory}-lane-a)",
            f"  lane-b: WP02, after lane-a  (branch kitty/mission-{plan.directory}-lane-b)",
            f"{plan.path}: lanes.json written; WP01, WP02 entered as planned.",
        ]
        assert lines[3] == f"  next: git add -- {plan.path}"
        assert len(lines) == 6


def test_a_lanes_json_that_cannot_be_written_whole_leaves_the_old_one(
    plan: Plan, file_size_limit: Callable[[int], AbstractContextManager[None]]
) -> None:
    plan.add("WP01", ["src/a/**"])
    plan.finalize()
    before = plan.repo.read(f"{plan.path}/lanes.json")
    plan.add("WP01", ["src/b/**"])
    run = Finalization(checkout := Checkout(os.fsencode(plan.repo.path), "main"), next(checkout.missions()))
    run.check()
    with file_size_limit(100), pytest.raises(OSError, match="too large"):
        run.write(datetime(2026, 1, 5, 9, tzinfo=UTC), bytes, dry_run=False)
    assert plan.repo.read(f"{plan.path}/lanes.json") == before
    assert not [name for name in os.listdir(plan.repo.path / plan.path) if name.startswith(".")]
