"""R2: writers are killed at random, a thousand times; what was acknowledged is in the log, once (reliability 6)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from support.crowd import Story, crowd, crowded, read_copy, read_ledger
from support.crowdwriter import GOING_ON
from support.hooks import cli_json
from support.ledger import Ledger
from support.missions import Mission
from support.repo import Repo
from support.tally import Tally

from spec_kitty_hooks.filelock import hold
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.journal import lock_path
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.transitions import ALREADY, transition

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WRITERS, KILLS = 4, 1000
AT_ONCE = 250  # kills on one mission: a log of everyday length


def judge(story: Story, missions: list[Mission], count: Tally) -> None:
    """Hold what the writers said to the logs that they left."""
    ledgers = [read_ledger(mission) for mission in missions]
    copies = [read_copy(mission) for mission in missions]
    written = {event_id for ledger in ledgers for event_id in ledger.count}
    kept = {event_id for copy in copies for event_id in copy.count}
    count.runs += story.kills
    count.lost += len(set(story.acknowledged) - written) + len(set(story.acknowledged) - kept)
    count.doubled += sum(len(ledger.doubled()) for ledger in (*ledgers, *copies))
    count.tracebacks += len(story.tracebacks)


def breaks(missions: list[Mission]) -> list[str]:
    """Return what else is wrong with the logs: torn lines, chains that do not hold."""
    ledgers = [read_ledger(mission) for mission in missions]
    return [found for ledger in ledgers for found in (*ledger.breaks(), *(["torn"] * ledger.torn))]


def check(story: Story, missions: list[Mission], count: Tally) -> None:
    judge(story, missions, count)
    assert not story.tracebacks, story.tracebacks[0]
    count.check()
    assert breaks(missions) == []
    assert not story.stuck
    assert story.answers.keys() <= {"ACK", "ALREADY", *GOING_ON}
    # Whoever came next finished what a killed writer had begun: nothing is open, and nothing is there unasked.
    assert set(story.tried) == set(story.acknowledged)
    begun = sum(len(read_ledger(mission).records) for mission in missions) - len(set(story.tried))
    assert begun == sum(1 + 2 * len(mission.work_packages) for mission in missions)
    for mission in missions:
        with hold(lock_path(os.fsencode(mission.repo.common_dir()), mission.directory), 5):
            pass


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 11))])
def test_killed_writers_lose_nothing_that_they_acknowledged(
    repo: Repo, tally: Callable[[str, str], Tally], seed: int
) -> None:
    missions = crowded(repo, KILLS // AT_ONCE, WRITERS)
    story = crowd(repo, "kills", missions, writers=WRITERS, count=KILLS, seed=seed)
    check(story, missions, tally("R2", "killed at random"))
    assert story.kills >= KILLS
    assert len(story.acknowledged) > KILLS / 10
    assert story.present > 5  # some were killed between the write and the word


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 11))])
def test_killed_writers_that_commit_leave_a_repository_that_goes_on(
    repo: Repo, tally: Callable[[str, str], Tally], seed: int
) -> None:
    (mission,) = missions = crowded(repo, 1, WRITERS + 1)
    story = crowd(repo, "kills", missions, writers=WRITERS, count=40, seed=seed, commit=True)
    check(story, missions, tally("R2", "killed at random, committing"))
    last = cli_json(repo, "transition", f"WP{WRITERS + 1:02}", "--to", "claimed", "--actor", "last")
    assert last["diagnostics"] == []
    committed = Ledger(repo.show("main", mission.log_path))
    assert committed.count == read_ledger(mission).count
    assert repo.ask("status", "--porcelain", "--", mission.path) == ""
    repo.git("fsck", "--strict")


def test_a_retry_brings_to_the_disk_what_its_killed_writer_left_in_the_cache(
    mission: Mission, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = mission.repo.path / mission.log_path
    synced: list[bool] = []
    real = os.fsync
    with Git.open(os.fsencode(mission.repo.path), mission.repo.env, hook=False) as git:
        found = Overview(git).list_missions()[0][0]
        request = Request(work_package_id="WP01", to_lane="claimed", actor="a", event_id=mission.clock.ulid())

        def ask() -> str:
            return transition(git, mission.repo.env, found, request, now=datetime.now(UTC), commit=False).outcome

        def sync(descriptor: int) -> None:
            synced.append(os.path.samestat(os.fstat(descriptor), log.stat()))
            real(descriptor)

        ask()
        monkeypatch.setattr(os, "fsync", sync)
        assert ask() == ALREADY
    assert synced[0]


TRIES = 12
BROKEN = {"says early": "lost", "rewrites in place": "lost", "leaves its lock": "stuck"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_writer_is_found_out(repo: Repo, name: str) -> None:
    missions = crowded(repo, 1, WRITERS)
    count = Tally("R2", name)
    for seed in range(TRIES):  # where a kill hits is chance: now and then a round hits nothing that matters
        story = crowd(repo, "kills", missions, writers=WRITERS, count=150, seed=seed, broken=name)
        judge(story, missions, count)
        if {"lost": bool(count.lost or breaks(missions)), "stuck": story.stuck}[BROKEN[name]]:
            return
    pytest.fail(f"{TRIES} rounds of kills did not find it")
