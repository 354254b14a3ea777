"""The same rules twice: the reader of the commit path and the published models accept the same documents."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from support.policies import BLOCKED, CHOICES, CODES, FLAGS, KNOWN, NO_FLAGS, model_accepts, read

from spec_kitty_hooks.mission import policy_model, policyfields
from spec_kitty_hooks.mission.policy import Policy, read_policy, severity_of
from spec_kitty_hooks.mission.policy_model import policy_schema
from spec_kitty_hooks.model.findings import BLOCK, OFF, SEVERITIES, WARN

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
