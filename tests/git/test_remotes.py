"""Remotes: which one a branch is shared through, where a fetch keeps it, and when it was last seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.diverging import share
from support.repo import Repo

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.remotes import Remotes, is_remote_name

Open = Callable[[Repo], Git]
THEN = 1_700_000_000  # long before anything that a test fetches


def remotes(repo: Repo, opened: Open, **settings: str) -> Remotes:
    for name, value in settings.items():
        repo.git("config", name.replace("__", "."), value)
    return Remotes(opened(repo))


def test_the_remote_is_the_clones_setting_then_the_branchs_then_origin_then_the_only_one(
    repo: Repo, opened: Open
) -> None:
    assert remotes(repo, opened).choose("main") == ""
    repo.add_remote("one", "/nowhere/1")
    assert remotes(repo, opened).choose("main") == "one"
    repo.add_remote("two", "/nowhere/2")
    assert remotes(repo, opened).choose("main") == ""
    repo.add_remote("origin", "/nowhere/3")
    assert remotes(repo, opened).choose("main") == "origin"
    found = remotes(repo, opened, branch__main__remote="two")
    assert (found.choose("main"), found.choose("other")) == ("two", "origin")
    found = remotes(repo, opened, **{"spec-kitty-hooks__targetRemote": "one"})
    assert (found.choose("main"), found.choose_push("main")) == ("one", "two")
    assert remotes(repo, opened, remote__pushDefault="origin").choose_push("main") == "origin"
    assert found.names == ("one", "origin", "two")


@pytest.mark.parametrize("value", [".", "/some/where", "gone"])
def test_a_branchs_remote_that_is_none_is_passed_over(repo: Repo, opened: Open, value: str) -> None:
    repo.add_remote("origin", "/nowhere")
    assert remotes(repo, opened, branch__main__remote=value).choose("main") == "origin"


@pytest.mark.parametrize(
    ("refspec", "ref"),
    [
        ("+refs/heads/*:refs/remotes/origin/*", "refs/remotes/origin/release/1"),
        ("refs/heads/*:refs/remotes/theirs/x/*", "refs/remotes/theirs/x/release/1"),
        ("+refs/heads/release/*:refs/remotes/origin/r-*", "refs/remotes/origin/r-1"),
        ("+refs/heads/release/1:refs/remotes/origin/only", "refs/remotes/origin/only"),
        ("+refs/heads/main:refs/remotes/origin/main", "refs/remotes/origin/release/1"),
        ("+refs/heads/*:refs/mirror/*", "refs/remotes/origin/release/1"),
        ("^refs/heads/release/*", "refs/remotes/origin/release/1"),
        ("+refs/heads/*", "refs/remotes/origin/release/1"),
        ("+refs/heads/*:refs/remotes/..", "refs/remotes/origin/release/1"),
        ("+refs/heads/release/1*1:refs/remotes/origin/x*", "refs/remotes/origin/release/1"),
    ],
)
def test_the_tracking_ref_is_where_a_fetch_keeps_the_branch(repo: Repo, opened: Open, refspec: str, ref: str) -> None:
    repo.git("config", "remote.origin.fetch", refspec)
    assert Remotes(opened(repo)).tracking_ref("origin", "release/1") == ref


def test_a_push_goes_to_the_remote_that_is_named_or_else_to_the_first_that_has_the_address(
    repo: Repo, opened: Open
) -> None:
    repo.add_remote("one", "/nowhere/1")
    repo.add_remote("two", "/nowhere/2")
    repo.git("config", "remote.two.pushurl", "/nowhere/push")
    repo.git("config", "--add", "remote.two.pushurl", "/nowhere/1")
    repo.git("config", "remote.-x.url", "/nowhere/x")
    repo.git("config", "remote.bare.fetch", "+refs/heads/*:refs/remotes/bare/*")
    repo.git("config", "remote.pushDefault", "two")
    found = Remotes(opened(repo))
    assert found.find("two", "/nowhere/1") == "two"
    for address, name in (("1", "one"), ("2", "two"), ("push", "two"), ("x", "-x"), ("else", "")):
        assert found.find(f"/nowhere/{address}", f"/nowhere/{address}") == name
    assert found.find("-x", "") == "-x"
    assert [found.find(name, name) for name in ("bare", "pushDefault", "")] == ["", "", ""]


def test_a_remote_without_an_address_is_not_where_a_push_without_one_goes(repo: Repo, opened: Open) -> None:
    repo.git("config", "remote.empty.url", "")
    assert Remotes(opened(repo)).find("", "") == ""
    assert Remotes(opened(repo)).find("empty", "empty") == "empty"


@pytest.mark.parametrize("name", ["-x", "--upload-pack=touch", "a b", "a..b", "", "x.lock"])
def test_what_git_would_not_take_for_a_remote_is_none(repo: Repo, opened: Open, name: str) -> None:
    assert not is_remote_name(name)
    repo.git("config", f"remote.{name}.url", "/nowhere")
    assert Remotes(opened(repo)).names == ()


def test_a_clone_has_seen_its_remote_when_it_was_made(repo: Repo, tmp_path: Path, opened: Open) -> None:
    clone = repo.clone(tmp_path / "clone")
    made = clone.git("log", "-g", "-1", "--format=%gd", "--date=unix", "refs/remotes/origin/HEAD").stdout
    seen = Remotes(opened(clone)).last_seen("origin", "main", repo.head())
    assert f"@{{{seen}}}" in made


@pytest.fixture
def fetched(repo: Repo, tmp_path: Path) -> Repo:
    """The repository with a remote, whose reflog of the tracking ref is gone, and whose last fetch was at THEN."""
    share(repo, tmp_path / "remote.git")
    (repo.path / ".git/logs/refs/remotes/origin/main").unlink()
    os.utime(repo.path / ".git/FETCH_HEAD", (THEN, THEN))
    return repo


def test_a_fetch_is_remembered_even_if_it_brought_nothing(fetched: Repo, opened: Open) -> None:
    assert Remotes(opened(fetched)).last_seen("origin", "main", fetched.head()) == THEN


def test_a_fetch_in_another_work_tree_counts(fetched: Repo, opened: Open) -> None:
    place = fetched.worktree("linked", "side", "HEAD")
    place.git("fetch", "-q", "origin")
    os.utime(place.git_dir() / "FETCH_HEAD", (THEN + 5, THEN + 5))
    assert Remotes(opened(fetched)).last_seen("origin", "main", fetched.head()) == THEN + 5


def test_a_fetch_of_another_branch_another_remote_or_another_commit_does_not_count(
    fetched: Repo, tmp_path: Path, opened: Open
) -> None:
    head, other = fetched.head(), tmp_path / "other.git"
    found = Remotes(opened(fetched))
    assert found.last_seen("origin", "other", head) is None
    assert found.last_seen("origin", "main", "1" * 40) is None
    fetched.clone(other, "--bare")
    fetched.add_remote("fork", other)
    fetched.git("fetch", "-q", "fork", "main")
    assert Remotes(opened(fetched)).last_seen("origin", "main", head) is None


def test_a_fetch_over_an_address_with_a_user_is_recognised(fetched: Repo, opened: Open) -> None:
    place = fetched.path / ".git/FETCH_HEAD"
    for url, shown in (
        ("https://somebody:secret@example.com/x/y.git/", "https://example.com/x/y"),
        ("git@example.com:x/y.git", "example.com:x/y"),
        ("/srv/a@b/c.git", "/srv/a@b/c"),
        ("https://example.com/a@b/c.git", "https://example.com/a@b/c"),
    ):
        fetched.git("config", "remote.origin.url", url)
        place.write_text(f"{fetched.head()}\t\tbranch 'main' of {shown}\n")
        os.utime(place, (THEN, THEN))
        assert Remotes(opened(fetched)).last_seen("origin", "main", fetched.head()) == THEN, url
        place.write_text(f"{fetched.head()}\t\tbranch 'main' of {shown}x\n")
        assert Remotes(opened(fetched)).last_seen("origin", "main", fetched.head()) is None


def test_a_push_has_seen_the_remote_too(repo: Repo, tmp_path: Path, opened: Open) -> None:
    share(repo, tmp_path / "remote")
    os.utime(repo.path / ".git/FETCH_HEAD", (THEN, THEN))
    repo.commit("x", files={"x": "1\n"})
    repo.push("main", "-q")
    seen = Remotes(opened(repo)).last_seen("origin", "main", repo.head())
    assert seen is not None
    assert seen > THEN
