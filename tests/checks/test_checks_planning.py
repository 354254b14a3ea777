"""The planning check on contexts written down: what a lane may not touch, and who decides about it."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import MISSION, WP01, active, change, codes, find, judged, merged, owner, placement, situation

from spec_kitty_hooks.checks.planning import check, is_guarded, is_head
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import PolicyView

SPECS = "kitty-specs/034-feature"
MAP = f"{SPECS}/occurrence_map.yaml"
UNSTAGE = "git restore --staged -- "


def test_a_planning_path_on_a_lane_is_refused_with_its_home() -> None:
    found = find(check, judged("src/a/x.py", f"{SPECS}/spec.md"))
    assert found.diagnostic_code == "PLANNING_PATH_ON_LANE"
    assert found.message == f"{SPECS}/spec.md (modified) is a planning artifact and does not belong on lane-a"
    assert (found.path, found.change, found.mission) == (f"{SPECS}/spec.md".encode(), "M", "034-feature")
    assert found.remediation == (
        f"{UNSTAGE}{SPECS}/spec.md",
        "make this change on branch main instead",
        "spec-kitty-hooks where 034-feature",
    )


@pytest.mark.parametrize("name", ["status.events.jsonl", "status.json"])
def test_the_log_is_sent_to_its_own_branch(name: str) -> None:
    ctx = judged(f"{SPECS}/{name}", placement=placement(log_branch="kitty/mission-034-feature"))
    assert find(check, ctx).remediation[1] == "make this change on branch kitty/mission-034-feature instead"


@pytest.mark.parametrize(("name", "log_branch"), [("status.events.jsonl", ""), ("spec.md", "elsewhere"), ("x", "y")])
def test_everything_else_and_a_log_without_branch_is_sent_to_the_target(name: str, log_branch: str) -> None:
    ctx = judged(f"{SPECS}/{name}", placement=placement(log_branch=log_branch))
    assert find(check, ctx).remediation[1] == "make this change on branch main instead"


def test_every_change_under_kitty_specs_counts_and_nothing_beside_it() -> None:
    ctx = judged(change("kitty-specs/other/x", "D"), "kitty-specs.md", "docs/kitty-specs/x", change(f"{SPECS}/y", "A"))
    assert [found.path for found in check(ctx)] == [b"kitty-specs/other/x", f"{SPECS}/y".encode()]


@pytest.mark.parametrize("role", [context.TARGET, context.COORDINATION, context.OTHER, context.DETACHED_LANE])
def test_off_a_lane_planning_is_free(role: str) -> None:
    ctx = judged(f"{SPECS}/spec.md", placement=placement(role=role), self_grants={f"{SPECS}/spec.md".encode()})
    assert codes(check, ctx) == []


def test_in_a_merge_planning_is_free() -> None:
    assert codes(check, merged(f"{SPECS}/spec.md")) == []


def test_policy_can_let_planning_go_but_not_self_grants() -> None:
    path = f"{SPECS}/tasks/WP01-x.md"
    loose = PolicyView(guard_planning=False)
    assert codes(check, judged(f"{SPECS}/spec.md", path, policy=loose)) == []
    granted = judged(path, policy=loose, self_grants={path.encode()})
    assert codes(check, granted) == ["OWNERSHIP_SELF_GRANT"]


def test_a_self_grant_is_refused_whatever_is_declared() -> None:
    path = ".kittify/config.yaml"
    ctx = judged(path, active=active(owner("WP01", "**")), self_grants={path.encode()})
    found = find(check, ctx)
    assert found.diagnostic_code == "OWNERSHIP_SELF_GRANT"
    assert found.message == f"{path} (modified) decides what lane-a may do; no lane grants itself that"
    assert (found.path, found.change) == (path.encode(), "M")
    assert found.remediation == (
        f"{UNSTAGE}{path}",
        "make this change on branch main instead",
        "spec-kitty-hooks where 034-feature",
    )


def test_without_its_record_a_lane_is_not_named() -> None:
    ctx = judged(f"{SPECS}/spec.md", placement=placement(lane=None))
    assert find(check, ctx).message.endswith("does not belong on ")


def test_an_active_work_package_may_declare_a_planning_path() -> None:
    declared = active(WP01, owner("WP02", f"{SPECS}/**", "kitty-specs/other/tasks/**"))
    assert codes(check, judged(f"{SPECS}/notes/x.md", active=declared)) == []
    assert codes(check, judged(f"{SPECS}/notes/x.md")) == ["PLANNING_PATH_ON_LANE"]
    assert codes(check, judged(f"{SPECS}/notes/x.md", active=None)) == ["PLANNING_PATH_ON_LANE"]


@pytest.mark.parametrize(
    "path",
    [
        f"{SPECS}/status.events.jsonl",
        f"{SPECS}/status.json",
        f"{SPECS}/lanes.json",
        f"{SPECS}/meta.json",
        f"{SPECS}/tasks/WP01-x.md",
        "kitty-specs/other/tasks/WP99",
    ],
)
def test_nobody_may_declare_what_decides(path: str) -> None:
    assert codes(check, judged(path, active=active(owner("WP01", "kitty-specs/**")))) == ["PLANNING_PATH_ON_LANE"]


@pytest.mark.parametrize(
    ("path", "head"),
    [
        (f"{SPECS}/tasks/WP01-x.md", True),
        (f"{SPECS}/tasks/WP", True),
        (f"{SPECS}/tasks/README.md", False),
        (f"{SPECS}/tasks/WP01/review-cycle-1.md", False),
        (f"{SPECS}/notes/WP01-x.md", False),
        ("docs/034-feature/tasks/WP01-x.md", False),
        ("kitty-specs/tasks/WP01-x.md", False),
    ],
)
def test_a_work_package_file_is_known_by_its_place(path: str, head: bool) -> None:
    assert is_head(path.encode()) is head


@pytest.mark.parametrize(
    ("mode", "path", "allowed"),
    [
        ("bulk_edit", MAP, True),
        ("bulk_edit", "kitty-specs/other/occurrence_map.yaml", False),
        ("bulk_edit", f"{SPECS}/spec.md", False),
        ("", MAP, False),
    ],
)
def test_a_bulk_edit_may_change_its_own_occurrence_map(mode: str, path: str, allowed: bool) -> None:
    ctx = judged(path, placement=placement(mission=MISSION.replace(change_mode=mode)))
    assert codes(check, ctx) == ([] if allowed else ["PLANNING_PATH_ON_LANE"])


def test_a_lane_without_mission_has_no_occurrence_map() -> None:
    ctx = judged("kitty-specs/x/y", placement=placement(mission=None))
    found = find(check, ctx)
    assert (found.mission, found.remediation) == ("", (f"{UNSTAGE}kitty-specs/x/y",))


@pytest.mark.parametrize(
    ("path", "grants", "guarded"),
    [("kitty-specs/x", (), True), ("a", (b"a",), True), ("a", (), False), ("kitty-specs", (), False)],
)
def test_what_planning_decides_about_is_known(path: str, grants: tuple[bytes, ...], guarded: bool) -> None:
    assert is_guarded(judged(self_grants=frozenset(grants)), path.encode()) is guarded


def test_a_first_commit_is_judged_like_any_other() -> None:
    ctx: Any = judged(f"{SPECS}/spec.md", situation=situation(parents=()))
    assert find(check, ctx).remediation[0] == f"git rm --cached -- {SPECS}/spec.md"
