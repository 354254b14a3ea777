"""Policy (design 5): always the committed one, and what each setting does to a real commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import papers
from support.hooks import cli, cli_json, install_native
from support.judging import answer, check, codes_of, commit, context, json_of
from support.missions import Mission, WorkPackage, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}
Settle = Callable[[Any], Repo]


@pytest.fixture
def mission(repo: Repo) -> Mission:
    built = build_mission(repo, LANES)
    install_native(repo)
    built.implement("WP01")
    return built


@pytest.fixture
def settle(mission: Mission) -> Settle:
    """Commit a policy on the target branch and return the lane's worktree."""

    def commit_policy(policy: Any) -> Repo:
        mission.edit(".kittify/config.yaml", papers.config(policy))
        return mission.lane_worktree("lane-a")

    return commit_policy


def test_by_default_a_violation_blocks(mission: Mission) -> None:
    assert not commit(mission.lane_worktree("lane-a"), "src/b/x.py").allowed


def test_mode_warn_warns(settle: Settle) -> None:
    done = commit(settle({"commit_guard": {"mode": "warn"}}), "src/b/x.py")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
    assert "spec-kitty-hooks: warning: " in done.text


def test_mode_block_blocks_every_ownership_code(settle: Settle, mission: Mission) -> None:
    place = settle({"commit_guard": {"mode": "block"}})
    mission.walk("WP01", "approved")
    assert commit(place, "src/b/x.py").codes == ("WP_NOT_STARTED",)
    assert not commit(place, "src/b/x.py").allowed


@pytest.mark.parametrize("guard", [{"mode": "off"}, {"enabled": False}])
def test_a_guard_that_is_off_is_silent(settle: Settle, guard: dict[str, Any]) -> None:
    assert commit(settle({"commit_guard": guard}), "src/b/x.py").silent


def test_the_severity_of_one_code_wins_over_the_mode(settle: Settle) -> None:
    hooks = {"severity": {"ACTIVE_WP_SCOPE_VIOLATION": "warn"}}
    assert commit(settle({"commit_guard": {"mode": "block"}, "hooks": hooks}), "src/b/x.py").allowed


def test_a_note_is_not_printed_by_the_hook_but_by_check(settle: Settle) -> None:
    place = settle({"hooks": {"severity": {"ACTIVE_WP_SCOPE_VIOLATION": "note"}}})
    assert commit(place, "src/b/x.py").silent
    assert codes_of(check(place, "src/b/x.py")) == [("ACTIVE_WP_SCOPE_VIOLATION", "note")]


def test_without_enforcement_only_planning_is_guarded(settle: Settle, mission: Mission) -> None:
    place = settle({"commit_guard": {"enforce_ownership": False}})
    assert commit(place, "src/b/x.py").silent
    assert commit(place, f"{mission.path}/spec.md").codes == ("PLANNING_PATH_ON_LANE",)


def test_without_the_planning_guard_only_self_grants_are_refused(settle: Settle, mission: Mission) -> None:
    place = settle({"commit_guard": {"block_mission_specs": False}})
    assert commit(place, f"{mission.path}/spec.md").silent
    assert commit(place, f"{mission.path}/lanes.json").codes == ("OWNERSHIP_SELF_GRANT",)


def test_what_cannot_be_judged_blocks_with_exit_code_3_where_policy_says_so(settle: Settle, mission: Mission) -> None:
    place = settle({"hooks": {"cannot_judge": {"commit": "block"}}})
    place.checkout("HEAD", "--detach")
    refused = commit(place, "src/a/x.py")
    assert not refused.allowed
    assert refused.codes == ("DETACHED_HEAD",)
    assert "refused, because it cannot be judged" in refused.text
    place.write("src/a/x.py", "x")
    place.stage("src/a/x.py")
    assert place.judge().returncode == 3
    report = json_of(cli(place, "check", "--staged", "--json").stdout)
    assert (report["verdict"], report["exit_code"]) == ("cannot_judge", 3)


@pytest.mark.parametrize(
    "broken",
    [
        "policy:\n  commit_guard:\n    mode: lenient\n",
        "policy:\n  hooks:\n    sevrity: {}\n",
        "policy: [\n",
        "policy:\n  commit_guard: off\n",
    ],
    ids=["unknown mode", "unknown key", "broken YAML", "no mapping"],
)
def test_a_broken_policy_is_named_and_never_loosens_anything(settle: Settle, broken: str) -> None:
    place = settle(broken)
    refused = commit(place, "src/b/x.py")
    assert not refused.allowed
    assert set(refused.codes) == {"POLICY_INVALID", "ACTIVE_WP_SCOPE_VIOLATION"}
    assert ".kittify/config.yaml line " in refused.text
    assert "git show " in refused.text
    assert context(place)["policy_problems"]


def test_a_policy_behind_a_symbolic_link_is_invalid_not_absent(mission: Mission) -> None:
    repo = mission.repo
    repo.remove(".kittify/config.yaml")
    repo.symlink(".kittify/config.yaml", "../policy.yaml")
    repo.commit("link", [".kittify/config.yaml"], no_verify=True)
    assert "POLICY_INVALID" in commit(mission.lane_worktree("lane-a"), "src/a/x.py").codes


def test_policy_is_read_from_the_committed_tip_of_the_target(settle: Settle, mission: Mission) -> None:
    mission.repo.write(".kittify/config.yaml", papers.config({"commit_guard": {"mode": "off"}}))
    place = mission.lane_worktree("lane-a")
    assert not commit(place, "src/b/x.py").allowed
    mission.repo.commit_quietly("policy", (".kittify/config.yaml",))
    assert commit(place, "src/b/x.py").silent
    tip = mission.repo.head()[:8]
    said = f".kittify/config.yaml at {tip}; ownership is switched off by policy.commit_guard.mode"
    assert answer(context(place), "Which policy") == said


def test_a_lane_cannot_loosen_its_own_policy(mission: Mission) -> None:
    place = mission.lane_worktree("lane-a")
    place.write(".kittify/config.yaml", papers.config({"commit_guard": {"mode": "off"}}))
    place.stage(".kittify/config.yaml")
    refused = place.try_commit()
    assert refused.returncode
    assert "OWNERSHIP_SELF_GRANT" in refused.stderr
    place.git("commit", "-q", "--no-verify", "-m", "smuggled")
    assert not commit(place, "src/b/x.py").allowed


def test_the_looser_glob_rule_holds_where_policy_asks_for_it(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/*.py"]}})
    install_native(repo)
    place = mission.implement("WP01")
    refused = commit(place, "src/deep/x.py")
    assert not refused.allowed
    assert "Spec Kitty's looser rule would let src/*.py match it (policy.hooks.glob: spec-kitty)" in refused.text
    mission.edit(".kittify/config.yaml", papers.config({"hooks": {"glob": "spec-kitty"}}))
    assert commit(place, "src/deep/x.py").silent
    explained = cli_json(place, "explain", "src/deep/x.py")
    assert (explained["allowed"], explained["work_package_id"], explained["pattern"]) == (True, "WP01", "src/*.py")


# -- the target branch

ON_TARGET = {"hooks": {"ownership_on_target": True}}
PLANNING = {"lane-a": {"WP01": ["src/a/**"]}, "lane-planning": {"WP02": ["docs/**"]}}


def test_the_target_is_judged_where_policy_asks_for_it(repo: Repo) -> None:
    mission = build_mission(repo, PLANNING, policy=ON_TARGET)
    install_native(repo)
    mission.walk("WP02", "in_progress")
    assert commit(repo, "docs/x.md").silent
    refused = commit(repo, "src/a/x.py")
    assert not refused.allowed
    assert refused.codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
    assert "it belongs to WP01 (planned)" in refused.text
    found = context(repo)
    assert (found["role"], found["mission"], found["execution_lane"]) == ("target", mission.directory, "lane-planning")


def test_a_mission_without_lanes_works_on_its_target_with_all_its_work_packages(repo: Repo) -> None:
    owned = {"any": [WorkPackage(wp_id="WP01", owned_files=["src/a/**"]), WorkPackage(wp_id="WP02", owned_files=["x"])]}
    mission = build_mission(repo, owned, topology="single_branch", lanes_file=False, policy=ON_TARGET)
    install_native(repo)
    mission.walk("WP01", "in_progress")
    assert commit(repo, "src/a/x.py").silent
    assert not commit(repo, "x").allowed


def test_a_target_on_which_nobody_works_is_not_judged(repo: Repo) -> None:
    mission = build_mission(repo, PLANNING, policy=ON_TARGET)
    install_native(repo)
    assert commit(repo, "src/a/x.py").silent
    mission.walk("WP02", "approved")
    assert commit(repo, "src/a/x.py").silent


def test_a_status_commit_on_a_judged_target_passes(repo: Repo) -> None:
    mission = build_mission(repo, PLANNING, policy=ON_TARGET)
    install_native(repo)
    mission.walk("WP02", "in_progress")
    mission.transition("WP01", "claimed", commit=False)
    repo.stage(mission.log_path)
    ran = repo.try_commit()
    assert (ran.returncode, "spec-kitty-hooks" in ran.stderr) == (0, False)


def test_of_several_missions_on_a_judged_target_the_one_at_work_counts(repo: Repo) -> None:
    build_mission(repo, PLANNING, slug="alpha", policy=ON_TARGET)
    second = build_mission(repo, PLANNING, slug="beta")
    install_native(repo)
    second.walk("WP02", "in_progress")
    assert not commit(repo, "src/a/x.py").allowed
    assert context(repo)["mission"] == second.directory


def test_two_missions_at_work_on_a_judged_target_cannot_be_told_apart(repo: Repo) -> None:
    first = build_mission(repo, PLANNING, slug="alpha", policy=ON_TARGET)
    second = build_mission(repo, PLANNING, slug="beta")
    install_native(repo)
    first.walk("WP02", "in_progress")
    second.walk("WP02", "in_progress")
    done = commit(repo, "docs/x.md")
    assert done.allowed
    assert done.codes == ("ACTIVE_WP_CONTEXT_AMBIGUOUS",)
    assert f"{first.directory}, {second.directory}" in done.text
