"""A repository without missions is left at once, and only such a one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.hooks import exported
from support.missions import build_mission
from support.repo import Repo

from spec_kitty_hooks.git.absence import has_no_missions


@pytest.fixture
def bare_of_missions(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository on main that has neither kitty-specs nor .kittify, and the process inside it."""
    repo.git("rm", "-rq", ".kittify")
    repo.commit("no missions")
    monkeypatch.chdir(repo.path)
    return repo


def environment(repo: Repo) -> Mapping[str, str]:
    return {**repo.env, **exported(repo, "pre-commit")}


def test_nothing_is_here(bare_of_missions: Repo) -> None:
    assert has_no_missions(environment(bare_of_missions))


def stage_a_mission(repo: Repo) -> None:
    repo.write("kitty-specs/x/meta.json", "{}")
    repo.stage()


def stage_a_mission_that_is_not_on_disk(repo: Repo) -> None:
    stage_a_mission(repo)
    repo.remove("kitty-specs/x/meta.json")
    (repo.path / "kitty-specs" / "x").rmdir()
    (repo.path / "kitty-specs").rmdir()


def stage_the_removal_of_all_missions(repo: Repo) -> None:
    repo.commit("a mission", files={"kitty-specs/x/meta.json": "{}"})
    repo.git("rm", "-rq", "kitty-specs")


def hide_the_missions_by_sparse_checkout(repo: Repo) -> None:
    repo.commit("a mission", files={"kitty-specs/x/meta.json": "{}", "src/a.py": ""})
    repo.git("sparse-checkout", "set", "--sparse-index", "src")


def commit_a_policy_only(repo: Repo) -> None:
    repo.commit("policy", files={".kittify/config.yaml": "policy: {}\n"})
    repo.git("rm", "-rq", "--cached", ".kittify")
    repo.remove(".kittify/config.yaml")
    (repo.path / ".kittify").rmdir()


def be_on_a_lane(repo: Repo) -> None:
    repo.checkout("kitty/mission-x-01ABCDEF-lane-a", "-b")


def be_on_a_lane_of_another_name(repo: Repo) -> None:
    repo.checkout("pr/x-lane-a", "-b")


def be_detached(repo: Repo) -> None:
    repo.checkout("HEAD", "--detach")


@pytest.mark.parametrize(
    "prepare",
    [
        stage_a_mission,
        stage_a_mission_that_is_not_on_disk,
        stage_the_removal_of_all_missions,
        hide_the_missions_by_sparse_checkout,
        commit_a_policy_only,
        be_on_a_lane,
        be_on_a_lane_of_another_name,
        be_detached,
    ],
)
def test_whatever_may_concern_a_mission_is_judged(bare_of_missions: Repo, prepare: Callable[[Repo], None]) -> None:
    prepare(bare_of_missions)
    assert not has_no_missions(environment(bare_of_missions))


def test_an_unborn_branch_and_a_linked_work_tree_are_left_to_the_full_judgement(
    bare_of_missions: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unborn = Repo.init(tmp_path / "unborn", bare_of_missions.env, bare_of_missions.clock)
    monkeypatch.chdir(unborn.path)
    assert not has_no_missions(environment(unborn))
    linked = bare_of_missions.worktree("../linked", "side", "HEAD")
    monkeypatch.chdir(linked.path)
    assert not has_no_missions(linked.env)
    assert has_no_missions(environment(linked))


def test_the_index_that_git_is_about_to_commit_counts(bare_of_missions: Repo, tmp_path: Path) -> None:
    """The broken variant would ask the standing index: `git commit -a` and pathspecs use one of their own."""
    other = tmp_path / "index"
    oid = bare_of_missions.git("hash-object", "-w", "--stdin", input="x").stdout.strip()
    entry = f"100644,{oid},kitty-specs/x/meta.json"
    bare_of_missions.git("update-index", "--add", "--cacheinfo", entry, env={"GIT_INDEX_FILE": str(other)})
    ours = environment(bare_of_missions)
    assert has_no_missions(ours)
    assert not has_no_missions({**ours, "GIT_INDEX_FILE": str(other)})


def test_a_mission_is_noticed_where_a_real_one_is(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    monkeypatch.chdir(repo.path)
    assert not has_no_missions(environment(repo))
