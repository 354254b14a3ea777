"""Pushes from other clones, of other pasts and under coordination go out in silence as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hooks import install_native
from support.missions import Mission, build_mission, many_missions, seed
from support.pushing import PUSH_HOOKS, publish, push
from support.quiet import guarded, judged_in_ci, other_clone, quiet
from support.repo import Repo

pytestmark = pytest.mark.unmeasured


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    """The mission's `origin`, with its main; it judges what it receives as well."""
    return guarded(publish(mission, tmp_path / "remote.git"))


@pytest.fixture
def lane(mission: Mission, remote: Repo) -> Repo:
    """The work tree of lane-a with some work of WP01, all published."""
    lane = mission.implement("WP01")
    lane.commit("feat: begin", files={"src/a/x.py": "1"})
    quiet(mission.repo, "main", mission.lane_branch("lane-a"))
    return lane


def test_a_bot_with_a_shallow_clone(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    bot = other_clone(remote, tmp_path / "bot", "--depth=1")
    bot.commit("chore: bump version", files={"VERSION": "2"})
    bot.git("tag", "-a", "-m", "release", "v2")
    quiet(bot, "main", "v2")
    branch = mission.lane_branch("lane-a")
    fixer = other_clone(remote, tmp_path / "fixer", "--depth=1", "--branch", branch)
    fixer.commit("style: format", files={"src/a/x.py": "formatted"})
    pushed = push(fixer, branch)
    assert pushed.allowed, pushed.text


@pytest.mark.parametrize("how", [("--single-branch",), ("--filter=blob:none",), ("--bare",)])
def test_other_kinds_of_clones(
    mission: Mission, lane: Repo, remote: Repo, tmp_path: Path, how: tuple[str, ...]
) -> None:
    remote.git("config", "uploadpack.allowFilter", "true")
    clone = other_clone(remote, tmp_path / "clone", *how)
    quiet(mission.repo, "main")
    if "--bare" in how:
        clone.commit_to("main", {"VERSION": "3"})
    else:
        clone.commit("chore: bump", files={"VERSION": "3"})
    quiet(clone, "main")


def test_a_single_branch_clone_of_a_lane(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    branch = mission.lane_branch("lane-a")
    clone = other_clone(remote, tmp_path / "clone", "--single-branch", "--branch", branch)
    clone.commit("feat: more", files={"src/a/z.py": "1"})
    pushed = push(clone, branch)
    assert pushed.allowed, pushed.text


def test_a_fork(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    fork = remote.clone(tmp_path / "fork.git", "--bare")
    mine = remote.clone(tmp_path / "mine")
    mine.git("remote", "rename", "origin", "upstream")
    mine.add_remote("origin", fork)
    mine.git("config", "spec-kitty-hooks.targetRemote", "upstream")
    install_native(mine, PUSH_HOOKS)
    branch = mission.lane_branch("lane-a")
    mine.checkout(branch)
    mine.commit(files={"src/a/mine.py": "1"})
    quiet(mine, branch)
    mission.repo.commit(files={"src/z.py": "upstream goes on"}, no_verify=True)
    mission.walk("WP01", "for_review")
    quiet(mission.repo, "main")
    mine.git("fetch", "-q", "upstream")
    mine.git("merge", "-q", "--no-edit", "upstream/main")
    quiet(mine, branch)
    quiet(mine, "upstream/main:refs/heads/main")


# -- first pushes, adoption, imports


def test_a_history_from_before_the_hooks(mission: Mission, tmp_path: Path) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/c/x.py": "nobody judged that then"}, no_verify=True)
    mission.repo.git("merge", "-q", "--no-ff", "--no-edit", mission.lane_branch("lane-a"))
    start = mission.repo.head()
    policy = f'policy:\n  hooks:\n    judge_from: "{start}"\n'
    mission.repo.commit("chore: adopt the hooks", files={".kittify/config.yaml": policy}, no_verify=True)
    lane.git("merge", "-q", "--ff-only", "main")
    lane.commit(files={"src/a/x.py": "1"})
    empty = guarded(Repo.init(tmp_path / "empty.git", mission.repo.env, mission.clock, "--bare", "-b", "main"))
    mission.repo.add_remote("origin", empty)
    install_native(mission.repo, PUSH_HOOKS)
    quiet(mission.repo, "--all")
    assert judged_in_ci(empty, tmp_path / "ci", f"{start}~3", f"origin/{mission.lane_branch('lane-a')}") == []


def test_four_hundred_missions(mission: Mission, lane: Repo, remote: Repo) -> None:
    many_missions(mission.repo, 400)
    quiet(mission.repo, "main")
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    lane.commit(files={"src/a/y.py": "1"})
    quiet(lane, mission.lane_branch("lane-a"))


def test_a_mission_from_another_repository(repo: Repo, tmp_path: Path) -> None:
    source = seed(Repo.init(tmp_path / "source", repo.env, repo.clock, "-b", "main"))
    theirs = build_mission(source, {"lane-a": {"WP01": ["lib/**"]}}, slug="imported")
    work = theirs.implement("WP01")
    work.commit(files={"lib/x.py": "1"})
    theirs.walk("WP01", "approved")
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    remote = guarded(publish(mission, tmp_path / "remote.git"))
    repo.git("fetch", "-q", str(source.path), "main")
    repo.git("merge", "-q", "--no-edit", "--allow-unrelated-histories", "-X", "ours", "FETCH_HEAD")
    quiet(repo, "main")
    copied = {path.decode(): source.show("main", path) for path in source.tree("main") if path[:12] == b"kitty-specs/"}
    repo.commit("chore: copy", files={name.replace("imported", "copied"): text for name, text in copied.items()})
    quiet(repo, "main")
    assert remote.has_branch("main")


@pytest.fixture
def coordinated(repo: Repo, tmp_path: Path) -> Mission:
    """A mission with a coordination branch that its lane has merged since both were published; the server judges."""
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}, topology="coord")
    guarded(publish(mission, tmp_path / "remote.git"))
    quiet(repo, mission.coordination_branch)
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    quiet(repo, mission.coordination_branch)
    quiet(repo, mission.lane_branch("lane-a"))
    mission.walk("WP01", "in_review")
    lane.git("merge", "-q", "--no-edit", "-X", "theirs", mission.coordination_branch)
    lane.commit(files={"src/a/y.py": "1"})
    return mission


def test_a_coordination_branch_and_its_landing(coordinated: Mission, tmp_path: Path) -> None:
    mission, repo = coordinated, coordinated.repo
    lane, log = mission.lane_branch("lane-a"), mission.coordination_branch
    mission.walk("WP01", "approved")
    mission.implement("WP02").commit(files={"src/b/x.py": "1"})
    quiet(repo, "--all")
    for branch in (log, lane):
        place = tmp_path / branch.rpartition("-")[2]
        assert judged_in_ci(repo.at(tmp_path / "remote.git"), place, "origin/main", f"origin/{branch}") == []
    repo.git("clean", "-fdq", "kitty-specs")
    repo.git("merge", "-q", "--squash", lane)
    repo.write(mission.log_path, repo.show("main", mission.log_path) + repo.show(log, mission.log_path))
    repo.commit("feat: mission", no_verify=True)
    quiet(repo, "main")
    quiet(repo, "--delete", lane, log)


def test_a_lane_that_goes_out_before_the_log_that_it_merged(coordinated: Mission, tmp_path: Path) -> None:
    mission, lane = coordinated, coordinated.lane_branch("lane-a")
    pushed = push(mission.repo, lane)
    assert pushed.allowed, pushed.text
    assert pushed.text.count("warning: PLANNING_PATH_ON_LANE") == 1
    assert f"next: push branch {mission.coordination_branch} as well" in pushed.text
    found = judged_in_ci(mission.repo.at(tmp_path / "remote.git"), tmp_path / "ci", "origin/main", f"origin/{lane}")
    assert found[0] == ("PLANNING_PATH_ON_LANE", "warn")
