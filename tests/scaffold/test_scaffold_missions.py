"""Which mission `mission finalize` is about, and what it leaves alone in one that is under way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.draft import Plan, Run
from support.missions import build_mission
from support.repo import Repo


class TestAMissionThatIsUnderWay:
    def test_what_the_log_knows_is_not_seeded_again(self, repo: Repo, run: Run) -> None:
        mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
        mission.walk("WP01", "in_review")
        before = mission.read_log()
        code, out, _err = run("mission", "finalize", "--json")
        assert code == 0
        assert json.loads(out)["already_planned"] == ["WP01", "WP02"]
        assert mission.read_log() == before

    def test_a_work_package_that_started_keeps_its_lane(self, repo: Repo, run: Run) -> None:
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

    def test_one_that_has_not_started_may_move(self, repo: Repo, run: Run) -> None:
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
    def test_a_work_package_whose_file_is_gone(self, repo: Repo, run: Run, lane: str, severity: str) -> None:
        mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
        if lane != "planned":
            mission.walk("WP02", lane)
        repo.remove(mission.wp_path("WP02"))
        code, out, _err = run("mission", "finalize", "--json")
        (finding,) = json.loads(out)["findings"]
        assert (finding["diagnostic_code"], finding["severity"]) == ("PLAN_FILE_MISSING", severity)
        assert code == (1 if severity == "block" else 0)

    def test_what_the_client_recorded_in_lanes_json_stays(self, repo: Repo, run: Run) -> None:
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
    def test_several_missions_are_ambiguous_and_named(self, plan: Plan, run: Run) -> None:
        run("mission", "new", "other")
        code, out, err = run("mission", "finalize")
        assert (code, out) == (2, "")
        assert plan.directory in err

    def test_a_handle_chooses(self, plan: Plan, run: Run) -> None:
        run("mission", "new", "other")
        plan.add("WP01", ["src/a/**"])
        for handle in (plan.directory, "csv-export"):
            assert plan.finalize(handle)["mission"] == plan.directory

    def test_a_handle_that_names_nothing_is_a_usage_error(self, plan: Plan, run: Run) -> None:
        assert run("mission", "finalize", "nothing")[0] == 2

    def test_a_repository_without_missions_says_how_to_make_one(self, repo: Repo, run: Run) -> None:
        code, _out, err = run("mission", "finalize")
        assert code == 2
        assert "spec-kitty-hooks mission new SLUG" in err

    def test_a_mission_of_another_branch_is_refused_with_the_switch(self, plan: Plan, run: Run) -> None:
        plan.repo.stage()
        plan.repo.commit("plan")
        plan.repo.checkout("feat/y", "-b")
        code, out, _err = run("mission", "finalize", "--json")
        assert code == 2
        assert json.loads(out)["remediation"][0] == "git switch main"

    def test_a_coordinated_mission_is_left_to_the_client(self, repo: Repo, run: Run) -> None:
        build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, topology="coord")
        code, out, _err = run("mission", "finalize", "--json")
        assert (code, json.loads(out)["diagnostic_code"]) == (2, "MISSION_ON_COORDINATION_BRANCH")

    def test_a_linked_worktree_is_refused_with_the_same_command_for_the_primary_checkout(
        self, plan: Plan, run: Run
    ) -> None:
        linked = plan.repo.worktree("wt", "feat/x", "HEAD")
        code, out, _err = run("mission", "finalize", "csv-export", "-C", str(linked.path), "--json")
        assert code == 2
        assert json.loads(out)["remediation"] == [f"spec-kitty-hooks mission finalize csv-export -C {plan.repo.path}"]


def test_a_linked_meta_json_is_not_read(plan: Plan, run: Run, tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    plan.repo.remove(f"{plan.path}/meta.json")
    plan.repo.symlink(f"{plan.path}/meta.json", tmp_path / "meta.json")
    code, out, err = run("mission", "finalize")
    assert (code, out) == (2, "")
    assert "symlink" in err


def test_from_elsewhere_the_next_steps_name_the_checkout_and_an_outer_index_does_not_count(
    plan: Plan, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
