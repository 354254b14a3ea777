"""Both sides recorded events: whatever way git brings them together, every event is there and nobody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hooks import cli_json
from support.judging import printed_codes
from support.merging import LANES, Clones, install, make_clones, read_records, record_on_both, seen_from, unite
from support.missions import build_mission
from support.repo import Repo

from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.statusjson import render_status

WAYS = {
    "merge": ("merge", "--no-edit", "origin/main"),
    "merge -X theirs": ("merge", "--no-edit", "-X", "theirs", "origin/main"),
    "merge -X ours": ("merge", "--no-edit", "-X", "ours", "origin/main"),
    "merge -s recursive": ("merge", "--no-edit", "-s", "recursive", "origin/main"),
    "pull": ("pull", "-q", "--no-rebase", "--no-edit"),
    "pull --rebase": ("pull", "-q", "--rebase"),
    "rebase": ("rebase", "-q", "origin/main"),
    "rebase --merge -X theirs": ("rebase", "-q", "--merge", "-X", "theirs", "origin/main"),
    "rebase --apply": ("rebase", "-q", "--apply", "origin/main"),
    "cherry-pick": ("cherry-pick", "origin/main"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_event_of_both_sides_is_there_and_no_hook_says_a_word(way: str, clones: Clones) -> None:
    expected = clones.expect()
    done = clones.run(*WAYS[way])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "spec-kitty-hooks" not in done.stdout + done.stderr
    assert (clones.unmerged(), clones.repo.ask("status", "--porcelain")) == ([], "")
    assert clones.log == clones.repo.show("HEAD", clones.log_path) == expected


@pytest.mark.parametrize("way", ["merge", "pull", "rebase", "cherry-pick"])
def test_without_the_driver_the_same_conflicts(way: str, plain: Clones) -> None:
    assert plain.run(*WAYS[way]).returncode != 0
    assert plain.unmerged() == [plain.log_path, plain.status_path]


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_without_the_driver_x_loses_events_with_exit_0(side: str, plain: Clones) -> None:
    expected = plain.expect()
    assert plain.run("merge", "--no-edit", "-X", side, "origin/main").returncode == 0
    assert len(read_records(plain.log)) < len(read_records(expected))


def test_a_squash_brings_every_event_too(clones: Clones) -> None:
    expected = clones.expect()
    assert clones.run("merge", "-q", "--squash", "origin/main").returncode == 0
    done = clones.run("commit", "-qm", "squash")
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)
    assert clones.log == expected


def test_a_merge_stopped_before_its_commit_passes_the_commit_hook(clones: Clones) -> None:
    expected = clones.expect()
    assert clones.run("merge", "--no-commit", "origin/main").returncode == 0
    assert cli_json(clones.repo, "check", "--staged")["exit_code"] == 0
    done = clones.run("commit", "-q", "--no-edit")
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)
    assert clones.repo.show("HEAD", clones.log_path) == expected


def test_status_json_stays_ours_the_drift_is_noted_and_the_next_transition_mends_it(clones: Clones) -> None:
    before = clones.repo.read(clones.status_path)
    assert clones.run("merge", "--no-edit", "origin/main").returncode == 0
    assert clones.repo.read(clones.status_path) == before
    report = cli_json(clones.repo, "check", "--from-ref", "HEAD^", "--to-ref", "HEAD")
    assert [finding["diagnostic_code"] for finding in report["findings"]] == ["STATUS_SNAPSHOT_DRIFT"]
    cli_json(clones.repo, "transition", "WP02", "--to", "claimed", "--actor", "agent-one")
    meta = clones.repo.read(f"{clones.ours.path}/meta.json")
    assert clones.repo.show("HEAD", clones.status_path) == render_status(parse_log(clones.log), meta) != before


def test_both_clones_come_to_the_same_bytes(clones: Clones, environment: Path) -> None:
    install(clones.theirs.repo, environment)
    other = clones.theirs.repo
    other.git("fetch", "-q", str(clones.repo.path), "main")
    assert clones.run("merge", "--no-edit", "origin/main").returncode == 0
    assert other.git("merge", "--no-edit", "FETCH_HEAD", check=False).returncode == 0
    assert clones.log == other.read(clones.log_path)


def test_a_missing_final_newline_on_one_side_joins_no_lines(repo: Repo, tmp_path: Path, environment: Path) -> None:
    clones = make_clones(build_mission(repo, LANES), tmp_path)
    install(clones.repo, environment)
    clones.theirs.write_log(clones.theirs.read_log().removesuffix(b"\n"))
    record = clones.ours.transition("WP01", "claimed")
    clones.publish()
    assert clones.run("merge", "--no-edit", "origin/main").returncode == 0
    assert record in read_records(clones.log)
    assert clones.log.endswith(b"}\n")


def test_lines_that_a_text_merge_doubled_become_one(clones: Clones) -> None:
    expected = clones.expect()
    log = clones.theirs.read_log()
    clones.theirs.write_log(log + log.splitlines(keepends=True)[-1])
    clones.publish()
    assert clones.run("merge", "--no-edit", "origin/main").returncode == 0
    assert clones.log == expected


def test_a_log_that_both_sides_made_has_no_base(repo: Repo, tmp_path: Path, environment: Path) -> None:
    clones = make_clones(build_mission(repo, LANES), tmp_path)
    install(clones.repo, environment)
    log = "kitty-specs/other/status.events.jsonl"
    lines = clones.ours.read_log().splitlines(keepends=True)
    clones.repo.commit("ours", files={log: lines[0]}, no_verify=True)
    clones.theirs.repo.commit("theirs", files={log: lines[1]})
    clones.publish()
    assert clones.run("merge", "--no-edit", "origin/main").returncode == 0
    assert clones.repo.read(log) == unite(*lines[:2])


def test_a_criss_cross_merge_unites_what_its_bases_have(clones: Clones) -> None:
    repo = clones.repo
    repo.branch("left", "main")
    repo.branch("right", "origin/main")
    for name, other in (("left", "right~0"), ("right", "left~0")):
        repo.branch(f"old-{name}", name)
        repo.checkout(name)
        assert clones.run("merge", "-q", "--no-edit", f"old-{other[:-2]}" if name == "right" else other).returncode == 0
        clones.ours.repo.commit(name, files={f"{name}.txt": name}, no_verify=True)
    assert len(repo.ask("merge-base", "--all", "left", "right").splitlines()) == 2
    assert clones.run("merge", "-q", "--no-edit", "left").returncode == 0
    assert clones.log == clones.expect()


def test_in_a_linked_worktree_with_a_configuration_of_its_own(clones: Clones) -> None:
    expected = clones.expect()
    clones.repo.git("config", "extensions.worktreeConfig", "true")
    linked = clones.repo.worktree("../linked", "linked", "main")
    linked.git("config", "--worktree", "merge.conflictStyle", "diff3")
    done = linked.git("merge", "--no-edit", "origin/main", check=False, cwd=linked.path / "src")
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)
    assert linked.read(clones.log_path) == expected


def test_in_a_sparse_work_tree_that_hides_the_log(clones: Clones) -> None:
    expected = clones.expect()
    sparse = clones.repo.worktree("../sparse", "sparse", "main")
    sparse.git("sparse-checkout", "set", "--no-cone", "/*", f"!/{clones.ours.path}/status.*")
    assert not sparse.exists(clones.log_path)
    done = sparse.git("merge", "--no-edit", "origin/main", check=False)
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)
    assert sparse.show("HEAD", clones.log_path) == expected
    assert not sparse.exists(clones.log_path)


def test_a_coordination_branch_into_its_target(repo: Repo, environment: Path) -> None:
    mission = build_mission(repo, LANES, topology="coord", status_json=True)
    install(repo, environment)
    mission.walk("WP01", "in_progress")
    on_target = seen_from(mission, repo)
    on_target.coordinated, on_target.log_branch = False, "main"
    on_target.walk("WP03", "claimed")
    expected = unite(repo.show("main", mission.log_path), repo.show(mission.coordination_branch, mission.log_path))
    done = repo.git("merge", "--no-edit", mission.coordination_branch, check=False)
    assert (done.returncode, printed_codes(done.stderr)) == (0, [])
    assert repo.read(mission.log_path) == expected


@pytest.mark.parametrize("strategy", ["octopus", "resolve"])
def test_a_strategy_that_knows_no_drivers_makes_no_merge_of_its_own(strategy: str, clones: Clones) -> None:
    clones.repo.branch("third", "origin/main~1")
    before = clones.repo.head()
    heads = ("origin/main", "third") if strategy == "octopus" else ("origin/main",)
    assert clones.run("merge", "--no-edit", "-s", strategy, *heads).returncode != 0
    assert clones.repo.head() == before
    expected = clones.expect()
    if clones.unmerged():  # octopus cleans up after itself
        assert clones.run("merge", "--abort").returncode == 0
    assert clones.run("merge", "-q", "--no-edit", "origin/main").returncode == 0
    assert clones.log == expected


def test_recording_on_both_sides_is_what_these_tests_start_from(plain: Clones) -> None:
    record_on_both(plain)
    ours, theirs = plain.repo.show("main", plain.log_path), plain.repo.show("origin/main", plain.log_path)
    assert ours not in (theirs, plain.expect())
    assert theirs != plain.expect()
