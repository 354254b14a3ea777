"""strictyaml reads YAML without trusting it: text only, and any bytes give values or a problem with its line."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import plainyaml
from spec_kitty_hooks.mission.plainyaml import Plain
from spec_kitty_hooks.mission.strictyaml import load

BILLION = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in ("ab", "bc", "cd", "de", "ef", "fg")
)


def read(text: str, section: str = "") -> object:
    return load(text.encode(), 100_000, section).values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("---\n", {}),
        ("null", {}),
        ("---\na: b\n", {"a": "b"}),
        ("a: b\n...\n", {"a": "b"}),
        ("a:\n  long words\n  folded\n", {"a": "long words folded"}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ('a: "caf\\u00e9 \\u2192"', {"a": "caf\u00e9 \u2192"}),
        ("a: [b,\n  c]", {"a": ["b", "c"]}),
        ("'a b': no", {"a b": "no"}),
        ("a:\n- - b\n  - c", {"a": [["b", "c"]]}),
        ("a: {b: }", {"a": {"b": ""}}),
        ("? a\n: b", {"a": "b"}),
        ("a: 2026-01-01\nb: 0x1F\nc: !!\n", None),
        ("'<<': b", {"<<": "b"}),
    ],
)
def test_what_is_not_plain_is_read_as_text(text: str, values: object) -> None:
    assert plainyaml.parse(text) is None
    assert read(text) == values


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: b\nc: &x d", 2, "anchors"),
        ("a: b\nc: *x", 2, "anchors"),
        (BILLION, 1, "anchors"),
        ("a: !!python/object/apply:os.system ['true']", 1, "tags"),
        ("a: ! b", 1, "tags"),
        ("a: b\nc: d\na: e", 3, "`a` appears twice"),
        ("a: b\nc:\n  d: e\n  'd': f", 4, "`d` appears twice"),
        ("a: {b: c, b: d}", 1, "`b` appears twice"),
        ("a:\n  <<: {b: c}", 2, "merge keys"),
        ("a: b\n---\nc: d", 2, "more than one document"),
        ("- a\n- b", 1, "not a mapping"),
        ("words", 1, "not a mapping"),
        ("? [a]\n: b", 1, "a key must be a word"),
        ("? {a: b}\n: c", 1, "a key must be a word"),
        ("a: b\nc: [d", 2, "not YAML"),
        ("a: b\n\tc: d", 2, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("a: b\nc: \x00", 2, "control character"),
        ("a: b\nc: \x1b[31m", 2, "control character"),
        ('a: b\nc: "\\U7fffffff"', 2, "escape"),
        ('a: b\nc: "\\ud800"', 2, "escape"),
        ("a: b\n<<<<<<< HEAD\nc: d\n=======\nc: e\n>>>>>>> x\n", 2, "merge conflict"),
        ("a: " + "[" * 100_000, 1, "bytes"),
        ("a: " + "[" * 90_000, 1, "nested deeper"),
        ("".join(f"{' ' * level}k:\n" for level in range(300)), 17, "nested deeper"),
        ("- " * 40_000 + "a", 1, "nested deeper"),
        ("? " * 40_000 + "a", 1, "a key must be a word"),
        ("a:\n" + "- b\n" * 10_000, 9_999, "more than 10000 values"),
        ("a: [" + "b, " * 20_000 + "]", 1, "more than 10000 values"),
    ],
)
def test_the_rest_is_a_problem_with_its_line(text: str, line: int, words: str) -> None:
    loaded = load(text.encode(), 100_000)

    assert loaded.values is None
    assert words in loaded.problem
    assert loaded.line == (0 if "bytes" in words else line)


def test_bytes_that_are_not_utf8_are_a_problem_with_their_line() -> None:
    loaded = load(b"a: b\nc: d\ne: \xff\n", 100)

    assert (loaded.values, loaded.problem, loaded.line) == (None, "it is not UTF-8", 3)
    assert load("a: b".encode("utf-16"), 100).values is None


@pytest.mark.parametrize("text", ["a: b\nc:\n- d\n", 'a: "b"\nc: |\n  d\n', "a: b\nc: &x d\n", "a: [\n"])
def test_byte_order_mark_and_crlf_change_nothing(text: str) -> None:
    plain = load(text.encode(), 100)

    assert load(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), 100) == plain


def test_nodes_and_depth_are_accepted_up_to_the_limit() -> None:
    assert load(("---\n" + "a: " + "[" * 15 + "]" * 15).encode(), 100).problem == ""
    assert "deeper" in load(("---\n" + "a: " + "[" * 16 + "]" * 16).encode(), 100).problem
    items = limits.YAML_NODES - 3  # beside them the mapping, its key and the list
    assert load(("a:\n" + "- b\n" * items).encode(), 100_000).problem == ""
    assert "values" in load(("a:\n" + "- b\n" * (items + 1)).encode(), 100_000).problem


def test_scalars_keep_quotes_and_lines_on_the_slow_path_too() -> None:
    loaded = load(b"---\na: false\nb: 'false'\nc: >\n  d\n", 100)
    assert loaded.values is not None

    assert [isinstance(value, Plain) for value in loaded.values.values()] == [True, False, False]
    assert [key.line for key in loaded.values] == [2, 3, 4]  # type: ignore[attr-defined]


def test_one_section_is_read_strictly_whatever_stands_in_the_others() -> None:
    foreign = "x: &a [1, {<<: *b, b: &b c, b: d}]\ny: *a\nz: !t {[k]: v}\n"

    for text in (f"{foreign}policy:\n  m: n\n", f"policy:\n  m: n\n{foreign}"):
        assert "anchors" in load(text.encode(), 1_000).problem
        values = load(text.encode(), 1_000, "policy").values
        assert values is not None
        assert values["policy"] == {"m": "n"}
        assert [values[key] for key in "xyz"] == [None, None, None]
    assert "anchors" in load(f"{foreign}policy: *a\n".encode(), 1_000, "policy").problem
    assert "twice" in load(f"policy: a\n{foreign}policy: b\n".encode(), 1_000, "policy").problem
    assert "deeper" in load(f"x: &a {'[' * 20}{']' * 20}\n".encode(), 1_000, "policy").problem
    assert "not YAML" in load(f"policy: a\n{foreign}w: ]\n".encode(), 1_000, "policy").problem


@given(st.binary(max_size=60) | st.text("ab:- \n[]{}'\"&*!|>#%?\\\t\x00é<", max_size=40).map(str.encode))
def test_any_bytes_give_values_or_a_problem(data: bytes) -> None:
    loaded = load(data, 50)

    assert (loaded.values is None) == bool(loaded.problem)
    assert 0 <= loaded.line <= data.count(b"\n") + data.count(b"\r") + 1


LEAVES = st.text("ab1 :#'\"-\n", max_size=6)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(LEAVES.filter(lambda key: key != "<<"), TREES, max_size=4))
def test_what_pyyaml_writes_comes_back(tree: dict[str, object]) -> None:
    text = yaml.dump(tree, Dumper=_NoAliases, default_style='"', sort_keys=False)

    assert load(text.encode(), 100_000).values == tree


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def test_plain_text_is_read_without_importing_yaml_or_re() -> None:
    code = (
        "import sys; sys.path[:0] = [sys.argv[1]]; from spec_kitty_hooks.mission import frontmatter, policy, identity;"
        "policy.read_policy(b'policy:\\n  hooks: {sync: auto}\\n', ());"
        "identity.read_mission('a', b'{}', b'{}');"
        "frontmatter.read_work_package(b'tasks/WP01.md', b'---\\r\\nowned_files: [a]\\r\\n---\\r\\n');"
        "print([m for m in ('yaml', 're', 'typing', 'json', 'enum', 'dataclasses', 'pydantic') if m in sys.modules])"
    )
    root = plainyaml.__file__.rpartition("spec_kitty_hooks")[0]
    out = subprocess.run([sys.executable, "-I", "-S", "-c", code, root], capture_output=True, text=True, check=True)

    assert out.stdout == "[]\n"
