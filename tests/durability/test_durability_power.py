"""R5: the power fails right after an acknowledgement, on a real file system; what was acknowledged is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.missions import build_mission
from support.mounts import run_apart, why_not
from support.repo import Repo
from support.tally import Tally
from support.workshop import LANES

pytestmark = pytest.mark.unmeasured

Counting = Callable[[str, str], Tally]
Cut = Callable[..., dict[str, int]]


@pytest.fixture
def cut(tmp_path: Path, sealed: dict[str, str]) -> Cut:
    """Return what cuts the power of a file system of its own and counts what is gone."""
    if reason := why_not("mkfs.ext4"):
        pytest.skip(reason)

    def run(scene: str = "cut", **words: Any) -> dict[str, int]:
        place = tmp_path / f"disk-{len(list(tmp_path.iterdir()))}"
        place.mkdir()
        try:
            found: dict[str, int] = run_apart(scene, place, sealed, **words)
        except OSError as error:
            pytest.skip(f"a file system in a file cannot be mounted here: {error}")
        return found

    return run


def count_cuts(count: Tally, found: dict[str, int]) -> None:
    count.runs += found["runs"]
    count.lost += found["lost"] + found["damaged"]


def test_what_was_acknowledged_survives_a_power_cut(cut: Cut, tally: Counting) -> None:
    count = tally("R5", "power cuts on ext4")
    count_cuts(count, cut(cuts=100))
    assert count.runs == 100
    count.check()


def test_without_a_flush_every_power_cut_loses_what_was_acknowledged(cut: Cut) -> None:
    found = cut(cuts=20, variant="skip_sync")
    assert found["lost"] == found["runs"] == 20


@pytest.fixture
def repository(repo: Repo) -> str:
    """A repository with a mission, whose log's branch is checked out nowhere."""
    build_mission(repo, LANES)
    repo.checkout("side", "-b")
    return str(repo.path)


def test_a_commit_that_was_acknowledged_survives_a_power_cut(cut: Cut, repository: str, tally: Counting) -> None:
    count = tally("R5", "power cuts after commits on ext4")
    count_cuts(count, cut("cut_commits", repository=repository, cuts=10))
    count.check()


def test_without_a_flush_by_git_power_cuts_lose_what_was_acknowledged(cut: Cut, repository: str) -> None:
    found = cut("cut_commits", repository=repository, cuts=3, variant="let_git_be_lazy")
    assert found["lost"] + found["damaged"] > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("kind", "options", "cuts"), [("ext4", "", 4000), ("ext4", ",data=writeback", 1000)])
def test_thousands_of_power_cuts_lose_nothing(kind: str, options: str, cuts: int, cut: Cut, tally: Counting) -> None:
    count = tally("R5", f"power cuts on {kind}{options}")
    count_cuts(count, cut(cuts=cuts, kind=kind, options=options))
    count.check()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_power_cuts_on_xfs_lose_nothing(cut: Cut, tally: Counting) -> None:
    if reason := why_not("mkfs.xfs"):
        pytest.skip(reason)
    count = tally("R5", "power cuts on xfs")
    count_cuts(count, cut(cuts=200, kind="xfs"))
    count.check()
