"""The law of focused branches: the remote's tree, with the mission's paths merged as git merges them, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import focusing
from support.clock import Clock
from support.diverging import plan
from support.missions import Mission, seed
from support.repo import Repo
from support.sealed import sealed_environment

LINES = "123456"
OWNED = (b"src/a/x", b"src/a/deep/y", b"src/b/z", b"src/a/\xff")
FOREIGN = (b"lib/u", b"lib/w", b"src/d")
#: What one side makes of a file: nothing, a link, or lines of which some are its own; and a mode.
edits = st.none() | st.tuples(st.sets(st.sampled_from(LINES), max_size=2), st.sampled_from(["100644", "100755"]))
sides = st.dictionaries(st.sampled_from(OWNED + FOREIGN), edits | st.just("link"), max_size=5)


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Mission:
    """A planned mission that the remote has; every example puts its own commits on top."""
    top: Path = tmp_path_factory.mktemp("laws")
    repo = seed(Repo.init(top / "repo", sealed_environment(top / ".sealed"), Clock()))
    mission, _remote = plan(repo, top / "remote")
    if repo.git("merge-tree", "--write-tree", "HEAD", "HEAD", check=False).returncode:
        pytest.skip("this git has no merge-tree --write-tree to compare with (2.38)")
    return mission


def commit(repo: Repo, parent: str, files: dict[bytes, object], author: str) -> str:
    """Commit edits on top of a commit; a set of lines are those that `author` writes anew."""
    tree = repo.tree(parent)
    for path, edit in files.items():
        tree.pop(path, None)
        if edit == "link":
            tree[path] = ("120000", repo.git("hash-object", "-w", "--stdin", input=author).stdout.strip())
        elif isinstance(edit, tuple):
            text = "".join(f"{author if line in edit[0] else ''}{line}\n" for line in LINES)
            tree[path] = (edit[1], repo.git("hash-object", "-w", "--stdin", input=text).stdout.strip())
    made = repo.ask("commit-tree", "-m", author, "-p", parent, focusing.write_tree(repo, tree))
    assert isinstance(made, str)
    return made


def merge_with_git(repo: Repo, base: str, upstream: str, tip: str) -> tuple[bool, str]:
    """Let git merge upstream and the base with only the mission's paths as the tip has them; clean, and the tree."""
    files, theirs = repo.tree(base), repo.tree(tip)
    for path in OWNED:
        files.pop(path, None)
        if path in theirs:
            files[path] = theirs[path]
    filtered = repo.ask("commit-tree", "-m", "x", "-p", base, focusing.write_tree(repo, files))
    words = ("-c", "merge.renames=false", "merge-tree", "--write-tree", "--name-only", upstream, filtered)
    ran = repo.git(*words, check=False)
    assert ran.returncode in (0, 1), ran
    return ran.returncode == 0, ran.stdout.split("\n")[0]


@settings(max_examples=60)
@given(base=sides, upstream=sides, mine=sides)
def test_a_focused_branch_is_upstream_with_the_missions_paths_merged(
    mission: Mission, base: dict[bytes, object], upstream: dict[bytes, object], mine: dict[bytes, object]
) -> None:
    repo = mission.repo
    start = commit(repo, "HEAD", {path: (set(), "100644") for path in OWNED + FOREIGN} | base, "base")
    theirs, ours = commit(repo, start, upstream, "upstream"), commit(repo, start, mine, "mine")
    repo.git("update-ref", "refs/remotes/origin/main", theirs)
    before = repo.resolve("refs/heads/main")
    repo.git("update-ref", "refs/heads/main", ours)
    try:
        focus = focusing.plan(mission)
    finally:
        repo.git("update-ref", "refs/heads/main", before)
    clean, tree = merge_with_git(repo, start, theirs, ours)
    assert (not focus.conflicts) == clean
    made = tree_of(focus.objects[-1][1]) if focus.commit else repo.ask("rev-parse", f"{theirs}^{{tree}}")
    if clean:
        assert made == tree
    assert {conflict.path for conflict in focus.conflicts} <= set(OWNED)
    assert {path.path for path in focus.paths} <= set(OWNED)
    assert set(focus.left_out) == {
        path
        for path in FOREIGN
        if repo.tree(ours).get(path) not in (repo.tree(start).get(path), repo.tree(theirs).get(path))
    }


def tree_of(commit: bytes) -> str:
    return commit.split(b"\n")[0].removeprefix(b"tree ").decode()
