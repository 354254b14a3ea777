"""Two patterns overlap exactly if some path belongs to both, and such a path is shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.pathglob import PatternSet
from spec_kitty_hooks.scaffold.overlap import find_common_path

SEGMENTS = st.sampled_from(
    ["a", "b", "ab", "a.py", "*", "*.py", "a*", "*b", "?", "a?", "[ab]", "[!a]", "[a-c]b", "**", "*a*b", r"\*", r"\a"]
)
PATTERNS = st.builds(
    lambda segments, tail: "/".join(segments) + tail,
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(["", "/", "/**"]),
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "cb", "a.py", "b.py", "aab", "x"]), min_size=1, max_size=5)


def owns(pattern: str, path: bytes) -> bool:
    return PatternSet([pattern]).match(path) is not None


@settings(max_examples=500)
@given(PATTERNS, PATTERNS)
def test_the_path_that_is_shown_belongs_to_both(one: str, other: str) -> None:
    path = find_common_path(one, other)
    if path is not None:
        assert owns(one, path), path
        assert owns(other, path), path


@settings(max_examples=500)
@given(PATTERNS, PATTERNS, PATHS)
def test_patterns_that_share_a_path_overlap(one: str, other: str, names: list[str]) -> None:
    path = "/".join(names).encode()
    if owns(one, path) and owns(other, path):
        assert find_common_path(one, other) is not None


@given(PATTERNS, PATTERNS)
def test_overlap_is_symmetric(one: str, other: str) -> None:
    assert (find_common_path(one, other) is None) == (find_common_path(other, one) is None)


@given(PATTERNS)
def test_a_pattern_overlaps_itself(pattern: str) -> None:
    assert find_common_path(pattern, pattern) is not None


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        ("src/csvx/writer.py", "src/csvx/**", b"src/csvx/writer.py"),
        ("src/csvx/**", "src/csvx/cli/**", b"src/csvx/cli/x"),
        ("src", "src/a/b.py", b"src/a/b.py"),
        ("src/*.py", "src/main.*", b"src/main.py"),
        ("**/a*.md", "docs/**", b"docs/a.md"),
        ("src/**/test_*.py", "src/*/test_a.py", b"src/x/test_a.py"),
        ("src/a/", "src/a/x.py", b"src/a/x.py"),
        ("app/[id]/page.tsx", "app/[id]", b"app/[id]/page.tsx"),
        (r"app/\[id\]/page.tsx", "app/[id]/page.tsx", b"app/[id]/page.tsx"),
        ("./src/a.py", "src//a.py", b"src/a.py"),
        ("src/é.py", "src/?*.py", "src/é.py".encode()),
    ],
)
def test_what_overlaps(one: str, other: str, path: bytes) -> None:
    assert find_common_path(one, other) == path
    assert owns(one, path)
    assert owns(other, path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("src/a/**", "src/b/**"),
        ("src/stats", "src/statistics/x.py"),  # the client's prefix rule calls this an overlap
        ("src/*.py", "src/a/b.py"),  # and this: its star crosses a slash
        ("docs/*.md", "docs/*/**"),
        ("src/a.py", "src/a.pyc"),
        ("src/a/", "src/a"[:-1] + "b"),
        ("src/[ab].py", "src/[cd].py"),
        ("src/[!a]", "src/a"),
        ("a/**/b", "a/**/c"),
        ("**/x.py", "**/y.py"),
        ("/src/a", "src/a"),
        ("../a", "../a"),
        ("", ""),
        ("src/[/]x", "src/*"),
    ],
)
def test_what_does_not_overlap(one: str, other: str) -> None:
    assert find_common_path(one, other) is None


def test_a_directory_and_a_file_of_the_same_name_overlap_only_below() -> None:
    assert find_common_path("src/a", "src/a/") == b"src/a/x"


def test_patterns_over_a_limit_own_nothing() -> None:
    assert find_common_path("a" * (limits.PATTERN_BYTES + 1), "**") is None


def test_the_longest_patterns_are_compared_without_recursion() -> None:
    deep = "/".join(["**", "a*"] * (limits.PATTERN_SEGMENTS // 2))
    assert find_common_path(deep, deep.replace("a*", "*b")) is not None
