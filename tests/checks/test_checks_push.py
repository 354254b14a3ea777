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
    assert finding.remediation == ("git fetch origin",)
    [nameless] = check(unknown=True, update=UPDATE.replace(remote=""))
    assert nameless.remediation == ()


def test_a_diverged_target_tells_both_sides_apart() -> None:
    [finding] = check(apart=APART, targets=("034-feature",))
    assert finding.diagnostic_code == "TARGET_BRANCH_NOT_SYNCHRONIZED"
    assert "84 (12 source, 72 ledger) ahead" in finding.message
    assert "6 (6 source) behind" in finding.message
    assert finding.details["behind"] == {"commits": 6, "source": 6, "ledger": 0, "foreign": 0}
    assert finding.remediation[0] == "spec-kitty-hooks pr-branch --mission 034-feature"


def test_a_branch_that_is_nobodys_target_may_be_rewritten() -> None:
    assert codes(apart=APART) == []


def test_rewritten_commits_of_a_log_are_named() -> None:
    touched = tuple((str(number) * 40, b"kitty-specs/034-feature/status.events.jsonl") for number in range(5))
    [finding] = check(rewritten=touched)
    assert finding.diagnostic_code == "PUSH_REWRITES_LEDGER"
    assert finding.message.endswith(" and 2 more")
    assert f"git log {PARENT[:12]}..{OTHER[:12]}" in finding.remediation


def test_each_mission_that_would_lose_events_is_named() -> None:
    found = check(only_here={"034-feature": 1, "035-other": 7})
    assert [finding.diagnostic_code for finding in found] == ["LEDGER_BRANCH_DELETED"] * 2
    assert [finding.mission for finding in found] == ["034-feature", "035-other"]
    assert "removes 1 event of" in found[0].message
    assert "removes 7 events of" in found[1].message


def test_foreign_commits_are_noted() -> None:
    [finding] = check(foreign={"035-other": 2}, targets=("034-feature",))
    assert finding.diagnostic_code == "FOREIGN_COMMITS_ON_TARGET"
    assert "2 commits of 035-other" in finding.message


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
