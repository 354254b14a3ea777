"""What the matcher refuses to read, and what the rest may cost: tests of one item are counted, no clock is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from support.globs import owns

from spec_kitty_hooks import limits
from spec_kitty_hooks.pathglob import PatternSet, _path_groups, match_upstream, read_tokens
from spec_kitty_hooks.spans import spans


def test_patterns_over_a_limit_are_problems_and_never_match() -> None:
    long = "a" * (limits.PATTERN_BYTES + 1)
    wide = "é" * (limits.PATTERN_BYTES // 2 + 1)
    deep = ["a/" * limits.PATTERN_SEGMENTS + name for name in ("a", "~", "*")]
    patterns = PatternSet([long, "fits", wide, *deep])
    assert patterns.patterns == (long, "fits", wide, *deep)
    assert patterns.problems == (long, wide, *deep)
    assert [pattern for pattern in patterns.problems if patterns.match(pattern.encode())] == []
    assert patterns.match(b"fits") == "fits"
    assert not match_upstream(long, long.encode())


def test_patterns_at_the_limits_are_used() -> None:
    for pattern in (
        "a" * limits.PATTERN_BYTES,
        "a/" * (limits.PATTERN_SEGMENTS - 1) + "a",
        "a/" * limits.PATTERN_SEGMENTS,
    ):
        patterns = PatternSet([pattern])
        assert patterns.problems == ()
        assert patterns.match(pattern.encode() + b"/x") == pattern


def test_no_more_patterns_are_used_than_the_limit_allows() -> None:
    names = [f"file{number}" for number in range(limits.PATTERNS + 2)]
    patterns = PatternSet(iter(names))
    assert patterns.problems == tuple(names[-2:])
    assert [patterns.match(name.encode()) for name in names[-3:]] == [names[-3], None, None]


# -- cost


Item = TypeVar("Item")


class Counted(list[Item]):
    """The names of a path or the codes of a name, counting how often one is looked at."""

    looks = 0

    def __getitem__(self, at: object) -> Item:  # type: ignore[override]
        self.looks += 1
        assert self.looks < 100_000, "far from linear"
        return super().__getitem__(at)  # type: ignore[call-overload, no-any-return]


Groups = Sequence[Sequence[Callable[[bytes], bool]]]


def spans_by_trying_all(groups: Groups, items: Counted[bytes], at: int = 0) -> bool:
    """Match as a naive matcher does: every length of every gap, one after the other."""
    group, *others = groups
    if len(items) - at < len(group) or not all(test(items[at + place]) for place, test in enumerate(group)):
        return False
    at += len(group)
    if not others:
        return at == len(items)
    return any(spans_by_trying_all(others, items, start) for start in range(at, len(items) + 1))


def count_looks(matches: Callable[[Groups, Counted[bytes]], bool], stars: int, length: int) -> int:
    """Return the looks at names that a hopeless `**/a/b/**/a/b/.../**/z/**/c` takes on a path of `length` names."""
    groups = _path_groups([b"**", b"a", b"b"] * stars + [b"**", b"z", b"**", b"c"], below=False)
    items = Counted([b"a", b"a", b"b"] * (length // 3) + [b"c"])
    assert not matches(groups, items)
    return items.looks


def test_the_cost_of_two_hundred_double_stars_is_linear_in_the_path() -> None:
    looks = [count_looks(spans, 200, length) for length in (600, 1_200, 2_400)]
    assert looks[0] > 600, "gave up before the work began"
    assert looks[2] <= 2_400 * 3 + 10
    assert looks[2] <= looks[1] * 2 + 10 <= looks[0] * 4 + 30


def test_the_count_catches_a_matcher_that_tries_everything() -> None:
    assert spans_by_trying_all(_path_groups([b"**", b"a"], below=False), Counted([b"b", b"a"]))
    with pytest.raises(AssertionError, match="far from linear"):
        count_looks(spans_by_trying_all, 20, 120)


def test_a_row_of_brackets_that_nothing_closes_is_searched_for_the_end_of_a_class_once() -> None:
    codes = Counted(b"[" * limits.PATTERN_BYTES)
    assert read_tokens(codes, git=True) == [*codes]
    assert codes.looks <= 10 * limits.PATTERN_BYTES


def count_tests(matches: Callable[[Groups, Sequence[bytes]], bool]) -> int:
    """Return how often an item is tested for a `*`, a thousand different `?` and `b*` over 4,096 times `a`."""
    calls = 0

    def make_test(answer: bool) -> Callable[[bytes], bool]:
        def test(_item: bytes) -> bool:
            nonlocal calls
            calls += 1
            return answer

        return test

    group = [*(make_test(True) for _ in range(1_000)), make_test(False)]
    assert not matches([[], group, []], [b"a"] * 4_096)
    return calls


def spans_by_trying_every_place(groups: Groups, items: Sequence[bytes]) -> bool:
    """Match the one group in the middle as a plain search does: at every place from its beginning."""
    group = groups[1]
    last = len(items) - len(group)
    return any(all(test(items[at + place]) for place, test in enumerate(group)) for at in range(last + 1))


def test_a_long_group_is_not_tried_again_at_every_place() -> None:
    assert count_tests(spans) == 1_001


def test_the_count_catches_a_matcher_that_tries_every_place() -> None:
    assert count_tests(spans_by_trying_every_place) > 1_000_000


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("**/a/" * 63 + "b", "a/" * 2_000 + "c"),
        ("**/a*a/" * 63 + "b", "aa/" * 1_300 + "c"),
        ("a*" * 500 + "b", "a" * 4_096),
        ("*" + "a" * 1_000 + "b*", "a" * 4_096),
        ("*" + "?" * 1_000 + "b*", "a" * 4_096),
        ("**/" + "?/" * 126 + "b/**", "a/" * 2_047 + "c"),
        ("[" * 1_000 + "*b", "a" * 4_096),
        ("*" + "[!b]" * 200 + "b*", "a" * 4_096),
    ],
)
def test_hostile_patterns_come_to_an_end(pattern: str, path: str) -> None:
    assert not owns(pattern, path)
    assert not match_upstream(pattern.replace("/", ""), path.encode())
