"""Planning, policy and ownership itself on a lane; and the branches on which ownership is not judged (design 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.hooks import install_native
from support.judging import Outcome, commit, printed_codes
from support.missions import Mission, WorkPackage, build_mission
from support.repo import Repo

GRANT, PLANNING = ("OWNERSHIP_SELF_GRANT",), ("PLANNING_PATH_ON_LANE",)
FORGED = b'{"wp_id": "WP02", "to_lane": "in_progress"}\n'


def change(place: Repo, path: str, content: bytes) -> Outcome:
    """Put `content` at `path` and try to commit it; what was refused is forgotten."""
    place.write(path, content)
    place.git("add", "-f", "--sparse", "--", path)
    done = place.try_commit()
    if done.returncode:
        place.git("reset", "-q", "--hard")
    return Outcome(done.returncode == 0, tuple(printed_codes(done.stderr)), done.stderr)


@pytest.mark.parametrize(
    "name", ["spec.md", "plan.md", "research/é.md", "status.json", "meta.json", "occurrence_map.yaml"]
)
def test_a_planning_path_on_a_lane_is_refused(working: Mission, lane: Repo, name: str) -> None:
    refused = change(lane, f"{working.path}/{name}", b"{}\n")
    assert (refused.allowed, refused.codes) == (False, PLANNING)
    assert "make this change on branch main instead" in refused.text


def test_another_missions_planning_is_refused_as_well(lane: Repo) -> None:
    assert change(lane, "kitty-specs/another/spec.md", b"").codes == PLANNING


def test_a_forged_log_on_a_lane_is_refused(working: Mission, lane: Repo) -> None:
    refused = change(lane, working.log_path, lane.read(working.log_path) + FORGED)
    assert not refused.allowed
    assert "PLANNING_PATH_ON_LANE" in refused.codes


def test_a_renamed_planning_file_is_refused_though_it_lands_in_scope(working: Mission, lane: Repo) -> None:
    lane.git("mv", f"{working.path}/spec.md", "src/a/spec.md")
    done = lane.try_commit()
    assert printed_codes(done.stderr) == list(PLANNING)
    assert "spec.md (deleted)" in done.stderr


def test_lanes_json_on_a_lane_is_a_self_grant(working: Mission, lane: Repo) -> None:
    path = f"{working.path}/lanes.json"
    lanes = json.loads(lane.read(path))
    lanes["lanes"][0]["wp_ids"].append("WP03")
    refused = change(lane, path, json.dumps(lanes).encode())
    assert (refused.allowed, refused.codes) == (False, GRANT)


def test_a_work_packages_head_on_a_lane_is_a_self_grant(working: Mission, lane: Repo) -> None:
    path = working.wp_path("WP01")
    refused = change(lane, path, lane.read(path).replace(b"src/a/**", b"src/**"))
    assert (refused.allowed, refused.codes) == (False, GRANT)
    assert "decides what lane-a may do; no lane grants itself that" in refused.text


def test_the_prose_of_a_work_package_file_is_a_planning_path_and_no_self_grant(working: Mission, lane: Repo) -> None:
    path = working.wp_path("WP01")
    assert change(lane, path, lane.read(path) + b"\nMore to say.\n").codes == PLANNING


@pytest.mark.parametrize("path", ["tasks/WP09-new.md", "tasks/WP01-second.md"])
def test_a_new_work_package_file_on_a_lane_is_a_self_grant(working: Mission, lane: Repo, path: str) -> None:
    text = b"---\nwork_package_id: WP09\nowned_files: ['**']\n---\n"
    assert change(lane, f"{working.path}/{path}", text).codes == GRANT


def test_policy_on_a_lane_is_a_self_grant_and_other_sections_are_a_matter_of_ownership(lane: Repo) -> None:
    path = ".kittify/config.yaml"
    before = lane.read(path)
    for policy in (b"policy:\n  commit_guard:\n    enabled: false\n", b"policy:\n  hooks:\n    glob: spec-kitty\n"):
        assert change(lane, path, before + policy).codes == GRANT
    assert change(lane, path, before + b"other:\n  key: value\n").codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
    lane.git("rm", "-q", path)
    assert printed_codes(lane.try_commit().stderr) == list(GRANT)


def plan(repo: Repo, owned: list[str], **options: Any) -> tuple[Mission, Repo]:
    """Start a mission whose WP01 declares planning paths, and return it with its lane."""
    directory = "csv-export"
    paths = [path.format(path=f"kitty-specs/{directory}") for path in owned]
    lanes = {"lane-a": [WorkPackage(wp_id="WP01", owned_files=paths)]}
    mission = build_mission(repo, lanes, directory=directory, **options)
    install_native(repo)
    return mission, mission.implement("WP01")


def test_a_declared_planning_path_may_change_but_never_what_proves_or_grants(repo: Repo) -> None:
    mission, lane = plan(repo, ["{path}/research/**", "{path}/spec.md"])
    assert change(lane, f"{mission.path}/research/é.md", b"found\n").silent
    assert change(lane, f"{mission.path}/spec.md", b"# new\n").silent
    assert change(lane, f"{mission.path}/plan.md", b"# new\n").codes == PLANNING


def test_declaring_everything_does_not_declare_what_proves_or_grants(repo: Repo) -> None:
    mission, lane = plan(repo, ["**"])
    assert change(lane, f"{mission.path}/spec.md", b"# new\n").silent
    for name in ("status.json", "meta.json"):
        assert change(lane, f"{mission.path}/{name}", b"{}\n").codes == PLANNING
    head = mission.wp_path("WP01")
    assert change(lane, head, lane.read(head).replace(b"FR-001", b"FR-002")).codes == GRANT
    assert change(lane, head, lane.read(head) + b"prose\n").codes == PLANNING
    assert change(lane, f"{mission.path}/lanes.json", b"{}\n").codes == GRANT
    assert "PLANNING_PATH_ON_LANE" in change(lane, mission.log_path, lane.read(mission.log_path) + FORGED).codes
    assert change(lane, ".kittify/config.yaml", b"policy: {}\nother: 1\n").silent
    assert change(lane, ".kittify/config.yaml", b"policy: {commit_guard: {enabled: false}}\n").codes == GRANT


@pytest.mark.parametrize(("mode", "allowed"), [("bulk_edit", True), ("standard", False), (None, False)])
def test_only_a_bulk_edit_may_change_its_occurrence_map(repo: Repo, mode: str | None, allowed: bool) -> None:
    mission, lane = plan(repo, ["src/a/**"], meta={"change_mode": mode})
    done = change(lane, f"{mission.path}/occurrence_map.yaml", b"a: b\n")
    assert (done.allowed, done.codes) == ((True, ()) if allowed else (False, PLANNING))
    assert change(lane, "kitty-specs/another/occurrence_map.yaml", b"a: b\n").codes == PLANNING


def test_policy_may_open_planning_paths_but_never_what_grants(repo: Repo) -> None:
    mission, lane = plan(repo, ["src/a/**"], policy={"commit_guard": {"block_mission_specs": False}})
    assert change(lane, f"{mission.path}/spec.md", b"# new\n").silent
    assert change(lane, f"{mission.path}/lanes.json", b"{}\n").codes == GRANT


@pytest.mark.parametrize(
    ("policy", "allowed", "codes"),
    [
        ({"commit_guard": {"enabled": False}}, True, ()),
        ({"commit_guard": {"mode": "off"}}, True, ()),
        ({"commit_guard": {"mode": "warn"}}, True, ("ACTIVE_WP_SCOPE_VIOLATION",)),
        ({"commit_guard": {"mode": "block"}}, False, ("ACTIVE_WP_SCOPE_VIOLATION",)),
        ({"commit_guard": {"enforce_ownership": False}}, True, ()),
        ({"hooks": {"severity": {"ACTIVE_WP_SCOPE_VIOLATION": "warn"}}}, True, ("ACTIVE_WP_SCOPE_VIOLATION",)),
        ({"hooks": {"severity": {"ACTIVE_WP_SCOPE_VIOLATION": "note"}}}, True, ()),
    ],
)
def test_policy_decides_how_hard_a_foreign_path_is_taken(
    repo: Repo, policy: dict[str, Any], allowed: bool, codes: tuple[str, ...]
) -> None:
    _mission, lane = plan(repo, ["src/a/**"], policy=policy)
    done = commit(lane, "src/b/x.py")
    assert (done.allowed, done.codes) == (allowed, codes)


def test_a_lane_is_held_to_the_target_branchs_policy_not_to_its_own_copy(working: Mission, lane: Repo) -> None:
    path = ".kittify/config.yaml"
    lane.commit("own policy", files={path: "policy: {commit_guard: {enabled: false}}\n"}, no_verify=True)
    assert not commit(lane, "src/b/x.py").allowed
    working.edit(path, "policy: {commit_guard: {mode: warn}}\n")
    assert commit(lane, "src/b/x.py").allowed


def test_the_target_branch_is_not_judged_for_ownership(working: Mission) -> None:
    assert commit(working.repo, "src/b/x.py", "docs/x.md", f"{working.path}/spec.md").silent


def test_the_mission_branch_is_not_judged_for_ownership(working: Mission) -> None:
    place = working.repo.worktree("../integration", working.mission_branch)
    assert commit(place, "src/b/x.py", f"{working.path}/spec.md").silent


def test_ownership_on_target_holds_the_target_to_its_planning_work_packages(repo: Repo) -> None:
    lanes = {
        "lane-planning": [WorkPackage(wp_id="WP01", owned_files=["docs/**"], execution_mode="planning_artifact")],
        "lane-a": [WorkPackage(wp_id="WP02", owned_files=["src/a/**"])],
    }
    mission = build_mission(repo, lanes, policy={"hooks": {"ownership_on_target": True}})
    install_native(repo)
    mission.walk("WP01", "in_progress")
    assert commit(repo, "docs/x.md").silent
    refused = commit(repo, "src/a/x.py")
    assert (refused.allowed, refused.codes) == (False, ("ACTIVE_WP_SCOPE_VIOLATION",))


def test_breaking_the_policy_is_told_at_the_commit_that_does_it_and_mending_it_is_possible(working: Mission) -> None:
    repo, path = working.repo, ".kittify/config.yaml"
    good = repo.read(path)
    broken = change(repo, path, good + b"policy:\n  commit_guard:\n    mode: sometimes\n")
    assert (broken.allowed, broken.codes) == (True, ("POLICY_INVALID",))
    assert commit(repo, "README.md").silent, "nothing is judged there, so policy is not asked"
    lane = working.lane_worktree("lane-a")
    refused = commit(lane, "src/a/x.py")
    assert (refused.allowed, refused.codes) == (False, ("POLICY_INVALID",))
    assert change(repo, path, good).silent
    assert commit(lane, "src/a/x.py").silent
