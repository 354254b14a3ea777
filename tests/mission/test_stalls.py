"""What stalled: claimed and never started, in review without a verdict, for longer than policy allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import assert_caught, log_of, transitions

from spec_kitty_hooks.mission import stalls
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.stalls import Stall, describe_hold, describe_stall, find_stalls
from spec_kitty_hooks.model.events import Snapshot, WorkPackageState
from spec_kitty_hooks.model.lanes import BOARD

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def snapshot(lane: str, minutes: float, **fields: Any) -> Snapshot:
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    state = WorkPackageState(
        **{"wp_id": "WP01", "lane": lane, "actor": "agent-one", "last_transition_at": at, **fields}
    )
    return Snapshot(work_packages={"WP01": state})


def find(lane: str, minutes: float, limit: int = 60, **fields: Any) -> tuple[Stall, ...]:
    return find_stalls(snapshot(lane, minutes, **fields), NOW.timestamp(), limit)


@pytest.mark.blocker(944)
def test_a_claim_older_than_the_limit_stalled_and_a_younger_one_did_not() -> None:
    assert find("claimed", 60) == ()
    (stall,) = find("claimed", 60.1)
    assert (stall.code, stall.wp_id, stall.actor, stall.seconds) == ("WP_CLAIM_STALLED", "WP01", "agent-one", 3606)
    assert find("claimed", 61, limit=61) == ()


def test_a_review_stalls_under_its_own_code() -> None:
    assert [stall.code for stall in find("in_review", 61)] == ["REVIEW_STALLED"]


@pytest.mark.parametrize("lane", [lane for lane in BOARD if lane not in ("claimed", "in_review")])
def test_no_other_lane_stalls(lane: str) -> None:
    assert find(lane, 1_000_000) == ()


@pytest.mark.parametrize("at", ["", "soon", "2027-01-01"])
def test_a_time_that_is_none_or_lies_ahead_proves_nothing(at: str) -> None:
    assert find("claimed", 0, last_transition_at=at) == ()


def test_the_words_name_lane_moment_and_actor() -> None:
    (stall,) = find("claimed", 180)
    assert describe_stall(stall) == "WP01 claimed since 2026-01-05 09:00:00Z by agent-one, not started (3 h)"
    assert describe_hold("in_review", "", "") == "in review since , no verdict"
    assert describe_hold("in_progress", "2026-01-05", "agent-one") == ""


_LOGS = st.lists(transitions(), min_size=1, max_size=8).map(lambda records: reduce_log(parse_log(log_of(records))))


def held(found: Snapshot) -> set[str]:
    return {wp_id for wp_id, state in found.work_packages.items() if state.lane in ("claimed", "in_review")}


@given(_LOGS)
def test_long_after_everything_exactly_what_is_held_has_stalled(found: Snapshot) -> None:
    later = (NOW + timedelta(days=400)).timestamp()
    assert [stall.wp_id for stall in find_stalls(found, later, 60)] == sorted(held(found))


def test_a_finder_that_forgets_reviews_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalls, "_CODES", {"claimed": stalls.CLAIM_STALLED})
    later = (NOW + timedelta(days=400)).timestamp()
    assert_caught(_LOGS, lambda found: {stall.wp_id for stall in find_stalls(found, later, 60)} != held(found))
