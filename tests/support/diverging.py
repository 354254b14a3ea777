"""A mission whose target has diverged: a shared remote, this clone ahead with the mission, others' work behind."""

from __future__ import annotations

from pathlib import Path

from support.missions import Mission, build_mission
from support.repo import Files, Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
THEIRS = "lib/theirs.py"


def share(repo: Repo, place: Path) -> Repo:
    """Give a repository a bare remote `origin` with what its main has now, fetched; return the remote."""
    remote = Repo.init(place, repo.env, repo.clock, "--bare", "-b", "main")
    repo.add_remote("origin", remote)
    repo.push("main")
    repo.git("fetch", "-q", "origin")
    return remote


def publish(repo: Repo, remote: Repo, files: Files, message: str = "somebody else's work") -> str:
    """Commit files to the remote's main, as if somebody else had pushed them; fetch, and return the commit."""
    made = remote.commit_to("main", files, message)
    repo.git("fetch", "-q", "origin")
    return made


def plan(repo: Repo, place: Path) -> tuple[Mission, Repo]:
    """Share a seeded repository, and plan a mission in it that the remote has too; return both."""
    mission = build_mission(repo, LANES)
    return mission, share(repo, place)


def land(mission: Mission, files: Files, wp_id: str = "WP01", message: str = "the mission's work") -> str:
    """Commit files on the lane of a work package and merge that into main; return the merge."""
    place = mission.lane_worktree(mission.lane_of(wp_id))
    if not place.path.is_dir():
        place = mission.implement(wp_id)
    place.commit(message, files=files)
    mission.repo.git("merge", "-q", "--no-ff", "-m", f"Merge {wp_id}", mission.lane_branch(mission.lane_of(wp_id)))
    return mission.repo.head()


def diverge(repo: Repo, place: Path) -> tuple[Mission, Repo]:
    """Plan a mission, land WP01 on main alone, and let somebody else publish THEIRS; return mission and remote.

    Main is also ahead with `notes.txt`, which is nobody's.
    """
    mission, remote = plan(repo, place)
    land(mission, {"src/a/new.py": "new = True\n", "src/a/a.py": "changed = True\n"})
    repo.commit("mine alone", files={"notes.txt": "not the mission's\n"})
    publish(repo, remote, {THEIRS: "theirs = True\n"})
    return mission, remote
