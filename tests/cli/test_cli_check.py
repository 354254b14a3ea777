"""`check --staged` and `check-path`: exit codes 0, 1, 2 and 3, and paths however they are named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from support import papers
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}}


@pytest.fixture
def mission(repo: Repo) -> Mission:
    return build_mission(repo, LANES)


@pytest.fixture
def place(mission: Mission) -> Repo:
    """lane-a's worktree with WP01 in progress."""
    return mission.implement("WP01")


def paths_of(report: Any) -> list[str]:
    """Return the paths that a report refuses."""
    return [finding["path"] for finding in report["findings"] if finding["severity"] == "block"]


def test_an_owned_path_is_exit_0_and_silent_on_stderr(place: Repo) -> None:
    ran = cli(place, "check-path", "src/a/new/file.py")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("spec-kitty-hooks: pass: 1 path on kitty/mission-")


def test_a_foreign_path_is_exit_1_with_the_owner_and_the_next_command(place: Repo) -> None:
    ran = cli(place, "check-path", "src/b/x.py")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "ACTIVE_WP_SCOPE_VIOLATION: src/b/x.py" in ran.stdout
    assert "it belongs to WP02 (planned)" in ran.stdout
    assert "next: spec-kitty-hooks explain src/b/x.py" in ran.stdout


def test_only_the_foreign_one_of_several_paths_is_named(place: Repo) -> None:
    report = valid(place, "check-path", cli_json(place, "check-path", "src/a/x.py", "src/b/y.py", code=1))
    assert paths_of(report) == ["src/b/y.py"]
    assert (report["verdict"], report["exit_code"]) == ("fail", 1)


def test_what_cannot_be_judged_is_exit_3_only_where_policy_blocks(place: Repo, mission: Mission) -> None:
    place.checkout("HEAD", "--detach")
    report = valid(place, "check-path", cli_json(place, "check-path", "src/a/x.py"))
    assert (report["verdict"], report["exit_code"]) == ("cannot_judge", 0)
    mission.edit(".kittify/config.yaml", papers.config({"hooks": {"cannot_judge": {"commit": "block"}}}))
    report = cli_json(place, "check-path", "src/a/x.py", code=3)
    assert (report["verdict"], report["exit_code"]) == ("cannot_judge", 3)


def test_paths_come_from_standard_input_each_ended_by_nul(place: Repo) -> None:
    names = b"src/a/ok.py\0src/b/with\nnewline\0src/b/\xff\0"
    report = cli_json(place, "check-path", "--paths-from", "-", code=1, stdin=names)
    assert paths_of(report) == ["src/b/with\nnewline", "src/b/\\xff"]
    assert cli(place, "check-path", "--paths-from", "-", stdin=b"src/a/no-final-nul").returncode == 0


def test_paths_come_from_a_file_and_from_arguments_together(place: Repo, tmp_path: Path) -> None:
    listed = tmp_path / "list"
    listed.write_bytes(b"src/b/1\0")
    report = cli_json(place, "check-path", "src/b/0", "--paths-from", str(listed), code=1)
    assert paths_of(report) == ["src/b/0", "src/b/1"]


@pytest.mark.parametrize("args", [(), ("--paths-from", "nowhere")])
def test_no_path_at_all_is_wrong_usage(place: Repo, args: tuple[str, ...]) -> None:
    ran = cli(place, "check-path", *args)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Error: " in ran.stderr
    assert valid(place, "error", cli_json(place, "check-path", *args, code=2))["diagnostic_code"] == "USAGE"


def test_absolute_paths_and_paths_from_a_subdirectory_mean_the_same(place: Repo) -> None:
    inside = place.path / "src" / "a"
    for name in (str(place.path / "src/b/b.py"), "../b/b.py", "./../../src/b/../b/b.py"):
        assert paths_of(cli_json(place, "check-path", name, code=1, cwd=inside)) == ["src/b/b.py"]
    assert cli(place, "check-path", "x.py", cwd=inside).returncode == 0


def test_paths_are_relative_to_the_directory_that_is_named(place: Repo, tmp_path: Path) -> None:
    named = ("-C", str(place.path / "src"))
    assert cli(place, "check-path", *named, "a/x.py", cwd=tmp_path).returncode == 0
    assert paths_of(cli_json(place, "check-path", *named, "b/b.py", code=1, cwd=tmp_path)) == ["src/b/b.py"]


def test_a_repository_reached_through_a_link_is_the_same(place: Repo, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place.path)
    assert cli(place, "check-path", str(link / "src/a/x.py")).returncode == 0
    assert cli(place, "check-path", "-C", str(link), "src/b/x.py").returncode == 1


def test_a_link_inside_is_judged_by_its_own_name_and_what_lies_below_by_the_real_one(place: Repo) -> None:
    place.symlink("src/a/out", "../b")
    assert cli(place, "check-path", "src/a/out").returncode == 0
    assert paths_of(cli_json(place, "check-path", "src/a/out/b.py", code=1)) == ["src/b/b.py"]


@pytest.mark.parametrize("path", ["../elsewhere.py", "/etc/hostname", "", ".", "src/../../x"])
def test_a_path_outside_the_repository_is_wrong_usage_said_clearly(place: Repo, path: str) -> None:
    ran = cli(place, "check-path", path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"is not a path inside {place.path}" in ran.stderr
    assert "next: " in ran.stderr
    found = valid(place, "error", cli_json(place, "check-path", path, code=2))
    assert found["diagnostic_code"] == "PATH_OUTSIDE_REPOSITORY"


def test_a_path_outside_with_any_bytes_in_its_name_is_said_clearly_too(place: Repo) -> None:
    found = valid(place, "error", cli_json(place, "check-path", b"../\xff\x1b.py", code=2))
    assert found["message"].startswith("../\\xff")
    assert "\x1b" not in cli(place, "check-path", b"../\xff\x1b.py").stderr


def test_a_path_in_another_work_tree_below_is_sent_there(place: Repo, mission: Mission) -> None:
    inner = str(place.path / "src/b/b.py")
    ran = cli(mission.repo, "check-path", inner)
    assert ran.returncode == 2
    assert f"lies in another work tree, {place.path}" in ran.stderr
    step = next(line.partition("next: ")[2] for line in ran.stderr.splitlines() if "next: " in line)
    followed = cli(mission.repo, *step.split()[1:])
    assert followed.returncode == 1
    assert "src/b/b.py" in followed.stdout


def test_a_bare_repository_has_no_paths(mission: Mission, tmp_path: Path) -> None:
    bare = mission.repo.clone(tmp_path / "bare.git", "--bare")
    found = cli_json(bare, "check-path", "src/a/x.py", code=2)
    assert found["diagnostic_code"] == "NO_WORK_TREE"


@pytest.mark.parametrize("role", ["main", "topic"])
def test_off_any_lane_nothing_is_judged(mission: Mission, role: str) -> None:
    if role == "topic":
        mission.repo.checkout("topic", "-b")
    report = cli_json(mission.repo, "check-path", "src/b/x.py")
    assert (report["verdict"], report["findings"]) == ("not_applicable", [])


def test_deciding_files_are_refused_before_they_are_edited(place: Repo, mission: Mission) -> None:
    for path in (mission.wp_path("WP01"), f"{mission.path}/lanes.json", ".kittify/config.yaml"):
        report = cli_json(place, "check-path", path, code=1)
        assert [finding["diagnostic_code"] for finding in report["findings"]] == ["OWNERSHIP_SELF_GRANT"]


# -- check --staged


def test_check_judges_what_is_staged_and_nothing_else(place: Repo) -> None:
    place.write("src/a/x.py", "x")
    place.write("src/b/x.py", "x")
    place.stage("src/a/x.py")
    report = valid(place, "check", cli_json(place, "check", "--staged"))
    assert (report["verdict"], report["findings"]) == ("pass", [])
    place.stage("src/b/x.py")
    report = valid(place, "check", cli_json(place, "check", "--staged", code=1))
    assert paths_of(report) == ["src/b/x.py"]


def test_check_and_the_hook_agree(place: Repo) -> None:
    place.write("src/b/x.py", "x")
    place.stage()
    ran = cli(place, "check", "--staged")
    hook = place.judge()
    assert (ran.returncode, hook.returncode) == (1, 1)
    shared = [line for line in hook.stderr.splitlines() if "Nothing was changed" not in line]
    assert shared == ran.stdout.splitlines()[: len(shared)]


def test_check_in_verbose_form_tells_the_steps(place: Repo) -> None:
    ran = cli(place, "check", "--staged", "-v")
    assert "Who is active? WP01 (in_progress: WP01 in_progress)" in ran.stdout


def test_check_names_the_work_package_that_owns_the_change(place: Repo) -> None:
    place.write("src/a/x.py", "x")
    place.stage()
    assert "Who owns the whole change? WP01" in cli_json(place, "check", "--staged")["notes"]


def test_check_as_json_is_the_same_in_both_spellings(place: Repo) -> None:
    assert (
        cli(place, "check", "--staged", "--format", "json").stdout == cli(place, "check", "--staged", "--json").stdout
    )


def test_check_without_a_scope_is_wrong_usage(place: Repo) -> None:
    ran = cli(place, "check")
    assert ran.returncode == 2
    assert "--staged" in ran.stderr


def test_the_evidence_tells_which_copies_were_read(place: Repo, mission: Mission) -> None:
    evidence = cli_json(place, "check", "--staged")["evidence"]
    assert evidence["worktree"] == str(place.path)
    assert evidence["commit"] == place.head()
    assert evidence["log_copies"][0] == {
        "kind": "worktree",
        "where": os.fspath(mission.repo.path),
        "role": "authoritative",
        "commit": mission.repo.head(),
    }
