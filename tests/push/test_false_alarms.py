"""What people push every day goes out in silence: releases, landings, rebases, branches beside the mission."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.missions import Mission
from support.pushing import publish
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


# -- the target branch


def test_main_with_a_lane_that_is_behind_or_ahead(mission: Mission, lane: Repo) -> None:
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    lane.commit(files={"src/a/y.py": "not pushed yet"})
    mission.walk("WP01", "for_review")
    quiet(mission.repo, "main")


@pytest.mark.parametrize("options", [(), ("-a", "-m", "release")], ids=["lightweight", "annotated"])
def test_a_release(mission: Mission, lane: Repo, options: tuple[str, ...]) -> None:
    mission.repo.git("tag", *options, "v1.0")
    quiet(mission.repo, "v1.0")
    mission.repo.commit("chore: release", files={"VERSION": "1.1"}, no_verify=True)
    mission.repo.git("tag", *options, "v1.1")
    quiet(mission.repo, "main", "v1.1")
    mission.repo.git("tag", "-f", *options, "v1.1", "HEAD~1")
    quiet(mission.repo, "--force", "v1.1")
    quiet(mission.repo, "--delete", "v1.0")


@pytest.mark.parametrize("way", ["merge", "squash", "rebase", "fast-forward"])
def test_a_lane_lands(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path, way: str) -> None:
    repo, branch = mission.repo, mission.lane_branch("lane-a")
    mission.walk("WP01", "approved")
    mission.implement("WP02")
    lane.commit("feat: more", files={"src/b/x.py": "1"})
    mission.walk("WP02", "approved")
    if way == "squash":
        repo.git("merge", "-q", "--squash", branch)
        repo.commit("feat: lane-a (#12)", no_verify=True)
    elif way == "rebase":
        lane.git("rebase", "-q", "main")
        repo.git("merge", "-q", "--ff-only", branch)
    elif way == "fast-forward":
        lane.git("merge", "-q", "--no-edit", "main")
        repo.git("merge", "-q", "--ff-only", branch)
    else:
        repo.git("merge", "-q", "--no-ff", "--no-edit", branch)
    quiet(repo, "main")
    for wp_id in ("WP01", "WP02"):
        mission.walk(wp_id, "done")
    quiet(repo, "main")
    assert judged_in_ci(remote, tmp_path / "ci", "origin/main~4", "origin/main") == []
    quiet(repo, "--delete", branch)
    repo.git("worktree", "remove", "--force", str(lane.path))
    repo.git("branch", "-D", branch)
    repo.commit("chore: go on", files={"src/a/x.py": "after the mission"}, no_verify=True)
    quiet(repo, "main")


def test_a_landing_that_a_server_made_is_pulled_and_built_upon(
    mission: Mission, lane: Repo, remote: Repo, tmp_path: Path
) -> None:
    service = remote.clone(tmp_path / "service")
    service.git("merge", "-q", "--no-ff", "--no-edit", f"origin/{mission.lane_branch('lane-a')}")
    service.git("push", "-q", "origin", "main")
    mission.walk("WP01", "for_review")
    mission.repo.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    quiet(mission.repo, "main")


# -- lanes


def test_a_lane_is_rebased_before_it_is_published(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    mission.implement("WP03")
    lane.git("rebase", "-q", "main")
    quiet(mission.repo, "main", mission.lane_branch("lane-a"))


def test_a_published_lane_is_rebased(mission: Mission, lane: Repo) -> None:
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    lane.git("rebase", "-q", "main")
    quiet(lane, "--force-with-lease", mission.lane_branch("lane-a"))


def test_two_people_share_a_lane(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    branch = mission.lane_branch("lane-a")
    other = other_clone(remote, tmp_path / "other")
    other.checkout(branch)
    other.commit(files={"src/a/theirs.py": "1"})
    quiet(other, branch)
    lane.commit(files={"src/a/ours.py": "1"})
    lane.git("pull", "-q", "--rebase", "origin", branch)
    quiet(lane, branch)
    other.commit(files={"src/a/more.py": "1"})
    other.git("pull", "-q", "--no-rebase", "--no-edit", "origin", branch)
    quiet(other, branch)


def test_a_lane_takes_in_main_and_other_work(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    other = mission.implement("WP03")
    other.commit(files={"src/c/x.py": "1"})
    mission.repo.commit(files={"src/z.py": "1", "src/b/by_hand.py": "1"}, no_verify=True)
    lane.git("merge", "-q", "--no-edit", "main")
    lane.git("merge", "-q", "--no-edit", mission.lane_branch("lane-b"))
    quiet(mission.repo, "--all")
    for name in ("lane-a", "lane-b"):
        branch = mission.lane_branch(name)
        assert judged_in_ci(remote, tmp_path / name, "origin/main", f"origin/{branch}") == []


def test_every_order_of_branches(mission: Mission, remote: Repo) -> None:
    lane, other = mission.implement("WP01"), mission.implement("WP03")
    lane.commit(files={"src/a/x.py": "1"})
    other.commit(files={"src/c/x.py": "1"})
    quiet(mission.repo, "main")
    quiet(mission.repo, mission.lane_branch("lane-b"))
    quiet(mission.repo, mission.lane_branch("lane-a"))


# -- other branches


@pytest.mark.parametrize(
    "name", ["dependabot/pip/click-8.2", "renovate/lock-file", "docs/guide", "release/1.x", "fix/kitty-lane-typo"]
)
def test_branches_beside_the_mission(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path, name: str) -> None:
    mission.repo.checkout(name, "-b")
    mission.repo.commit("chore: bump", files={"requirements.txt": "click==8.2", "docs/guide.md": "more"})
    quiet(mission.repo, name)
    mission.repo.git("commit", "-q", "--amend", "-m", "chore: bump again")
    quiet(mission.repo, "--force", name)
    assert judged_in_ci(remote, tmp_path / "ci", "origin/main", f"origin/{name}") == []
    mission.repo.checkout("main")
    quiet(mission.repo, "--delete", name)


def test_a_branch_with_everything_of_main_that_is_not_out_yet(mission: Mission, lane: Repo) -> None:
    mission.walk("WP01", "approved")
    mission.repo.checkout("docs/board", "-b")
    mission.repo.commit("docs: board", files={"docs/board.md": "approved"})
    quiet(mission.repo, "docs/board")
    mission.repo.checkout("main")
    quiet(mission.repo, "main")
    quiet(mission.repo, "--delete", "docs/board")


def test_pages_and_notes_and_other_refs(mission: Mission, lane: Repo) -> None:
    repo = mission.repo
    repo.commit_to("gh-pages", {"index.html": "<h1>1</h1>"}, "Deploy", ())
    quiet(repo, "gh-pages")
    repo.commit_to("gh-pages", {"index.html": "<h1>2</h1>"}, "Deploy", ())
    quiet(repo, "--force", "gh-pages")
    repo.git("notes", "add", "-m", "measured", "HEAD")
    quiet(repo, "refs/notes/commits")
    quiet(repo, "main:refs/for/main", f"{mission.lane_branch('lane-a')}:refs/backup/mine")
    quiet(repo, "--delete", "refs/notes/commits", "refs/backup/mine")
