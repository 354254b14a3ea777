"""Every push of the released client's whole mission, after every call: none is refused, and nothing is said.

Judged by the pushing clone, by the server, and as CI does in a clone of the server.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.hooks import cli, install_native
from support.pair import Pair
from support.peer import Unpack
from support.pushing import PUSH_HOOKS
from support.replay import Replay, Tally, check_and_count, push_and_count, serve

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]

TARGET = "feat/csv-export"
BASES = ("origin/main", f"origin/{TARGET}")

#: How many states calls of the client leave behind.
STATES = {"lanes": 28, "coord": 32}


@pytest.fixture
def replay(pair: Pair, tmp_path: Path, sealed: dict[str, str]) -> Replay:
    return Replay(pair.plain, tmp_path, sealed)


def silent(tally: Tally, least: int) -> bool:
    """Print what was counted, and tell whether nothing was refused and nothing said; `least` of them must be made."""
    sys.stdout.write(f"{tally}\n")
    return tally.made >= least and not tally.refused and not tally.findings


def test_all_branches_together_after_every_call(pair: Pair, replay: Replay, tmp_path: Path) -> None:
    pushes, checks = Tally(), Tally()
    clone = replay.server.clone(tmp_path / "ci")
    for moved, gone in replay.steps():
        if gone:
            replay.push(pushes, "--delete", *gone)
        if moved:
            replay.push(pushes, "--all")
        clone.git("fetch", "-q", "--prune", "origin")
        for base in BASES if replay.repo.has_branch(TARGET) else BASES[:1]:
            check_and_count(checks, clone, base, moved)
    assert len(pair.plain.states) == STATES[pair.topology]
    assert silent(pushes, STATES[pair.topology])
    assert silent(checks, 2 * STATES[pair.topology] - 10)
    ended = cli(clone, "check", "--from-ref", BASES[0], "--to-ref", BASES[1])
    assert ended.returncode == 0, ended.stdout


def test_each_branch_by_itself_after_every_call(pair: Pair, replay: Replay) -> None:
    pushes = Tally()
    for moved, gone in replay.steps():
        for branch in moved:
            replay.push(pushes, branch)
        for branch in gone:
            replay.push(pushes, "--delete", branch)
    assert silent(pushes, STATES[pair.topology])


def test_from_the_clients_own_work_trees_to_an_empty_server(pair: Pair, unpack: Unpack, tmp_path: Path) -> None:
    pushes = Tally()
    for number, name in enumerate(pair.plain.stages):
        repo = unpack(name).repo
        repo.add_remote("server", serve(repo, tmp_path / f"server-{number}.git"))
        install_native(repo, PUSH_HOOKS, watched=False)
        push_and_count(pushes, repo, "--all", remote="server")
    assert silent(pushes, len(pair.plain.stages))


def test_what_is_wrong_would_be_counted(pair: Pair, replay: Replay) -> None:
    lane = f"kitty/mission-{pair.plain.mission}-lane-a"
    next(moved for moved, _gone in replay.steps() if lane in moved)
    pushes = Tally()
    replay.push(pushes, "--all")
    replay.repo.commit_to(lane, {"src/app/main.py": "somebody else's"})
    replay.push(pushes, lane)
    assert (pushes.made, pushes.refused) == (2, 1)
    assert any("ACTIVE_WP_SCOPE_VIOLATION" in text for text in pushes.findings)
