"""`context` and `explain`: the answer, the reasons, and what a person reads first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, Packages, WorkPackage, build_mission
from support.repo import Repo

LANES: dict[str, Packages] = {
    "lane-a": [
        WorkPackage(wp_id="WP01", owned_files=["src/a/**", "docs/**"], title="Parser"),
        WorkPackage(wp_id="WP02", owned_files=["src/a/deep/**", "src/[id]/x.py"], title="Deep"),
    ],
    "lane-b": {"WP03": ["src/c/**"]},
}


@pytest.fixture
def place(repo: Repo) -> Repo:
    """lane-a's worktree with WP01 in progress."""
    return build_mission(repo, LANES).implement("WP01")


@pytest.fixture
def both(repo: Repo) -> Repo:
    """lane-a's worktree with WP01 and WP02 in progress."""
    mission = build_mission(repo, LANES)
    mission.implement("WP01")
    return mission.implement("WP02")


def test_context_answers_first_and_then_says_how(place: Repo) -> None:
    ran = cli(place, "context")
    assert (ran.returncode, ran.stderr) == (0, "")
    first, *rest = ran.stdout.splitlines()
    assert first.endswith("active: WP01 (in_progress: WP01 in_progress, WP02 planned).")
    assert rest[:3] == ["  WP01 (Parser) owns:", "    src/a/**", "    docs/**"]
    assert "How this was found:" in rest


def test_context_as_json_is_what_the_schema_says(place: Repo) -> None:
    found = valid(place, "context", cli_json(place, "context"))
    assert found["candidates"][0]["title"] == "Parser"
    assert len(found["steps"]) == 5


@pytest.mark.parametrize("branch", ["main", "topic", "kitty/mission-nowhere-01ABCDEF-lane-a"])
def test_context_off_any_lane_is_an_answer_too(place: Repo, repo: Repo, branch: str) -> None:
    if branch != "main":
        repo.checkout(branch, "-b")
    found = valid(repo, "context", cli_json(repo, "context"))
    assert (found["basis"], found["candidates"]) == (None, [])
    words = {"main": "is the target branch of mission", "topic": "belongs to no mission lane"}
    expected = words.get(branch, "is named like a lane, but no mission here records it")
    assert expected in cli(repo, "context").stdout.splitlines()[0]


def test_context_on_a_detached_head_names_the_lane_whose_worktree_it_is(place: Repo) -> None:
    place.checkout("HEAD", "--detach")
    assert cli(place, "context").stdout.startswith(
        "a detached HEAD is checked out in the work tree of lane-a of mission "
    )


def test_context_where_nobody_is_active_says_nobody(repo: Repo) -> None:
    place = build_mission(repo, LANES).start_lane("lane-a")
    assert "; active: nobody (not started: WP01 planned, WP02 planned)." in cli(place, "context").stdout


def test_context_without_a_reachable_log_says_what_holds_instead(place: Repo, repo: Repo) -> None:
    repo.checkout("elsewhere", "-b")
    repo.git("branch", "-D", "main")
    first = cli(place, "context").stdout.splitlines()[0]
    assert "the event log cannot be reached, so a change is held against everything that WP01 and WP02 owns" in first


def test_context_outside_any_repository_says_what_to_do(repo: Repo, tmp_path: Any) -> None:
    ran = cli(repo, "context", cwd=tmp_path)
    assert ran.returncode == 3
    assert "there is no repository here" in ran.stderr
    assert "next: cd into a git repository, or name one with -C DIR" in ran.stderr
    found = valid(repo, "error", cli_json(repo, "context", code=3, cwd=tmp_path))
    assert found["diagnostic_code"] == "REPOSITORY_UNSUPPORTED"


def test_context_of_another_directory_ignores_the_callers_repository(place: Repo, repo: Repo) -> None:
    named = cli_json(repo, "context", "-C", str(place.path), env={"GIT_DIR": str(repo.path / ".git")})
    assert named == cli_json(place, "context")


# -- explain


def test_explain_names_the_pattern_that_decides(place: Repo) -> None:
    found = valid(place, "explain", cli_json(place, "explain", "src/a/x.py"))
    assert (found["allowed"], found["verdict"], found["exit_code"]) == (True, "pass", 0)
    assert (found["work_package_id"], found["pattern"]) == ("WP01", "src/a/**")
    assert found["source"].startswith("main at ")
    ran = cli(place, "explain", "src/a/x.py")
    assert ran.stdout.startswith("src/a/x.py may change: WP01 owns it by src/a/**.\n")
    assert "  * WP01 (lane-a, in_progress): matches src/a/**\n" in ran.stdout
    assert "    WP03 (lane-b, planned): does not own it\n" in ran.stdout


def test_explain_of_a_foreign_path_names_its_owner_and_exits_1(place: Repo) -> None:
    found = valid(place, "explain", cli_json(place, "explain", "src/c/x.py", code=1))
    assert (found["allowed"], found["work_package_id"], found["pattern"]) == (False, "WP03", "src/c/**")
    assert [finding["diagnostic_code"] for finding in found["findings"]] == ["ACTIVE_WP_SCOPE_VIOLATION"]
    ran = cli(place, "explain", "src/c/x.py")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.startswith("src/c/x.py may not change.\n  ACTIVE_WP_SCOPE_VIOLATION (block): src/c/x.py")


def test_explain_of_a_path_that_nobody_owns_says_so(place: Repo) -> None:
    found = cli_json(place, "explain", "setup.py", code=1)
    assert (found["work_package_id"], found["pattern"]) == (None, None)
    assert [item["pattern"] for item in found["considered"]] == [None, None, None]


def test_explain_names_the_more_specific_of_two_active_owners(both: Repo) -> None:
    found = cli_json(both, "explain", "src/a/deep/x.py")
    assert (found["work_package_id"], found["pattern"]) == ("WP02", "src/a/deep/**")
    found = cli_json(both, "explain", "src/a/x.py")
    assert (found["work_package_id"], found["pattern"]) == ("WP01", "src/a/**")


def test_explain_prefers_an_active_owner_to_a_more_specific_one_that_is_not(place: Repo) -> None:
    found = cli_json(place, "explain", "src/a/deep/x.py")
    assert (found["allowed"], found["work_package_id"]) == (True, "WP01")


def test_explain_takes_a_pattern_that_equals_the_path_literally(both: Repo) -> None:
    assert cli_json(both, "explain", "src/[id]/x.py")["pattern"] == "src/[id]/x.py"


def test_explain_tells_what_the_looser_rule_would_have_done(repo: Repo) -> None:
    place = build_mission(repo, {"lane-a": {"WP01": ["src/*.py"]}}).implement("WP01")
    found = cli_json(place, "explain", "src/deep/x.py", code=1)
    assert found["considered"][0]["upstream_pattern"] == "src/*.py"
    assert "Spec Kitty's looser rule: src/*.py" in cli(place, "explain", "src/deep/x.py").stdout


def test_explain_of_a_planning_path_tells_where_it_belongs(place: Repo) -> None:
    ran = cli(place, "explain", "kitty-specs/x/spec.md")
    assert ran.returncode == 1
    assert "PLANNING_PATH_ON_LANE" in ran.stdout
    assert "branch main" in ran.stdout


def test_explain_off_any_lane_is_not_applicable(place: Repo, repo: Repo) -> None:
    found = valid(repo, "explain", cli_json(repo, "explain", "src/c/x.py"))
    assert (found["verdict"], found["allowed"], found["considered"]) == ("not_applicable", True, [])
    assert cli(repo, "explain", "src/c/x.py").stdout.startswith("src/c/x.py is not judged here.\n")


def test_explain_escapes_what_a_terminal_would_obey(place: Repo) -> None:
    ran = cli(place, "explain", b"src/c/\x1b[2J\xff.py")
    assert "\x1b" not in ran.stdout
    assert json.loads(cli(place, "explain", b"src/c/\xff.py", "--json").stdout)["path"] == "src/c/\\xff.py"


def test_explain_after_approval_says_that_nothing_may_change(repo: Repo) -> None:
    mission: Mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    place = mission.implement("WP01")
    mission.walk("WP01", "approved")
    found = cli_json(place, "explain", "src/a/x.py", code=1)
    assert [finding["diagnostic_code"] for finding in found["findings"]] == ["WP_ALREADY_APPROVED"]
    assert found["allowed"] is False
