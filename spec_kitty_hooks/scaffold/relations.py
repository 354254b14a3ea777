"""What work packages have to do with each other: dependencies, their cycles, and files that several of them own.

Pure. Two work packages may own one file only if one depends on the other, so that they never work at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.scaffold.overlap import find_common_path

if TYPE_CHECKING:
    from spec_kitty_hooks.scaffold.models import PlanFinding
    from spec_kitty_hooks.scaffold.plan import PackageFile

Graph = Mapping[str, Sequence[str]]


class Overlap:
    """Two work packages that own one path: its two patterns, and the path itself as evidence."""

    def __init__(self, one: PackageFile, other: PackageFile, patterns: tuple[str, str], path: bytes) -> None:
        self.one = one
        self.other = other
        self.patterns = patterns
        self.path = path


def find_overlaps(packages: Sequence[PackageFile]) -> list[Overlap]:
    """Return one overlap for each pair of work packages that has any."""
    found = (_find_overlap(one, other) for one, other in combinations(packages, 2))
    return [overlap for overlap in found if overlap is not None]


def _find_overlap(one: PackageFile, other: PackageFile) -> Overlap | None:
    for left in one.head.owned_files:
        for right in other.head.owned_files:
            path = find_common_path(left, right)
            if path is not None:
                return Overlap(one, other, (left, right), path)
    return None


def find_cycle(graph: Graph) -> tuple[str, ...]:
    """Return one cycle, starting and ending at its least member; () if there is none. Deterministic, no recursion."""
    done: set[str] = set()
    for root in sorted(graph):
        way: list[str] = []
        waiting = [(root, iter(sorted(graph.get(root, ()))))] if root not in done else []
        way += [root] if waiting else []
        while waiting:
            node, rest = waiting[-1]
            following = next(rest, None)
            if following is None:
                done.add(node)
                waiting.pop()
                way.pop()
            elif following in way:
                cycle = way[way.index(following) :]
                start = cycle.index(min(cycle))
                return (*cycle[start:], *cycle[:start], cycle[start])
            elif following not in done:
                way.append(following)
                waiting.append((following, iter(sorted(graph.get(following, ())))))
    return ()


def find_ancestors(graph: Graph) -> dict[str, set[str]]:
    """Return for each node everything it depends on, directly or not; cycles do no harm."""
    found: dict[str, set[str]] = {}
    for node in graph:
        reached: set[str] = set()
        waiting = list(graph[node])
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(graph.get(name, ()))
        found[node] = reached
    return found


def check_dependencies(packages: Iterable[PackageFile], graph: Graph) -> Iterator[PlanFinding]:
    """Yield unknown dependencies, and a cycle if there is one."""
    by_id = {package.wp_id: package for package in packages}
    for package in by_id.values():
        for name in package.head.dependencies:
            if name not in by_id:
                step = f"write its file, or take {to_text(name)} out of dependencies"
                message = f"{package.wp_id} depends on {name}, which has no file in tasks/"
                yield package.finding("PLAN_DEPENDENCY_UNKNOWN", message, step, key="dependencies")
    cycle = find_cycle(graph)
    if cycle:
        message = f"no work package of this cycle could ever start: {' -> '.join(cycle)}"
        step = "take one of them out of the other's dependencies"
        yield by_id[cycle[0]].finding("PLAN_DEPENDENCY_CYCLE", message, step, key="dependencies")


def check_overlaps(overlaps: Iterable[Overlap], graph: Graph) -> Iterator[PlanFinding]:
    """Yield each overlap: it blocks unless one of the two depends on the other, and is a note then."""
    ancestors = find_ancestors(graph)
    for overlap in overlaps:
        one, other = overlap.one.wp_id, overlap.other.wp_id
        left, right = (to_text(pattern) for pattern in overlap.patterns)
        both = f"{one} ({left}) and {other} ({right}) both own {to_text(overlap.path)}"
        found = overlap.other.finding(
            "PLAN_OWNERSHIP_OVERLAP",
            f"{both}, and nothing keeps them from changing it at the same time",
            "give the file to one of them",
            f"or let one wait for the other: add {one} to the dependencies of {other}",
            key="owned_files",
        )
        if one in ancestors[other] or other in ancestors[one]:
            message = f"{both}; they work one after the other"
            found = found.model_copy(update={"severity": "note", "message": message, "remediation": []})
        yield found
