"""A push is judged alike in every repository that git pushes from, and never in silence where history is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.clock import Clock
from support.hooks import install_native
from support.missions import Mission, build_mission, seed
from support.pushing import PUSH_HOOKS, Pushed, publish, push
from support.repo import Repo

SCOPE = ("ACTIVE_WP_SCOPE_VIOLATION",)
LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    """The mission's remote, with the target and a lane that has one commit."""
    made = publish(mission, tmp_path / "remote.git")
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    mission.repo.git("push", "-q", "--no-verify", "origin", "main", mission.lane_branch("lane-a"))
    return made


def prove(place: Repo, branch: str, spec: str = "") -> None:
    """Show that this clone, with the lane checked out, publishes an owned change and refuses a foreign one."""
    place.commit(files={"src/a/new.py": "1"})
    mine = push(place, spec or branch)
    assert mine.silent, mine.text
    place.commit(files={"src/c/new.py": "1"}, no_verify=True)
    assert push(place, spec or branch).refused == SCOPE


def clone(remote: Repo, tmp_path: Path, *options: str) -> Repo:
    place = remote.clone(tmp_path / "clone", *options)
    install_native(place, PUSH_HOOKS)
    return place


def test_from_a_linked_worktree_and_from_the_primary_checkout(mission: Mission, remote: Repo) -> None:
    lane, branch = mission.lane_worktree("lane-a"), mission.lane_branch("lane-a")
    prove(lane, branch)
    assert push(mission.repo, branch).refused == SCOPE


def test_from_a_subdirectory(mission: Mission, remote: Repo) -> None:
    lane = mission.lane_worktree("lane-a")
    lane.commit(files={"src/c/new.py": "1"}, no_verify=True)
    ran = lane.git("push", "origin", "HEAD", cwd=lane.path / "src" / "a", check=False)
    assert Pushed(not ran.returncode, (), ran.stderr).refused == SCOPE


def test_from_a_detached_head(mission: Mission, remote: Repo) -> None:
    lane = mission.lane_worktree("lane-a")
    lane.checkout("--detach")
    prove(lane, mission.lane_branch("lane-a"), f"HEAD:{mission.lane_branch('lane-a')}")


def test_from_an_unborn_branch(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    lane = mission.lane_worktree("lane-a")
    bad = lane.commit(files={"src/c/new.py": "1"}, no_verify=True)
    place = Repo.init(tmp_path / "unborn", mission.repo.env, mission.clock)
    place.add_remote("origin", remote)
    place.git("fetch", "-q", "origin")
    place.git("fetch", "-q", str(mission.repo.path), f"{mission.lane_branch('lane-a')}:bad")
    install_native(place, PUSH_HOOKS)
    assert push(place, f"{bad}:refs/heads/{mission.lane_branch('lane-a')}").refused == SCOPE


def test_from_a_bare_repository(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    lane, branch = mission.lane_worktree("lane-a"), mission.lane_branch("lane-a")
    bare = remote.clone(tmp_path / "bare.git", "--bare")
    install_native(bare, PUSH_HOOKS)
    lane.commit(files={"src/a/new.py": "1"})
    bare.git("fetch", "-q", str(mission.repo.path), f"{branch}:{branch}")
    assert push(bare, branch).silent
    lane.commit(files={"src/c/new.py": "1"}, no_verify=True)
    bare.git("fetch", "-q", str(mission.repo.path), f"{branch}:{branch}")
    assert push(bare, branch).refused == SCOPE


def test_from_a_sparse_checkout(mission: Mission, remote: Repo) -> None:
    lane = mission.lane_worktree("lane-a")
    lane.git("sparse-checkout", "set", "--cone", "src/a")
    lane.commit(files={"src/a/new.py": "1"})
    assert push(lane, mission.lane_branch("lane-a")).silent
    lane.git("rm", "-q", "--sparse", "src/c/c.py")
    lane.git("commit", "-qnm", "work")
    assert push(lane, mission.lane_branch("lane-a")).refused == SCOPE


def test_with_a_submodule_inside(mission: Mission, remote: Repo) -> None:
    lane = mission.lane_worktree("lane-a")
    for path, refused in (("src/a/sub", ()), ("src/c/sub", SCOPE)):
        lane.git("update-index", "--add", "--cacheinfo", f"160000,{lane.head()},{path}")
        lane.git("commit", "-qnm", "work")
        assert push(lane, mission.lane_branch("lane-a")).refused == refused


def test_from_inside_a_submodule(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    outer = Repo.init(tmp_path / "outer", mission.repo.env, mission.clock)
    outer.git("submodule", "--quiet", "add", str(remote.path), "part")
    inner = outer.at(outer.path / "part")
    inner.checkout(mission.lane_branch("lane-a"))
    install_native(inner, PUSH_HOOKS)
    prove(inner, mission.lane_branch("lane-a"))


def test_with_sha256_ids(sealed: dict[str, str], clock: Clock, tmp_path: Path) -> None:
    repo = seed(Repo.init(tmp_path / "repo", sealed, clock, "--object-format=sha256"))
    mission = build_mission(repo, LANES)
    server = Repo.init(tmp_path / "remote.git", sealed, clock, "--bare", "-b", "main", "--object-format=sha256")
    repo.add_remote("origin", server)
    install_native(repo, PUSH_HOOKS)
    lane = mission.implement("WP01")
    assert push(repo, "main").silent
    prove(lane, mission.lane_branch("lane-a"))
    assert push(lane, "--delete", "main").refused == ("LEDGER_BRANCH_DELETED",)


def test_a_shallow_clone_is_judged_where_its_range_is_whole(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    branch = mission.lane_branch("lane-a")
    place = clone(remote, tmp_path, "--depth=1", "--no-single-branch", f"--branch={branch}")
    prove(place, branch)


def test_a_range_that_a_shallow_clone_cuts_off_cannot_be_judged(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    branch = mission.lane_branch("lane-a")
    place = clone(remote, tmp_path, "--depth=1", "--no-single-branch", f"--branch={branch}")
    empty = Repo.init(tmp_path / "empty.git", place.env, place.clock, "--bare")
    place.commit(files={"src/a/new.py": "1"})
    pushed = push(place, branch, remote=str(empty.path))
    assert not pushed.allowed
    assert "SHALLOW_HISTORY" in pushed.codes
    assert "push refused, because it cannot be judged. Nothing was published." in pushed.text
    assert "git fetch --unshallow" in pushed.text


def test_a_partial_clone_that_has_what_is_needed_is_judged(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    place = clone(remote, tmp_path, "--filter=blob:none")
    place.checkout(mission.lane_branch("lane-a"))
    prove(place, mission.lane_branch("lane-a"))


def test_a_partial_clone_that_lacks_the_log_fetches_nothing_and_says_so(
    mission: Mission, remote: Repo, tmp_path: Path
) -> None:
    branch = mission.lane_branch("lane-a")
    place = clone(remote, tmp_path, "--filter=blob:none", f"--branch={branch}")
    place.commit(files={"src/a/new.py": "1"})
    pushed = push(place, branch)
    assert not pushed.allowed
    assert pushed.codes == ("REPOSITORY_UNSUPPORTED",)
    assert "this partial clone lacks" in pushed.text
