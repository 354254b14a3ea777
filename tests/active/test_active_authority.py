"""Which branch may say what a lane's plan is (design 4.5): one that the mission's own history knows, never the lane."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support.hooks import install_native
from support.judging import answer, check, codes_of, commit, context
from support.missions import Mission, build_mission
from support.repo import Repo

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.program import Program
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.survey import survey

QUESTION = "record the branch"


@pytest.fixture
def mission(repo: Repo) -> Mission:
    built = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    install_native(repo)
    built.implement("WP01")
    return built


@pytest.fixture
def lane(mission: Mission) -> Repo:
    return mission.lane_worktree("lane-a")


def plan_for(mission: Mission, target: str, at: Repo) -> dict[str, bytes | str]:
    """Return the files of a plan in which `target` is the target and WP01 owns everything."""
    meta = json.loads(at.read(f"{mission.path}/meta.json"))
    head = "---\nwork_package_id: WP01\nowned_files: ['**']\n---\n"
    return {
        f"{mission.path}/meta.json": json.dumps({**meta, "target_branch": target}),
        mission.wp_path("WP01"): head,
        ".kittify/config.yaml": "policy:\n  commit_guard:\n    enabled: false\n",
    }


def held_to(place: Repo, mission: Mission, branch: str = "main") -> str:
    """Require that a foreign path is refused and an owned one passes; return how the plan was found."""
    assert not commit(place, "src/b/x.py").allowed
    assert commit(place, "src/a/x.py").silent
    found = context(place)
    assert (found["mission"], found["target_branch"]) == (mission.directory, branch)
    return answer(found, QUESTION)


def test_a_branch_that_only_the_lane_and_the_branch_itself_name_is_not_followed(mission: Mission, lane: Repo) -> None:
    lane.commit("mine", files=plan_for(mission, "evil", lane), no_verify=True)
    lane.branch("evil")
    said = held_to(lane, mission)
    assert f"by main at {mission.repo.head()[:8]}" in said
    assert "evil is named as the target as well, but not where both come from" in said


def test_a_name_that_only_the_lane_knows_is_told(mission: Mission, lane: Repo) -> None:
    lane.commit("mine", files=plan_for(mission, "nowhere", lane), no_verify=True)
    assert "this branch's own copy names nowhere, which counts for nothing" in held_to(lane, mission)


def test_a_branch_that_names_itself_changes_nothing_for_a_lane(mission: Mission, lane: Repo) -> None:
    mission.repo.branch("evil", "main")
    mission.repo.commit_to("evil", plan_for(mission, "evil", mission.repo))
    mission.repo.branch("abc", "main")  # the first of all names
    mission.repo.commit_to("abc", plan_for(mission, "abc", mission.repo))
    said = held_to(lane, mission)
    for name in ("abc", "evil"):
        assert f"{name} is named as the target as well, but not where both come from" in said


def test_a_branch_without_history_names_itself_in_vain_where_the_target_is_published(
    mission: Mission, lane: Repo, tmp_path: Path
) -> None:
    origin = Repo.init(tmp_path / "origin", mission.repo.env, mission.repo.clock, "--bare")
    mission.repo.add_remote("origin", origin)
    mission.repo.push("main")
    alone = {name: mission.repo.read(name) for name in (f"{mission.path}/lanes.json", f"{mission.path}/meta.json")}
    mission.repo.commit_to("abc", {**alone, **plan_for(mission, "abc", mission.repo)}, parents=())
    assert "abc is named as the target as well, but nobody published it" in held_to(lane, mission)


def test_the_remotes_default_branch_is_believed_first(mission: Mission, tmp_path: Path) -> None:
    mission.repo.branch("next", "main")
    mission.repo.commit_to("next", plan_for(mission, "next", mission.repo))
    mission.repo.checkout("next")
    clone = mission.repo.clone(tmp_path / "clone")  # its origin/HEAD is next
    clone.checkout(mission.lane_branch("lane-a"))
    said = answer(context(clone), QUESTION)
    assert "by next at" in said
    assert "main is named as the target as well, but not by the remote's default branch" in said


def test_a_target_moves_when_the_old_one_hands_over(mission: Mission, lane: Repo) -> None:
    mission.repo.branch("next", "main")
    files = {name: text for name, text in plan_for(mission, "next", mission.repo).items() if name.startswith("kitty")}
    mission.repo.commit_to("next", files)
    assert not commit(lane, "src/b/x.py").allowed
    mission.edit(f"{mission.path}/meta.json", files[f"{mission.path}/meta.json"])
    found = context(lane)
    assert found["target_branch"] == "next"
    assert found["candidates"][0]["owned_files"] == ["**"]


def test_a_copy_of_the_target_under_another_name_is_no_rival(mission: Mission, lane: Repo) -> None:
    mission.repo.branch("backup", "main")
    mission.repo.branch("abc", "main")
    assert held_to(lane, mission).endswith(f"by main at {mission.repo.head()[:8]}")


def test_a_lane_that_replaces_its_mission_by_another_is_held_to_the_planned_one(mission: Mission, lane: Repo) -> None:
    other = f"kitty-specs/{mission.directory[:-9]}"  # the directory without its mid8 is the second that is looked for
    lane.git("mv", mission.path, other)
    files = {name.replace(mission.path, other): text for name, text in _wide(mission, lane, other).items()}
    lane.commit("mine", files=files, no_verify=True)
    lane.branch("evil")
    assert f"{mission.directory} (lane" in held_to(lane, mission)


def test_a_lane_of_any_name_that_replaces_its_mission_is_held_to_the_planned_one(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, mission_branch="pr/odd")
    install_native(repo)
    lane = mission.implement("WP01")
    lane.git("mv", mission.path, "kitty-specs/aaa")
    lane.commit("mine", files=_wide(mission, lane, "kitty-specs/aaa"), no_verify=True)
    lane.branch("evil")
    assert f"{mission.directory} (lane" in held_to(lane, mission)


def test_a_lane_detached_in_its_work_tree_does_not_choose_its_policy(mission: Mission, lane: Repo) -> None:
    files = {
        **plan_for(mission, "evil", lane),
        ".kittify/config.yaml": "policy:\n  hooks:\n    severity:\n      DETACHED_HEAD: 'off'\n",
    }
    lane.commit("mine", files=files, no_verify=True)
    lane.branch("evil")
    lane.checkout("HEAD", "--detach")
    assert codes_of(check(lane, "src/b/x.py")) == [("DETACHED_HEAD", "warn")]


def _wide(mission: Mission, lane: Repo, place: str) -> dict[str, bytes | str]:
    meta = json.loads(lane.read(f"{place}/meta.json"))
    files = {**lane_files(mission, lane, place)}
    files[f"{place}/meta.json"] = json.dumps({**meta, "target_branch": "evil"})
    return files


def lane_files(mission: Mission, lane: Repo, place: str) -> dict[str, bytes | str]:
    lanes = json.loads(lane.read(f"{place}/lanes.json"))
    lanes["mission_branch"] = mission.lane_branch("lane-a").removesuffix("-lane-a")
    name = mission.wp_path("WP01").removeprefix(mission.path)
    head = "---\nwork_package_id: WP01\nowned_files: ['**']\n---\n"
    return {f"{place}/lanes.json": json.dumps(lanes), f"{place}{name}": head}


# -- cost


def count_processes(place: Repo, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the git commands that a survey of a work tree starts."""
    started: list[str] = []
    for name in ("run", "start"):
        original = getattr(Program, name)

        def note(self, *args, original=original, **options):  # type: ignore[no-untyped-def]
            started.append(args[0])
            return original(self, *args, **options)

        monkeypatch.setattr(Program, name, note)
    with Git.open(os.fsencode(place.path), os.environ, hook=False) as git:
        survey(git, read_situation(git, {}))
    return started


def test_a_clean_lane_costs_no_process_more_among_many_branches(
    mission: Mission, lane: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        mission.repo.branch(f"topic-{number}", "main")
    started = count_processes(lane, monkeypatch)
    assert started == ["rev-parse", "for-each-ref", "cat-file"]


def test_the_count_sees_a_dispute(mission: Mission, lane: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    lane.commit("mine", files=plan_for(mission, "evil", lane), no_verify=True)
    lane.branch("evil")
    assert "merge-base" in count_processes(lane, monkeypatch)
