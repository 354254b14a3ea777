"""What stands in the way of a focused branch: told with both sides, nothing made, and every next step works."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.clock import Clock
from support.diverging import diverge, land, plan, publish, share
from support.focusing import branch_of, build, refuse, say
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, WorkPackage, build_mission, seed
from support.repo import Repo

TEXT = "".join(f"{number}\n" for number in range(1, 7))


def run(repo: Repo, step: str, *, cwd: Path | None = None) -> None:
    """Run one printed command in a shell, as a person does."""
    done = subprocess.run(
        ["/bin/sh", "-c", step], cwd=cwd or repo.path, env={**repo.env}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, (step, done.stderr)


@pytest.fixture
def torn(repo: Repo, tmp_path: Path) -> tuple[Mission, Repo]:
    """A mission whose file upstream changed in the same place, beside one that merges; and the remote."""
    repo.commit("files", files={"src/a/x": TEXT, "src/a/y": TEXT})
    mission, remote = plan(repo, tmp_path / "remote")
    land(mission, {"src/a/x": TEXT.replace("1", "mine"), "src/a/y": TEXT.replace("1", "mine"), "src/a/new": "1\n"})
    publish(repo, remote, {"src/a/x": TEXT.replace("1", "theirs"), "src/a/y": TEXT.replace("6", "theirs")})
    return mission, remote


def test_a_conflict_names_the_path_and_both_sides_and_makes_nothing(torn: tuple[Mission, Repo]) -> None:
    mission, _remote = torn
    repo = mission.repo
    found = valid(repo, "pr-branch-conflict", refuse(mission, 1, "FOCUSED_BRANCH_CONFLICT"))
    for word in ("--push", "--dry-run"):
        assert refuse(mission, 1, "FOCUSED_BRANCH_CONFLICT", word) == found
    assert found["message"] == "1 path cannot be merged without a person; nothing was made"
    assert found["conflicts"] == [
        {
            "path": "src/a/x",
            "reason": "both sides changed it",
            "upstream": side(repo, "origin/main", b"src/a/x"),
            "mission": side(repo, "main", b"src/a/x"),
        }
    ]
    assert found["violated_invariant"] == "a_focused_branch_is_merged_by_the_tool_or_by_a_person"


def side(repo: Repo, revision: str, path: bytes) -> dict[str, Any]:
    mode, oid = repo.tree(revision)[path]
    return {"commit": repo.resolve(revision), "mode": mode, "object_id": oid}


def test_a_person_reads_both_sides_by_name(torn: tuple[Mission, Repo]) -> None:
    mission, _remote = torn
    repo = mission.repo
    text = say(mission, code=1)
    assert (
        f"  src/a/x: both sides changed it\n    origin/main at {repo.resolve('origin/main')[:12]}: mode 100644, "
        in text
    )
    assert f"    main at {repo.resolve('main')[:12]}: mode 100644, " in text


def test_the_steps_by_hand_lead_to_the_branch(torn: tuple[Mission, Repo]) -> None:
    mission, _remote = torn
    repo = mission.repo
    make, bring, prose, commit = cli_json(repo, "pr-branch", code=1)["remediation"]
    run(repo, make)
    place = repo.at(repo.path / ".worktrees" / f"{mission.directory}-pr")
    tried = subprocess.run(["/bin/sh", "-c", bring], cwd=repo.path / "src", env={**repo.env}, check=False)
    assert tried.returncode == 1
    assert "<<<<<<<" in place.read("src/a/x").decode()
    assert prose.startswith(f"if git names conflicts: resolve them in {place.path}")
    place.write("src/a/x", "both\n")
    place.stage("src/a/x")
    run(repo, commit)
    made = repo.tree(branch_of(mission))
    assert set(repo.tree("origin/main")) | {b"src/a/new"} == set(made)
    assert repo.show(branch_of(mission), "src/a/y").decode() == TEXT.replace("1", "mine").replace("6", "theirs")
    assert made[mission.log_path.encode()] == repo.tree("main")[mission.log_path.encode()]
    assert place.ask("status", "--porcelain") == ""


def test_a_second_attempt_by_hand_gets_another_directory(torn: tuple[Mission, Repo]) -> None:
    mission, _remote = torn
    place = mission.repo.path / ".worktrees" / f"{mission.directory}-pr"
    place.mkdir(parents=True)
    assert f"{place}-2" in cli_json(mission.repo, "pr-branch", code=1)["remediation"][0]


def test_of_very_many_paths_the_commands_stay_short(torn: tuple[Mission, Repo]) -> None:
    mission, _remote = torn
    land(mission, {f"src/a/{'long' * 40}-{number}": "1\n" for number in range(60)})
    steps = cli_json(mission.repo, "pr-branch", code=1)["remediation"]
    assert len(steps) == 5
    assert all(len(step) < 10_000 for step in steps)


def test_more_than_ten_conflicts_are_counted(repo: Repo, tmp_path: Path) -> None:
    names = [f"src/a/{number}" for number in range(12)]
    repo.commit("files", files=dict.fromkeys(names, "base\n"))
    mission, remote = plan(repo, tmp_path / "remote")
    repo.commit("mine", files=dict.fromkeys(names, "mine\n"))
    publish(repo, remote, dict.fromkeys(names, "theirs\n"))
    assert "  and 2 more (--json lists them)\n" in say(mission, code=1)
    assert len(cli_json(repo, "pr-branch", code=1)["conflicts"]) == 12


# -- a branch in the way


def test_an_existing_different_branch_is_never_overwritten(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    name = branch_of(mission)
    repo.branch(name, "origin/main")
    found = refuse(mission, 1, "FOCUSED_BRANCH_EXISTS")
    for word in ("--push", "--dry-run"):
        assert refuse(mission, 1, "FOCUSED_BRANCH_EXISTS", word) == found
    assert repo.resolve("origin/main") in found["message"]
    look, rename, _again = found["remediation"]
    run(repo, look)
    run(repo, rename)
    made = build(mission)
    assert made["commit"] in found["message"]


def test_from_outside_the_steps_of_every_refusal_name_the_repository(
    torn: tuple[Mission, Repo], tmp_path: Path
) -> None:
    mission, remote = torn
    repo = mission.repo
    conflict = json.loads(cli(repo, "pr-branch", "-C", str(repo.path), "--json", cwd=tmp_path).stdout)
    publish(repo, remote, {"src/a/x": TEXT})
    repo.branch(branch_of(mission), "origin/main")
    ran = cli(repo, "pr-branch", "-C", str(repo.path), "--json", cwd=tmp_path)
    look, rename, _again = json.loads(ran.stdout)["remediation"]
    for step in (look, rename, conflict["remediation"][0]):
        run(repo, step, cwd=tmp_path)
    assert repo.has_branch(branch_of(mission))


def test_an_old_focused_branch_stays_and_the_new_one_is_made_beside_it(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    old = build(mission)["commit"]
    publish(repo, remote, {"lib/more.py": "1\n"})
    run(repo, refuse(mission, 1, "FOCUSED_BRANCH_EXISTS")["remediation"][1])
    assert build(mission)["commit"] != old
    assert repo.resolve(f"{branch_of(mission)}-{old[:8]}") == old


@pytest.mark.parametrize("name", ["kitty", "kitty/pr", "BELOW"])
def test_a_branch_whose_name_leaves_no_room_is_told(repo: Repo, tmp_path: Path, name: str) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    if name != "BELOW":
        for ref in [ref for ref in repo.refs() if ref.startswith("refs/heads/kitty/")]:
            repo.git("worktree", "remove", "--force", mission.lane_worktree("lane-a").path, check=False)
            repo.git("update-ref", "-d", ref)
    repo.branch(f"{branch_of(mission)}/x" if name == "BELOW" else name, "origin/main")
    found = refuse(mission, 1, "FOCUSED_BRANCH_BLOCKED")
    run(repo, found["remediation"][0])
    assert build(mission)["outcome"] == "CREATED"


def test_a_work_tree_that_waits_for_the_branch_is_told(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    place = repo.worktree(tmp_path / "waiting", "side", "HEAD")
    place.git("symbolic-ref", "HEAD", f"refs/heads/{branch_of(mission)}")
    place.git("read-tree", "--empty")
    found = refuse(mission, 1, "FOCUSED_BRANCH_BLOCKED")
    assert f"{tmp_path}/waiting is on branch" in found["message"]
    place.git("clean", "-fdq")
    run(repo, found["remediation"][0])
    assert build(mission)["outcome"] == "CREATED"


def test_a_branch_that_is_checked_out_and_equal_is_there_already(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    build(mission)
    repo.worktree(tmp_path / "out", branch_of(mission))
    assert build(mission)["outcome"] == "ALREADY"


def test_a_lock_of_the_branch_is_worth_another_try(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    lock = repo.path / ".git/refs/heads" / f"{branch_of(mission)}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    found = cli_json(repo, "pr-branch", code=75)
    assert found["diagnostic_code"] == "BRANCH_LOCKED"
    lock.unlink()
    assert build(mission)["outcome"] == "CREATED"


# -- what cannot be known


def test_without_a_tracking_branch_the_fetch_is_named(repo: Repo, mission: Mission, tmp_path: Path) -> None:
    remote = share(repo, tmp_path / "remote")
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    repo.commit("x", files={"src/a/x": "1\n"})
    found = valid(repo, "error", refuse(mission, 3, "REMOTE_STATE_UNKNOWN"))
    assert (
        found["message"] == "what the remote has of main is not known here: branch main was never fetched from origin"
    )
    run(repo, found["remediation"][0])
    assert build(mission)["upstream"] == remote.resolve("main")


def test_from_outside_the_steps_name_the_repository(repo: Repo, mission: Mission, tmp_path: Path) -> None:
    share(repo, tmp_path / "remote")
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    ran = cli(repo, "pr-branch", "-C", str(repo.path), "--json", cwd=tmp_path)
    step = json.loads(ran.stdout)["remediation"][0]
    assert step.startswith(f"git -C {repo.path} fetch ")
    run(repo, step, cwd=tmp_path)
    assert build(mission)["outcome"] == "NOTHING"


def test_without_a_remote_a_person_is_asked_to_name_one(repo: Repo, mission: Mission, tmp_path: Path) -> None:
    found = refuse(mission, 3, "REMOTE_STATE_UNKNOWN")
    assert found["message"].endswith("there is no remote")
    run(repo, found["remediation"][0])
    repo.add_remote("one", tmp_path)
    repo.add_remote("two", tmp_path)
    found = refuse(mission, 3, "REMOTE_STATE_UNKNOWN")
    assert found["remediation"][1] == "git config spec-kitty-hooks.targetRemote REMOTE, with one of these"


def test_a_shallow_clone_is_told_to_deepen(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    repo.push("main:refs/heads/shared")
    clone = remote.clone(tmp_path / "clone", "--depth=1", "--no-single-branch")
    clone.git("update-ref", "refs/heads/main", "refs/remotes/origin/shared")
    found = refuse(mission, 3, "SHALLOW_HISTORY", repo=clone)
    run(clone, found["remediation"][0])
    assert build(mission, repo=clone)["commit"] == build(mission)["commit"]


def test_histories_without_a_common_commit_are_refused(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    remote.commit_to("main", {"x": "1\n"}, parents=())
    repo.git("fetch", "-q", "origin")
    found = refuse(mission, 3, "HISTORIES_UNRELATED")
    run(repo, found["remediation"][0])


def test_a_work_package_that_cannot_be_read_is_refused(repo: Repo, tmp_path: Path) -> None:
    share(repo, tmp_path / "remote")
    broken = WorkPackage(wp_id="WP02", head="---\nwork_package_id: WP02\nowned_files: 7\n---\n")
    mission = build_mission(repo, {"lane-a": [WorkPackage(wp_id="WP01", owned_files=["src/a/**"]), broken]})
    found = refuse(mission, 3, "ACTIVE_WP_METADATA_INVALID")
    assert found["message"].startswith("what WP02 owns cannot be told: ")
    run(repo, found["remediation"][0])


def test_a_clone_without_any_branch_of_the_mission_gets_one(repo: Repo, mission: Mission, tmp_path: Path) -> None:
    clone = share(repo, tmp_path / "remote").clone(tmp_path / "clone")
    clone.git("checkout", "-q", "--detach")
    clone.git("branch", "-qD", "main")
    words = ("pr-branch", "--mission", mission.directory)
    found = cli_json(clone, *words, code=3)
    *steps, again = found["remediation"]
    assert (found["diagnostic_code"], again) == ("BRANCH_NOT_HERE", "then run the same command again")
    for step in steps:
        run(clone, step)
    assert cli_json(clone, *words)["outcome"] == "NOTHING"


def test_a_mission_that_is_not_there_is_wrong_usage(repo: Repo, mission: Mission) -> None:
    found = cli_json(repo, "pr-branch", "--mission", "nope", code=2)
    assert found["diagnostic_code"] == "MISSION_NOT_FOUND"


# -- where libgit2 cannot


@pytest.fixture
def modern(tmp_path: Path, sealed: dict[str, str], clock: Clock) -> tuple[Mission, Repo]:
    """A repository with SHA-256 ids, diverged from its remote in one file that both changed apart; and the remote."""
    repo = seed(Repo.init(tmp_path / "modern", sealed, clock, "--object-format=sha256"))
    repo.commit("files", files={"src/a/x": TEXT})
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    remote = Repo.init(tmp_path / "remote", sealed, clock, "--bare", "-b", "main", "--object-format=sha256")
    repo.add_remote("origin", remote)
    repo.push("main")
    repo.commit("mine", files={"src/a/x": TEXT.replace("1", "mine"), "src/a/new": "1\n"})
    publish(repo, remote, {"lib/theirs": "1\n"})
    return mission, remote


def test_without_contents_to_merge_sha256_is_no_obstacle(modern: tuple[Mission, Repo]) -> None:
    mission, _remote = modern
    repo = mission.repo
    made = build(mission)
    assert len(made["commit"]) == 64
    assert repo.tree(made["commit"]) == {**repo.tree("main"), b"lib/theirs": repo.tree("origin/main")[b"lib/theirs"]}
    assert repo.git("fsck", "--strict", "--no-dangling").returncode == 0


def test_where_libgit2_cannot_read_the_steps_by_hand_lead_to_the_branch(modern: tuple[Mission, Repo]) -> None:
    mission, remote = modern
    repo = mission.repo
    publish(repo, remote, {"src/a/x": TEXT.replace("6", "theirs")})
    found = valid(repo, "error", refuse(mission, 3, "REPOSITORY_UNSUPPORTED"))
    assert found["message"] == "libgit2 cannot read a repository whose object ids are SHA-256"
    make, bring, _prose, commit = found["remediation"]
    for step in (make, bring, commit):
        run(repo, step)
    assert repo.show(branch_of(mission), "src/a/x").decode() == TEXT.replace("1", "mine").replace("6", "theirs")
    assert repo.ask("rev-parse", f"{branch_of(mission)}^") == repo.resolve("origin/main")


def test_a_partial_clone_without_the_contents_gets_there_by_hand(torn: tuple[Mission, Repo], tmp_path: Path) -> None:
    mission, remote = torn
    publish(mission.repo, remote, {"src/a/x": TEXT.replace("6", "theirs")})
    mission.repo.push("main:refs/heads/shared")
    clone = remote.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    clone.git("checkout", "-q", "-B", "main", "--no-track", "origin/shared")
    found = valid(clone, "error", refuse(mission, 3, "REPOSITORY_UNSUPPORTED", repo=clone))
    assert found["message"].startswith("libgit2 cannot merge here: ")
    make, bring, _prose, commit = found["remediation"]
    for step in (make, bring, commit):
        run(clone, step)
    assert clone.show(branch_of(mission), "src/a/x").decode() == TEXT.replace("1", "mine").replace("6", "theirs")
