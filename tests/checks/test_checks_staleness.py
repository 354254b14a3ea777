"""The check of what changed after a review, on facts written down."""

from __future__ import annotations

import pytest
from checks.literal import MISSION, WP01, WP02, change, codes, find, judged, placement
from checks.reviewed import AGAIN, LOG, artifact, later, of, package

from spec_kitty_hooks.checks.review_consistency import check
from spec_kitty_hooks.model.history import Commit
from spec_kitty_hooks.model.reviews import MissionReviews

STALE = "REVIEW_APPROVAL_STALE"


def commit(oid: str, at: int, *paths: str, parents: tuple[str, ...] = ("p",), cut: bool = False) -> Commit:
    changes = tuple(map(change, paths))
    return Commit(oid=oid, parents=parents, author="A <a@b>", authored_at=at, changes=changes, cut=cut)


CALM = package(artifact=None, numbers=(), approvals=(later(20.0),))


def test_a_commit_in_its_paths_after_the_approval_makes_it_stale() -> None:
    late = commit("d" * 40, 21, "src/a/x.py", "src/b/y.py")
    found = find(check, of(CALM, commits=(late, commit("e" * 40, 19, "src/a/x.py"))))
    assert (found.diagnostic_code, found.work_package_id, found.commit, found.author) == (
        STALE,
        "WP01",
        late.oid,
        late.author,
    )
    assert found.message == f"WP01 is approved, but was changed after its review: {'d' * 12} by A <a@b>"
    assert found.details == {"canonical_lane": "approved", "commits": [late.oid]}
    assert found.remediation == (AGAIN, f"git show {'d' * 12}", LOG)


def test_of_many_commits_three_are_listed() -> None:
    made = tuple(commit(f"{n}" * 40, 30 + n, "src/a/x").replace(author=f"A{n}") for n in range(5))
    three = ", ".join(f"{n * 12} by A{n}" for n in "012")
    found = find(check, of(CALM, commits=made))
    assert found.message == f"WP01 is approved, but was changed after its review: {three} and 2 more"
    assert (found.commit, found.author) == ("0" * 40, "A0")
    assert found.remediation[1] == f"git show {'0' * 12}"
    assert find(check, of(CALM, commits=made[:3])).message.endswith(three)


def test_the_mission_is_the_reviewed_one_whatever_is_checked_out() -> None:
    ctx = of(CALM, commits=(commit("d" * 40, 21, "src/a/x.py"),)).replace(placement=placement(mission=None))
    found = find(check, ctx)
    assert (found.mission, found.remediation[-1]) == ("034-feature", LOG)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(commit("d" * 40, 20, "src/a/x.py"), id="in the second of the approval"),
        pytest.param(commit("d" * 40, 25, "src/b/x.py"), id="outside of its paths"),
        pytest.param(commit("d" * 40, 25, "src/a/x.py", parents=("p", "q")), id="a merge"),
        pytest.param(commit("d" * 40, 25, "src/a/x.py", cut=True), id="cut off"),
    ],
)
def test_other_commits_do_not(made: Commit) -> None:
    assert codes(check, of(CALM, commits=(made,))) == []


@pytest.mark.parametrize("lane", ["in_review", "planned"])
def test_what_is_not_approved_cannot_go_stale(lane: str) -> None:
    assert codes(check, of(CALM.replace(lane=lane), commits=(commit("d" * 40, 25, "src/a/x.py"),))) == []


def test_an_approval_of_unknown_time_or_owner_cannot_go_stale() -> None:
    made = (commit("d" * 40, 25, "src/a/x.py"),)
    assert codes(check, of(CALM.replace(landed_at=0.0), commits=made)) == []
    assert codes(check, of(CALM.replace(landed_at=1.0), commits=made)) == [STALE]
    assert codes(check, of(CALM.replace(owner=None), commits=made)) == []


@pytest.mark.parametrize(("at", "stale"), [(22, True), (23, False), (24, False), (27, False), (28, True)])
def test_work_on_another_package_that_owns_the_path_too_is_that_ones(at: int, stale: bool) -> None:
    shared = package(wp_id="WP02", lane="in_progress", artifact=None, owner=WP01, stints=((23.5, 27.5),))
    assert codes(check, of(CALM, shared, commits=(commit("d" * 40, at, "src/a/x.py"),))) == ([STALE] if stale else [])
    for other in (WP02, None):
        apart = shared.replace(owner=other)
        assert codes(check, of(CALM, apart, commits=(commit("d" * 40, at, "src/a/x.py"),))) == [STALE]


@pytest.mark.parametrize(("at", "stale"), [(22, True), (23, False), (27, False), (28, True)])
def test_a_stint_of_whole_seconds_holds_both_its_ends(at: int, stale: bool) -> None:
    shared = package(wp_id="WP02", lane="in_progress", artifact=None, owner=WP01, stints=((23.0, 27.0),))
    assert codes(check, of(CALM, shared, commits=(commit("d" * 40, at, "src/a/x.py"),))) == ([STALE] if stale else [])


def test_a_recorded_commit_says_what_was_reviewed_whatever_the_dates_say() -> None:
    first, second, third = (
        commit("1" * 40, 50, "src/a/x", parents=("0" * 40,)),
        commit("2" * 40, 12, "src/a/x", parents=("1" * 40,)),
        commit("3" * 40, 8, "src/a/x", parents=("2" * 40,)),
    )
    reviewed = CALM.replace(artifact=artifact("approved", reviewed="2" * 40))
    assert find(check, of(reviewed, commits=(third, second, first))).details["commits"] == ["3" * 40]
    assert codes(check, of(reviewed, commits=(second, first))) == []
    to_the_end = CALM.replace(artifact=artifact("approved", reviewed="3" * 40))
    assert codes(check, of(to_the_end, commits=(third, second, first))) == []


def test_an_artifact_that_names_no_commit_leaves_it_to_the_dates() -> None:
    undated = CALM.replace(artifact=artifact("approved"))
    made = {at: commit("d" * 40, at, "src/a/x") for at in (20, 21)}
    assert [at for at, one in made.items() if codes(check, of(undated, commits=(one,)))] == [21]


def test_a_rejecting_artifact_does_not_say_what_was_approved() -> None:
    fixed = CALM.replace(artifact=artifact("rejected", reviewed="1" * 40), numbers=(1, 2))
    assert codes(check, of(fixed, commits=(commit("2" * 40, 15, "src/a/x", parents=("1" * 40,)),))) == []


def test_what_was_opened_again_and_approved_without_an_artifact_is_not_stale() -> None:
    again = CALM.replace(artifact=artifact("approved", reviewed="1" * 40), stints=((2.0, 12.0), (13.0, 20.0)))
    made = {at: commit("2" * 40, at, "src/a/x", parents=("1" * 40,)) for at in (11, 15, 22)}
    assert [at for at, one in made.items() if codes(check, of(again, commits=(one,)))] == [11, 22]


@pytest.mark.parametrize(("written", "stale"), [(0.0, True), (1.0, False)])
def test_whether_it_was_opened_again_is_known_where_the_artifact_has_a_time(written: float, stale: bool) -> None:
    again = CALM.replace(artifact=artifact("approved", reviewed="1" * 40, at=written), stints=((13.0, 20.0),))
    made = commit("2" * 40, 15, "src/a/x", parents=("1" * 40,))
    assert codes(check, of(again, commits=(made,))) == ([STALE] if stale else [])


def test_an_old_lane_goes_by_its_only_package() -> None:
    made = commit("d" * 40, 25, "src/a/x.py")
    assert codes(check, of(CALM, commits=(), mission=MISSION)) == []
    reviews = MissionReviews(mission=MISSION, packages=(CALM,), commits={"WP01": (made,), "lane-b": (made,)})
    assert codes(check, judged(reviews=(reviews,))) == [STALE]
