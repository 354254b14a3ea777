"""Merges as objects: no work tree, no driver of the repository, logs united, everything else left to a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.repo import Repo
from support.trace import unchanged

from spec_kitty_hooks.errors import HooksError, RepositoryError
from spec_kitty_hooks.git.merging import MergeConflictError, merge_commits
from spec_kitty_hooks.git.plumbing import Git

Open = Callable[[Repo], Git]
LOG = "kitty-specs/m/status.events.jsonl"


def fork(repo: Repo, ours: dict[str, str], theirs: dict[str, str]) -> tuple[str, str]:
    """Return two commits that have the first one in common."""
    repo.branch("side")
    return repo.commit("ours", files=ours), repo.commit_to("side", theirs, "theirs")


def test_what_contains_the_other_is_the_merge(repo: Repo, opened: Open) -> None:
    old, git = repo.head(), opened(repo)
    new = repo.commit("x", files={"x": "1\n"})
    assert (
        merge_commits(git, new, old, "m")
        == merge_commits(git, old, new, "m")
        == merge_commits(git, new, new, "m")
        == new
    )


def test_both_sides_are_in_a_merge(repo: Repo, opened: Open) -> None:
    ours, theirs = fork(repo, {"ours": "1\n", "README.md": "ours\n"}, {"theirs": "1\n"})
    with unchanged(repo):
        made = merge_commits(opened(repo), ours, theirs, "Merge the plan into lane-a")
    assert repo.ask("log", "-1", "--format=%P%n%s%n%an", made).split("\n") == [
        f"{ours} {theirs}",
        "Merge the plan into lane-a",
        "Committer",
    ]
    assert repo.tree(made) == repo.tree(ours) | {b"theirs": repo.tree(theirs)[b"theirs"]}
    assert repo.git("fsck", "--strict", "--no-dangling").returncode == 0


def test_no_merge_driver_runs(repo: Repo, opened: Open, tmp_path: Path) -> None:
    repo.commit("base", files={".gitattributes": "* merge=canary\n", "file": "1\n2\n3\n4\n5\n"})
    repo.git("config", "merge.canary.driver", f"touch {tmp_path / 'fired'}")
    ours, theirs = fork(repo, {"file": "0\n2\n3\n4\n5\n"}, {"file": "1\n2\n3\n4\n6\n"})
    made = merge_commits(opened(repo), ours, theirs, "m")
    assert repo.show(made, "file") == b"0\n2\n3\n4\n6\n"
    assert not (tmp_path / "fired").exists()


def test_logs_that_conflict_are_united_and_the_snapshot_is_ours(repo: Repo, opened: Open) -> None:
    status = "kitty-specs/m/status.json"
    ours, theirs = fork(repo, {LOG: "0\nours\n", status: "ours\n"}, {LOG: "0\ntheirs\n", status: "theirs\n"})
    made = merge_commits(opened(repo), ours, theirs, "m")
    assert repo.show(made, LOG) == b"0\nours\ntheirs\n"
    assert repo.show(made, status) == b"ours\n"


@pytest.mark.parametrize("path", ["file", "status.events.jsonl", "kitty-specs/m/meta.json"])
def test_any_other_conflict_is_left_to_a_person(repo: Repo, opened: Open, path: str) -> None:
    ours, theirs = fork(repo, {path: "ours\n", LOG: "ours\n"}, {path: "theirs\n", LOG: "theirs\n"})
    with unchanged(repo), pytest.raises(MergeConflictError) as caught:
        merge_commits(opened(repo), ours, theirs, "m")
    assert f"conflict in {path}" in caught.value.message
    assert LOG not in caught.value.message


def test_a_log_that_one_side_deleted_is_left_to_a_person(repo: Repo, opened: Open) -> None:
    repo.commit("base", files={LOG: "0\n"})
    repo.branch("side")
    theirs = repo.commit_to("side", {LOG: "0\n1\n"})
    repo.git("rm", "-q", LOG)
    repo.git("commit", "-q", "-m", "gone")
    with pytest.raises(MergeConflictError):
        merge_commits(opened(repo), repo.head(), theirs, "m")


def test_a_shallow_clone_is_told_to_deepen(repo: Repo, tmp_path: Path, opened: Open) -> None:
    ours, theirs = fork(repo, {"ours": "1\n"}, {"theirs": "1\n"})
    clone = repo.clone(tmp_path / "clone", "--depth=1", "--no-single-branch")
    with pytest.raises(HooksError) as caught:
        merge_commits(opened(clone), ours, theirs, "m")
    assert caught.value.code == "SHALLOW_HISTORY"


def test_where_libgit2_cannot_read_it_says_so(
    tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open
) -> None:
    repo = Repo.init(tmp_path / "new", sealed, clock, "--object-format=sha256")
    repo.commit("base", files={"base": "1\n"})
    ours, theirs = fork(repo, {"ours": "1\n"}, {"theirs": "1\n"})
    with pytest.raises(RepositoryError, match="libgit2 cannot merge here"):
        merge_commits(opened(repo), ours, theirs, "m")
