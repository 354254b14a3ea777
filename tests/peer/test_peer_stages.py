"""Stages of the released client's mission: who may commit what on its lane, wherever the lane is checked out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.hooks import cli
from support.judging import Outcome, active, answer, commit, context
from support.peer import GUARD, Stage, Unpack
from support.repo import Repo

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]

WP01 = ("src/csvx/writer.py", "tests/test_writer.py")
WP02 = ("src/csvx/cli/choose.py", "src/csvx/cli/deep/new.py", "tests/test_cli.py")
NOBODYS = ("src/app/main.py", "src/csvx_more.py")


def as_made(stage: Stage) -> Repo:
    return stage.lane


def primary_on_another_branch(stage: Stage) -> Repo:
    stage.repo.git("switch", "-q", "-f", "main")
    return stage.lane


def in_the_primary_checkout(stage: Stage) -> Repo:
    stage.repo.git("worktree", "remove", "--force", str(stage.lane.path))
    stage.repo.git("switch", "-q", "-f", stage.lane_branch)
    return stage.repo


def in_a_fresh_clone(stage: Stage) -> Repo:
    clone = stage.repo.at(stage.top / "origin.git").clone(stage.top / "clone")
    clone.git("switch", "-q", stage.lane_branch)
    return clone


def without_the_logs_work_tree(stage: Stage) -> Repo:
    coordination = stage.work_tree("coord")
    if coordination.path.exists():
        stage.repo.git("worktree", "remove", "--force", str(coordination.path))
    else:
        stage.repo.git("switch", "-q", "--detach")
    return stage.lane


PLACES = (as_made, primary_on_another_branch, in_the_primary_checkout, in_a_fresh_clone, without_the_logs_work_tree)


@pytest.fixture(params=PLACES, ids=lambda place: place.__name__)
def go(request: pytest.FixtureRequest, unpack: Unpack) -> Callable[[str], Repo]:
    """Return what unpacks a stage, goes to its lane in one place or another, and installs the hooks there."""

    def enter(prefix: str) -> Repo:
        lane: Repo = request.param(unpack(prefix))
        installed = cli(lane, "install")
        assert installed.returncode == 0, installed.stdout + installed.stderr
        return lane

    return enter


def is_silent(outcome: Outcome) -> bool:
    return outcome.silent and GUARD not in outcome.text


def is_refused(outcome: Outcome) -> bool:
    return not outcome.allowed and outcome.codes == ("ACTIVE_WP_SCOPE_VIOLATION",) and GUARD not in outcome.text


@pytest.mark.blocker(951)
@pytest.mark.parametrize(
    ("prefix", "wp_id", "own", "foreign"), [("03", "WP01", WP01, WP02[0]), ("04", "WP02", WP02, WP01[0])]
)
def test_only_what_the_active_work_package_owns_can_be_committed(
    go: Callable[[str], Repo], prefix: str, wp_id: str, own: tuple[str, ...], foreign: str
) -> None:
    lane = go(prefix)
    assert active(lane) == ("in_progress", [wp_id])
    for path in own:
        assert is_silent(commit(lane, path)), path
    for path in (foreign, *NOBODYS):
        assert is_refused(commit(lane, path)), path
    assert is_refused(commit(lane, own[0], foreign))
    assert is_silent(commit(lane, *own))


@pytest.mark.parametrize("prefix", ["03", "04"])
def test_where_the_log_is_comes_from_the_mission_not_from_the_lane(unpack: Unpack, prefix: str) -> None:
    stage = unpack(prefix)
    found = context(stage.lane)
    if stage.work_tree("coord").path.exists():
        assert not stage.lane.exists(stage.log_path), "sparse checkout hides it"
        assert found["log_branch"] == f"kitty/mission-{stage.mission}"
        assert f"worktree {stage.work_tree('coord').path}: authoritative" in answer(found, "Where is the event log")
    else:
        assert found["log_branch"] == "feat/csv-export"
        assert f"worktree {stage.repo.path}: authoritative" in answer(found, "Where is the event log")
