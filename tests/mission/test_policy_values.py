"""Single values of a policy: each is one of what it may be, and a broken one is read as strictly as it could be."""

from __future__ import annotations

import itertools

import pytest
from support.policies import BLOCKED, CHOICES, FLAGS, NO_FLAGS, hooks, read

from spec_kitty_hooks.mission import policyfields
from spec_kitty_hooks.mission.policy import Policy, severity_of
from spec_kitty_hooks.model.findings import BLOCK, NOTE, OFF, WARN


@pytest.mark.parametrize(("section", "key", "field"), FLAGS)
def test_a_flag_is_true_or_false_and_a_broken_one_is_true(section: str, key: str, field: str) -> None:
    for value in ("true", "True", "TRUE"):
        assert getattr(read(f"policy:\n  {section}:\n    {key}: {value}"), field) is True
    for value in ("false", "False", "FALSE"):
        found = read(f"policy:\n  {section}:\n    {key}: {value}")
        assert (getattr(found, field), found.problems) == (False, ())
    for value in NO_FLAGS:
        found = read(f"policy:\n  {section}:\n\n    {key}: {value}")
        assert getattr(found, field) is True
        assert [(problem.line, problem.key) for problem in found.problems] == [(4, f"policy.{section}.{key}")]
        assert "must be `true` or `false`" in found.problems[0].message


@pytest.mark.parametrize(("section", "key", "field", "words", "strictest"), CHOICES)
def test_a_choice_is_one_of_its_words_and_a_broken_one_the_strictest(
    section: str, key: str, field: str, words: tuple[str, ...], strictest: str
) -> None:
    for word in words:
        for value in (word, f'"{word}"'):
            found = read(f"policy:\n  {section}:\n    {key}: {value}")
            assert (getattr(found, field), found.problems) == (word, ())
    for value in ("BLOCK", "Off", "none", "true", "", "[off]", "{off: off}", "auto-off", "'off '"):
        found = read(f"policy:\n  {section}:\n    {key}: {value}")
        assert getattr(found, field) == strictest
        assert [(problem.line, problem.key) for problem in found.problems] == [(3, f"policy.{section}.{key}")]


def test_the_newer_name_of_a_key_wins() -> None:
    for first, second in itertools.permutations(("block_mission_specs: true", "block_kitty_specs: false")):
        assert read(f"policy:\n  commit_guard:\n    {first}\n    {second}").block_mission_specs is True


@pytest.mark.parametrize("value", ["0", "-1", "060", "1.5", "'60'", "six", "", "6_0", "999999", "\u0663", "[1]", "1e3"])
def test_stale_claim_minutes_is_a_plain_positive_number(value: str) -> None:
    found = hooks(f"stale_claim_minutes: {value}")

    assert (found.stale_claim_minutes, len(found.problems)) == (60, 1)
    assert hooks("stale_claim_minutes: 1").stale_claim_minutes == 1
    assert hooks(f"stale_claim_minutes: {policyfields.MINUTES}").problems == ()
    assert len(hooks(f"stale_claim_minutes: {policyfields.MINUTES + 1}").problems) == 1


@pytest.mark.parametrize(
    "value", ["abc1234", "A" * 40, "HEAD", "g" * 40, "a" * 41, "", "--all", "[a]", "'a" + "a" * 40]
)
def test_judge_from_is_a_full_commit_id_or_ignored(value: str) -> None:
    found = hooks(f"judge_from: {value}")

    assert (found.judge_from, len(found.problems)) == ("", 1)
    assert hooks(f"judge_from: {'1' * 40}").judge_from == "1" * 40
    assert hooks(f"judge_from: '{'0' * 64}'").judge_from == "0" * 64


def test_severities_are_for_known_codes_and_never_lowered_by_a_mistake() -> None:
    unknown = hooks("severity:", "  EVENT_CHAIN_BROKEN: warn", "  WP_NOT_STARTED: off", "  NO_SUCH_CODE: off")
    broken = hooks("severity: {WP_NOT_STARTED: OFF}")
    no_mapping = hooks("severity: off")

    assert [(problem.line, problem.key) for problem in unknown.problems] == [(6, "policy.hooks.severity.NO_SUCH_CODE")]
    assert severity_of(unknown, "WP_NOT_STARTED", WARN, "ownership") == WARN
    assert severity_of(unknown, "EVENT_CHAIN_BROKEN", NOTE, "event log") == WARN
    assert severity_of(broken, "WP_NOT_STARTED", WARN, "ownership") == BLOCK
    assert (len(broken.problems), len(no_mapping.problems)) == (1, 1)
    assert no_mapping.raise_only


@pytest.mark.parametrize("code", policyfields.UNTOUCHABLE)
def test_the_two_codes_that_the_log_stands_on_cannot_be_lowered(code: str) -> None:
    for word in (WARN, NOTE, OFF):
        found = hooks(f"severity: {{{code}: {word}}}")
        assert [problem.key for problem in found.problems] == [f"policy.hooks.severity.{code}"]
        assert severity_of(found, code, WARN, "event log") == BLOCK
    assert severity_of(Policy(severity={code: OFF}, guard_enabled=False), code, OFF, "ownership") == BLOCK
    assert hooks(f"severity: {{{code}: block}}").problems == ()


def test_an_explicit_guard_mode_decides_over_the_catalog_and_severity_over_both() -> None:
    code = "WP_NOT_STARTED"
    for mode, expected in ((WARN, WARN), (BLOCK, BLOCK), (OFF, OFF), ("", NOTE)):
        policy = Policy(guard_mode=mode)
        assert severity_of(policy, code, NOTE, "ownership") == expected
        assert severity_of(policy, "EVENT_CHAIN_BROKEN", NOTE, "event log") == NOTE
        assert severity_of(policy.replace(severity={code: WARN}), code, NOTE, "ownership") == WARN
    disabled = Policy(guard_enabled=False, guard_mode=BLOCK)
    assert severity_of(disabled, code, BLOCK, "ownership") == OFF
    assert severity_of(disabled, "DETACHED_HEAD", BLOCK, "context") == OFF
    assert severity_of(disabled, "MERGE_LOST_EVENTS", BLOCK, "merge") == BLOCK


def test_cannot_judge_is_what_is_written_else_the_guard_mode_else_the_default() -> None:
    guarded = "policy:\n  commit_guard: {mode: %s}\n  hooks: {cannot_judge: {%s}}"

    assert read(guarded % ("block", "")).cannot_judge == BLOCKED
    assert read(guarded % ("warn", "")).cannot_judge == dict.fromkeys(BLOCKED, WARN)
    assert read(guarded % ("off", "")).cannot_judge == Policy().cannot_judge
    assert read(guarded % ("block", "commit: warn")).cannot_judge == {**BLOCKED, "commit": WARN}
    assert read(guarded % ("warn", "push: BLOCK")).cannot_judge == {"commit": WARN, "push": BLOCK, "ci": WARN}
    assert read(guarded % ("nonsense", "")).cannot_judge == BLOCKED
    policy = read(guarded % ("warn", "commit: block"))
    assert severity_of(policy, "DETACHED_HEAD", policy.cannot_judge["commit"], "context") == BLOCK


def test_a_guard_that_is_off_does_not_hide_a_broken_policy() -> None:
    found = read("policy:\n  commit_guard: {enabled: false}\n  hooks: {sink: auto}")

    assert severity_of(found, "POLICY_INVALID", found.cannot_judge["commit"], "context") == BLOCK
    assert severity_of(found, "DETACHED_HEAD", found.cannot_judge["commit"], "context") == OFF
