"""The hook sees exactly what the commit turns out to change, in every way of committing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.observer import Observer
from support.repo import Repo

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.changes import parse_changes
from spec_kitty_hooks.git.plumbing import Git

Observe = Callable[[Repo], Observer]
Open = Callable[[Repo], Git]


def paths(seen: dict[str, object]) -> list[bytes]:
    changes = seen["changes"]
    assert isinstance(changes, list)
    return [change[0] for change in changes]


@pytest.fixture
def dirty(repo: Repo) -> Repo:
    """A repository with `staged` in the index, and README.md and src/a/ changed in the work tree only."""
    repo.write("src/a/one.txt", "one\n")
    repo.write("src/a/two.txt", "two\n")
    repo.commit("two files", no_verify=True)
    repo.write("staged", "1\n")
    repo.stage("staged")
    repo.write("src/a/one.txt", "changed\n")
    repo.write("src/a/two.txt", "changed\n")
    return repo


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("-m", "x"), [b"staged"]),
        (("-a", "-m", "x"), [b"src/a/one.txt", b"src/a/two.txt", b"staged"]),
        (("-m", "x", "--", "src/a/one.txt"), [b"src/a/one.txt"]),
        (("-m", "x", "--include", "src/a/one.txt"), [b"src/a/one.txt", b"staged"]),
        (("-m", "x", "--amend"), [b"src/a/one.txt", b"src/a/two.txt", b"staged"]),
        (("-m", "x", "--amend", "--only", "src/a/one.txt"), [b"src/a/one.txt", b"src/a/two.txt"]),
    ],
)
def test_the_index_that_git_is_about_to_commit_is_read(
    dirty: Repo, observe: Observe, args: tuple[str, ...], expected: list[bytes]
) -> None:
    assert paths(observe(dirty).commit("commit", *args)) == expected


def test_hunks_picked_with_p_are_seen(dirty: Repo, observe: Observe) -> None:
    assert paths(observe(dirty).commit("commit", "-p", "-m", "x", input="y\nn\n")) == [b"src/a/one.txt", b"staged"]


def test_without_the_index_variable_a_commit_all_would_be_missed(dirty: Repo, observe: Observe, opened: Open) -> None:
    observer = observe(dirty)
    observer.commit("commit", "-a", "-m", "x")
    dirty.write("src/a/one.txt", "again\n")
    assert opened(dirty).staged_changes(dirty.head()) == ()  # what the plain index says is what -a would have hidden
    assert paths(observer.commit("commit", "-a", "-m", "x")) == [b"src/a/one.txt"]


def test_intent_to_add_is_not_part_of_the_commit(repo: Repo, observe: Observe, opened: Open) -> None:
    repo.write("later", "1\n")
    repo.git("add", "-N", "later")
    repo.write("now", "1\n")
    repo.stage("now")
    assert [change.path for change in opened(repo).staged_changes(repo.head())] == [b"now"]
    assert paths(observe(repo).commit("commit", "-m", "x")) == [b"now"]


def test_a_tracked_file_replaced_by_intent_to_add_is_a_deletion(repo: Repo, observe: Observe) -> None:
    repo.git("rm", "-q", "--cached", "README.md")
    repo.git("add", "-N", "README.md")
    assert paths(observe(repo).commit("commit", "-m", "x")) == [b"README.md"]


def test_a_first_commit_changes_everything(
    tmp_path: Path, sealed: dict[str, str], clock: Clock, observe: Observe
) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock)
    new.write("a", "1\n")
    new.stage()
    observer = observe(new)
    seen = observer.commit("commit", "-m", "x")
    assert seen["layout"]["head"] == ""
    assert paths(seen) == [b"a"]
    new.write("b", "1\n")
    new.stage()
    assert paths(observer.commit("commit", "--amend", "-m", "x")) == [b"a", b"b"]


def test_both_sides_of_a_rename_and_deletions_are_seen(repo: Repo, observe: Observe) -> None:
    repo.git("config", "diff.renames", "copies")
    repo.write("old name", "the same text\n" * 20)
    repo.write("gone", "1\n")
    repo.commit("scenery", no_verify=True)
    repo.git("mv", "old name", "new name")
    repo.git("rm", "-q", "gone")
    assert paths(observe(repo).commit("commit", "-m", "x")) == [b"gone", b"new name", b"old name"]


def test_mode_and_type_changes_are_seen(repo: Repo, observe: Observe) -> None:
    for name in ("script", "to-link", "to-dir"):
        repo.write(name, name)
    repo.symlink("to-file", "script")
    repo.commit("scenery", no_verify=True)
    repo.git("config", "core.fileMode", "false")
    repo.git("update-index", "--chmod=+x", "script")
    for name in ("to-link", "to-dir", "to-file"):
        repo.remove(name)
    repo.symlink("to-link", "nowhere")
    repo.write("to-file", "text")
    repo.write("to-dir/inside", "text")
    repo.stage("to-link", "to-dir", "to-file")
    seen = observe(repo).commit("commit", "-m", "x")
    assert [(path, status) for path, status, *_ in seen["changes"]] == [
        (b"script", "M"),
        (b"to-dir", "D"),
        (b"to-dir/inside", "A"),
        (b"to-file", "T"),
        (b"to-link", "T"),
    ]


def test_a_submodule_counts_though_gitmodules_says_ignore_all(repo: Repo, observe: Observe) -> None:
    first, second = "1" * 40, "2" * 40
    repo.write(".gitmodules", '[submodule "lib"]\n\tpath = lib\n\turl = ./lib\n\tignore = all\n')
    repo.stage(".gitmodules")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},lib")
    repo.git("commit", "-q", "-m", "scenery")
    repo.git("config", "diff.ignoreSubmodules", "all")
    repo.git("config", "submodule.lib.ignore", "all")
    repo.git("update-index", "--cacheinfo", f"160000,{second},lib")
    assert paths(observe(repo).commit("commit", "--allow-empty", "-m", "x")) == [b"lib"]


ODD_NAMES = (
    b"new\nline",
    b"esc\x1b[31m",
    b"latin-\xe9",
    "é".encode(),
    b'"quoted"',
    b"tab\t",
    b"--allow-all",
    b":(top)x",
)


def test_odd_names_come_as_their_bytes(repo: Repo, observe: Observe) -> None:
    for name in ODD_NAMES:
        repo.write(name, "1\n")
    repo.stage()
    assert set(paths(observe(repo).commit("commit", "-m", "x"))) == set(ODD_NAMES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.relative", "true"),
        ("diff.orderFile", "README.md"),
        ("diff.renames", "copies"),
        ("diff.submodule", "log"),
        ("diff.wordRegex", "."),
        ("core.quotePath", "true"),
        ("core.abbrev", "7"),
        ("color.ui", "always"),
        ("diff.colorMoved", "zebra"),
        ("pager.diff", "true"),
        ("core.pager", "false"),
        ("alias.diff", "!false"),
        ("core.untrackedCache", "true"),
        ("feature.manyFiles", "true"),
    ],
)
def test_configuration_does_not_change_the_answer(dirty: Repo, observe: Observe, name: str, value: str) -> None:
    dirty.git("config", name, value)
    dirty.write(b"dir\xe9/new\nname", "1\n")
    dirty.stage()
    observer = observe(dirty)
    seen = observer.commit("commit", "-q", "-m", "x", cwd=dirty.path / "src" / "a")
    assert set(paths(seen)) == {b"src/a/one.txt", b"src/a/two.txt", b"staged", b"dir\xe9/new\nname"}


def test_an_order_file_that_is_not_there_does_not_stop_the_reader(dirty: Repo, opened: Open) -> None:
    dirty.git("config", "diff.orderFile", "no/such/file")
    assert dirty.git("diff", "--cached", check=False).returncode == 128
    assert [change.path for change in opened(dirty).staged_changes(dirty.head())] == [b"staged"]


def test_a_subdirectory_changes_nothing(dirty: Repo, observe: Observe, opened: Open, sealed: dict[str, str]) -> None:
    inside = dirty.at(dirty.path / "src" / "a")
    assert opened(inside).staged_changes(dirty.head()) == opened(dirty).staged_changes(dirty.head())
    assert paths(observe(dirty).commit("commit", "-a", "-m", "x", cwd=inside.path)) == [
        b"src/a/one.txt",
        b"src/a/two.txt",
        b"staged",
    ]


def test_a_linked_worktree_has_its_own_index(repo: Repo, observe: Observe) -> None:
    repo.write("main only", "1\n")
    repo.stage()
    linked = repo.worktree("../linked", "topic", "HEAD")
    linked.write("README.md", "changed\n")
    observer = observe(repo)
    seen = observer.commit("commit", "-a", "-m", "x", repo=linked)
    assert paths(seen) == [b"README.md"]
    assert seen["layout"]["worktree"] == os.fsencode(linked.path.resolve())
    assert seen["layout"]["git_dir"] != seen["layout"]["common_dir"] == os.fsencode(repo.common_dir())


def test_a_submodule_is_a_repository_of_its_own(
    repo: Repo, tmp_path: Path, sealed: dict[str, str], clock: Clock, observe: Observe
) -> None:
    library = Repo.init(tmp_path / "library", sealed, clock)
    library.commit("first", files={"lib.c": "1\n"})
    repo.git("submodule", "--quiet", "add", str(library.path), "lib")
    repo.commit("add lib", no_verify=True)
    inside = repo.at(repo.path / "lib")
    inside.write("lib.c", "2\n")
    observer = observe(inside)
    assert paths(observer.commit("commit", "-a", "-m", "x")) == [b"lib.c"]


def test_separate_git_dir_and_work_tree_are_honoured(dirty: Repo, tmp_path: Path, observe: Observe) -> None:
    observer = observe(dirty)
    where = (f"--git-dir={dirty.path}/.git", f"--work-tree={dirty.path}")
    seen = observer.commit(*where, "commit", "-a", "-m", "x", cwd=dirty.path)
    assert paths(seen) == [b"src/a/one.txt", b"src/a/two.txt", b"staged"]


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_index_versions(dirty: Repo, observe: Observe, version: str) -> None:
    dirty.git("update-index", "--index-version", version)
    assert paths(observe(dirty).commit("commit", "-a", "-m", "x"))[-1] == b"staged"


def test_a_split_index(dirty: Repo, observe: Observe) -> None:
    dirty.git("config", "splitIndex.maxPercentChange", "100")
    dirty.git("update-index", "--split-index")
    assert list(dirty.git_dir().glob("sharedindex.*"))
    assert paths(observe(dirty).commit("commit", "-a", "-m", "x")) == [b"src/a/one.txt", b"src/a/two.txt", b"staged"]


def test_a_sparse_index_whose_folded_directory_differs(repo: Repo, observe: Observe, opened: Open) -> None:
    repo.commit("scenery", files={"far/x/one": "1\n", "far/two": "1\n", "near/a": "1\n"})
    repo.commit("change", files={"far/x/one": "2\n", "far/three": "1\n"})
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "near")
    repo.git("reset", "-q", "--soft", "HEAD~1")
    assert b"040000" in repo.git("ls-files", "--sparse", "-s", binary=True).stdout
    assert [change.path for change in opened(repo).staged_changes(repo.head())] == [b"far/three", b"far/x/one"]
    assert paths(observe(repo).commit("commit", "-m", "x")) == [b"far/three", b"far/x/one"]


def test_sha256(tmp_path: Path, sealed: dict[str, str], clock: Clock, observe: Observe) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock, "--object-format=sha256")
    observer = observe(new)
    for content in ("1\n", "2\n"):
        new.write("a", content)
        new.stage()
        seen = observer.commit("commit", "-m", "x")
        assert seen["layout"]["hash_hex"] == 64
        assert len(seen["changes"][0][5]) == 64


def test_a_shallow_clone(repo: Repo, tmp_path: Path, observe: Observe, opened: Open) -> None:
    repo.commit("second", files={"b": "1\n"})
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    clone.write("b", "2\n")
    seen = observe(clone).commit("commit", "-a", "-m", "x")
    assert seen["layout"]["shallow"]
    missing = opened(repo).commit_parents(repo.head())[0]
    with pytest.raises(RepositoryError) as caught:
        opened(clone).staged_changes(missing)
    assert caught.value.code == "SHALLOW_HISTORY"
    assert caught.value.remediation == ("git fetch --unshallow",)


def test_a_path_in_conflict_is_reported_as_such(repo: Repo, opened: Open) -> None:
    repo.commit("base", files={"a": "1\n", "gone": "1\n"})
    repo.checkout("other", "-b")
    repo.commit("theirs", files={"a": "2\n", "gone": "2\n"})
    repo.checkout("main")
    repo.git("rm", "-q", "gone")
    repo.commit("ours", files={"a": "3\n"})
    repo.git("merge", "other", check=False)
    assert [(c.path, c.status) for c in opened(repo).staged_changes(repo.head())] == [(b"a", "U"), (b"gone", "U")]


def test_trees_are_compared_like_the_index(repo: Repo, opened: Open) -> None:
    first = repo.head()
    repo.git("mv", "README.md", "src/a/READ\nME")
    second = repo.commit("move")
    git = opened(repo)
    changes = git.tree_changes(first, second)
    assert [(change.path, change.status) for change in changes] == [(b"README.md", "D"), (b"src/a/READ\nME", "A")]
    assert {change.path for change in git.tree_changes("", first)} == set(repo.tree(first))
    assert git.tree_changes(second, second) == ()
    with git:
        assert {change.path for change in git.tree_changes(first, "")} == set(repo.tree(first))


@pytest.mark.parametrize("name", ["HEAD", "-h", "--output=x", "main", "0" * 40, "f" * 40, "@{-1}"])
def test_what_is_no_commit_here_is_refused(repo: Repo, opened: Open, name: str) -> None:
    for ask in (opened(repo).staged_changes, lambda base: opened(repo).tree_changes(base, repo.head())):
        with pytest.raises(RepositoryError):
            ask(name)
    assert not repo.exists("x")


def raw(count: int, path: bytes = b"p") -> bytes:
    entry = b":000000 100644 " + b"0" * 40 + b" " + b"1" * 40 + b" A\0" + path + b"\0"
    return entry * count


def test_limits_on_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHANGED_PATHS", 10)
    assert len(parse_changes(raw(10))) == 10
    with pytest.raises(RepositoryError, match="more than 10 paths"):
        parse_changes(raw(11))
    assert parse_changes(raw(1, b"p" * limits.PATH_BYTES))
    with pytest.raises(RepositoryError, match="longer than"):
        parse_changes(raw(1, b"p" * (limits.PATH_BYTES + 1)))
    assert parse_changes(b"") == ()
