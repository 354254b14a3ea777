"""Policy: what is written holds, what is broken is named with its line and read as strictly as it could be meant."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import policy_model, policyfields, strictyaml
from spec_kitty_hooks.mission.policy import Policy, read_policy, severity_of
from spec_kitty_hooks.mission.policy_model import Configuration, policy_schema, resolve
from spec_kitty_hooks.model.findings import BLOCK, NOTE, OFF, SEVERITIES, WARN

CODES = ("ACTIVE_WP_SCOPE_VIOLATION", "WP_NOT_STARTED", "EVENT_CHAIN_BROKEN", "POLICY_INVALID")
KNOWN = (*CODES, *policyfields.UNTOUCHABLE)
BLOCKED = {"commit": BLOCK, "push": BLOCK, "ci": BLOCK}
STRICTEST = Policy(guard_mode=BLOCK, merge_gates_mode=BLOCK, cannot_judge=BLOCKED, raise_only=True)


def read(text: str) -> Policy:
    return read_policy(text.encode(), KNOWN)


def hooks(*lines: str) -> Policy:
    return read("policy:\n  hooks:\n" + "".join(f"    {line}\n" for line in lines))


def model_accepts(data: bytes) -> bool:
    loaded = strictyaml.load(data, limits.POLICY_BYTES, "policy")
    if loaded.values is None:
        return False
    try:
        Configuration.model_validate(resolve(loaded.values), context={"known_codes": KNOWN})
    except ValidationError:
        return False
    return True


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


FLAGS = [
    ("commit_guard", "enabled", "guard_enabled"),
    ("commit_guard", "block_mission_specs", "block_mission_specs"),
    ("commit_guard", "block_kitty_specs", "block_mission_specs"),
    ("commit_guard", "enforce_ownership", "enforce_ownership"),
    ("merge_gates", "enabled", "merge_gates_enabled"),
    ("merge_gates", "require_review_approval", "require_review_approval"),
    ("merge_gates", "require_risk_check", "require_risk_check"),
    ("merge_gates", "require_deps_complete", "require_deps_complete"),
    ("hooks", "ownership_on_target", "ownership_on_target"),
]
NO_FLAGS = ["no", "off", "yes", "0", "", "~", '"false"', "'false'", "fAlse", "[]", "{a: b}"]


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


CHOICES = [
    ("commit_guard", "mode", "guard_mode", ("warn", "block", "off"), BLOCK),
    ("merge_gates", "mode", "merge_gates_mode", ("warn", "block", "off"), BLOCK),
    ("hooks", "glob", "glob", ("strict", "spec-kitty"), "strict"),
    ("hooks", "sync", "sync", ("off", "auto"), OFF),
]


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


def test_a_long_key_is_cut_in_the_message() -> None:
    assert len(hooks("k" * 500 + ": x").problems[0].message) < 400


# The same rules twice: the reader of the commit path and the published models accept the same documents.

FLAG = st.booleans()
SEVERITY = st.sampled_from(SEVERITIES)
JUDGED = st.sampled_from((WARN, BLOCK))
RIGHT: dict[str, st.SearchStrategy[Any]] = {
    **{f"{section}.{key}": FLAG for section, key, _field in FLAGS},
    **{f"{section}.{key}": st.sampled_from(words) for section, key, _field, words, _strictest in CHOICES},
    **{f"hooks.severity.{code}": SEVERITY for code in CODES},
    **{f"hooks.severity.{code}": st.just(BLOCK) for code in policyfields.UNTOUCHABLE},
    **{f"hooks.cannot_judge.{situation}": JUDGED for situation in policyfields.SITUATIONS},
    "hooks.post_merge.record_done": st.sampled_from(policyfields.RECORD_DONE),
    "hooks.stale_claim_minutes": st.integers(1, policyfields.MINUTES),
    "hooks.judge_from": st.sampled_from(("a" * 40, "1" * 40, "0" * 64)),
}
SECTIONS = ("", "commit_guard", "merge_gates", "hooks", "hooks.severity", "hooks.cannot_judge", "hooks.post_merge")
ANYTHING = st.sampled_from(
    (
        True,
        False,
        None,
        -1,
        0,
        7,
        1.5,
        600_000,
        [],
        {},
        [1],
        {"x": 1},
        "",
        "x",
        *SEVERITIES,
        "BLOCK",
        "true",
        "auto",
        "7",
    )
)
UNKNOWN = tuple(f"{section}.unheard_of".lstrip(".") for section in SECTIONS)
WRONG = st.tuples(st.sampled_from((*RIGHT, *SECTIONS, *UNKNOWN)), ANYTHING)


def document(right: dict[str, Any], wrong: list[tuple[str, Any]]) -> dict[str, Any]:
    """A file with `right` values, a few of which are then replaced."""
    root: dict[str, Any] = {"agents": {"auto_commit": True}, "policy": {}}
    for path, value in (*right.items(), *wrong):
        *parents, key = ("policy", *path.split(".")) if path else ("policy",)
        place = root
        for parent in parents:
            if not isinstance(place.get(parent), dict):
                place[parent] = {}
            place = place[parent]
        place[key] = copy.deepcopy(value)
    return root


DOCUMENTS = st.builds(
    document, st.fixed_dictionaries({}, optional=RIGHT), st.lists(WRONG, max_size=2, unique_by=lambda pair: pair[0])
)


@settings(max_examples=400)
@given(DOCUMENTS, st.sampled_from((True, False, None)))
def test_reader_and_models_accept_the_same_documents(document: dict[str, Any], flow: bool | None) -> None:
    data = yaml.safe_dump(document, default_flow_style=flow).encode()

    assert (read_policy(data, KNOWN).problems == ()) == model_accepts(data)


@given(st.builds(document, st.fixed_dictionaries({}, optional=RIGHT), st.just([])))
def test_reader_and_models_accept_every_right_document(document: dict[str, Any]) -> None:
    data = yaml.safe_dump(document).encode()

    assert read_policy(data, KNOWN).problems == ()
    assert model_accepts(data)


@pytest.mark.parametrize(
    "text",
    [
        "hooks: {unheard_of: x}",
        "hooks: {severity: {unheard_of: block}}",
        "hooks: {severity: {EVENT_ID_CONFLICT: warn}}",
        "hooks: {severity: {WP_NOT_STARTED: error}}",
        "hooks: {cannot_judge: {commit: off}}",
        "hooks: {cannot_judge: {unheard_of: block}}",
        "hooks: {post_merge: {unheard_of: off}}",
        "hooks: []",
        "commit_guard: {mode: BLOCK}",
    ],
)
def test_reader_and_models_both_refuse(text: str) -> None:
    data = f"policy: {{{text}}}".encode()

    assert len(read_policy(data, KNOWN).problems) == 1
    assert not model_accepts(data)


@pytest.mark.parametrize(("section", "key", "_field"), FLAGS)
def test_reader_and_models_agree_on_every_flag(section: str, key: str, _field: str) -> None:
    for value in ("true", "True", "TRUE", "false", *NO_FLAGS):
        data = f"policy:\n  {section}:\n    {key}: {value}\n".encode()
        assert (read_policy(data, KNOWN).problems == ()) == model_accepts(data), value


@pytest.mark.parametrize("name", ["glob", "sync", "judge_from", "stale_claim_minutes", "severity", "cannot_judge"])
def test_reader_and_models_agree_on_the_keys_of_hooks(name: str) -> None:
    for value in (
        "",
        "~",
        "''",
        "off",
        "auto",
        "strict",
        "0",
        "00",
        "7",
        "-7",
        "+7",
        "1_0",
        "0x10",
        "7.0",
        "1e3",
        "a" * 40,
    ):
        data = f"policy:\n  hooks:\n    {name}: {value}\n".encode()
        assert (read_policy(data, KNOWN).problems == ()) == model_accepts(data), value


@given(st.fixed_dictionaries({}, optional=RIGHT), st.sampled_from(UNKNOWN[3:]))
def test_an_unknown_key_never_makes_policy_looser_than_nothing(right: dict[str, Any], unknown: str) -> None:
    hooks = {path: value for path, value in right.items() if path.startswith("hooks")}
    written = read(yaml.safe_dump(document(hooks, [])))
    found = read(yaml.safe_dump(document(hooks, [(unknown, "x")])))

    assert [problem.key for problem in found.problems] == [f"policy.{unknown}"]
    for situation in BLOCKED:
        assert found.cannot_judge[situation] in (BLOCK, written.cannot_judge[situation])
    for code, default in itertools.product(CODES, SEVERITIES):
        before, after = (severity_of(policy, code, default, "merge") for policy in (written, found))
        assert SEVERITIES.index(after) <= SEVERITIES.index(before)
        assert not found.raise_only or SEVERITIES.index(after) <= SEVERITIES.index(default)
    if unknown == "hooks.unheard_of":
        assert (found.glob, found.judge_from, found.sync) == ("strict", "", OFF)
        assert (found.raise_only, found.cannot_judge) == (True, BLOCKED)
    assert found.ownership_on_target == written.ownership_on_target


def test_reader_and_models_know_the_same_keys_and_words() -> None:
    models: dict[str, type[BaseModel]] = {
        "commit_guard": policy_model.CommitGuard,
        "merge_gates": policy_model.MergeGates,
        "hooks": policy_model.Hooks,
        "hooks.cannot_judge": policy_model.CannotJudge,
        "hooks.post_merge": policy_model.PostMerge,
    }

    assert models.keys() == policyfields.SECTIONS.keys()
    for name, model in models.items():
        keys = {field.key for field in policyfields.SECTIONS[name]} | set(policyfields.SUBSECTIONS.get(name, ()))
        assert set(model.model_fields) == keys
        for field in policyfields.SECTIONS[name]:
            default = model.model_fields[field.key].default
            assert default == Policy().cannot_judge.get(field.name, getattr(Policy(), field.name, default))


def test_the_published_schema_is_strict_below_hooks_and_shows_no_default_where_none_holds() -> None:
    schema = policy_schema(KNOWN)
    defined = schema["$defs"]

    assert defined["Hooks"]["additionalProperties"] is False
    assert "additionalProperties" not in defined["CommitGuard"]
    assert "default" not in defined["CommitGuard"]["properties"]["mode"]
    assert defined["CommitGuard"]["properties"]["mode"]["enum"] == ["warn", "block", "off"]
    assert defined["Hooks"]["properties"]["severity"]["anyOf"][0]["propertyNames"] == {"enum": sorted(KNOWN)}
