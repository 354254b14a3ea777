"""Can one path belong to two patterns of `owned_files`? Answers with such a path, so that a person can check it.

Pure. The cost is bounded by the product of the two patterns' lengths; no regular expression is built from them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from spec_kitty_hooks.pathglob import is_any_depth, read_tokens, split_names

Code = int | Callable[[int], bool]  # a byte of a name, or a test of one
Segment = tuple[Code | None, ...]  # None is a star: any number of bytes
Reading = tuple[Segment | None, ...]  # None is `**`: any number of segments, also none
Part = TypeVar("Part")
Item = TypeVar("Item")
Point = tuple[int, int]

_ONE_SEGMENT: Segment = (None,)
_STAND_IN = b"x"
#: Bytes that may stand in a name, those that read well first.
_BYTES = bytes(dict.fromkeys((*b"xabcdefghijklmnopqrstuvwyz0123456789", *(c for c in range(1, 256) if c != 0x2F))))


def find_common_path(one: str, other: str) -> bytes | None:
    """Return a path that both patterns own (dialect of design 4), None if there is none.

    A pattern that can never match, or is over a limit, owns nothing. That the text of a pattern with `*` or `?` also
    stands for itself is left out: nobody names a directory `*.md`, and `docs/*.md` and `docs/*/**` would collide.
    """
    for left in _read(one):
        for right in _read(other):
            names = _SEGMENTS.meet(left, right)
            if names is not None:
                return b"/".join(names)
    return None


@lru_cache(maxsize=4096)
def _read(pattern: str) -> tuple[Reading, ...]:
    names = split_names(pattern)
    if not names:
        return ()
    segments = tuple(None if is_any_depth(name) else tuple(read_tokens(name, git=True)) for name in names)
    below = pattern.endswith("/")
    if all(isinstance(token, int) for segment in segments for token in segment or (None,)):
        return (_literal(segments, below),)
    found: list[Reading] = [_below(segments) if below or segments[-1] is None else segments]
    if not set(pattern) & set("*?\\"):
        found.append(_literal(tuple(tuple(name) for name in names), below))
    return tuple(found)


def _literal(segments: Reading, below: bool) -> Reading:
    """Return what a literal covers: itself and what is below it, with a `/` at its end only the latter."""
    return _below(segments) if below else (*segments, None)


def _below(segments: Reading) -> Reading:
    return (*segments, *((None,) if segments[-1] is not None else ()), _ONE_SEGMENT)


class Meeting(Generic[Part, Item]):
    """Finds a sequence of items that fits two patterns of parts, where None is any number of items.

    `join` gives an item that fits two parts, `show` one that fits a part; None if there is none.
    """

    def __init__(self, join: Callable[[Part, Part], Item | None], show: Callable[[Part], Item | None]) -> None:
        self._join = join
        self._show = show

    def meet(self, left: Sequence[Part | None], right: Sequence[Part | None]) -> list[Item] | None:
        """Return a shortest sequence that fits both, None if there is none."""
        start, goal = (0, 0), (len(left), len(right))
        came_from: dict[Point, tuple[Point, Item | None]] = {}
        waiting = deque([start])
        while waiting and goal not in came_from:
            here = waiting.popleft()
            for there, item in self._steps(left, right, here):
                if there not in came_from:
                    came_from[there] = here, item
                    waiting.append(there)
        if goal not in came_from:
            return None
        items: list[Item] = []
        point = goal
        while point != start:
            point, shown = came_from[point]
            items += [] if shown is None else [shown]
        return items[::-1]

    def _steps(
        self, left: Sequence[Part | None], right: Sequence[Part | None], here: Point
    ) -> Iterator[tuple[Point, Item | None]]:
        i, j = here
        a, b = (left[i] if i < len(left) else None), (right[j] if j < len(right) else None)
        item: Item | None = None
        if a is not None and b is not None:
            there, item = (i + 1, j + 1), self._join(a, b)
        elif a is not None and j < len(right):
            there, item = (i + 1, j), self._show(a)
        elif b is not None and i < len(left):
            there, item = (i, j + 1), self._show(b)
        else:
            there = here
        if item is not None:
            yield there, item
        if a is None and i < len(left):
            yield (i + 1, j), None
        if b is None and j < len(right):
            yield (i, j + 1), None


def _join_codes(one: Code, other: Code) -> int | None:
    return next((code for code in _BYTES if _fits(one, code) and _fits(other, code)), None)


def _show_code(token: Code) -> int | None:
    return next((code for code in _BYTES if _fits(token, code)), None)


def _fits(token: Code, code: int) -> bool:
    return token == code if isinstance(token, int) else token(code)


_CODES: Meeting[Code, int] = Meeting(_join_codes, _show_code)


def _join_segments(one: Segment, other: Segment) -> bytes | None:
    codes = _CODES.meet(one, other)
    return None if codes is None else bytes(codes) or _STAND_IN


def _show_segment(segment: Segment) -> bytes | None:
    return _join_segments(segment, _ONE_SEGMENT)


_SEGMENTS: Meeting[Segment, bytes] = Meeting(_join_segments, _show_segment)
