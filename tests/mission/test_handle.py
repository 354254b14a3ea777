"""A handle names one mission by the first rung of the ladder that matches (formats 1.4); several are an error."""

from __future__ import annotations

import pytest

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.mission.handle import choose, resolve
from spec_kitty_hooks.model.mission import Mission

ID = "01KV3NGSWYGAYFXGE4BA9HQB0Z"
OTHER_ID = "01KV3NGSZZZZZZZZZZZZZZZZZZ"  # the same first eight characters
EXPORT = Mission(directory="csv-export-01KV3NGS", mission_id=ID, target_branch="main")
IMPORT = Mission(directory="csv-import-01KV3NGS", mission_id=OTHER_ID, target_branch="feat/import")
OLD = Mission(directory="034-status-model", mission_id="01KN2371AAAAAAAAAAAAAAAAAA", target_branch="2.x")
OLD_TOO = Mission(directory="034-other", mission_id="01KN2372AAAAAAAAAAAAAAAAAA", target_branch="2.x")
PLAIN = Mission(directory="kernel-clock", target_branch="main")
EIGHT = Mission(directory="12345678", mission_id="01KN2373AAAAAAAAAAAAAAAAAA", target_branch="main")
ALL = (EXPORT, IMPORT, OLD, OLD_TOO, PLAIN, EIGHT)


def refused(code: str, handle: str, missions: tuple[Mission, ...] = ALL) -> UsageError:
    with pytest.raises(UsageError) as caught:
        resolve(handle, missions)
    assert caught.value.code == code
    assert caught.value.remediation
    return caught.value


@pytest.mark.parametrize(
    ("handle", "mission"),
    [
        (ID, EXPORT),
        ("01KN2371", OLD),
        ("csv-export-01KV3NGS", EXPORT),
        ("034-other", OLD_TOO),
        ("status-model", OLD),
        ("kernel-clock", PLAIN),
        ("12345678", EIGHT),
        ("csv-export", EXPORT),
    ],
)
def test_each_form_of_a_handle_names_its_mission(handle: str, mission: Mission) -> None:
    assert resolve(handle, iter(ALL)) is mission


@pytest.mark.parametrize("handle", ["34", "034"])
def test_a_number_names_the_mission_that_carries_it(handle: str) -> None:
    assert resolve(handle, (EXPORT, OLD)) is OLD


def test_an_id_prefix_of_two_missions_is_ambiguous_and_names_both() -> None:
    message = refused("MISSION_AMBIGUOUS_SELECTOR", "01KV3NGS").message
    assert EXPORT.directory in message
    assert IMPORT.directory in message


def test_a_number_of_two_missions_is_ambiguous() -> None:
    assert "034-other, 034-status-model" in refused("MISSION_AMBIGUOUS_SELECTOR", "34").message


def test_a_slug_of_two_missions_is_ambiguous() -> None:
    twin = Mission(directory="csv-export-01KZZZZZ", mission_id="01KZZZZZAAAAAAAAAAAAAAAAAA")
    refused("MISSION_AMBIGUOUS_SELECTOR", "csv-export", (*ALL, twin))


def test_an_exact_directory_wins_over_a_slug_of_the_same_text() -> None:
    bare = Mission(directory="csv-export", target_branch="main")
    assert resolve("csv-export", (EXPORT, bare)) is bare


def test_many_candidates_are_counted_not_listed() -> None:
    crowd = tuple(Mission(directory=f"034-part-{number:02}") for number in range(limits.SHOWN_PATHS + 3))
    message = refused("MISSION_AMBIGUOUS_SELECTOR", "34", crowd).message
    assert message.endswith("and 3 more")
    assert message.count("034-part-") == limits.SHOWN_PATHS


@pytest.mark.parametrize("handle", ["", "csv", "01kv3ngs", "35", "csv-export-01KV3NGS/", ID[:-1], "9" * 5000])
def test_anything_else_is_not_found(handle: str) -> None:
    refused("MISSION_NOT_FOUND", handle)


def test_a_mission_without_an_id_is_not_named_by_an_empty_id() -> None:
    refused("MISSION_NOT_FOUND", "", (PLAIN,))


def test_without_a_handle_the_only_mission_is_meant_whatever_the_branch() -> None:
    assert choose([EXPORT], "elsewhere") is EXPORT


def test_without_a_handle_the_only_mission_of_the_branch_is_meant() -> None:
    assert choose(ALL, "feat/import") is IMPORT


@pytest.mark.parametrize("branch", ["main", "elsewhere", ""])
def test_without_a_handle_several_missions_are_ambiguous(branch: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(ALL, branch)
    assert caught.value.code == "MISSION_AMBIGUOUS_SELECTOR"
    assert ("on main" in caught.value.message) == (branch == "main")


def test_without_a_mission_the_answer_is_how_to_make_one() -> None:
    with pytest.raises(UsageError) as caught:
        choose([], "main")
    assert caught.value.remediation[1:] == ("spec-kitty-hooks mission new SLUG",)
    assert "git commit its directory" in caught.value.remediation[0]
