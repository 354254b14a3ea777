"""The push family, from facts written down."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import OTHER, PARENT, judged

from spec_kitty_hooks.checks import push
from spec_kitty_hooks.model.context import Context
from spec_kitty_hooks.model.divergence import DIVERGED, Divergence, Tally
from spec_kitty_hooks.model.findings import Finding
from spec_kitty_hooks.model.push import PushFacts, RefUpdate

UPDATE = RefUpdate(ref="refs/heads/main", new=PARENT, old=OTHER, remote="origin")
APART = Divergence(state=DIVERGED, ahead=Tally(total=84, source=12, ledger=72), behind=Tally(total=6, source=6))


def check(**facts: Any) -> list[Finding]:
    made: Context = judged().replace(push=PushFacts(**{"update": UPDATE, **facts}))
    return list(push.check(made))


def codes(**facts: Any) -> list[str]:
    return [finding.diagnostic_code for finding in check(**facts)]


def test_without_a_push_there_is_nothing_to_say() -> None:
    assert list(push.check(judged())) == []
    assert codes() == []


def test_a_ref_whose_remote_side_is_not_here_is_unknown() -> None:
    [finding] = check(unknown=True)
    assert finding.diagnostic_code == "REMOTE_STATE_UNKNOWN"
    assert finding.message == (
        f"main is at {OTHER[:12]} there, a commit that is not here, so what this removes is unknown"
    )
    assert finding.remediation == ("git fetch origin",)
    [nameless] = check(unknown=True, update=UPDATE.replace(remote=""))
    assert nameless.remediation == ()


def test_a_diverged_target_tells_both_sides_apart() -> None:
    [finding] = check(apart=APART, targets=("035-other",))
    assert finding.diagnostic_code == "TARGET_BRANCH_NOT_SYNCHRONIZED"
    assert finding.message == (
        "main, the target branch of 035-other, has diverged: 84 (12 source, 72 ledger) ahead of what is published, "
        "6 (6 source) behind; this push would remove what is published"
    )
    assert finding.details == {
        "state": DIVERGED,
        "ahead": {"commits": 84, "source": 12, "ledger": 72, "foreign": 0},
        "behind": {"commits": 6, "source": 6, "ledger": 0, "foreign": 0},
    }
    assert finding.remediation == ("spec-kitty-hooks pr-branch --mission 035-other", "git fetch origin")


@pytest.mark.parametrize(("count", "listed"), [(1, "a"), (3, "a, b, c"), (4, "a, b, c ...")])
def test_of_many_missions_with_one_target_three_are_named(count: int, listed: str) -> None:
    [finding] = check(apart=APART, targets=tuple("abcd"[:count]))
    assert f"the target branch of {listed}, has diverged" in finding.message
    assert finding.remediation[0] == "spec-kitty-hooks pr-branch --mission a"


def test_a_branch_that_is_nobodys_target_may_be_rewritten() -> None:
    assert codes(apart=APART) == []


def test_rewritten_commits_of_a_log_are_named() -> None:
    touched = tuple((str(number) * 40, b"kitty-specs/034-feature/status.events.jsonl") for number in range(5))
    [finding] = check(rewritten=touched)
    assert finding.diagnostic_code == "PUSH_REWRITES_LEDGER"
    shown = [f"{oid[:12]} ({path.decode()})" for oid, path in touched]
    what = "the push removes published commits from main that touch an event log"
    assert finding.message == f"{what}: {', '.join(shown[:3])} and 2 more"
    assert finding.remediation == (
        "git fetch origin",
        f"git log {PARENT[:12]}..{OTHER[:12]}",
        f"then merge {OTHER[:12]}, keeping every line of both logs, and push again",
    )
    assert [found.message for found in check(rewritten=touched[:3])] == [f"{what}: {', '.join(shown[:3])}"]


def test_each_mission_that_would_lose_events_is_named() -> None:
    gone = UPDATE.replace(ref="refs/heads/kitty/x", new="")
    found = check(update=gone, only_here={"034-feature": 1, "035-other": 7})
    assert [finding.diagnostic_code for finding in found] == ["LEDGER_BRANCH_DELETED"] * 2
    assert [finding.mission for finding in found] == ["034-feature", "035-other"]
    assert [finding.message for finding in found] == [
        "deleting kitty/x removes 1 event of mission 034-feature that no other published branch has",
        "deleting kitty/x removes 7 events of mission 035-other that no other published branch has",
    ]
    assert found[1].remediation == (
        "merge branch kitty/x into main and push that first",
        "spec-kitty-hooks where 035-other",
    )


def test_foreign_commits_are_noted() -> None:
    [finding] = check(foreign={"037-more": 2, "036-other": 1}, targets=("035-own", "038-late"))
    assert finding.diagnostic_code == "FOREIGN_COMMITS_ON_TARGET"
    assert finding.message == (
        "main brings commits of other missions as well: 1 commit of 036-other, 2 commits of 037-more"
    )
    assert finding.remediation == ("spec-kitty-hooks pr-branch --mission 035-own --dry-run",)


def test_a_gate_that_forgets_the_targets_is_caught() -> None:
    def forgetful(made: Context) -> list[Finding]:
        facts = made.push
        assert facts is not None
        return list(push.check(made.replace(push=facts.replace(targets=("x",)))))

    def rule(judge: Any) -> None:
        assert judge(judged().replace(push=PushFacts(update=UPDATE, apart=APART))) == []

    rule(lambda made: list(push.check(made)))
    with pytest.raises(AssertionError):
        rule(forgetful)
