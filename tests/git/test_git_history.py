"""Branches, ancestry and hidden files; what cannot be told is never answered with a guess."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repo import Repo

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.git import Ref

Open = Callable[[Repo], Git]


def test_refs_are_branches_with_their_work_tree_and_without_symbolic_ones(repo: Repo, opened: Open) -> None:
    head = repo.head()
    linked = repo.worktree(Path("../a\nb"), "topic/x", "HEAD")
    for ref in ("refs/remotes/origin/main", "refs/tags/v1", "refs/notes/x", "refs/heads/latin-\udce9"):
        repo.git("update-ref", ref, head)
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert opened(repo).refs() == (
        Ref(name="refs/heads/latin-\udce9", oid=head),
        Ref(name="refs/heads/main", oid=head, worktree=os.fsencode(repo.path)),
        Ref(name="refs/heads/topic/x", oid=head, worktree=os.fsencode(linked.path.resolve())),
        Ref(name="refs/remotes/origin/main", oid=head),
    )
    assert opened(linked).refs() == opened(repo).refs()


def test_packed_refs_are_the_same(repo: Repo, opened: Open) -> None:
    for number in range(30):
        repo.branch(f"b{number:02}")
    loose = opened(repo).refs()
    repo.git("pack-refs", "--all")
    assert opened(repo).refs() == loose
    assert len(loose) == 31


def test_more_branches_than_the_limit_are_refused(repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REFS", 2)
    repo.branch("two")
    assert len(opened(repo).refs()) == 2
    repo.branch("three")
    with pytest.raises(RepositoryError, match="more than 2 branches"):
        opened(repo).refs()


@pytest.fixture
def fork(repo: Repo) -> dict[str, str]:
    """Commits base <- left, base <- right, and two criss-cross merges of those."""
    base = repo.head()
    tree = repo.ask("rev-parse", "HEAD^{tree}")

    def commit(name: str, *parents: str) -> str:
        words = [word for parent in parents for word in ("-p", parent)]
        return repo.ask("commit-tree", tree, *words, "-m", name)

    left, right = commit("left", base), commit("right", base)
    return {
        "base": base,
        "left": left,
        "right": right,
        "one": commit("one", left, right),
        "two": commit("two", right, left),
        "alone": commit("alone"),
    }


def test_ancestry(repo: Repo, fork: dict[str, str], opened: Open) -> None:
    git = opened(repo)
    assert git.is_ancestor(fork["base"], fork["one"]) is True
    assert git.is_ancestor(fork["left"], fork["left"]) is True
    assert git.is_ancestor(fork["one"], fork["base"]) is False
    assert git.is_ancestor(fork["left"], fork["right"]) is False
    assert git.merge_bases(fork["left"], fork["right"]) == (fork["base"],)
    assert set(git.merge_bases(fork["one"], fork["two"])) == {fork["left"], fork["right"]}
    assert git.merge_bases(fork["one"], fork["alone"]) == ()
    assert set(git.independent(fork.values())) == {fork["one"], fork["two"], fork["alone"]}
    assert git.independent([fork["left"], fork["left"]]) == (fork["left"],)
    assert git.independent([]) == ()


@pytest.mark.parametrize("junk", ["f" * 40, "main", "-h", "--all", "--output=x", ""])
def test_what_is_not_here_cannot_be_told(repo: Repo, opened: Open, junk: str) -> None:
    git, head = opened(repo), repo.head()
    assert git.is_ancestor(junk, head) is None
    assert git.is_ancestor(head, junk) is None
    assert git.merge_bases(junk, head) == ()
    kept = git.independent([head, junk])
    assert kept == ((head, junk) if junk == "f" * 40 else (head,))


def test_a_cut_off_history_cannot_say_no(repo: Repo, tmp_path: Path, opened: Open) -> None:
    first = repo.head()
    repo.branch("side", first)
    for number in range(3):
        repo.commit(str(number), files={"a": str(number)})
    clone = repo.clone(tmp_path / "clone", "--depth=2", "--no-single-branch")
    git = opened(clone)
    head = clone.head()
    parent = git.commit_parents(head)[0]
    assert git.is_ancestor(parent, head) is True
    assert opened(repo).is_ancestor(first, head) is True
    assert clone.git("cat-file", "-e", first).returncode == 0
    assert git.is_ancestor(first, head) is None  # "no" would be false
    assert git.is_ancestor(head, first) is None


def test_grafts_and_replacements_do_not_rewrite_history(repo: Repo, fork: dict[str, str], opened: Open) -> None:
    repo.git("replace", "--graft", fork["alone"], fork["base"])
    repo.write(".git/info/grafts", f"{fork['left']}\n")
    assert repo.git("merge-base", "--is-ancestor", fork["base"], fork["alone"], check=False).returncode == 0
    git = opened(repo)
    assert git.is_ancestor(fork["base"], fork["alone"]) is False
    assert git.is_ancestor(fork["base"], fork["left"]) is True
    assert git.commit_parents(fork["alone"]) == ()


def test_a_replaced_file_is_read_as_committed(repo: Repo, opened: Open) -> None:
    head = repo.commit("x", files={"log": "true\n", "lie": "lie\n"})
    repo.git("replace", repo.ask("rev-parse", "HEAD:log"), repo.ask("rev-parse", "HEAD:lie"))
    assert repo.show("HEAD", "log") == b"lie\n"
    found = opened(repo).read(f"{head}:log")
    assert found is not None
    assert found.data == b"true\n"


@pytest.mark.parametrize("sparse_index", ["--sparse-index", "--no-sparse-index"])
def test_a_file_that_sparse_checkout_hides_is_known(repo: Repo, opened: Open, sparse_index: str) -> None:
    odd = b"far/:(top)*\n\xe9"
    repo.commit("x", files={b"far/log": "1", odd: "1", b"near/log": "1", b"near/gone": "1"})
    linked = repo.worktree("../linked", "topic", "HEAD")
    linked.git("sparse-checkout", "set", "--cone", sparse_index, "near")
    linked.remove("near/gone")
    place = os.fsencode(linked.path.resolve())
    for git in (opened(repo), opened(linked), opened(linked.at(linked.path / "near"))):
        assert git.sparse_hidden(place, b"far/log")
        assert git.sparse_hidden(place, odd)
        assert not git.sparse_hidden(place, b"near/log")
        assert not git.sparse_hidden(place, b"near/gone")
        assert not git.sparse_hidden(place, b"far/none")
        assert not git.sparse_hidden(os.fsencode(repo.path), b"far/log")
        assert not git.sparse_hidden(place + b"/none", b"far/log")
