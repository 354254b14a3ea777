"""plainyaml answers as PyYAML does, or not at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_kitty_hooks.mission import plainyaml
from spec_kitty_hooks.mission.plainyaml import Plain, Scalar, is_null

WORDS = ("a", "WP01", "src/**", "x:y", "a#b", "true", "null", "~", "-1", "'", '"', "it's", "é", "a  b", "12:30", "<<")
PIECES = (
    *WORDS,
    *("- ", "-", ": ", ":", " #", "# c", " ", "  ", "\n", "\n", "\n  ", "\n- ", "\n  - ", "\n    ", "a: ", "\nb: "),
    *(
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "'a b'",
        '"q"',
        "''",
        '""',
        '"\\n"',
        "'it''s'",
        "|",
        ">",
        "&x ",
        "*x",
        "!t ",
        "%",
        "@",
    ),
    *(
        "\t",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "\x00",
        "---",
        "...",
        "? ",
        "-x: ",
        "\n---: ",
        "...: ",
        "[-",
        "[-x",
        "\n---\n",
        "\n...\n",
        "[]",
        "{}",
        "[a, b]",
    ),
)


def shape(value: object) -> object:
    """What an answer says, without our types: scalars become (text, unquoted)."""
    if isinstance(value, dict):
        return [(str(key), shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    assert isinstance(value, Scalar)
    return str(value), isinstance(value, Plain)


def reference(text: str) -> object:
    """The same from PyYAML's own tree, nothing resolved; None for what a strict reader must not take."""
    try:
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError):
        return None
    if any(getattr(event, "anchor", None) or getattr(event, "tag", None) for event in events):
        return None
    return of_node(root)


def of_node(node: Any) -> object:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _value in node.value]
        if len(set(map(str, keys))) != len(keys):
            return None
        return [(key.value, of_node(value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [of_node(item) for item in node.value]
    return node.value, node.style is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: b", {"a": "b"}),
        ("a: b\n", {"a": "b"}),
        ("a:\nb: c", {"a": "", "b": "c"}),
        ("a:   # nothing\nb: c # something\n", {"a": "", "b": "c"}),
        ("# head\n\na: x#y\n  # between\nb: http://x/#y\n", {"a": "x#y", "b": "http://x/#y"}),
        ("a:\n- b\n- c d\ne: f", {"a": ["b", "c d"], "e": "f"}),
        ("a:\n  - b\n  - 'it''s'\n  - \"q: r\"", {"a": ["b", "it's", "q: r"]}),
        ("a:\n- b: c\n  d: e\n- b: f", {"a": [{"b": "c", "d": "e"}, {"b": "f"}]}),
        ("a:\n-   b: c\n    d:\n    - e\n", {"a": [{"b": "c", "d": ["e"]}]}),
        ("a:\n  b:\n    c: d\n  e: f\ng: h", {"a": {"b": {"c": "d"}, "e": "f"}, "g": "h"}),
        ("a: []\nb: {}\nc: [x, 'y, z', [w]]", {"a": [], "b": {}, "c": ["x", "y, z", ["w"]]}),
        ('p: {g: {mode: block}, h: [src/**, "*"]} # c', {"p": {"g": {"mode": "block"}, "h": ["src/**", "*"]}}),
        ("a: -1\nb: '---'\nc: ---", {"a": "-1", "b": "---", "c": "---"}),
        ("a: ''\nb: \"\"", {"a": "", "b": ""}),
        ("a: \u2192 \u00e9", {"a": "\u2192 \u00e9"}),
    ],
)
def test_the_plain_subset_is_read(text: str, values: dict[str, object]) -> None:
    found = plainyaml.parse(text)

    assert found == values
    assert shape(found) == reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "- a",
        "just text",
        "---\na: b",
        "a: b\n---\nc: d",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b",
        " a: b",
        "a: b\na: c",
        "a: {b: c, b: d}",
        "a: &x b",
        "a: *x",
        "a: !t b",
        "a: |\n  b",
        "a: >-\n  b",
        "a: b\n  c",
        "a:\n  b",
        "a: 'b\n  c'",
        "a: 'b' c",
        "a: 'b'#c",
        'a: "b\\n"',
        'a: "b',
        "a: 'b",
        "a: b: c",
        "a: b:",
        "a: - b",
        "a: -",
        "a:\tb",
        "a: b\tc",
        "a: b\rc",
        "a: b\u2028c",
        "\ufeffa: b",
        "? a\n: b",
        "a b: c",
        "'a': b",
        "<<: {a: b}",
        "[a]: b",
        "a: [b",
        "a: [b, ]",
        "a: [b c: d]",
        "a: [b #c]",
        "a: [{b}]",
        "a: [b?]",
        "a: [- b]",
        "a: [-]",
        "a: {b: }",
        "a: {b:c}",
        "a: {b, c: d}",
        "a: [b]]",
        "a: [b}",
        "a: {'b': c}",
        "a:\n-\n  b",
        "a:\n- - b",
        "a:\n- # c\n  b",
        "a:\n  b: c\n d: e",
        "a:\n    b: c\n  d: e",
        "a:\n- b\n c: d",
        "a:\n- b: c\n   d: e",
        "<<<<<<< HEAD\na: b",
        "k" * 600 + ": v",
    ],
)
def test_everything_else_is_left_to_others(text: str) -> None:
    assert plainyaml.parse(text) is None


def test_depth_and_size_are_left_to_the_strict_reader() -> None:
    deep = "".join(f"{'  ' * level}k:\n" for level in range(16))
    assert plainyaml.parse(deep) is not None
    assert plainyaml.parse(deep + "  " * 16 + "k: v\n") is None
    assert plainyaml.parse("a: " + "[" * 15 + "]" * 15) is not None
    assert plainyaml.parse("a: " + "[" * 16 + "]" * 16) is None
    for head in ("", "b:\n"):
        items = head + "".join(f"{'    ' * level}- k:\n" for level in range(9))
        assert plainyaml.parse("a:\n" + "".join(f" {line}\n" for line in items.splitlines())) is None
    assert plainyaml.parse("a:\n" + "- b\n" * 2_000) is not None
    assert plainyaml.parse("a:\n" + "- b\n" * 10_000) is None


def test_scalars_know_their_quotes_and_keys_their_line() -> None:
    found = plainyaml.parse("a: false\n\n# c\nb:\n- x: 'false'\n")
    assert found is not None
    item = found["b"][0]  # type: ignore[index]

    assert isinstance(found["a"], Plain)
    assert not isinstance(item["x"], Plain)
    assert [getattr(key, "line", 0) for key in (*found, *item)] == [1, 4, 5]
    assert item["x"].line == 5


def test_null_is_a_word_without_quotes() -> None:
    assert all(is_null(Plain(word)) for word in ("", "~", "null", "Null", "NULL"))
    others: tuple[object, ...] = (Scalar(""), Plain("none"), "", None, [], {})
    assert not any(is_null(value) for value in others)


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_an_answer_is_pyyamls_answer_for_any_text(text: str) -> None:
    found = plainyaml.parse(text)

    if found is not None:
        assert shape(found) == reference(text)


KEYS = st.from_regex(re.compile(r"[a-z_][a-z0-9_]{0,5}", re.ASCII), fullmatch=True)
SCALARS = st.one_of(
    st.sampled_from(WORDS), st.text("ab01 '\"#:-,[]{}*&!|>%@~?\\/.é\u2028\n\t", max_size=12), st.just("[]")
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=200)
@given(
    st.dictionaries(KEYS, TREES, min_size=1, max_size=5), st.sampled_from((True, False, None)), st.integers(40, 4000)
)
def test_an_answer_is_pyyamls_answer_for_what_pyyaml_writes(tree: object, flow: bool | None, width: int) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, width=width, allow_unicode=True, sort_keys=False)
    found = plainyaml.parse(text)

    if found is not None:
        assert shape(found) == reference(text)


@given(
    st.dictionaries(
        KEYS, st.one_of(st.sampled_from(("a", "src/**", "WP 1")), st.lists(st.sampled_from(("b", "it's", "1"))))
    ).filter(bool)
)
def test_plain_heads_as_pyyaml_writes_them_take_the_fast_path(tree: dict[str, object]) -> None:
    assert plainyaml.parse(yaml.safe_dump(tree, sort_keys=False)) is not None


def test_the_fast_path_reads_at_least_95_percent_of_real_heads_as_pyyaml_does(corpus: Path) -> None:
    heads = [
        re.split(r"^---\s*$", file.read_text("utf-8"), maxsplit=2, flags=re.MULTILINE)[1]
        for file in sorted((corpus / "kitty-specs").glob("*/tasks/WP*.md"))
    ]
    answers = [(head, plainyaml.parse(head)) for head in heads]
    fast = [(head, found) for head, found in answers if found is not None]

    assert len(heads) > 300
    assert len(fast) >= 0.95 * len(heads)
    assert all(shape(found) == reference(head) for head, found in fast)
