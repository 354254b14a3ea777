"""How a waiter looks for a lock that others hold: soon at first, then rarely, and often again once time runs out."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks import filelock
from spec_kitty_hooks.filelock import _choose_pause

SECONDS = 10.0  # as transitions wait


def look_until_the_end(seconds: float) -> list[tuple[float, float]]:
    """Return all looks of a waiter who never gets the lock: seconds left, and how long the pause after it is."""
    found, left, pause = [], seconds, filelock._FIRST_PAUSE
    while left > 0:
        found.append((left, pause))
        pause, left = _choose_pause(pause, left), left - pause
    return found


def test_a_lock_that_is_held_for_a_moment_is_had_a_moment_later() -> None:
    assert [pause for _left, pause in look_until_the_end(SECONDS)[:5]] == [0.001, 0.002, 0.004, 0.008, 0.016]


def test_whoever_has_waited_longer_looks_more_often() -> None:
    grown = [pause for left, pause in look_until_the_end(SECONDS) if left < SECONDS - 0.1]
    assert all(later <= earlier for earlier, later in pairwise(grown))
    assert grown[0] > 0.019
    assert grown[-1] == 0.002


def test_a_waiter_keeps_no_processor_busy() -> None:
    assert len(look_until_the_end(SECONDS)) < 2_000


@given(st.floats(0.001, 0.02), st.floats(0, 3600))
def test_no_pause_is_longer_than_a_share_of_what_is_left(last: float, left: float) -> None:
    assert 0 < _choose_pause(last, left) <= max(left / 500, 0.002)
