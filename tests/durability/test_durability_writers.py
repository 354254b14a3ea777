"""R7: many writers of many missions at once; every event is there, once and whole (reliability 6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.crowd import Story, crowd, crowded, read_copy, read_ledger
from support.ledger import Ledger
from support.missions import Mission
from support.repo import Repo
from support.tally import Tally

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MISSIONS = 8


def judge(story: Story, missions: list[Mission], count: Tally) -> None:
    """Hold what the writers said to the logs that they left; every writer writes to every log."""
    ledgers = [ledger for mission in missions for ledger in (read_ledger(mission), read_copy(mission))]
    written = {event_id for ledger in ledgers[::2] for event_id in ledger.count}
    kept = {event_id for copy in ledgers[1::2] for event_id in copy.count}
    count.runs += len(story.acknowledged)
    count.lost += len(set(story.acknowledged) - written) + len(set(story.acknowledged) - kept)
    count.doubled += sum(len(ledger.doubled()) for ledger in ledgers)
    count.tracebacks += len(story.tracebacks)


def check(story: Story, missions: list[Mission], count: Tally, expected: int) -> None:
    judge(story, missions, count)
    assert not story.tracebacks, story.tracebacks[0]
    count.check()
    assert story.answers.keys() <= {"ACK", "LOCKED"}
    assert len(set(story.acknowledged)) == len(story.acknowledged) == expected
    for mission in missions:
        ledger = read_ledger(mission)
        assert (ledger.torn, ledger.breaks()) == (0, [])
        assert len(ledger.records) == 1 + 2 * len(mission.work_packages) + expected // len(missions)


def write(
    repo: Repo, count: Tally, *, writers: int, events: int, missions: int = MISSIONS, commit: bool = False
) -> None:
    made = crowded(repo, missions, writers)
    story = crowd(repo, "writers", made, writers=writers, count=events, commit=commit)
    check(story, made, count, writers * events)
    if commit:
        for mission in made:
            assert Ledger(repo.show("main", mission.log_path)).count == read_ledger(mission).count
        assert repo.ask("status", "--porcelain", "--", "kitty-specs") == ""
        repo.git("fsck", "--strict")


def test_many_writers_of_many_missions_lose_nothing(repo: Repo, tally: Callable[[str, str], Tally]) -> None:
    write(repo, tally("R7", "written at once"), writers=16, events=104)


def test_many_writers_that_commit_lose_nothing(repo: Repo, tally: Callable[[str, str], Tally]) -> None:
    write(repo, tally("R7", "written and committed at once"), writers=16, events=4, missions=2, commit=True)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(16))  # 64 writers, 1,008 transitions of each, logs of everyday length
def test_a_crowd_loses_nothing(repo: Repo, tally: Callable[[str, str], Tally], part: int) -> None:
    write(repo, tally("R7", "written at once"), writers=64, events=64 if part else 48)


@pytest.mark.soak
def test_a_crowd_that_commits_loses_nothing(repo: Repo, tally: Callable[[str, str], Tally]) -> None:
    write(repo, tally("R7", "written and committed at once"), writers=64, events=24, commit=True)


def test_writers_that_rewrite_the_log_lose_events(repo: Repo) -> None:
    missions, count = crowded(repo, 1, 8), Tally("R7", "broken")
    judge(crowd(repo, "writers", missions, writers=8, count=20, broken="rewrites and renames"), missions, count)
    assert count.lost
