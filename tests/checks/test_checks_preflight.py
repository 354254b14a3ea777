"""The check before a merge or a ship, on facts written down."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import TASKS, judged

from spec_kitty_hooks.checks.preflight import check
from spec_kitty_hooks.model import divergence as states
from spec_kitty_hooks.model.divergence import Divergence, Tally
from spec_kitty_hooks.model.findings import Finding
from spec_kitty_hooks.model.preflight import (
    LANE,
    MERGE,
    MISSION,
    SHIP,
    TARGET,
    AbsentBranch,
    Gates,
    MergeState,
    Preflight,
    Standing,
)

STATUS = "spec-kitty-hooks status 034-feature"
WHERE = "spec-kitty-hooks where 034-feature"
UNSYNCHRONIZED, UNKNOWN = "TARGET_BRANCH_NOT_SYNCHRONIZED", "REMOTE_STATE_UNKNOWN"
HEAD = f"{TASKS}WP02-x.md"
BEGUN = "a merge of this mission was begun"
LOCKED = "; its lock is there, so it is running or was killed"
UNREADABLE = "Spec Kitty's record of a merge cannot be read (state.json: not JSON), so one may be unfinished"


def standing(wp_id: str, lane: str = "approved", *needs: str) -> Standing:
    return Standing(wp_id=wp_id, lane=lane, settled=lane in ("approved", "done"), needs=needs, head=HEAD.encode())


def run(*standings: Standing, **fields: Any) -> list[Finding]:
    return list(check(judged(editing=True), Preflight(**{"purpose": MERGE, "standings": standings, **fields})))


def find(*standings: Standing, **fields: Any) -> Finding:
    (found,) = run(*standings, **fields)
    return found


def codes(*standings: Standing, **fields: Any) -> list[str]:
    return [found.diagnostic_code for found in run(*standings, **fields)]


# -- work packages


def test_what_is_approved_or_done_and_needs_only_that_goes_on() -> None:
    assert run(standing("WP01", "done"), standing("WP02", "approved", "WP01")) == []


@pytest.mark.parametrize(
    ("lane", "said"),
    [
        ("in_review", "in_review"),
        ("", "not in the event log"),
        ("canceled", "canceled without a reason of anybody's"),
    ],
)
def test_any_other_work_package_stops_it(lane: str, said: str) -> None:
    found = find(standing("WP01", lane))
    assert (found.diagnostic_code, found.work_package_id, found.severity) == ("WP_NOT_APPROVED", "WP01", "")
    assert found.message == f"WP01 is {said}, neither approved nor done"
    assert found.details == {"canonical_lane": lane}
    assert found.remediation == (
        "bring WP01 through its review, or cancel it and say why",
        "spec-kitty-hooks log 034-feature --wp WP01",
    )


def test_one_that_was_canceled_for_a_reason_does_not() -> None:
    canceled = standing("WP01", "canceled").replace(settled=True)
    assert run(canceled, standing("WP02", "done", "WP01")) == []


def test_an_unmet_dependency_names_both() -> None:
    found = run(standing("WP01", "claimed"), standing("WP02", "approved", "WP01", "WP07"))[1:]
    assert [one.diagnostic_code for one in found] == ["DEPENDENCY_UNMET", "DEPENDENCY_UNMET"]
    assert [one.message for one in found] == [
        "WP02 depends on WP01, which is claimed",
        "WP02 depends on WP07, which is no work package of this mission",
    ]
    assert found[0].details == {"canonical_lane": "approved", "dependency": "WP01"}
    assert found[0].remediation == (
        "bring WP01 through its review, or cancel it and say why",
        f"take WP01 out of dependencies in {HEAD} on branch main, and commit that there",
        STATUS,
    )


def test_the_gates_of_policy_are_obeyed() -> None:
    both = (standing("WP01", "claimed"), standing("WP02", "approved", "WP01"))
    assert codes(*both) == ["WP_NOT_APPROVED", "DEPENDENCY_UNMET"]
    assert codes(*both, gates=Gates(approval=False)) == ["DEPENDENCY_UNMET"]
    assert codes(*both, gates=Gates(dependencies=False)) == ["WP_NOT_APPROVED"]
    assert [found.severity for found in run(*both, gates=Gates(severity="warn"))] == ["warn", "warn"]


# -- branches and merges


def test_a_missing_lane_branch_is_named_with_the_work_on_it() -> None:
    absent = AbsentBranch(name="kitty/x-lane-a", what=LANE, lane_id="lane-a", wp_ids=("WP01", "WP02"))
    found = find(absent=(absent,), remote="origin")
    assert (found.diagnostic_code, found.branch_or_work_package) == ("LANE_BRANCH_MISSING", "kitty/x-lane-a")
    assert found.message == (
        "branch kitty/x-lane-a of lane-a, which has WP01, WP02, is neither here nor on a remote as last seen"
    )
    by_hand = "get branch kitty/x-lane-a from the clone that has it"
    assert found.remediation == ("git fetch origin", by_hand, WHERE)
    assert find(absent=(absent,)).remediation == (by_hand, WHERE)


@pytest.mark.parametrize(("what", "word"), [(MISSION, "mission branch"), (TARGET, "target branch")])
def test_a_missing_branch_of_the_mission_is_named(what: str, word: str) -> None:
    found = find(absent=(AbsentBranch(name="kitty/x", what=what, start="c" * 12),))
    assert (found.diagnostic_code, found.branch_or_work_package) == ("MISSING_MISSION_BRANCH", "kitty/x")
    assert found.message.startswith(f"{word} kitty/x is neither here")
    assert found.remediation[0] == f"git branch kitty/x {'c' * 12}"


def test_a_target_that_nothing_records_is_said_to_be_none() -> None:
    assert "(none is recorded)" in find(absent=(AbsentBranch(name="", what=TARGET),)).message


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            MergeState(remaining=("WP01", "WP02", "WP03", "WP04", "WP05")),
            f"{BEGUN} and still lacks WP01, WP02, WP03 and 2 more",
        ),
        (MergeState(remaining=("WP01", "WP02", "WP03")), f"{BEGUN} and still lacks WP01, WP02, WP03"),
        (MergeState(remaining=("WP01",), locked=True), f"{BEGUN} and still lacks WP01{LOCKED}"),
        (MergeState(locked=True), f"{BEGUN}{LOCKED}"),
        (MergeState(problem="state.json: not JSON"), UNREADABLE),
        (MergeState(problem="state.json: not JSON", locked=True), f"{UNREADABLE}{LOCKED}"),
    ],
)
def test_a_merge_that_was_not_finished_stops_everything_else(state: MergeState, said: str) -> None:
    found = find(merge=state)
    assert found.diagnostic_code == "MERGE_UNFINISHED"
    assert found.message == said
    assert found.remediation == ("let Spec Kitty finish it: spec-kitty merge --resume --mission 034-feature", STATUS)


# -- divergence


def apart(state: str, **fields: Any) -> Divergence:
    known = {"remote": "f" * 40, "remote_name": "refs/remotes/origin/main", "problem": "why"}
    return Divergence(**{"state": state, **known, **fields})


@pytest.mark.parametrize("state", [states.IN_SYNC, states.AHEAD])
@pytest.mark.parametrize("purpose", [MERGE, SHIP])
def test_a_target_that_holds_all_that_is_published_is_fine(state: str, purpose: str) -> None:
    assert run(purpose=purpose, divergence=apart(state), remote="origin") == []


@pytest.mark.blocker(953)
@pytest.mark.parametrize(("purpose", "severity"), [(MERGE, "warn"), (SHIP, "")])
def test_a_diverged_target_stops_a_ship_and_only_warns_before_a_merge(purpose: str, severity: str) -> None:
    ahead, behind = Tally(total=84, source=4, ledger=80), Tally(total=6, foreign=6)
    found = find(purpose=purpose, divergence=apart(states.DIVERGED, ahead=ahead, behind=behind), remote="origin")
    assert (found.diagnostic_code, found.severity, found.branch_or_work_package) == (UNSYNCHRONIZED, severity, "main")
    assert found.message == (
        "main is diverged compared with origin/main: 84 (4 source, 80 ledger) ahead, 6 (6 of other missions) behind"
    )
    assert found.details == {
        "target_branch": "main",
        "tracking_branch": "refs/remotes/origin/main",
        "state": "diverged",
        "ahead_count": 84,
        "behind_count": 6,
    }
    assert found.remediation == ("spec-kitty-hooks pr-branch --mission 034-feature", "git fetch origin")


@pytest.mark.parametrize(
    ("checkout", "step"),
    [
        (b"/w x", f"git -C '/w x' merge --ff-only {'f' * 12}"),
        (b"", "git fetch . refs/remotes/origin/main:refs/heads/main"),
    ],
)
def test_a_target_that_is_merely_behind_is_to_be_moved_forward(checkout: bytes, step: str) -> None:
    found = find(divergence=apart(states.BEHIND, behind=Tally(total=2)), checkout=checkout, remote="origin")
    assert found.message == "main is behind compared with origin/main: 0 ahead, 2 behind"
    assert found.remediation == (step, "git fetch origin")


@pytest.mark.parametrize("known", [apart(states.UNKNOWN), apart(states.IN_SYNC, stale=True)], ids=["unknown", "stale"])
@pytest.mark.parametrize(("purpose", "severity"), [(MERGE, "warn"), (SHIP, "")])
def test_what_is_unknown_or_was_last_seen_long_ago_is_never_in_sync(
    purpose: str, severity: str, known: Divergence
) -> None:
    found = find(purpose=purpose, divergence=known, remote="origin")
    assert (found.diagnostic_code, found.severity, found.remediation) == (UNKNOWN, severity, ("git fetch origin",))
    assert found.message == "how main compares with what is published is unknown: why"


def test_a_target_that_was_never_published_is_a_note_and_without_a_remote_nothing() -> None:
    alone = apart(states.NO_TRACKING_BRANCH)
    found = find(purpose=SHIP, divergence=alone, remote="origin")
    assert (found.diagnostic_code, found.severity) == (UNKNOWN, "note")
    assert found.message == "main cannot be compared with what is published: why"
    assert run(purpose=SHIP, divergence=alone) == []
