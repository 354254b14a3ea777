"""Laws of the `owned_files` dialect (design 4), for patterns and paths that nobody thought of."""

from __future__ import annotations

import random

from hypothesis import assume, example, given
from hypothesis import strategies as st
from support.globs import owns

from spec_kitty_hooks.pathglob import PatternSet, match_upstream, specificity

SPECIAL = "*?[]!^-\\"
names = st.text(
    st.sampled_from("abé." + SPECIAL) | st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=6
)
path_names = st.lists(names.filter(lambda name: name not in (".", "..")), min_size=1, max_size=5)
plain_names = st.lists(
    st.text("ab.é", min_size=1, max_size=3).filter(lambda name: name not in (".", "..")), min_size=1, max_size=5
)
pattern_names = st.lists(
    st.sampled_from(("a", "b", "*", "?", "**", "*a", "[ab]", "[!a]", "a*b", "\\a")), min_size=1, max_size=5
)
short_paths = st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=5).map("/".join)


@given(st.lists(st.text(st.characters(categories=None), max_size=12), max_size=4), st.binary(max_size=20))
@example(["**", "*"], b"")
@example(["**", "*", "a/**"], b"a//")
def test_no_pattern_and_no_path_raises_and_the_named_pattern_owns_the_path_by_itself(
    patterns: list[str], path: bytes
) -> None:
    named = PatternSet(patterns).match(path)
    assert (named is not None) == any(owns(pattern, path) for pattern in patterns)
    assert named is None or (named in patterns and owns(named, path))
    assert all(
        len(specificity(pattern)) in (0, 4) and match_upstream(pattern, path) in (True, False) for pattern in patterns
    )


@given(path_names)
def test_the_text_of_a_path_and_of_each_leading_directory_owns_it(parts: list[str]) -> None:
    path = "/".join(parts)
    for depth in range(1, len(parts) + 1):
        pattern = "/".join(parts[:depth])
        assert PatternSet([pattern]).match(path.encode()) == pattern


@given(path_names)
def test_a_path_with_every_special_character_escaped_owns_it_and_its_subtree(parts: list[str]) -> None:
    path = "/".join(parts)
    escaped = "".join("\\" + letter if letter in SPECIAL else letter for letter in path)
    assert owns(escaped, path)
    assert owns(escaped, path + "/below")
    assert not owns(escaped, path + "x")


@given(pattern_names, short_paths)
def test_a_leading_dot_slash_is_dropped(parts: list[str], path: str) -> None:
    assert owns("./" + "/".join(parts), path) == owns("/".join(parts), path)


@given(pattern_names, short_paths)
def test_a_slash_at_the_end_covers_the_subtree_and_nothing_else(parts: list[str], path: str) -> None:
    pattern = "/".join(parts)
    above = [path[:at] for at, letter in enumerate(path) if letter == "/"]
    assert owns(pattern + "/", path) == owns(pattern + "/**", path)
    if parts[-1] != "**":  # which may be no segment at all: `a/**/` is `a/`
        assert owns(pattern + "/", path) == any(owns(pattern, directory) for directory in above)


@given(pattern_names, short_paths, st.integers(0, 5))
def test_two_stars_put_in_anywhere_only_widen(parts: list[str], path: str, at: int) -> None:
    assume(at < len(parts))
    assume(any(name not in ("a", "b", "\\a") for name in parts))  # a literal owns what is below it as well
    if owns("/".join(parts), path):
        assert owns("/".join([*parts[:at], "**", *parts[at:]]), path)


@given(plain_names, plain_names, path_names)
def test_two_stars_stand_for_any_number_of_segments(head: list[str], tail: list[str], between: list[str]) -> None:
    pattern = "/".join([*head, "**", *tail])
    assert owns(pattern, "/".join(head + tail))
    assert owns(pattern, "/".join(head + between + tail))


@given(pattern_names, short_paths)
def test_a_pattern_without_two_stars_and_literals_needs_as_many_segments_as_it_has(parts: list[str], path: str) -> None:
    assume("**" not in parts and any(name in ("*", "?", "*a", "[ab]", "[!a]", "a*b") for name in parts))
    if owns("/".join(parts), path):
        assert path.count("/") == len(parts) - 1


@given(st.lists(pattern_names.map("/".join), max_size=5), short_paths, st.randoms(use_true_random=False))
def test_the_order_of_patterns_never_decides_whether_a_path_is_owned(
    patterns: list[str], path: str, chance: random.Random
) -> None:
    shuffled = chance.sample(patterns, len(patterns))
    first, second = PatternSet(patterns), PatternSet(shuffled)
    assert (first.match(path.encode()) is None) == (second.match(path.encode()) is None)
    assert first.match(path.encode()) == PatternSet(patterns).match(path.encode())
