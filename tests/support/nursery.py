"""Repositories that many tests start from: built once in a process, and copied for each test.

A repository with linked worktrees below it stands copying, if its pointers are told.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from support.hooks import install_native
from support.missions import Mission, build_mission, seed
from support.repo import Repo

Build = Callable[[Repo], Mission]
#: What gives a test its own copy of what a function builds, with watched hooks installed.
Nursery = Callable[[Build], Mission]


def transplant(mission: Mission, path: Path, env: Mapping[str, str]) -> Mission:
    """Copy a mission's repository to `path`, its linked worktrees below it included, and install hooks there."""
    old = mission.repo.path
    shutil.copytree(old, path, symlinks=True)
    worktrees = [*path.glob(".worktrees/*/.git")]
    for pointer in [*worktrees, *path.glob(".git/worktrees/*/gitdir")]:
        pointer.write_text(pointer.read_text().replace(str(old), str(path), 1))
    moved = copy.deepcopy(mission)
    moved.repo = Repo(path, env, moved.repo.clock)
    moved.clock = moved.repo.clock
    for place in (moved.repo, *(moved.repo.at(pointer.parent) for pointer in worktrees)):
        place.git("update-index", "-q", "--refresh")  # the copies have other inodes and times
    install_native(moved.repo)
    return moved


def build_working(repo: Repo) -> Mission:
    """Build a mission with both its lanes at work: WP01 in lane-a (WP02 is next there), WP03 in lane-b."""
    lanes = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
    mission = build_mission(seed(repo), lanes)
    mission.implement("WP01")
    mission.implement("WP03")
    return mission
