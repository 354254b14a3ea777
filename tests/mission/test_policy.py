"""Policy: what is written holds, what is broken is named with its line and read as strictly as it could be meant."""

from __future__ import annotations

import pytest
from support.policies import BLOCKED, KNOWN, STRICTEST, hooks, model_accepts, read

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.policy import Policy, read_policy, severity_of
from spec_kitty_hooks.model.findings import BLOCK, OFF, WARN


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"# nothing\n",
        b"policy:\n",
        b"policy: {}\n",
        b"policy: null\n",
        b"policy:\n  commit_guard:\n  merge_gates: ~\n  hooks:\n",
        b"policy:\n  hooks:\n    severity:\n    cannot_judge: {}\n    post_merge: null\n",
        b"policy:\n  risk:\n    threshold: much\n  other: [1]\n",
        b"agents: &a [x]\nteam: *a\nvcs: !git {}\n",
        b"project:\n  slug: x\nagents:\n  auto_commit: yes\n",
    ],
)
def test_what_is_not_written_has_the_default(data: bytes | None) -> None:
    assert read_policy(data, KNOWN) == Policy()
    assert Policy().cannot_judge == {"commit": WARN, "push": BLOCK, "ci": BLOCK}
    assert (Policy().stale_claim_minutes, Policy().record_done, Policy().sync) == (60, "suggest", OFF)


def test_everything_that_is_written_is_read() -> None:
    text = """\
policy:
  commit_guard: {enabled: false, mode: warn, block_mission_specs: false, enforce_ownership: False}
  merge_gates:
    enabled: FALSE
    mode: "block"
    require_review_approval: false
    require_risk_check: false
    require_deps_complete: false
  hooks:
    severity:
      EVENT_CHAIN_BROKEN: warn
      WP_NOT_STARTED: off
      EVENT_ID_CONFLICT: block
    glob: spec-kitty
    ownership_on_target: true
    cannot_judge: {push: warn}
    stale_claim_minutes: 240
    judge_from: 0123456789abcdef0123456789abcdef01234567
    post_merge:
      record_done: auto
    sync: auto
"""
    assert read(text) == Policy(
        guard_enabled=False,
        guard_mode=WARN,
        block_mission_specs=False,
        enforce_ownership=False,
        merge_gates_enabled=False,
        merge_gates_mode=BLOCK,
        require_review_approval=False,
        require_risk_check=False,
        require_deps_complete=False,
        severity={"EVENT_CHAIN_BROKEN": WARN, "WP_NOT_STARTED": OFF, "EVENT_ID_CONFLICT": BLOCK},
        glob="spec-kitty",
        ownership_on_target=True,
        cannot_judge={"commit": WARN, "push": WARN, "ci": WARN},
        stale_claim_minutes=240,
        judge_from="0123456789abcdef0123456789abcdef01234567",
        record_done="auto",
        sync="auto",
    )
    assert model_accepts(text.encode())


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"policy:\n  commit_guard:\n    mode: off\n   bad: x\n", 4, "not YAML"),
        (b"a: b\npolicy: {commit_guard: {enabled: false, enabled: false}}\n", 2, "twice"),
        (b"policy:\n  commit_guard: &g {mode: off}\n", 2, "anchors"),
        (b"policy: {}\npolicy: {}\n", 2, "twice"),
        (b"policy:\n  hooks:\n<<<<<<< HEAD\n    sync: auto\n=======\n>>>>>>> x\n", 3, "merge conflict"),
        (b"- policy\n", 1, "not a mapping"),
        (b"policy: {}\n\0", 2, "control character"),
        (b"policy: {}\n\xff", 2, "not UTF-8"),
        (b"#" * (limits.POLICY_BYTES + 1), 0, "limit"),
    ],
)
def test_a_broken_file_is_read_as_strictly_as_can_be(data: bytes, line: int, words: str) -> None:
    found = read_policy(data, KNOWN)

    assert found.replace(problems=()) == STRICTEST
    assert [(problem.line, problem.key) for problem in found.problems] == [(line, "")]
    assert words in found.problems[0].message
    assert not model_accepts(data)


@pytest.mark.parametrize("value", ["yes", "[]", "''", "1"])
def test_a_policy_that_is_no_mapping_is_read_as_strictly_as_can_be(value: str) -> None:
    found = read(f"a: b\npolicy: {value}\n")

    assert found.replace(problems=()) == STRICTEST
    assert [(problem.line, problem.key) for problem in found.problems] == [(2, "policy")]


@pytest.mark.parametrize("section", ["commit_guard", "merge_gates"])
def test_unknown_keys_of_upstream_sections_are_upstreams(section: str) -> None:
    assert read(f"policy:\n  {section}:\n    new: [1]").problems == ()


@pytest.mark.parametrize(
    ("section", "strictest"),
    [
        ("commit_guard", Policy(guard_mode=BLOCK, cannot_judge=BLOCKED)),
        ("merge_gates", Policy(merge_gates_mode=BLOCK)),
        ("hooks", Policy(cannot_judge=BLOCKED, raise_only=True)),
    ],
)
@pytest.mark.parametrize("value", ["off", "[off]", "''"])
def test_a_section_that_is_no_mapping_is_read_strictly(section: str, strictest: Policy, value: str) -> None:
    found = read(f"policy:\n  {section}: {value}\n")

    assert found.replace(problems=()) == strictest
    assert [(problem.line, problem.key) for problem in found.problems] == [(2, f"policy.{section}")]


def test_an_unknown_key_below_hooks_makes_all_of_hooks_strict() -> None:
    loose = ("glob: spec-kitty", "judge_from: " + "a" * 40, "sync: auto", "ownership_on_target: true")
    found = hooks(*loose, "severity: {WP_NOT_STARTED: note}", "cannot_judge: {push: warn}", "svrity: {}")

    assert [(problem.line, problem.key) for problem in found.problems] == [(9, "policy.hooks.svrity")]
    assert "known here are glob," in found.problems[0].message
    assert (found.glob, found.judge_from, found.sync, found.cannot_judge) == ("strict", "", OFF, BLOCKED)
    assert found.ownership_on_target is True
    assert severity_of(found, "WP_NOT_STARTED", WARN, "ownership") == WARN


def test_unknown_keys_further_down_make_their_section_strict() -> None:
    judge = hooks("glob: spec-kitty", "cannot_judge:", "  commit: warn", "  pull: warn")
    merge = hooks("glob: spec-kitty", "post_merge: {record_done: auto, records: x}")

    assert (judge.cannot_judge, judge.glob, judge.problems[0].line) == (BLOCKED, "spec-kitty", 6)
    assert (merge.record_done, merge.glob, merge.problems[0].line) == ("suggest", "spec-kitty", 4)


def test_a_long_key_is_cut_in_the_message() -> None:
    assert len(hooks("k" * 500 + ": x").problems[0].message) < 400
