"""What `mission finalize` finds wrong with a plan is named with its file, its line and a remedy; nothing is written."""

from __future__ import annotations

import pytest
from support.draft import Plan, Run, blocked, codes
from support.repo import Repo


class TestProblems:
    def test_the_example_of_a_new_mission_only_needs_its_files(self, repo: Repo, run: Run) -> None:
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
