"""Whether groups of tests, with gaps of any length between them, make up a sequence: what `*` and `**` have in common.

Pure, and linear in the sequence: a failed match is never tried again further on.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    Item = TypeVar("Item")
    Groups = Sequence[Sequence[Callable[[Item], bool]]]


def spans(groups: Groups[Item], items: Sequence[Item]) -> bool:
    """Tell whether the groups, in order and with any number of items between two of them, make up all of `items`.

    The same question for `*` over the bytes of a name and for `**` over the names of a path.
    """
    first, last = groups[0], groups[-1]
    start, end = len(first), len(items) - len(last)
    if len(groups) == 1:
        return end == 0 and _fits(first, items, 0)
    if not items or start > end or not (_fits(first, items, 0) and _fits(last, items, end)):
        return False
    return len(groups) == 2 or _occur(groups[1:-1], items, start, end)


def _fits(group: Sequence[Callable[[Item], bool]], items: Sequence[Item], at: int) -> bool:
    for test in group:
        if not test(items[at]):
            return False
        at += 1
    return True


def _occur(groups: Groups[Item], items: Sequence[Item], start: int, end: int) -> bool:
    """Tell whether the groups occur in `items[start:end]`, in order.

    Shift-And: bit n of `state` says that the first n tests are met, and a bit between two groups waits there. So an
    item costs a few operations on one number, however many places the groups may be at.
    """
    places: dict[Callable[[Item], bool], int] = {}
    done = waiting = 1
    for group in groups:
        for test in group:
            places[test] = places.get(test, 0) | done
            done <<= 1
        waiting |= done
    passed: dict[Item, int] = {}
    state = 1
    for at in range(start, end):
        item = items[at]
        if item not in passed:
            passed[item] = sum([bits for test, bits in places.items() if test(item)])
        state = (state & passed[item]) << 1 | state & waiting
    return state & done != 0
