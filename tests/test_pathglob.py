"""The `owned_files` dialect by example (design 4); tests/test_pathglob_git.py holds it against the real git."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.globs import TABLE, owns

from spec_kitty_hooks.pathglob import PatternSet, split_names


@pytest.mark.parametrize(("pattern", "path", "sense"), [row[:3] for row in TABLE if row[2] is not None])
def test_the_matcher_has_common_sense(pattern: str, path: str, sense: bool) -> None:
    assert owns(pattern, path) is sense


@pytest.mark.parametrize(
    ("pattern", "owned", "not_owned"),
    [
        ("src", ("src", "src/a", "src/a/b"), ("srcs", "a/src", "sr")),
        ("src/a.py", ("src/a.py", "src/a.py/evil.py"), ("src/a.pyi", "src")),
        ("src/", ("src/a", "src/a/b"), ("src",)),
        ("src/**", ("src/a", "src/a/b"), ("src", "srcs/a")),
        ("src/**/", ("src/a", "src/a/b"), ("src",)),
        ("src/*/", ("src/a/b", "src/a/b/c"), ("src/a", "src")),
        ("**", ("a", "a/b/c"), ()),
        ("**/a", ("a", "b/a", "b/c/a"), ("a/b", "ba")),
        ("a/**/b", ("a/b", "a/x/b", "a/x/y/b"), ("a/xb", "a", "b")),
        ("a/**/**/b", ("a/b", "a/x/b"), ("ab",)),
        ("**/a/**", ("a/x", "b/a/x", "b/a/x/y"), ("a", "b/a", "b/x")),
        ("**/a/**/b/**", ("a/b/x", "a/x/b/y"), ("a/b", "a/x/b")),
        ("a/***/b", ("a/b", "a/x/y/b"), ()),
        ("a**b", ("ab", "axb", "a**b"), ("a/b", "a/x/b")),
        ("**b", ("b", "ab"), ("a/b",)),
        ("a/~*", ("a/~", "a/~b"), ("a/b", "a/~b/c")),
        ("a~/", ("a~/b",), ("a/b", "a~")),
        ("*ab*", ("ab", "xaby"), ("aa", "ba", "bb")),
        ("?", ("a", "?"), ("é", "ab")),
        ("??", ("é", "ab"), ("a",)),
        ("[a-c]x", ("ax", "cx"), ("dx", "-x")),
        ("[a-c][d-f]", ("ad", "cf"), ("a[d-f]", "da")),
        ("[xa-c]y", ("xy", "by"), ("dy", "wy")),
        ("[a-]x", ("ax", "-x"), ("bx",)),
        ("[]a]x", ("]x", "ax"), ("x",)),
        ("[!]a]x", ("bx",), ("]x", "ax")),
        ("[^a]x", ("bx", "^x"), ("ax",)),
        ("[a^]x", ("^x", "ax"), ("bx",)),
        ("[\\]\\-]x", ("]x", "-x"), ("\\x",)),
        ("[z-a]x", ("zx",), ("ax", "bx")),
        ("docs/[section/**", ("docs/[section/a",), ("docs/s/a",)),
        ("[", ("[", "[/a"), ("a",)),
        ("[a-", ("[a-",), ("a", "-", "b")),
        ("[[[a", ("[[[a",), ("a",)),
        ("x[a/b]y", ("x[a/b]y",), ("xay", "xby")),
        ("src/\\[id\\]", ("src/[id]", "src/[id]/page.tsx"), ("src/i",)),
        ("src//[id]", ("src/[id]", "src/i"), ("src~/[id]",)),
        ("\\*", ("*",), ("a",)),
        ("a\\/b", ("a/b", "a\\/b"), ("a", "ab")),
        ("a\\\\/b", ("a\\/b",), ("a/b",)),
        ("a\\\\\\/b", ("a\\/b",), ("a/b",)),
        ("*\\\\/b", ("x\\/b",), ("x/b", "*\\/b/c")),
        ("ab~\\/c", ("ab~/c",), ("ab/c", "ab~")),
        ("*\\", ("x\\",), ("x",)),
        ("!a", ("!a",), ("a", "b")),
        ("{a,b}", ("{a,b}",), ("a",)),
        ("././a//b/./c", ("a/b/c",), ("./a/b/c",)),
        ("foo..bar", ("foo..bar",), ()),
    ],
)
def test_the_dialect_by_example(pattern: str, owned: Sequence[str], not_owned: Sequence[str]) -> None:
    assert [path for path in owned if not owns(pattern, path)] == []
    assert [path for path in not_owned if owns(pattern, path)] == []


@pytest.mark.parametrize("pattern", ["", ".", "./", "/", "/src/a", "//a", "..", "../a", "src/../a", "a/..", "\ud800"])
def test_a_pattern_that_names_nothing_inside_the_repository_matches_nothing(pattern: str) -> None:
    paths = [b"a", b"src/a", b"src/../a", b"..", b"../a", b".", b"", b"/", "\ud800".encode("utf-8", "surrogatepass")]
    assert [path for path in paths if owns(pattern, path)] == []
    assert split_names(pattern) == []
    assert PatternSet([pattern]).problems == ()


def test_a_directory_asked_for_with_a_slash_is_owned_by_patterns_of_its_subtree() -> None:
    for pattern in ("lib", "lib/", "lib/**", "l*", "**"):
        assert owns(pattern, "lib/"), pattern
    for pattern in ("lib/*", "lib/**/a", "li", "a/lib"):
        assert not owns(pattern, "lib/"), pattern
    assert not owns("lib", "lib~/")


def test_paths_and_patterns_that_are_not_utf8_meet_byte_by_byte() -> None:
    pattern = b"src/\xff*.py".decode("utf-8", "surrogateescape")
    assert owns(pattern, b"src/\xffa.py")
    assert not owns(pattern, b"src/\xfea.py")
    assert owns("src/?.py", b"src/\xfe.py")


def test_the_text_of_a_pattern_stands_for_itself_without_its_dot_and_slash() -> None:
    r"""A directory's name may end in a backslash, which git takes for an escaped slash in a pattern."""
    pattern = "./odd\\/x/"
    assert PatternSet([pattern]).match(b"odd\\/x/y") == pattern


def test_an_empty_path_is_owned_by_nobody() -> None:
    assert PatternSet(["**", "*", "**/"]).match(b"") is None
