"""A lane at work: lane-a on WP01 (src/a/**), WP02 (src/b/**) next in it, lane-b on WP03 (src/c/**); hooks watched."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.clock import Clock
from support.missions import Mission
from support.nursery import Build, Nursery, build_working, transplant
from support.repo import Repo
from support.sealed import sealed_environment


@pytest.fixture(scope="session")
def seedlings() -> dict[Build, Mission]:
    """What has been built in this process."""
    return {}


@pytest.fixture
def nursery(
    seedlings: dict[Build, Mission], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, sealed: dict[str, str]
) -> Nursery:
    """Return what gives a test its own copy of what a function builds, with watched hooks installed."""

    def take(build: Build) -> Mission:
        if build not in seedlings:
            root = tmp_path_factory.mktemp("nursery")
            env = sealed_environment(root / "sealed", outside=sealed)
            seedlings[build] = build(Repo.init(root / "repo", env, Clock()))
        return transplant(seedlings[build], tmp_path / "repo", sealed)

    return take


@pytest.fixture
def working(nursery: Nursery) -> Mission:
    """The mission with both lanes started: WP01 and WP03 are in progress."""
    return nursery(build_working)


@pytest.fixture
def lane(working: Mission) -> Repo:
    """The worktree of lane-a, where src/a/** may change and src/b/** (WP02) and src/c/** (WP03) may not."""
    return working.lane_worktree("lane-a")
