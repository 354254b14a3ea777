"""What git is in the middle of, seen by a real hook and by hand, in every state that git knows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import Clock
from support.observer import Observer
from support.repo import Repo

from spec_kitty_hooks.git import ancestry, situation
from spec_kitty_hooks.git.ancestry import asks_to_amend, parse_command, parse_commit
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import CI_BRANCHES, read_situation
from spec_kitty_hooks.model.git import Situation

Observe = Callable[[Repo], Observer]
Open = Callable[[Repo], Git]


def now(git: Git, **environ: str) -> Situation:
    return read_situation(git, environ)


def plain(repo: Repo, **changes: object) -> Situation:
    usual = Situation(branch="main", detached=False, rebasing=False, operation="", amend=False, parents=(repo.head(),))
    changed = usual.replace(**changes)
    assert isinstance(changed, Situation)
    return changed


@pytest.fixture
def forked(repo: Repo) -> Repo:
    """Main and `side` have both changed `file`; HEAD is main."""
    repo.commit("base", files={"file": "base\n"})
    repo.checkout("side", "-b")
    repo.commit("theirs", files={"file": "theirs\n"})
    repo.checkout("main")
    repo.commit("ours", files={"file": "ours\n"})
    return repo


def resolve(repo: Repo) -> None:
    repo.write("file", "resolved\n")
    repo.stage("file")


def test_a_branch_with_slashes_and_odd_bytes(repo: Repo, opened: Open) -> None:
    assert now(opened(repo)) == plain(repo)
    repo.checkout("kitty/mission-x-lane-a\udce9", "-b")
    assert now(opened(repo)) == plain(repo, branch="kitty/mission-x-lane-a\udce9")


def test_an_unborn_branch_has_no_parents(tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock)
    found = now(opened(new))
    assert (found.branch, found.detached, found.parents) == ("main", False, ())


def test_detached(repo: Repo, opened: Open, observe: Observe) -> None:
    repo.checkout("HEAD", "--detach")
    assert now(opened(repo)) == plain(repo, branch="", detached=True)
    observe(repo).commit("commit", "--allow-empty", "-m", "x")


def test_head_as_a_link_is_understood(repo: Repo, opened: Open) -> None:
    repo.remove(".git/HEAD")
    repo.symlink(".git/HEAD", "refs/heads/main")
    assert now(opened(repo)) == plain(repo)


def test_head_in_a_reftable_is_asked_of_git(repo: Repo, tmp_path: Path, opened: Open) -> None:
    made = repo.git("init", "-q", "--ref-format=reftable", tmp_path / "new", check=False)
    if made.returncode:
        pytest.skip("this git has no reftable")
    new = repo.at(tmp_path / "new")
    new.commit("base", files={"a": "1\n"})
    picked = new.commit("picked", files={"a": "2\n"})
    assert now(opened(new)) == plain(new)
    new.commit("other", files={"a": "3\n"})
    new.git("cherry-pick", picked, check=False)
    assert now(opened(new)).operation == "cherry-pick"


def test_a_merge_in_conflict_and_its_commit(forked: Repo, opened: Open, observe: Observe) -> None:
    forked.git("merge", "side", check=False)
    both = (forked.head(), forked.resolve("side"))
    assert now(opened(forked)) == plain(forked, operation="merge", parents=both)
    resolve(forked)
    assert observe(forked).commit("commit", "-m", "merge")["situation"]["operation"] == "merge"
    assert now(opened(forked)) == plain(forked)


def test_a_clean_merge_is_seen_before_it_is_made(repo: Repo, observe: Observe) -> None:
    repo.checkout("side", "-b")
    repo.commit("theirs", files={"side": "1\n"})
    repo.checkout("main")
    repo.commit("ours", files={"main": "1\n"})
    parents = (repo.head(), repo.resolve("side"))
    observer = observe(repo)
    repo.git("config", "core.hooksPath", str(only(observer, "pre-merge-commit")))
    found = observer.commit("merge", "-q", "--no-edit", "side")["situation"]
    assert (found["operation"], found["parents"], found["branch"], found["amend"]) == ("merge", parents, "main", False)


def only(observer: Observer, name: str) -> Path:
    """Return a hooks directory that has one of the observer's hooks."""
    directory = Path(observer.repo.ask("config", "core.hooksPath"))
    for hook in directory.iterdir():
        if hook.name != name:
            hook.unlink()
    return directory


def test_an_octopus_has_all_its_parents(repo: Repo, observe: Observe) -> None:
    for name in ("one", "two", "three"):
        repo.checkout("main")
        repo.checkout(name, "-b")
        repo.commit(name, files={name: "1\n"})
    repo.checkout("main")
    repo.commit("main", files={"main": "1\n"})
    observer = observe(repo)
    repo.git("config", "core.hooksPath", str(only(observer, "pre-merge-commit")))
    head = repo.head()
    repo.git("merge", "-q", "--no-edit", "one", "two", "three")
    parents = observer.see()["situation"]["parents"]
    assert parents[0] == head
    assert set(parents) == set(repo.ask("rev-list", "--parents", "-1", "HEAD").split()[1:])


def test_after_the_merge_it_is_over_though_git_still_keeps_merge_head(repo: Repo, observe: Observe) -> None:
    repo.checkout("side", "-b")
    repo.commit("theirs", files={"side": "1\n"})
    repo.checkout("main")
    repo.commit("ours", files={"main": "1\n"})
    observer = observe(repo)
    repo.git("config", "core.hooksPath", str(only(observer, "post-merge")))
    repo.git("merge", "-q", "--no-edit", "side")
    found = observer.see()["situation"]
    assert (found["operation"], found["parents"]) == ("", (repo.head(),))


def test_a_squash_has_one_parent(forked: Repo, opened: Open, observe: Observe) -> None:
    forked.git("merge", "--squash", "side", check=False)
    resolve(forked)
    assert now(opened(forked)) == plain(forked, operation="squash")
    observe(forked).commit("commit", "-m", "squash")


@pytest.mark.parametrize(
    ("args", "operation"), [(("cherry-pick", "side"), "cherry-pick"), (("revert", "--no-edit", "HEAD~1"), "revert")]
)
def test_picks_and_reverts_in_conflict(
    forked: Repo, opened: Open, observe: Observe, args: tuple[str, ...], operation: str
) -> None:
    forked.git(*args, check=False)
    assert now(opened(forked)) == plain(forked, operation=operation)
    resolve(forked)
    found = observe(forked).commit("commit", "-m", "done")["situation"]
    assert (found["operation"], found["amend"]) == (operation, False)


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_rebase_belongs_to_the_branch_that_is_rebased(
    forked: Repo, opened: Open, observe: Observe, backend: str
) -> None:
    forked.git("rebase", "-q", backend, "main", "side", check=False)
    resolve(forked)
    expected = plain(forked, branch="side", detached=True, rebasing=True, operation="rebase")
    assert now(opened(forked)) == expected
    observe(forked).commit("commit", "-m", "by hand")


def test_an_amend_in_the_middle_of_a_rebase(forked: Repo, observe: Observe) -> None:
    forked.checkout("side")
    forked.git("rebase", "-q", "-i", "HEAD~1", env={"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/"})
    forked.write("more", "1\n")
    forked.stage("more")
    found = observe(forked).commit("commit", "--amend", "--no-edit")["situation"]
    assert (found["branch"], found["operation"], found["amend"]) == ("side", "rebase", True)


def test_a_rebase_of_a_detached_head_has_no_branch(forked: Repo, opened: Open) -> None:
    forked.checkout("side", "--detach")
    forked.git("rebase", "-q", "main", check=False)
    assert now(opened(forked)) == plain(forked, branch="", detached=True, rebasing=True, operation="rebase")


def test_am_stays_on_its_branch(forked: Repo, tmp_path: Path, opened: Open) -> None:
    patch = tmp_path / "patch"
    patch.write_text(forked.git("format-patch", "-1", "--stdout", "side").stdout)
    forked.git("am", "-q", str(patch), check=False)
    assert now(opened(forked)) == plain(forked, operation="am")


def test_bisect(forked: Repo, opened: Open) -> None:
    forked.git("bisect", "start", "HEAD", "HEAD~2")
    assert now(opened(forked)) == plain(forked, branch="", detached=True, operation="bisect")


def test_a_linked_worktree_is_in_the_middle_of_its_own_things(forked: Repo, opened: Open, observe: Observe) -> None:
    linked = forked.worktree("../linked", "topic", "main")
    linked.git("merge", "side", check=False)
    assert now(opened(forked)) == plain(forked)
    assert now(opened(linked)).operation == "merge"
    resolve(linked)
    found = observe(forked).commit("commit", "-m", "merge", repo=linked)["situation"]
    assert (found["branch"], found["operation"]) == ("topic", "merge")


@pytest.mark.parametrize(
    ("args", "amend"),
    [
        (("commit", "--amend", "-m", "x"), True),
        (("commit", "--am", "--no-edit"), True),
        (("commit", "--amend", "--reset-author", "--no-edit"), True),
        (("commit", "--amend", "--date=2020-01-01T00:00:00Z", "--no-edit"), True),
        (("-c", "alias.again=commit --amend --no-edit", "again"), True),
        (("-c", "alias.again=!git commit --amend --no-edit", "again"), True),
        (("commit", "-m", "--amend"), False),
        (("commit", "--amend", "--no-amend", "-m", "x"), False),
        (("commit", "--fixup", "HEAD"), False),
        (("-c", "alias.c=commit -m x", "c"), False),
    ],
)
@pytest.mark.parametrize("same_second", [True, False])
def test_an_amend_is_told_from_a_commit(
    repo: Repo, observe: Observe, args: tuple[str, ...], amend: bool, same_second: bool
) -> None:
    repo.commit("parent", files={"a": "1\n"})
    repo.write("a", "2\n")
    repo.stage()
    date = repo.ask("show", "-s", "--date=raw", "--format=%ad")
    env = {"GIT_AUTHOR_DATE": date} if same_second else {}
    assert observe(repo).commit(*args, env=env)["situation"]["amend"] is amend


def test_amending_a_merge_and_a_first_commit(repo: Repo, observe: Observe) -> None:
    repo.checkout("side", "-b")
    repo.commit("theirs", files={"side": "1\n"})
    repo.checkout("main")
    repo.git("merge", "-q", "--no-ff", "--no-edit", "side")
    observer = observe(repo)
    assert len(observer.commit("commit", "--amend", "-m", "x")["situation"]["parents"]) == 2
    repo.checkout("new", "--orphan")
    observer.commit("commit", "-m", "x")
    assert observer.commit("commit", "--amend", "-m", "y")["situation"]["parents"] == ()


def author_environment(repo: Repo) -> dict[str, str]:
    name, email, date = repo.ask("show", "-s", "--date=raw", "--format=%an%n%ae%n%ad").split("\n")
    return {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": f"@{date}"}


@pytest.mark.parametrize("seen", [None, False, True])
def test_the_author_decides_only_where_the_command_line_cannot_be_seen(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, sealed: dict[str, str], seen: bool | None
) -> None:
    parent = repo.head()
    repo.commit("x", files={"a": "1"})
    monkeypatch.chdir(repo.path)
    monkeypatch.setattr(situation, "asks_to_amend", lambda: seen)
    same = author_environment(repo)
    with Git.open(None, sealed, hook=True) as git:
        amending = plain(repo, amend=True, parents=(parent,))
        assert read_situation(git, same) == (plain(repo) if seen is False else amending)
        later = {**same, "GIT_AUTHOR_DATE": "@1 +0000"}
        assert read_situation(git, later) == (amending if seen else plain(repo))
        assert read_situation(git, {}) == (amending if seen else plain(repo))
    with Git.open(None, sealed, hook=False) as git:
        assert read_situation(git, same) == plain(repo)


CHECKOUTS = [
    ({"GITHUB_HEAD_REF": "kitty/x-lane-a", "GITHUB_REF": "refs/pull/7/merge"}, "kitty/x-lane-a"),
    ({"GITHUB_HEAD_REF": "", "GITHUB_REF": "refs/heads/topic"}, "topic"),
    ({"GITHUB_REF": "refs/tags/v1"}, ""),
    ({"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "mr", "CI_COMMIT_BRANCH": "main"}, "mr"),
    ({"CI_COMMIT_BRANCH": "topic"}, "topic"),
    ({"BUILD_SOURCEBRANCH": "refs/heads/a/b"}, "a/b"),
    ({"BUILD_SOURCEBRANCH": "refs/pull/3/merge", "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/pr"}, "pr"),
    ({}, ""),
]


@pytest.mark.parametrize(("environ", "branch"), CHECKOUTS)
def test_a_detached_checkout_in_ci_is_the_branch_that_ci_names(
    repo: Repo, opened: Open, environ: dict[str, str], branch: str
) -> None:
    assert now(opened(repo), **environ).branch == "main"
    repo.checkout("HEAD", "--detach")
    assert now(opened(repo), **environ) == plain(repo, branch=branch, detached=True)


def test_no_variable_names_the_branch_of_a_hook(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, sealed: dict[str, str]
) -> None:
    repo.checkout("HEAD", "--detach")
    monkeypatch.chdir(repo.path)
    with Git.open(None, sealed, hook=True) as git:
        assert read_situation(git, dict.fromkeys(CI_BRANCHES, "x")).branch == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("commit", False),
        ("commit --amend", True),
        ("-C /x -c a.b=c --git-dir /y --no-pager commit --ame", True),
        ("--git-dir=/y commit -a", False),
        ("-c commit --amend", None),
        ("rebase --amend", None),
        ("merge side", None),
        ("", None),
        ("-C", None),
    ],
)
def test_the_command_among_gits_own_options(line: str, expected: bool | None) -> None:
    assert parse_command(line.encode().split()) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-m --amend", False),
        ("-am --amend", False),
        ("-mfix --amend", True),
        ("-S --amend", True),
        ("-uno --amend", True),
        ("-qm x --amend", True),
        ("--message --amend", False),
        ("--mess --amend", False),
        ("--message=x --amend", True),
        ("--trailer --amend", False),
        ("--pathspec-from-file --amend", False),
        ("--author --amend", False),
        ("-c --amend", False),
        ("-C HEAD --amend", True),
        ("-- --amend", False),
        ("--amend -- x", True),
        ("--no-amend", False),
        ("--amend --no-am", False),
        ("--no-amend --am", True),
        ("--all --allow-empty", False),
        ("- --amend", True),
        ("x --amend", True),
        ("-m", False),
    ],
)
def test_amend_among_the_options_of_commit(line: str, expected: bool) -> None:
    assert parse_commit(line.encode().split()) is expected


WORDS = st.lists(
    st.sampled_from(
        ["-m", "-a", "-am", "--amend", "--no-amend", "--amen", "x", "-q", "--message=x", "-F", "--", "-n", "-v"]
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository whose HEAD commit tells by its existence whether git took a command for an amend."""
    from support.sealed import sealed_environment

    root = tmp_path_factory.mktemp("parser")
    repo = Repo.init(root / "repo", sealed_environment(root / ".sealed"), Clock())
    repo.commit("only", files={"a": "1"})
    repo.write("x", "message\n")
    return repo


@given(WORDS)
def test_git_and_we_read_the_same_command_line(parser: Repo, words: list[str]) -> None:
    """Git's --dry-run says whether it would amend the first commit: then the commit is an initial one again."""
    args = [word for word in words if word != "--"]
    said = parser.git("commit", "--dry-run", "--long", *args, check=False)
    if "usage" in said.stderr or said.stderr.startswith(("error", "fatal")):
        return
    assert parse_commit([word.encode() for word in args]) is ("Initial commit" in said.stdout)


def test_a_python_above_us_is_no_git() -> None:
    assert asks_to_amend() is None or os.environ.get("GIT_INDEX_FILE")


def test_an_unreadable_process_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ancestry._read(0, "cmdline") == b""
    assert ancestry._parent(0) == 0
    monkeypatch.setattr(os, "getppid", lambda: 0)
    assert asks_to_amend() is None
