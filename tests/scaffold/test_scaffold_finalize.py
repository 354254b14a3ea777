"""`mission finalize` checks a plan, writes lanes.json and seeds the log; run again it adds only what is missing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli
from support.missions import build_mission
from support.repo import Repo

from spec_kitty_hooks.cli.app import execute
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.identity import read_mission
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model.events import TRANSITION
from spec_kitty_hooks.model.transition import find_problem
from spec_kitty_hooks.scaffold.checkout import Checkout
from spec_kitty_hooks.scaffold.finalization import Finalization

Found = dict[str, Any]


class Plan:
    """A mission made by `mission new`, with calls of `mission finalize`."""

    def __init__(self, repo: Repo, run: Callable[..., tuple[int, str, str]]) -> None:
        self.repo = repo
        self._run = run
        code, out, err = run("mission", "new", "csv-export", "--json")
        assert (code, err) == (0, "")
        self.directory: str = json.loads(out)["mission"]
        self.path = f"kitty-specs/{self.directory}"
        repo.remove(f"{self.path}/tasks/WP01-first-work-package.md")

    def add(self, wp_id: str, owned: Sequence[str], needs: Sequence[str] = (), **keys: str) -> str:
        """Write one work package and return its path; `keys` are further lines of the head."""
        lines = [f"work_package_id: {wp_id}", f"title: Part {wp_id}", f"dependencies: [{', '.join(needs)}]"]
        lines += [f"{key}: {value}" for key, value in keys.items()]
        lines += ["owned_files:", *(f"- '{pattern}'" for pattern in owned)]
        path = f"{self.path}/tasks/{wp_id}-part.md"
        self.repo.write(path, "---\n" + "\n".join(lines) + f"\n---\n\n# {wp_id}\n")
        return path

    def finalize(self, *arguments: str, ok: bool = True) -> Found:
        """Run `mission finalize --json` and return what it printed."""
        code, out, err = self._run("mission", "finalize", *arguments, "--json")
        assert (code, err) == (0 if ok else 1, ""), out + err
        found: Found = json.loads(out)
        assert found["ok"] is ok
        return found

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """Run `mission finalize` for a person."""
        return self._run("mission", "finalize", *arguments)

    def log(self) -> bytes:
        return self.repo.read(f"{self.path}/status.events.jsonl")

    def lanes(self) -> Found:
        found: Found = json.loads(self.repo.read(f"{self.path}/lanes.json"))
        return found

    def states(self) -> dict[str, str]:
        return {wp_id: state.lane for wp_id, state in reduce_log(parse_log(self.log())).work_packages.items()}


@pytest.fixture
def run(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run one command line in the repository (or `where`); returns exit code, standard output and standard error."""

    def call(*arguments: str, where: Path | None = None) -> tuple[int, str, str]:
        monkeypatch.chdir(where or repo.path)
        code = execute(arguments)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def plan(repo: Repo, run: Callable[..., tuple[int, str, str]]) -> Plan:
    """A new mission without work packages."""
    return Plan(repo, run)


def codes(found: Found, severity: str = "block") -> list[str]:
    return [item["diagnostic_code"] for item in found["findings"] if item["severity"] == severity]


def blocked(plan: Plan, code: str) -> Found:
    """Finalize a plan that has exactly one problem, and return that; nothing may have been written."""
    before = plan.log()
    found = plan.finalize(ok=False)
    assert codes(found) == [code]
    assert plan.log() == before
    assert not plan.repo.exists(f"{plan.path}/lanes.json")
    assert (found["lanes"], found["seeded"], found["commit"]) == ([], [], None)
    problem: Found = next(item for item in found["findings"] if item["severity"] == "block")
    assert problem["remediation"]
    return problem


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


class TestProblems:
    def test_the_example_of_a_new_mission_only_needs_its_files(self, repo: Repo, run: Callable[..., Any]) -> None:
        run("mission", "new", "csv-export")
        code, out, _err = run("mission", "finalize")
        (name,) = (path.name for path in (repo.path / "kitty-specs").iterdir())
        path = f"kitty-specs/{name}/tasks/WP01-first-work-package.md"
        line = repo.read(path).split(b"\n").index(b"owned_files: []") + 1
        assert code == 1
        assert out.startswith(f"{path}:{line}: WP01 owns no files (PLAN_OWNERSHIP_MISSING)\n")
        repo.write(path, repo.read(path).replace(b"owned_files: []", b"owned_files:\n- src/export/**"))
        assert run("mission", "finalize")[0] == 0

    def test_a_mission_without_work_packages(self, plan: Plan) -> None:
        assert blocked(plan, "PLAN_WORK_PACKAGES_MISSING")["path"] == f"{plan.path}/tasks"

    def test_a_head_that_cannot_be_read_is_named_with_its_line(self, plan: Plan) -> None:
        path = plan.add("WP01", ["src/a/**"])
        plan.repo.write(path, plan.repo.read(path).replace(b"dependencies: []", b"dependencies: {a: 1}"))
        problem = blocked(plan, "PLAN_HEAD_INVALID")
        assert (problem["path"], problem["line"], problem["work_package_id"]) == (path, 4, "WP01")

    @pytest.mark.parametrize("name", ["WPX-part.md", "WP1-part.md", "WP01part.md"])
    def test_a_file_that_is_meant_to_be_a_work_package_but_not_named_like_one(self, plan: Plan, name: str) -> None:
        path = plan.add("WP01", ["src/a/**"])
        text = plan.repo.read(path)
        plan.repo.remove(path)
        plan.repo.write(f"{plan.path}/tasks/{name}", text)
        assert blocked(plan, "PLAN_HEAD_INVALID")["path"].endswith(name)

    def test_other_files_in_tasks_are_left_alone(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        for name in ("notes.md", "WP02-x.md.bak", "WP01-part/review-cycle-1.md"):
            plan.repo.write(f"{plan.path}/tasks/{name}", "no head\n")
        plan.finalize()

    def test_a_linked_work_package_is_not_read(self, plan: Plan) -> None:
        plan.repo.symlink(f"{plan.path}/tasks/WP01-part.md", "/etc/hostname")
        assert "symlink" in blocked(plan, "PLAN_HEAD_INVALID")["message"]

    def test_two_files_with_one_id(self, plan: Plan) -> None:
        path = plan.add("WP01", ["src/a/**"])
        plan.repo.write(path.replace("part", "twin"), plan.repo.read(path))
        problem = blocked(plan, "PLAN_ID_DUPLICATE")
        assert (problem["path"], problem["line"]) == (path.replace("part", "twin"), 2)

    def test_an_id_that_differs_from_the_file_name(self, plan: Plan) -> None:
        path = plan.add("WP01", ["src/a/**"])
        plan.repo.write(path, plan.repo.read(path).replace(b"work_package_id: WP01", b"work_package_id: WP02"))
        assert blocked(plan, "PLAN_HEAD_INVALID")["line"] == 2

    def test_an_unknown_execution_mode(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"], execution_mode="review")
        assert blocked(plan, "PLAN_HEAD_INVALID")["line"] == 5

    @pytest.mark.parametrize("pattern", ["/src/a", "src/../a", "a/" * 200 + "b"])
    def test_a_pattern_that_can_never_match(self, plan: Plan, pattern: str) -> None:
        plan.add("WP01", ["src/a/**", pattern])
        assert blocked(plan, "PLAN_PATTERN_INVALID")["line"] == 5

    def test_an_overlap_of_two_that_could_work_at_once_and_its_remedy(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.add("WP02", ["src/*/x.py"])
        problem = blocked(plan, "PLAN_OWNERSHIP_OVERLAP")
        assert "both own src/a/x.py" in problem["message"]
        assert "add WP01 to the dependencies of WP02" in problem["remediation"][1]
        plan.add("WP02", ["src/*/x.py"], ["WP01"])
        plan.finalize()

    def test_an_unknown_dependency(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"], ["WP09"])
        assert blocked(plan, "PLAN_DEPENDENCY_UNKNOWN")["line"] == 4

    def test_a_cycle_is_named(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"], ["WP02"])
        plan.add("WP02", ["src/b/**"], ["WP01"])
        assert "WP01 -> WP02 -> WP01" in blocked(plan, "PLAN_DEPENDENCY_CYCLE")["message"]

    def test_lanes_that_wait_for_each_other(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.add("WP02", ["src/b/**"], ["WP01"])
        plan.add("WP03", ["src/a/x"], ["WP02"])
        assert "lane-a (WP01, WP03)" in blocked(plan, "LANE_DEPENDENCY_CYCLE")["message"]

    def test_all_problems_of_heads_are_shown_at_once(self, plan: Plan) -> None:
        plan.add("WP01", [])
        plan.add("WP02", ["/b"])
        assert codes(plan.finalize(ok=False)) == ["PLAN_OWNERSHIP_MISSING", "PLAN_PATTERN_INVALID"]
        assert plan.say()[1].count("\n  next: ") == 3

    @pytest.mark.parametrize("tail", [b'{"event_id": "01', b"<<<<<<< HEAD\n", b"not json\n"])
    def test_a_damaged_log_is_never_appended_to(self, plan: Plan, tail: bytes) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.repo.append(f"{plan.path}/status.events.jsonl", tail)
        assert blocked(plan, "EVENT_LOG_UNREADABLE")["line"] == 2

    def test_a_meta_json_that_cannot_be_read(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.repo.write(f"{plan.path}/meta.json", '{"mission_id": 1, "target_branch": "main"}\n')
        found = plan.finalize(ok=False)
        assert set(codes(found)) == {"PLAN_MISSION_INVALID"}

    def test_a_broken_lanes_json_is_not_replaced(self, plan: Plan) -> None:
        plan.add("WP01", ["src/a/**"])
        plan.repo.write(f"{plan.path}/lanes.json", "{")
        assert codes(plan.finalize(ok=False)) == ["PLAN_MISSION_INVALID"]
        assert plan.repo.read(f"{plan.path}/lanes.json") == b"{"

    def test_what_a_head_says_reaches_the_terminal_escaped(self, plan: Plan) -> None:
        path = plan.add("WP01", ["src/a/**"])
        plan.repo.write(path, plan.repo.read(path).replace(b"dependencies: []", b'dependencies: ["WP\\e[31m09"]'))
        code, out, err = plan.say()
        assert code == 1
        assert "\x1b" not in out + err
        assert "WP\\x1b[31m09" in out


class TestAMissionThatIsUnderWay:
    def test_what_the_log_knows_is_not_seeded_again(self, repo: Repo, run: Callable[..., Any]) -> None:
        mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
        mission.walk("WP01", "in_review")
        before = mission.read_log()
        code, out, _err = run("mission", "finalize", "--json")
        assert code == 0
        assert json.loads(out)["already_planned"] == ["WP01", "WP02"]
        assert mission.read_log() == before

    def test_a_work_package_that_started_keeps_its_lane(self, repo: Repo, run: Callable[..., Any]) -> None:
        mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
        mission.walk("WP02", "in_progress")
        path = mission.wp_path("WP02")
        changed = (
            repo.read(path)
            .replace(b"- src/b/**", b"- src/a/x.py")
            .replace(b"dependencies: []", b"dependencies: [WP01]")
        )
        repo.write(path, changed)
        before = repo.read(f"{mission.path}/lanes.json")
        code, out, _err = run("mission", "finalize", "--json")
        (finding,) = (item for item in json.loads(out)["findings"] if item["severity"] == "block")
        assert (code, finding["diagnostic_code"], finding["path"]) == (1, "PLAN_LANE_MOVED", path)
        assert "WP02 is in_progress in lane-b and would move to lane-a" in finding["message"]
        assert repo.read(f"{mission.path}/lanes.json") == before

    def test_one_that_has_not_started_may_move(self, repo: Repo, run: Callable[..., Any]) -> None:
        mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
        path = mission.wp_path("WP02")
        changed = (
            repo.read(path)
            .replace(b"- src/b/**", b"- src/a/x.py")
            .replace(b"dependencies: []", b"dependencies: [WP01]")
        )
        repo.write(path, changed)
        code, out, _err = run("mission", "finalize", "--json")
        assert code == 0
        assert [lane["wp_ids"] for lane in json.loads(out)["lanes"]] == [["WP01", "WP02"]]

    @pytest.mark.parametrize(("lane", "severity"), [("in_progress", "block"), ("done", "note"), ("planned", "note")])
    def test_a_work_package_whose_file_is_gone(
        self, repo: Repo, run: Callable[..., Any], lane: str, severity: str
    ) -> None:
        mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
        if lane != "planned":
            mission.walk("WP02", lane)
        repo.remove(mission.wp_path("WP02"))
        code, out, _err = run("mission", "finalize", "--json")
        (finding,) = json.loads(out)["findings"]
        assert (finding["diagnostic_code"], finding["severity"]) == ("PLAN_FILE_MISSING", severity)
        assert code == (1 if severity == "block" else 0)

    def test_what_the_client_recorded_in_lanes_json_stays(self, repo: Repo, run: Callable[..., Any]) -> None:
        mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, mission_branch="pr/odd")
        path = f"{mission.path}/lanes.json"
        recorded = json.loads(repo.read(path)) | {"planning_commit_sha": "f" * 40}
        recorded["lanes"][0]["write_scope"] = []  # stale, as in 71 real lanes
        repo.write(path, json.dumps(recorded))
        assert run("mission", "finalize")[0] == 0
        after = json.loads(repo.read(path))
        assert (after["mission_branch"], after["planning_commit_sha"]) == ("pr/odd", "f" * 40)
        assert after["lanes"][0]["write_scope"] == ["src/a/**"]


class TestWhichMission:
    def test_several_missions_are_ambiguous_and_named(self, plan: Plan, run: Callable[..., Any]) -> None:
        run("mission", "new", "other")
        code, out, err = run("mission", "finalize")
        assert (code, out) == (2, "")
        assert plan.directory in err

    def test_a_handle_chooses(self, plan: Plan, run: Callable[..., Any]) -> None:
        run("mission", "new", "other")
        plan.add("WP01", ["src/a/**"])
        for handle in (plan.directory, "csv-export"):
            assert plan.finalize(handle)["mission"] == plan.directory

    def test_a_handle_that_names_nothing_is_a_usage_error(self, plan: Plan, run: Callable[..., Any]) -> None:
        assert run("mission", "finalize", "nothing")[0] == 2

    def test_a_repository_without_missions_says_how_to_make_one(self, repo: Repo, run: Callable[..., Any]) -> None:
        code, _out, err = run("mission", "finalize")
        assert code == 2
        assert "spec-kitty-hooks mission new SLUG" in err

    def test_a_mission_of_another_branch_is_refused_with_the_switch(self, plan: Plan, run: Callable[..., Any]) -> None:
        plan.repo.stage()
        plan.repo.commit("plan")
        plan.repo.checkout("feat/y", "-b")
        code, out, _err = run("mission", "finalize", "--json")
        assert code == 2
        assert json.loads(out)["remediation"][0] == "git switch main"

    def test_a_coordinated_mission_is_left_to_the_client(self, repo: Repo, run: Callable[..., Any]) -> None:
        build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, topology="coord")
        code, out, _err = run("mission", "finalize", "--json")
        assert (code, json.loads(out)["diagnostic_code"]) == (2, "MISSION_ON_COORDINATION_BRANCH")

    def test_a_linked_worktree_is_refused_with_the_same_command_for_the_primary_checkout(
        self, plan: Plan, run: Callable[..., Any]
    ) -> None:
        linked = plan.repo.worktree("wt", "feat/x", "HEAD")
        code, out, _err = run("mission", "finalize", "csv-export", "-C", str(linked.path), "--json")
        assert code == 2
        assert json.loads(out)["remediation"] == [f"spec-kitty-hooks mission finalize csv-export -C {plan.repo.path}"]


def test_a_linked_meta_json_is_not_read(plan: Plan, run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    plan.repo.remove(f"{plan.path}/meta.json")
    plan.repo.symlink(f"{plan.path}/meta.json", tmp_path / "meta.json")
    code, out, err = run("mission", "finalize")
    assert (code, out) == (2, "")
    assert "symlink" in err


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


def test_from_elsewhere_the_next_steps_name_the_checkout_and_an_outer_index_does_not_count(
    plan: Plan, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan.add("WP01", ["src/a/**"])
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index of an outer commit"))
    top = str(plan.repo.path)
    (tmp_path / "elsewhere").mkdir()
    code, out, _err = run("mission", "finalize", "-C", "..", "--json", where=plan.repo.path / "src")
    assert code == 0
    steps = json.loads(out)["next_steps"]
    assert steps[0] == f"git -C {top} add -- {plan.path}"
    assert steps[2] == f"spec-kitty-hooks start WP01 --mission {plan.directory} -C {top}"
    assert run("mission", "finalize", "-C", top, "--commit", where=tmp_path / "elsewhere")[0] == 0
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert plan.repo.ask("status", "--porcelain") == ""
    assert not (tmp_path / "index of an outer commit").exists()
