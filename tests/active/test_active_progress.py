"""Who is active as work moves through a lane (design 4.4), by real commits."""

from __future__ import annotations

import pytest
from support.hooks import cli_json, install_native
from support.judging import active, answer, check, codes_of, commit, context
from support.missions import Mission, build_mission
from support.repo import Repo

FOUR = {"lane-a": {f"WP0{number}": [f"src/w{number}/**"] for number in (1, 2, 3, 4)}}
OVERLAP = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/**"]}}


@pytest.fixture
def two(mission: Mission) -> Mission:
    """lane-a with WP01 (src/a) and WP02 (src/b), started, nothing claimed, hooks installed."""
    install_native(mission.repo)
    mission.start_lane("lane-a")
    return mission


def lane(mission: Mission) -> Repo:
    return mission.lane_worktree("lane-a")


@pytest.mark.blocker(951)
def test_a_shared_lane_moves_from_one_work_package_to_the_next(repo: Repo) -> None:
    mission = build_mission(repo, FOUR)
    install_native(repo)
    for number in (1, 2, 3, 4):
        place = mission.implement(f"WP0{number}")
        assert active(place) == ("in_progress", [f"WP0{number}"])
        assert commit(place, f"src/w{number}/x.py").silent
        for other in {1, 2, 3, 4} - {number}:
            refused = commit(place, f"src/w{other}/x.py")
            assert not refused.allowed
            assert refused.codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
            assert f"it belongs to WP0{other}" in refused.text
        mission.walk(f"WP0{number}", "approved")


@pytest.mark.blocker(951)
def test_a_workspace_file_that_names_the_last_work_package_changes_nothing(two: Mission) -> None:
    two.walk("WP01", "approved")
    two.implement("WP02")
    assert b'"current_wp": "WP01"' in two.repo.read(f".kittify/workspaces/{two.directory}-lane-a.json")
    assert commit(lane(two), "src/b/x.py").silent
    assert not commit(lane(two), "src/a/x.py").allowed


def test_between_two_work_packages_nobody_is_active_and_a_commit_is_warned(two: Mission) -> None:
    two.walk("WP01", "approved")
    assert active(lane(two))[0] == "not started"
    found = context(lane(two))
    assert answer(found, "Who is active") == "nobody (not started: WP01 approved, WP02 planned)"
    done = commit(lane(two), "src/b/x.py")
    assert done.allowed
    assert done.codes == ("WP_NOT_STARTED",)
    assert "WP02 is planned" in done.text
    refused = commit(lane(two), "src/c/x.py")
    assert not refused.allowed
    assert "ACTIVE_WP_SCOPE_VIOLATION" in refused.codes


def test_a_lane_where_all_is_planned_warns_and_holds_the_change_against_the_whole_lane(two: Mission) -> None:
    assert commit(lane(two), "src/a/x.py", "src/b/x.py").codes == ("WP_NOT_STARTED",)
    assert not commit(lane(two), "src/c/x.py").allowed


def test_of_two_in_progress_one_that_owns_all_lets_the_change_pass(two: Mission) -> None:
    two.walk("WP01", "in_progress")
    two.walk("WP02", "in_progress")
    assert active(lane(two)) == ("in_progress", ["WP01", "WP02"])
    assert commit(lane(two), "src/a/x.py", "src/a/y.py").silent
    assert commit(lane(two), "src/b/x.py").silent


def test_a_change_split_between_two_in_progress_is_ambiguous_and_names_both(two: Mission) -> None:
    two.walk("WP01", "in_progress")
    two.walk("WP02", "in_progress")
    split = commit(lane(two), "src/a/x.py", "src/b/x.py")
    assert split.allowed  # cannot judge is a warning at commit by default
    assert split.codes == ("ACTIVE_WP_CONTEXT_AMBIGUOUS",)
    assert "WP01 owns src/a/x.py; WP02 owns src/b/x.py" in split.text
    assert "git commit --only -- src/a/x.py" in split.text
    report = check(lane(two), "src/a/x.py", "src/b/x.py")
    assert (report["verdict"], report["exit_code"]) == ("cannot_judge", 0)


def test_a_path_that_none_of_two_in_progress_owns_is_refused(two: Mission) -> None:
    two.walk("WP01", "in_progress")
    two.walk("WP02", "in_progress")
    refused = commit(lane(two), "src/a/x.py", "src/b/x.py", "src/c/x.py")
    assert not refused.allowed
    assert refused.codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
    assert "src/c/x.py (added) is outside what WP01 or WP02 owns" in refused.text
    assert "it belongs to WP03 (planned)" in refused.text


def test_where_both_in_progress_own_the_change_the_more_specific_is_named(repo: Repo) -> None:
    mission = build_mission(repo, OVERLAP)
    install_native(repo)
    place = mission.implement("WP01")
    mission.walk("WP02", "in_progress")
    assert commit(place, "src/a/x.py").silent
    explained = cli_json(place, "explain", "src/a/x.py")
    assert (explained["work_package_id"], explained["pattern"]) == ("WP01", "src/a/**")
    assert cli_json(place, "explain", "src/z.py")["work_package_id"] == "WP02"


@pytest.mark.blocker(944)
@pytest.mark.parametrize("status", ["claimed", "for_review", "in_review"])
def test_engaged_without_any_in_progress_owns_as_usual(two: Mission, status: str) -> None:
    two.walk("WP01", status)
    assert active(lane(two)) == ("engaged", ["WP01"])
    assert commit(lane(two), "src/a/x.py").silent
    refused = commit(lane(two), "src/b/x.py")
    assert not refused.allowed
    assert "it belongs to WP02 (planned)" in refused.text


def test_in_progress_outranks_one_in_review(two: Mission) -> None:
    two.walk("WP01", "in_review")
    two.walk("WP02", "in_progress")
    assert active(lane(two)) == ("in_progress", ["WP02"])
    assert not commit(lane(two), "src/a/x.py").allowed


@pytest.mark.parametrize("status", ["blocked", "canceled"])
def test_blocked_and_canceled_never_own(two: Mission, status: str) -> None:
    two.walk("WP01", "in_progress")
    two.transition("WP01", status)
    two.walk("WP02", "in_progress")
    assert active(lane(two)) == ("in_progress", ["WP02"])
    assert not commit(lane(two), "src/a/x.py").allowed
    two.transition("WP02", status)
    assert active(lane(two)) == ("stopped", [])
    refused = commit(lane(two), "src/a/x.py")
    assert refused.codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
    assert f"WP01 is {status}, WP02 is {status}" in refused.text


def test_with_one_blocked_and_one_planned_only_the_planned_one_counts(two: Mission) -> None:
    two.transition("WP01", "blocked")
    assert not commit(lane(two), "src/a/x.py").allowed
    assert commit(lane(two), "src/b/x.py").codes == ("WP_NOT_STARTED",)


def test_after_all_are_approved_nothing_may_change(two: Mission) -> None:
    two.walk("WP01", "approved")
    two.walk("WP02", "approved")
    refused = commit(lane(two), "src/a/x.py")
    assert not refused.allowed
    assert refused.codes == ("WP_ALREADY_APPROVED",)
    assert "WP01 is approved, WP02 is approved" in refused.text
    assert active(lane(two)) == ("finished", [])


def test_an_empty_commit_after_approval_changes_nothing_and_passes(two: Mission) -> None:
    two.walk("WP01", "approved")
    two.walk("WP02", "approved")
    assert commit(lane(two), args=("--allow-empty",)).silent


def test_spec_kitty_wp_chooses_among_candidates(two: Mission) -> None:
    two.walk("WP01", "in_progress")
    two.walk("WP02", "in_progress")
    chosen = {"SPEC_KITTY_WP": "WP01"}
    refused = commit(lane(two), "src/a/x.py", "src/b/x.py", env=chosen)
    assert not refused.allowed
    assert refused.codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
    assert commit(lane(two), "src/a/x.py", env=chosen).silent
    found = context(lane(two), env=chosen)
    assert found["chosen"] == "WP01"
    assert answer(found, "SPEC_KITTY_WP") == "WP01, one of the candidates"


@pytest.mark.parametrize("choice", ["WP02", "WP99", "../x", "\x1b[31m"])
def test_spec_kitty_wp_cannot_add_a_candidate(two: Mission, choice: str) -> None:
    two.walk("WP01", "in_progress")
    assert not commit(lane(two), "src/b/x.py", env={"SPEC_KITTY_WP": choice}).allowed
    assert commit(lane(two), "src/a/x.py", env={"SPEC_KITTY_WP": choice}).silent
    found = context(lane(two), env={"SPEC_KITTY_WP": choice})
    assert found["chosen"] is None
    assert "is not a candidate" in answer(found, "SPEC_KITTY_WP")


def test_a_work_package_that_the_log_never_mentions_counts_as_not_started(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, bootstrap=False)
    install_native(repo)
    place = mission.start_lane("lane-a")
    assert active(place)[0] == "not started"
    done = commit(place, "src/a/x.py")
    assert done.codes == ("WP_NOT_STARTED",)
    assert "WP01 is not in the log" in done.text


@pytest.mark.blocker(951)
def test_each_lane_is_judged_for_itself(two: Mission) -> None:
    two.implement("WP01")
    other = two.implement("WP03")
    assert commit(other, "src/c/x.py").silent
    assert not commit(other, "src/a/x.py").allowed
    assert codes_of(check(lane(two), "src/c/x.py")) == [("ACTIVE_WP_SCOPE_VIOLATION", "block")]


def test_the_steps_say_what_was_asked_and_found(two: Mission) -> None:
    two.walk("WP01", "in_progress")
    found = context(lane(two))
    branch = f"kitty/mission-{two.directory}-lane-a"
    assert answer(found, "in the middle") == f"a commit on {branch}"
    assert answer(found, "record the branch").startswith(f"{two.directory} (lane, lane-a with WP01, WP02), by main at ")
    assert answer(found, "Which policy").startswith(".kittify/config.yaml at ")
    assert f"worktree {two.repo.path}: authoritative" in answer(found, "Where is the event log (branch main)")
    assert answer(found, "Who is active") == "WP01 (in_progress: WP01 in_progress, WP02 planned)"
