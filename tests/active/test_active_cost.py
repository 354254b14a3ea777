"""What a judgement reads: the number of objects does not grow with the number of other missions (design 8)."""

from __future__ import annotations

import os

import pytest
from support.hooks import install_native
from support.judging import commit
from support.missions import Mission, build_mission, many_missions
from support.repo import Repo

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.survey import Survey, survey


class Counting(Git):
    """A reader that counts the names it is asked for."""

    asked = 0

    def read_many(self, specs, limit=1 << 26, **options):  # type: ignore[no-untyped-def]
        names = list(specs)
        self.asked += len(names)
        return super().read_many(names, limit, **options)


def count(place: Repo, *, thorough: bool = False) -> tuple[int, Survey]:
    """Return how many objects the survey of a work tree asks git for, and the survey."""
    with Counting.open(os.fsencode(place.path), os.environ, hook=False) as git:
        assert isinstance(git, Counting)
        found = survey(git, read_situation(git, {}), thorough=thorough)
        return git.asked, found


@pytest.fixture
def mission(repo: Repo) -> Mission:
    return build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})


def test_four_hundred_other_missions_cost_nothing_on_a_recorded_branch(mission: Mission) -> None:
    place = mission.implement("WP01")
    alone, _found = count(place)
    many_missions(mission.repo, 400)
    place.git("merge", "-q", "--no-edit", "main")
    among, found = count(place)
    assert found.placement.mission is not None
    assert found.placement.mission.directory == mission.directory
    assert among == alone
    assert among < 20


def test_four_hundred_missions_cost_nothing_on_a_branch_that_looks_like_no_lane(mission: Mission) -> None:
    alone, _found = count(mission.repo)
    many_missions(mission.repo, 400)
    assert count(mission.repo)[0] == alone


def test_a_name_that_only_a_scan_can_place_is_found_by_one_scan(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, mission_branch="pr/odd")
    many_missions(repo, 50)
    place = mission.implement("WP01")
    asked, found = count(place)
    assert found.placement.mission is not None
    assert found.placement.mission.directory == mission.directory
    assert asked < 2 * 51 + 30  # meta.json and lanes.json of each mission, once


def test_the_counter_would_see_a_scan(mission: Mission) -> None:
    many_missions(mission.repo, 20)
    assert count(mission.repo, thorough=True)[0] > 2 * 20


def test_a_lane_among_four_hundred_missions_is_judged(mission: Mission) -> None:
    many_missions(mission.repo, 400)
    install_native(mission.repo)
    place = mission.implement("WP01")
    assert commit(place, "src/a/x.py").silent
    assert not commit(place, "src/b/x.py").allowed
