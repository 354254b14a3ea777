"""Linked work trees: made, finished where somebody was killed, and never made where something else stands."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repo import Repo
from support.trace import unchanged

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import worktrees
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.worktrees import WorktreeError, Worktrees

Open = Callable[[Repo], Git]


@pytest.fixture
def place(repo: Repo) -> Repo:
    """Where the work tree of branch `lane` belongs."""
    repo.branch("lane")
    return repo.at(repo.path / ".worktrees" / "lane")


def make(git: Git, place: Repo, *hidden: str) -> None:
    Worktrees(git).make(os.fsencode(place.path), "lane", hidden)


def check(git: Git, place: Repo) -> bool:
    return Worktrees(git).check(os.fsencode(place.path), "lane")


def admin(repo: Repo, name: str = "lane") -> Path:
    return repo.common_dir() / "worktrees" / name


def check_whole(repo: Repo, place: Repo) -> None:
    """Fail unless the work tree is what `git worktree add` would have made."""
    assert place.current_branch() == "lane"
    assert place.ask("status", "--porcelain") == ""
    assert {os.fsencode(name) for name in place.ask("ls-files").split("\n")} == place.tree().keys()
    assert "locked" not in repo.ask("worktree", "list", "--porcelain")
    assert [name for name in os.listdir(admin(repo)) if name.startswith("index")] == ["index"]


def refuse(git: Git, place: Repo, code: str = "WORKTREE_IN_THE_WAY") -> list[str]:
    """Require that nothing is made, and return the steps that are told instead."""
    with pytest.raises(WorktreeError) as checked:
        check(git, place)
    with pytest.raises(WorktreeError) as made:
        make(git, place)
    assert checked.value.code == made.value.code == code
    assert checked.value.remediation == made.value.remediation
    return list(made.value.remediation)


def follow(step: str, repo: Repo) -> None:
    subprocess.run(["sh", "-ec", step], cwd=repo.path, env=repo.env, check=True, capture_output=True)


def begin(repo: Repo, place: Repo) -> None:
    """Leave what `git worktree add` leaves that was killed before it checked anything out."""
    repo.git("worktree", "add", "-q", "--no-checkout", place.path, "lane")
    (admin(repo) / "locked").write_text("initializing")


def test_it_is_made_and_making_it_again_changes_nothing(repo: Repo, place: Repo, opened: Open) -> None:
    git = opened(repo)
    assert not check(git, place)
    make(git, place)
    check_whole(repo, place)
    assert check(git, place)
    place.write("README.md", "mine\n")
    with unchanged(place):
        make(git, place)


@pytest.mark.parametrize("where", ["a subdirectory", "a linked work tree"])
def test_it_is_made_from_anywhere(repo: Repo, place: Repo, opened: Open, where: str) -> None:
    here = (
        repo.at(repo.path / "src") if where == "a subdirectory" else repo.worktree(repo.path.parent / "w", "w", "HEAD")
    )
    git = opened(here)
    assert Worktrees(git).find_primary() == os.fsencode(repo.path)
    make(git, place)
    check_whole(repo, place)


def test_paths_are_hidden_by_sparse_checkout(repo: Repo, place: Repo, opened: Open) -> None:
    repo.commit("x", files={"hide/me": "1\n", "hide/not": "1\n"})
    repo.git("branch", "-f", "lane")
    make(opened(repo), place, "hide/me")
    assert (place.exists("hide/me"), place.exists("hide/not")) == (False, True)
    check_whole(repo, place)
    assert repo.exists("hide/me")
    assert repo.git("config", "core.sparseCheckout", check=False).stdout == ""


# -- what killed runs leave


@pytest.mark.parametrize("head", ["on the branch", "not written yet", "away"])
def test_a_work_tree_that_was_just_begun_is_finished(
    repo: Repo, place: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    monkeypatch.setattr(worktrees, "_SECONDS", 0.0)
    begin(repo, place)
    if head == "not written yet":
        (admin(repo) / "HEAD").write_text("0" * 40 + "\n")
    elif head == "away":
        (admin(repo) / "HEAD").unlink()
    make(opened(repo), place)
    check_whole(repo, place)


@pytest.mark.parametrize("mark", ["initializing", worktrees._MARK])
def test_files_that_were_half_checked_out_are_checked_out_again(
    repo: Repo, place: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.setattr(worktrees, "_SECONDS", 0.0)
    begin(repo, place)
    (admin(repo) / "locked").write_text(mark)
    place.write("README.md", "torn")
    (admin(repo) / "index.spec-kitty-hooks.1.lock").write_text("torn")
    make(opened(repo), place)
    check_whole(repo, place)
    assert place.read("README.md") == repo.show("lane", "README.md")


def test_what_was_finished_but_for_its_lock_is_unlocked(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    repo.git("worktree", "lock", "--reason", worktrees._MARK, place.path)
    place.write("README.md", "mine\n")
    make(opened(repo), place)
    assert place.read("README.md") == b"mine\n"
    place.git("restore", "README.md")
    check_whole(repo, place)


def test_a_lock_of_the_persons_own_is_kept(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    repo.git("worktree", "lock", "--reason", "on a stick", place.path)
    make(opened(repo), place)
    assert "locked on a stick" in repo.ask("worktree", "list", "--porcelain")


def test_git_at_work_is_waited_for(repo: Repo, place: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(repo, place)
    read_mark = worktrees._read_mark

    def finish(directory: bytes) -> bytes:
        found = read_mark(directory)
        if found and not (admin(repo) / "index").exists():  # it ends just after we looked
            place.git("checkout", "-q", "-f")
            (admin(repo) / "locked").unlink()
        return found

    monkeypatch.setattr(worktrees, "_read_mark", finish)
    make(opened(repo), place)
    check_whole(repo, place)


def test_a_work_tree_that_was_deleted_is_made_again(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    shutil.rmtree(place.path)
    assert "prunable" in repo.ask("worktree", "list", "--porcelain")
    make(opened(repo), place)
    check_whole(repo, place)
    assert repo.ask("worktree", "list").count("\n") == 1


def test_one_that_is_away_and_locked_is_not_replaced(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    repo.git("worktree", "lock", "--reason", "on a stick", place.path)
    shutil.rmtree(place.path)
    steps = refuse(opened(repo), place)
    follow(steps[0].rpartition(": ")[2], repo)
    make(opened(repo), place)
    check_whole(repo, place)


def test_the_branch_in_a_work_tree_that_is_away_and_locked_is_not_taken(
    repo: Repo, place: Repo, opened: Open, tmp_path: Path
) -> None:
    there = repo.worktree(tmp_path / "stick", "lane")
    repo.git("worktree", "lock", there.path)
    shutil.rmtree(there.path)
    steps = refuse(opened(repo), place)
    follow(steps[0].rpartition(": ")[2], repo)
    make(opened(repo), place)
    check_whole(repo, place)


# -- what stands in the way


def test_an_empty_directory_is_used(repo: Repo, place: Repo, opened: Open) -> None:
    place.path.mkdir(parents=True)
    make(opened(repo), place)
    check_whole(repo, place)


@pytest.mark.parametrize("what", ["files", "a file", "a link", "a link above", "another repository"])
def test_something_else_is_left_alone(repo: Repo, place: Repo, opened: Open, tmp_path: Path, what: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    if what == "a link above":
        place.path.parent.symlink_to(tmp_path / "elsewhere")
    else:
        place.path.parent.mkdir()
    if what == "files":
        place.write("mine", "1\n")
    elif what == "a file":
        place.path.write_text("1\n")
    elif what == "a link":
        place.path.symlink_to(tmp_path / "elsewhere")
    elif what == "another repository":
        Repo.init(place.path, repo.env, repo.clock).commit("x", files={"mine": "1\n"})
    with unchanged(repo):
        steps = refuse(opened(repo), place)
    assert not list((tmp_path / "elsewhere").iterdir())
    follow(steps[1], repo)
    make(opened(repo), place)
    check_whole(repo, place)


def test_a_work_tree_with_files_but_no_index_is_left_alone(repo: Repo, place: Repo, opened: Open) -> None:
    repo.git("worktree", "add", "-q", "--no-checkout", place.path, "lane")
    place.write("README.md", "mine\n")
    with unchanged(place):
        refuse(opened(repo), place)


@pytest.mark.parametrize("head", ["other", "detached"])
def test_another_branch_in_its_place_is_named(repo: Repo, place: Repo, opened: Open, head: str) -> None:
    make(opened(repo), place)
    place.checkout("other", "-b") if head == "other" else place.checkout("HEAD", "--detach")
    steps = refuse(opened(repo), place)
    follow(steps[0], repo)
    make(opened(repo), place)
    check_whole(repo, place)


def test_a_lane_that_is_being_rebased_is_in_its_place(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    place.commit("lane", files={"file": "lane\n"})
    repo.commit("main", files={"file": "main\n"})
    place.git("rebase", "-q", "main", check=False)
    assert check(opened(repo), place)
    with unchanged(place):
        make(opened(repo), place)


def test_the_branch_in_another_linked_work_tree_is_moved_by_one_command(
    repo: Repo, place: Repo, opened: Open, tmp_path: Path
) -> None:
    repo.worktree(tmp_path / "it's there", "lane").write("mine", "1\n")
    steps = refuse(opened(repo), place, "WORKTREE_ELSEWHERE")
    follow(steps[0], repo)
    assert check(opened(repo), place)
    assert place.read("mine") == b"1\n"


def test_the_branch_in_the_primary_checkout_is_switched_away_by_one_command(
    repo: Repo, place: Repo, opened: Open
) -> None:
    repo.checkout("lane")
    steps = refuse(opened(repo), place, "WORKTREE_ELSEWHERE")
    follow(steps[0], repo)
    make(opened(repo), place)
    check_whole(repo, place)


def test_a_repository_that_was_moved_is_repaired_by_one_command(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    repo.path.rename(repo.path.with_name("moved"))
    moved = repo.at(repo.path.with_name("moved"))
    there = repo.at(moved.path / ".worktrees" / "lane")
    steps = refuse(opened(moved), there)
    follow(steps[0], moved)
    assert check(opened(moved), there)
    check_whole(moved, there)


def test_in_a_copied_repository_no_step_reaches_into_the_original(
    repo: Repo, place: Repo, opened: Open, tmp_path: Path
) -> None:
    make(opened(repo), place)
    shutil.copytree(repo.path, tmp_path / "copy", symlinks=True)
    copy = repo.at(tmp_path / "copy")
    there = repo.at(copy.path / ".worktrees" / "lane")
    with unchanged(repo):
        steps = refuse(opened(copy), there)
        assert not any("repair" in step for step in steps)
        follow(steps[1], copy)
        make(opened(copy), there)
    check_whole(copy, there)
    check_whole(repo, place)


@pytest.mark.parametrize("kind", ["bare", "separate"])
def test_where_no_primary_checkout_can_be_told_there_is_none(
    repo: Repo, tmp_path: Path, opened: Open, kind: str
) -> None:
    option = "--bare" if kind == "bare" else f"--separate-git-dir={tmp_path / 'apart.git'}"
    other = repo.clone(tmp_path / "other", option)
    linked = other.worktree(tmp_path / "linked", "lane", "main")
    assert Worktrees(opened(linked)).find_primary() == b""
    assert Worktrees(opened(linked)).find_checkout("lane") == os.fsencode(linked.path)
    assert Worktrees(opened(linked)).find_checkout("none") == b""
    assert Worktrees(opened(other)).find_primary() == (b"" if kind == "bare" else os.fsencode(other.path))


def test_a_bare_repository_beside_its_work_trees_is_no_checkout(repo: Repo, tmp_path: Path, opened: Open) -> None:
    repo.clone(tmp_path / "project" / ".git", "--bare")
    bare = repo.at(tmp_path / "project" / ".git")
    linked = bare.worktree(tmp_path / "project" / "lane", "lane", "main")
    assert Worktrees(opened(linked)).find_checkout("main") == b""


# -- going on


def test_a_work_tree_goes_on_to_a_later_commit(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    repo.branch("later")
    later = repo.commit_to("later", {"new": "1\n"})
    place.write("mine", "1\n")
    trees = Worktrees(opened(repo))
    assert not trees.is_clean(os.fsencode(place.path))
    trees.advance(os.fsencode(place.path), later)
    assert (place.head(), place.read("new")) == (later, b"1\n")
    place.remove("mine")
    assert trees.is_clean(os.fsencode(place.path))


def test_what_is_not_committed_is_never_overwritten(repo: Repo, place: Repo, opened: Open) -> None:
    make(opened(repo), place)
    repo.branch("later")
    later = repo.commit_to("later", {"README.md": "later\n"})
    place.write("README.md", "mine\n")
    with pytest.raises(RepositoryError) as caught:
        Worktrees(opened(repo)).advance(os.fsencode(place.path), later)
    assert "README.md" in caught.value.message
    assert place.read("README.md") == b"mine\n"
    assert place.head() == repo.head()


# -- programs


def test_no_hook_runs_and_no_filter_that_only_the_repository_names(
    repo: Repo, place: Repo, opened: Open, tmp_path: Path, sealed: dict[str, str]
) -> None:
    fired = tmp_path / "fired"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{fired}"\ncat\n')
    program.chmod(0o755)
    repo.commit("attributes", files={".gitattributes": "*.a filter=own\n*.b filter=a=b\n", "x.a": "a\n", "x.b": "b\n"})
    repo.git("branch", "-f", "lane")
    repo.branch("later")
    later = repo.commit_to("later", {"y.a": "1\n"})
    hooks = repo.git_dir() / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "post-merge"):
        (hooks / name).symlink_to(program)
    for name in ("own", "a=b"):
        for kind in ("clean", "smudge", "process"):
            repo.git("config", f"filter.{name}.{kind}", str(program))
        repo.git("config", f"filter.{name}.required", "true")
    repo.git("config", "core.fsmonitor", str(program))
    fired.unlink(missing_ok=True)
    git = opened(repo)
    assert Worktrees(git).unfiltered == ("a=b", "own")
    make(git, place)
    Worktrees(git).advance(os.fsencode(place.path), later)
    assert Worktrees(git).is_clean(os.fsencode(place.path))
    assert not fired.exists(), fired.read_text()
    assert place.read("x.a") == b"a\n"


def test_a_filter_of_the_persons_own_runs(repo: Repo, place: Repo, opened: Open, sealed: dict[str, str]) -> None:
    repo.git("config", "--global", "filter.up.smudge", "tr a-z A-Z")
    repo.git("config", "--global", "filter.up.clean", "tr A-Z a-z")
    repo.commit("attributes", files={".gitattributes": "*.up filter=up\n", "x.up": "text\n"})
    repo.git("branch", "-f", "lane")
    repo.git("config", "filter.up.smudge", "false")
    repo.git("config", "filter.up.required", "true")
    make(opened(repo), place)
    assert place.read("x.up") == b"TEXT\n"


def test_a_partial_clone_is_told_how_to_get_its_files(repo: Repo, tmp_path: Path, opened: Open) -> None:
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    clone.branch("lane", "origin/main")
    place = clone.at(clone.path / ".worktrees" / "lane")
    with pytest.raises(RepositoryError) as caught:
        make(opened(clone), place)
    follow(caught.value.remediation[0], clone)
    make(opened(clone), place)
    check_whole(clone, place)
