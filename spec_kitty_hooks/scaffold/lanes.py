"""Execution lanes computed from a plan, as the released client does it (lanes/compute.py of spec-kitty-cli, MIT).

Pure. Work packages that own one file share a lane; a dependency alone orders lanes and joins none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.mission.identity import PLANNING_LANE
from spec_kitty_hooks.scaffold.models import LaneEntry, PlanFinding
from spec_kitty_hooks.scaffold.relations import Graph, Overlap, find_cycle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from spec_kitty_hooks.scaffold.plan import PackageFile

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def name_lane(number: int) -> str:
    """Return the id of the lane with this number from 0: lane-a ... lane-z, lane-aa, lane-ab ... as columns are named.

    The client counts on beyond `z` into characters that no branch may have.
    """
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = _LETTERS[rest] + letters
    return f"lane-{letters}"


def group_packages(
    packages: Sequence[PackageFile], overlaps: Iterable[Overlap], recorded: Mapping[str, str]
) -> dict[str, str]:
    """Return the lane id of each work package, lanes in the order of their least work package, planning last.

    `recorded` is what an earlier lanes.json said: a group keeps the lane that any of its members had, so that a work
    package added later moves nobody.
    """
    code = [package.wp_id for package in packages if not package.is_planning]
    head = {wp_id: wp_id for wp_id in code}
    for overlap in overlaps:
        if overlap.one.wp_id in head and overlap.other.wp_id in head:
            _join(head, overlap.one.wp_id, overlap.other.wp_id)
    groups: dict[str, list[str]] = {}
    for wp_id in sorted(code):
        groups.setdefault(_find(head, wp_id), []).append(wp_id)
    ids = _name_groups(list(groups.values()), recorded)
    placed = {wp_id: ids[number] for number, members in enumerate(groups.values()) for wp_id in members}
    return placed | {package.wp_id: PLANNING_LANE for package in packages if package.is_planning}


def _name_groups(groups: Sequence[Sequence[str]], recorded: Mapping[str, str]) -> list[str]:
    kept: dict[int, str] = {}
    for number, members in enumerate(groups):
        names = [recorded[wp_id] for wp_id in members if wp_id in recorded]
        name = next((name for name in names if name not in kept.values() and name != PLANNING_LANE), "")
        if name:
            kept[number] = name
    # A name that was ever recorded may have a branch with somebody's work on it: nobody new gets it.
    taken = {*kept.values(), *recorded.values()}
    fresh = (name for name in map(name_lane, range(len(groups) + len(taken))) if name not in taken)
    return [kept.get(number) or next(fresh) for number in range(len(groups))]


def _find(head: dict[str, str], wp_id: str) -> str:
    while head[wp_id] != wp_id:
        head[wp_id] = head[head[wp_id]]
        wp_id = head[wp_id]
    return wp_id


def _join(head: dict[str, str], one: str, other: str) -> None:
    first, second = sorted((_find(head, one), _find(head, other)))
    head[second] = first


def build_lanes(packages: Sequence[PackageFile], graph: Graph, placed: Mapping[str, str]) -> list[LaneEntry]:
    """Return the lanes of lanes.json: work packages in the order in which they can start, lanes by parallel group.

    The graph of `placed` lanes must be free of cycles (`check_lanes`).
    """
    owned = {package.wp_id: package.head.owned_files for package in packages}
    needs = lane_graph(graph, placed)
    depth: dict[str, int] = {}
    for lane_id in sort_by_dependency(needs):
        depth[lane_id] = 1 + max((depth[name] for name in needs[lane_id]), default=-1)
    lanes = []
    for lane_id in needs:
        members = _order_within(lane_id, graph, placed)
        entry = LaneEntry(
            lane_id=lane_id,
            wp_ids=members,
            write_scope=sorted({pattern for wp_id in members for pattern in owned[wp_id]}),
            predicted_surfaces=["planning"] if lane_id == PLANNING_LANE else [],
            depends_on_lanes=sorted(needs[lane_id]),
            parallel_group=depth[lane_id],
        )
        lanes.append(entry)
    return sorted(lanes, key=lambda lane: lane.parallel_group)


def _order_within(lane_id: str, graph: Graph, placed: Mapping[str, str]) -> list[str]:
    members = [wp_id for wp_id in placed if placed[wp_id] == lane_id]
    if lane_id == PLANNING_LANE:
        return sorted(members)
    return sort_by_dependency({wp_id: [name for name in graph[wp_id] if name in members] for wp_id in members})


def lane_graph(graph: Graph, placed: Mapping[str, str]) -> dict[str, list[str]]:
    """Return for each lane the other lanes that one of its work packages waits for."""
    needs: dict[str, list[str]] = {lane_id: [] for lane_id in placed.values()}
    for wp_id, lane_id in placed.items():
        for name in graph.get(wp_id, ()):
            other = placed.get(name, lane_id)
            if other != lane_id and other not in needs[lane_id]:
                needs[lane_id].append(other)
    return needs


def check_lanes(packages: Sequence[PackageFile], graph: Graph, placed: Mapping[str, str]) -> Iterator[PlanFinding]:
    """Yield a finding if lanes would wait for each other in a circle although no work package does."""
    cycle = find_cycle(lane_graph(graph, placed))
    if not cycle:
        return
    members = {name: [wp_id for wp_id in placed if placed[wp_id] == name] for name in cycle}
    shown = " -> ".join(f"{name} ({', '.join(members[name])})" for name in cycle)
    package = next(package for package in packages if package.wp_id in members[cycle[0]])
    message = f"lanes would wait for each other: {shown}; a lane is merged as a whole"
    step = "change dependencies or owned_files so that these work packages share one lane, or split them"
    yield package.finding("LANE_DEPENDENCY_CYCLE", message, step, key="dependencies")


def sort_by_dependency(graph: Graph) -> list[str]:
    """Return the nodes with everything a node depends on before it, otherwise the least name first."""
    waiting = sorted(graph)
    found: dict[str, None] = {}
    while waiting:
        ready = (node for node in waiting if all(name in found or name not in graph for name in graph[node]))
        node = next(ready, waiting[0])  # in a cycle nothing is ready: any order will do
        waiting.remove(node)
        found[node] = None
    return list(found)
