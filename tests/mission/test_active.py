"""Who may be active, from lanes written down (design 4.4); tests/active asks the same of real repositories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks.mission.active import choose, describe, find_candidates, hold_against, read_lanes
from spec_kitty_hooks.model import context, lanes
from spec_kitty_hooks.model.context import Step
from spec_kitty_hooks.model.events import Snapshot, WorkPackageState
from spec_kitty_hooks.model.mission import ExecutionLane

QUESTION = "What does SPEC_KITTY_WP choose?"

_states = st.dictionaries(
    st.sampled_from(("WP01", "WP02", "WP03")), st.sampled_from((*lanes.BOARD, lanes.GENESIS, lanes.UNINITIALIZED, ""))
)


def test_the_lanes_of_exactly_this_execution_lane_are_read_in_its_order() -> None:
    known = {wp: WorkPackageState(wp_id=wp, lane=lane) for wp, lane in (("WP01", "done"), ("WP03", "claimed"))}
    lane = ExecutionLane(lane_id="lane-a", wp_ids=("WP03", "WP02"))
    assert list(read_lanes(lane, Snapshot(work_packages=known)).items()) == [("WP03", "claimed"), ("WP02", "")]


@pytest.mark.parametrize(
    ("states", "basis", "candidates"),
    [
        (("in_progress",), context.BY_PROGRESS, ("WP1",)),
        (("in_progress", "in_progress", "claimed"), context.BY_PROGRESS, ("WP1", "WP2")),
        (("approved", "for_review", "in_progress"), context.BY_PROGRESS, ("WP3",)),
        (("claimed",), context.BY_ENGAGEMENT, ("WP1",)),
        (("for_review",), context.BY_ENGAGEMENT, ("WP1",)),
        (("in_review",), context.BY_ENGAGEMENT, ("WP1",)),
        (("planned", "in_review", "for_review", "claimed"), context.BY_ENGAGEMENT, ("WP2", "WP3", "WP4")),
        (("planned",), context.NOT_STARTED, ()),
        (("approved", "planned"), context.NOT_STARTED, ()),
        (("done", ""), context.NOT_STARTED, ()),
        (("genesis",), context.NOT_STARTED, ()),
        (("approved",), context.FINISHED, ()),
        (("done", "approved"), context.FINISHED, ()),
        (("done", "blocked", "canceled"), context.FINISHED, ()),
        (("blocked",), context.STOPPED, ()),
        (("canceled", "blocked"), context.STOPPED, ()),
        ((), context.STOPPED, ()),
    ],
)
def test_candidates_follow_from_the_lanes(states: tuple[str, ...], basis: str, candidates: tuple[str, ...]) -> None:
    named = {f"WP{number}": state for number, state in enumerate(states, 1)}
    assert find_candidates(named) == (basis, candidates)


@given(_states)
def test_a_candidate_is_always_in_progress_or_engaged(states: dict[str, str]) -> None:
    basis, candidates = find_candidates(states)
    assert bool(candidates) == (basis in (context.BY_PROGRESS, context.BY_ENGAGEMENT))
    assert all(states[wp] in (lanes.IN_PROGRESS, *lanes.ENGAGED) for wp in candidates)


def test_once_work_has_begun_a_change_is_held_against_the_candidates() -> None:
    states = {"WP01": "planned", "WP02": "in_progress"}
    assert hold_against(context.BY_PROGRESS, ("WP02",), states) == ("WP02",)
    assert hold_against(context.FINISHED, (), {"WP01": "done"}) == ()


def test_before_work_has_begun_a_change_may_be_of_all_that_may_still_start() -> None:
    states = {"WP01": "planned", "WP02": "blocked", "WP03": "", "WP04": "canceled"}
    assert hold_against(context.NOT_STARTED, (), states) == ("WP01", "WP03")


def test_a_choice_narrows_and_never_adds() -> None:
    both = ("WP01", "WP02")
    assert choose(both, "") == (both, None)
    chosen = Step(question=QUESTION, answer="WP02, one of the candidates")
    assert choose(both, "WP02") == (("WP02",), chosen)
    refused = Step(question=QUESTION, answer="nothing: WP03 is not a candidate")
    assert choose(both, "WP03") == (both, refused)
    assert choose((), "WP03") == ((), refused)


def test_lanes_are_written_for_a_person() -> None:
    assert describe({"WP01": "approved", "WP02": ""}) == "WP01 approved, WP02 not in the log"
    assert describe({}) == ""
