"""Lanes follow from ownership, their order from dependencies, and nobody who was placed moves without need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks.scaffold.lanes import (
    build_lanes,
    check_lanes,
    group_packages,
    lane_graph,
    name_lane,
    sort_by_dependency,
)
from spec_kitty_hooks.scaffold.plan import PackageFile
from spec_kitty_hooks.scaffold.relations import (
    check_dependencies,
    check_overlaps,
    find_ancestors,
    find_cycle,
    find_overlaps,
)

Plan = Mapping[str, tuple[str, Sequence[str]]]  # work package: (what it owns, what it depends on)
IDS = [f"WP{number:02}" for number in range(1, 7)]
GRAPHS = st.fixed_dictionaries({wp_id: st.lists(st.sampled_from(IDS), max_size=3, unique=True) for wp_id in IDS})


def package(wp_id: str, owned: str, needs: Sequence[str] = (), mode: str = "code_change") -> PackageFile:
    head = (
        f"work_package_id: {wp_id}\ndependencies: [{', '.join(needs)}]\nexecution_mode: {mode}\nowned_files:\n- {owned}"
    )
    found = PackageFile(f"kitty-specs/x/tasks/{wp_id}-part.md".encode(), f"---\n{head}\n---\n".encode())
    assert not found.head.problem
    return found


def packages(plan: Plan) -> list[PackageFile]:
    return [package(wp_id, owned, needs) for wp_id, (owned, needs) in plan.items()]


def graph_of(found: Sequence[PackageFile]) -> dict[str, Sequence[str]]:
    return {item.wp_id: item.head.dependencies for item in found}


def place(found: Sequence[PackageFile], recorded: Mapping[str, str] | None = None) -> dict[str, str]:
    return group_packages(found, find_overlaps(found), recorded or {})


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "lane-a"),
        (25, "lane-z"),
        (26, "lane-aa"),
        (27, "lane-ab"),
        (51, "lane-az"),
        (52, "lane-ba"),
        (701, "lane-zz"),
    ],
)
def test_lanes_are_named_as_columns_are(number: int, name: str) -> None:
    assert name_lane(number) == name


def test_a_thousand_lanes_have_names_of_their_own() -> None:
    assert len({name_lane(number) for number in range(1000)}) == 1000


def test_work_packages_that_own_one_file_share_a_lane() -> None:
    found = packages({"WP01": ("src/a/**", ()), "WP02": ("src/b/**", ()), "WP03": ("src/a/x.py", ("WP01",))})
    assert place(found) == {"WP01": "lane-a", "WP02": "lane-b", "WP03": "lane-a"}


def test_a_dependency_alone_orders_lanes_and_joins_none() -> None:
    found = packages(
        {"WP01": ("src/a/**", ()), "WP02": ("src/b/**", ("WP01",)), "WP03": ("src/c/**", ("WP01", "WP02"))}
    )
    lanes = build_lanes(found, graph_of(found), place(found))
    assert [(lane.lane_id, lane.depends_on_lanes, lane.parallel_group) for lane in lanes] == [
        ("lane-a", [], 0),
        ("lane-b", ["lane-a"], 1),
        ("lane-c", ["lane-a", "lane-b"], 2),
    ]


def test_within_a_lane_a_work_package_comes_after_what_it_needs() -> None:
    found = packages({"WP01": ("src/**", ("WP02",)), "WP02": ("src/a.py", ())})
    (lane,) = build_lanes(found, graph_of(found), place(found))
    assert lane.wp_ids == ["WP02", "WP01"]
    assert lane.write_scope == ["src/**", "src/a.py"]


def test_planning_artifacts_go_to_the_planning_lane_even_beside_code() -> None:
    found = [
        package("WP01", "docs/**", mode="planning_artifact"),
        package("WP02", "docs/x.md", ("WP01",)),
        package("WP03", "notes/**", mode="planning_artifact"),
    ]
    placed = place(found)
    assert placed == {"WP01": "lane-planning", "WP02": "lane-a", "WP03": "lane-planning"}
    first, second = build_lanes(found, graph_of(found), placed)
    assert (first.lane_id, first.predicted_surfaces, second.depends_on_lanes) == (
        "lane-planning",
        ["planning"],
        ["lane-planning"],
    )


def test_thirty_lanes_go_on_beyond_z() -> None:
    found = [package(f"WP{number:02}", f"src/{number}/**") for number in range(1, 31)]
    ids = [lane.lane_id for lane in build_lanes(found, graph_of(found), place(found))]
    assert (ids[25], ids[26], ids[29]) == ("lane-z", "lane-aa", "lane-ad")


def test_a_work_package_that_is_added_later_moves_nobody() -> None:
    found = packages({"WP01": ("src/new/**", ()), "WP02": ("src/a/**", ()), "WP03": ("src/b/**", ())})
    recorded = {"WP02": "lane-a", "WP03": "lane-b"}
    assert place(found) == {"WP01": "lane-a", "WP02": "lane-b", "WP03": "lane-c"}, "the naive numbering moves both"
    assert place(found, recorded) == {"WP01": "lane-c", "WP02": "lane-a", "WP03": "lane-b"}


def test_a_lane_that_was_recorded_once_is_not_given_to_somebody_new() -> None:
    assert place(packages({"WP09": ("src/a/**", ())}), {"WP01": "lane-a"}) == {"WP09": "lane-b"}


def test_of_a_lane_that_falls_apart_the_first_part_keeps_the_name() -> None:
    found = packages({"WP01": ("src/a/**", ()), "WP02": ("src/b/**", ())})
    assert place(found, {"WP01": "lane-a", "WP02": "lane-a"}) == {"WP01": "lane-a", "WP02": "lane-b"}


def test_lanes_that_would_wait_for_each_other_are_a_finding() -> None:
    plan: Plan = {"WP01": ("src/a/**", ()), "WP02": ("src/b/**", ("WP01",)), "WP03": ("src/a/x", ("WP01", "WP02"))}
    found = packages(plan)
    (finding,) = check_lanes(found, graph_of(found), place(found))
    assert finding.diagnostic_code == "LANE_DEPENDENCY_CYCLE"
    assert "lane-a (WP01, WP03) -> lane-b (WP02) -> lane-a" in finding.message


def test_a_cycle_of_work_packages_is_named() -> None:
    found = packages({"WP01": ("a", ("WP03",)), "WP02": ("b", ("WP01",)), "WP03": ("c", ("WP02",)), "WP04": ("d", ())})
    (finding,) = check_dependencies(found, graph_of(found))
    assert finding.diagnostic_code == "PLAN_DEPENDENCY_CYCLE"
    assert "WP01 -> WP03 -> WP02 -> WP01" in finding.message
    assert (finding.path, finding.line) == ("kitty-specs/x/tasks/WP01-part.md", 3)


def test_a_work_package_that_waits_for_itself_is_a_cycle() -> None:
    assert find_cycle({"WP01": ["WP01"]}) == ("WP01", "WP01")


def test_an_unknown_dependency_is_named() -> None:
    found = packages({"WP01": ("a", ("WP07",))})
    (finding,) = check_dependencies(found, graph_of(found))
    assert (finding.diagnostic_code, finding.work_package_id) == ("PLAN_DEPENDENCY_UNKNOWN", "WP01")
    assert "WP07" in finding.message


def test_an_overlap_blocks_unless_a_dependency_orders_it_directly_or_not() -> None:
    both = {"WP01": ("src/a/**", ()), "WP02": ("src/b/**", ("WP01",)), "WP03": ("src/a/x.py", ())}
    (blocked,) = check_overlaps(find_overlaps(packages(both)), graph_of(packages(both)))
    assert (blocked.severity, blocked.work_package_id) == ("block", "WP03")
    assert "WP01 (src/a/**) and WP03 (src/a/x.py) both own src/a/x.py" in blocked.message
    assert blocked.remediation[1] == "or let one wait for the other: add WP01 to the dependencies of WP03"
    ordered = {**both, "WP03": ("src/a/x.py", ("WP02",))}
    (note,) = check_overlaps(find_overlaps(packages(ordered)), graph_of(packages(ordered)))
    assert note.severity == "note"
    assert not note.remediation


@given(GRAPHS)
def test_a_graph_has_a_cycle_exactly_if_something_depends_on_itself(graph: dict[str, list[str]]) -> None:
    cycle = find_cycle(graph)
    assert bool(cycle) == any(node in reached for node, reached in find_ancestors(graph).items())
    if cycle:
        assert cycle[0] == cycle[-1] == min(cycle)
        assert all(after in graph[before] for before, after in pairwise(cycle))


@given(GRAPHS)
def test_sorting_puts_everything_after_what_it_needs(graph: dict[str, list[str]]) -> None:
    order = sort_by_dependency(graph)
    assert sorted(order) == IDS
    if not find_cycle(graph):
        assert all(order.index(need) < order.index(node) for node in IDS for need in graph[node])


@given(
    GRAPHS, st.lists(st.sampled_from(["src/a/**", "src/a/x", "src/b/**", "src/c", "src/*/x"]), min_size=6, max_size=6)
)
def test_every_work_package_is_in_one_lane_and_overlaps_never_cross_lanes(
    graph: dict[str, list[str]], owned: list[str]
) -> None:
    found = [package(wp_id, pattern, graph[wp_id]) for wp_id, pattern in zip(IDS, owned, strict=True)]
    placed = place(found)
    assert sorted(placed) == IDS
    assert all(placed[overlap.one.wp_id] == placed[overlap.other.wp_id] for overlap in find_overlaps(found))
    assert placed == place(found, placed), "placing again changes nothing"
    if not find_cycle(lane_graph(graph, placed)) and not find_cycle(graph):
        lanes = build_lanes(found, graph, placed)
        assert sorted(wp_id for lane in lanes for wp_id in lane.wp_ids) == IDS
        depth = {lane.lane_id: lane.parallel_group for lane in lanes}
        assert all(depth[lane.lane_id] > depth[need] for lane in lanes for need in lane.depends_on_lanes)
