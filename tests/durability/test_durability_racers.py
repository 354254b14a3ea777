"""R8: many want the same transition at the same moment; one gets it, and the others are told so (reliability 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from support.crowd import CYCLE, Story, crowd, crowded, read_ledger
from support.missions import Mission
from support.repo import Repo
from support.tally import Tally

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def race(repo: Repo, racers: int, rounds: int, **wanted: object) -> tuple[Story, Mission]:
    """Let racers want one work package, round after round; what was said, and where."""
    (mission,) = missions = crowded(repo, 1, 1)
    return crowd(repo, "racers", missions, writers=racers, count=rounds, **wanted), mission


def check(repo: Repo, count: Tally, racers: int, rounds: int) -> None:
    story, mission = race(repo, racers, rounds)
    ledger = read_ledger(mission)
    count.runs += racers * rounds
    count.lost += len(ledger.lost(story.acknowledged))
    count.doubled += len(ledger.doubled())
    count.tracebacks += len(story.tracebacks)
    assert not story.tracebacks, story.tracebacks[0]
    count.check()
    assert len(story.rounds) == rounds
    for outcomes in story.rounds:
        assert Counter(outcomes) == {"ACK": 1, "LANE_MOVED": racers - 1}
    assert ledger.breaks() == []
    won = ledger.chains()["WP01"][1:]
    assert [record["event_id"] for record in won] == story.acknowledged
    assert all(record["to_lane"] == CYCLE[record["from_lane"]] for record in won)


def test_one_racer_wins_each_round(repo: Repo, tally: Callable[[str, str], Tally]) -> None:
    check(repo, tally("R8", "wanted by all at once"), racers=16, rounds=30)


@pytest.mark.soak
def test_one_racer_of_a_crowd_wins_each_round(repo: Repo, tally: Callable[[str, str], Tally]) -> None:
    check(repo, tally("R8", "wanted by all at once"), racers=64, rounds=200)


@pytest.mark.parametrize("name", ["decides outside", "takes no lock"])
def test_racers_that_do_not_decide_under_the_lock_are_found_out(repo: Repo, name: str) -> None:
    story, mission = race(repo, 16, 10, broken=name)
    winners = [outcomes.count("ACK") for outcomes in story.rounds]
    assert max(winners) > 1, winners
    assert read_ledger(mission).breaks()
