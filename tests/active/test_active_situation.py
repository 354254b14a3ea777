"""What git is in the middle of (design 4.1): detached, rebase, cherry-pick, revert, merge, other branches."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hooks import cli_json, install_native
from support.judging import answer, check, codes_of, commit, context, stage
from support.missions import Mission, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}}


@pytest.fixture
def started(repo: Repo) -> Mission:
    """Two lanes; lane-a works on WP01, lane-b on WP02."""
    mission = build_mission(repo, LANES)
    install_native(repo)
    mission.implement("WP01")
    mission.implement("WP02")
    return mission


def test_a_detached_head_in_a_lanes_worktree_cannot_be_judged(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    place.checkout("HEAD", "--detach")
    done = commit(place, "src/b/x.py")
    assert done.allowed
    assert done.codes == ("DETACHED_HEAD",)
    assert f"git switch {started.lane_branch('lane-a')}" in done.text
    found = context(place)
    assert (found["detached"], found["role"], found["execution_lane"]) == (True, "detached lane", "lane-a")


def test_a_lanes_worktree_detached_where_no_mission_is_carried_is_still_the_lanes(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    first = place.ask("rev-list", "--max-parents=0", "HEAD")
    place.checkout(first, "--detach")
    assert codes_of(check(place, "src/b/x.py")) == [("DETACHED_HEAD", "warn")]


def test_a_lane_that_carries_the_mission_without_its_lanes_is_still_the_lanes(started: Mission) -> None:
    """So the client cuts lanes from a coordination branch: meta.json is there, lanes.json is not."""
    place = started.lane_worktree("lane-a")
    place.git("rm", "-q", f"{started.path}/lanes.json")
    place.git("commit", "-qnm", "without lanes.json")
    place.checkout("HEAD", "--detach")
    assert codes_of(check(place, "src/b/x.py")) == [("DETACHED_HEAD", "warn")]
    place.checkout("topic", "-b")
    assert codes_of(check(place, "src/b/x.py")) == [("ACTIVE_WP_CONTEXT_MISSING", "warn")]


def test_a_detached_worktree_elsewhere_is_not_applicable_and_silent(started: Mission, tmp_path: Path) -> None:
    place = started.repo.at(tmp_path / "scratch")
    started.repo.git("worktree", "add", "-q", "--detach", place.path, started.mission_branch)
    assert commit(place, "src/a/x.py", "src/b/x.py").silent
    assert commit(place, args=("--allow-empty",)).silent
    merged = place.git("merge", "--no-ff", "-m", "land", started.lane_branch("lane-a"), check=False)
    assert (merged.returncode, "spec-kitty-hooks" in merged.stderr) == (0, False)
    report = check(place, "src/b/x.py")
    assert (report["verdict"], report["findings"]) == ("not_applicable", [])


def test_another_branch_in_a_lanes_worktree_cannot_be_held_to_the_lane(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    place.checkout("topic", "-b")
    done = commit(place, "src/a/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_CONTEXT_MISSING",)
    assert "branch topic is checked out in the work tree of lane-a" in done.text
    assert f"git switch {started.lane_branch('lane-a')}" in done.text


def test_the_target_in_a_lanes_worktree_is_told_alike_by_hook_and_context(started: Mission) -> None:
    started.repo.checkout("elsewhere", "-b")
    place = started.lane_worktree("lane-a")
    place.checkout("main")
    assert commit(place, "src/a/x.py").codes == ("ACTIVE_WP_CONTEXT_MISSING",)
    assert context(place)["role"] == "detached lane"


def test_another_lanes_branch_in_a_lanes_worktree_is_judged_as_that_lane(started: Mission) -> None:
    started.repo.git("worktree", "remove", "--force", started.lane_worktree("lane-b").path)
    place = started.lane_worktree("lane-a")
    place.checkout(started.lane_branch("lane-b"))
    assert commit(place, "src/b/x.py").silent
    assert not commit(place, "src/a/x.py").allowed


def test_a_lane_checked_out_in_the_primary_checkout_is_judged(started: Mission) -> None:
    started.repo.git("worktree", "remove", "--force", started.lane_worktree("lane-a").path)
    started.repo.checkout(started.lane_branch("lane-a"))
    assert commit(started.repo, "src/a/x.py").silent
    assert not commit(started.repo, "src/b/x.py").allowed


def stop_rebase(place: Repo) -> None:
    """Rebase the last commit and stop for an edit."""
    editor = {"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/"}
    place.git("rebase", "-q", "-i", "HEAD^", env=editor)


def test_a_commit_in_a_rebase_belongs_to_the_rebased_branch(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    assert commit(place, "src/a/x.py").silent
    stop_rebase(place)
    found = context(place)
    assert (found["role"], found["operation"], found["detached"]) == ("lane", "rebase", True)
    assert answer(found, "in the middle") == f"a rebase on {started.lane_branch('lane-a')}"
    assert not commit(place, "src/b/x.py").allowed
    assert commit(place, "src/a/y.py").silent


def test_an_amend_in_a_rebase_is_judged_with_what_it_amends(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    assert commit(place, "src/b/x.py", args=("--no-verify",)).allowed
    stop_rebase(place)
    assert not commit(place, "src/a/y.py", args=("--amend",)).allowed
    place.git("rebase", "--abort")
    assert commit(place, "src/a/z.py").silent
    stop_rebase(place)
    assert commit(place, "src/a/y.py", args=("--amend",)).silent


def test_a_conflicted_cherry_pick_is_judged_when_it_is_committed(started: Mission) -> None:
    place, other = started.lane_worktree("lane-a"), started.lane_worktree("lane-b")
    other.commit("foreign", files={"src/b/x.py": "b\n", "src/a/a.py": "theirs\n"}, no_verify=True)
    place.commit("own", files={"src/a/a.py": "ours\n"})
    assert place.git("cherry-pick", other.head(), check=False).returncode
    place.write("src/a/a.py", "both\n")
    place.stage("src/a/a.py")
    assert context(place)["operation"] == "cherry-pick"
    ran = place.try_commit()
    assert ran.returncode
    assert "ACTIVE_WP_SCOPE_VIOLATION: src/b/x.py (added)" in ran.stderr


def test_a_revert_is_judged_like_any_change(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    foreign = place.commit("foreign", files={"src/b/b.py": "changed\n", "src/a/a.py": "changed\n"}, no_verify=True)
    place.git("revert", "--no-commit", foreign)
    assert context(place)["operation"] == "revert"
    ran = place.try_commit()
    assert ran.returncode
    assert "src/b/b.py (modified)" in ran.stderr
    place.git("revert", "--abort")
    own = place.commit("own", files={"src/a/a.py": "mine\n"})
    reverted = place.git("revert", "--no-edit", own, check=False)
    assert (reverted.returncode, "spec-kitty-hooks" in reverted.stderr) == (0, False)


def test_a_merge_of_the_target_is_judged_only_for_what_it_adds_itself(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    place.commit("own", files={"src/a/a.py": "ours\n"})
    foreign = {f"src/b/n{number}.py": "" for number in range(20)}
    started.repo.commit("target moves", files={"src/a/a.py": "theirs\n", **foreign}, no_verify=True)
    assert place.git("merge", "main", check=False).returncode
    found = context(place)
    assert (found["operation"], found["role"]) == ("merge", "lane")
    place.write("src/a/a.py", "both\n")
    place.write("src/b/n0.py", "smuggled\n")
    place.stage("src/a/a.py", "src/b/n0.py")
    refused = place.try_commit()
    assert refused.returncode
    assert refused.stderr.count("ACTIVE_WP_SCOPE_VIOLATION") == 1
    place.git("checkout", "main", "--", "src/b/n0.py")
    done = place.try_commit()
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)


def test_a_squash_merge_into_a_lane_is_an_ordinary_change(started: Mission) -> None:
    place, other = started.lane_worktree("lane-a"), started.lane_worktree("lane-b")
    assert commit(other, "src/b/x.py").silent
    place.git("merge", "--squash", started.lane_branch("lane-b"))
    assert answer(context(place), "in the middle") == f"a squash commit on {started.lane_branch('lane-a')}"
    ran = place.try_commit()
    assert ran.returncode
    assert "src/b/x.py (added)" in ran.stderr


def test_a_bisect_in_a_lanes_worktree_is_a_detached_head(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    for number in range(3):
        place.commit(files={f"src/a/n{number}.py": ""})
    place.git("bisect", "start", "HEAD", "HEAD~3")
    found = context(place)
    assert (found["operation"], found["role"], found["detached"]) == ("bisect", "detached lane", True)
    assert commit(place, "src/b/x.py").codes == ("DETACHED_HEAD",)


def test_ci_names_the_branch_of_a_detached_checkout(started: Mission, tmp_path: Path) -> None:
    place = started.repo.at(tmp_path / "ci")
    started.repo.git("worktree", "add", "-q", "--detach", place.path, started.lane_branch("lane-a"))
    env = {"GITHUB_HEAD_REF": started.lane_branch("lane-a")}
    found = context(place, env=env)
    assert (found["role"], found["execution_lane"]) == ("lane", "lane-a")
    assert context(place)["role"] == "other"


def test_an_unborn_branch_has_no_lane_and_no_words(repo: Repo) -> None:
    build_mission(repo, LANES)
    install_native(repo)
    repo.checkout("fresh", "--orphan")
    assert context(repo)["role"] == "other"
    stage(repo, "src/a/x.py")
    done = repo.try_commit()
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)


def test_a_subdirectory_of_a_lane_says_the_same(started: Mission) -> None:
    place = started.lane_worktree("lane-a")
    inside = place.path / "src" / "a"
    assert context(place, cwd=inside) == context(place)
    refused = cli_json(place, "check-path", "../b/b.py", code=1, cwd=inside)
    assert refused["findings"][0]["path"] == "src/b/b.py"
