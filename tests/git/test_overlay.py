"""Files laid over a tree: what git's own index makes of the same, and no file that silently makes room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import Clock
from support.missions import seed
from support.repo import Repo
from support.sealed import sealed_environment

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.overlay import Overlaid, identify, overlay
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.writing import Writer
from spec_kitty_hooks.model.focus import Version

NAMES = ("a", "a-b", "a.b", "b", "0")
PATHS = tuple("/".join(parts) for first in NAMES for parts in ((first,), (first, "x"), (first, "a", "y")))


def is_tree(paths: set[str]) -> bool:
    """Tell whether no path is a directory of another one."""
    return not any(other.startswith(f"{path}/") for path in paths for other in paths)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository with one empty commit and two blobs, shared by all examples."""
    top = tmp_path_factory.mktemp("overlay")
    repo = Repo.init(top / "repo", sealed_environment(top / ".sealed"), Clock())
    repo.commit("empty", allow_empty=True)
    return repo


def blob(repo: Repo, text: str) -> str:
    return repo.git("hash-object", "-w", "--stdin", input=text).stdout.strip()


def write_tree(repo: Repo, files: dict[str, Version]) -> str:
    """Let git make a tree."""
    env = {"GIT_INDEX_FILE": str(repo.path / ".git" / "index.test")}
    Path(env["GIT_INDEX_FILE"]).unlink(missing_ok=True)
    lines = "".join(f"{one.mode:06o} {one.oid}\t{path}\0" for path, one in files.items())
    repo.git("update-index", "-z", "--add", "--index-info", input=lines, env=env)
    return repo.git("write-tree", env=env).stdout.strip()


def lay(repo: Repo, tree: str, files: dict[str, Version | None]) -> Overlaid:
    commit = repo.ask("commit-tree", "-m", "x", tree)
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        laid = overlay(git, commit, {path.encode(): version for path, version in files.items()})
        writer = Writer(git)
        assert [writer.write_raw("tree", data) for data in laid.trees][-1:] == [laid.tree]
    return laid


versions = st.sampled_from([(0o100644, "1"), (0o100644, "2"), (0o100755, "1"), (0o120000, "2")])
trees = st.dictionaries(st.sampled_from(PATHS), versions, max_size=6).filter(lambda files: is_tree(set(files)))
plans = st.dictionaries(st.sampled_from(PATHS), st.none() | versions, min_size=1, max_size=5)


@settings(max_examples=60)
@given(before=trees, plan=plans)
def test_a_tree_laid_over_is_what_git_makes_of_the_same_files(
    place: Repo, before: dict[str, tuple[int, str]], plan: dict[str, tuple[int, str] | None]
) -> None:
    blobs = {text: blob(place, text) for text in "12"}
    old = {path: Version(mode=mode, oid=blobs[text]) for path, (mode, text) in before.items()}
    wanted = {path: Version(mode=one[0], oid=blobs[one[1]]) if one else None for path, one in plan.items()}
    after = {**old, **wanted}
    kept = {path: version for path, version in after.items() if version is not None}
    laid = lay(place, write_tree(place, old), wanted)
    if is_tree(set(kept)):
        assert (laid.tree, laid.blocked) == (write_tree(place, kept), ())
        assert place.git("ls-tree", "-r", laid.tree, check=False).returncode == 0
    else:
        assert laid.blocked


def test_what_is_not_touched_is_kept_whatever_it_is(repo: Repo) -> None:
    odd = repo.git("mktree", "--missing", "-z", input=f"160000 commit {'1' * 40}\tsub\0").stdout.strip()
    inner = repo.git("mktree", "--missing", "-z", input=f"040000 tree {'2' * 40}\tgone\0").stdout.strip()
    listing = "".join(f"040000 tree {oid}\t{name}\0" for oid, name in ((odd, "odd"), (inner, "part")))
    top = repo.git("mktree", "-z", input=listing).stdout.strip()
    new = Version(mode=0o100644, oid=blob(repo, "new"))
    laid = lay(repo, top, {"part/file": new, "x": new})
    listed = repo.git("ls-tree", laid.tree).stdout
    assert f"040000 tree {odd}\todd" in listed
    assert f"040000 tree {'2' * 40}\tgone" in repo.git("ls-tree", f"{laid.tree}:part").stdout


def test_a_directory_that_cannot_be_read_is_an_error(repo: Repo) -> None:
    top = repo.git("mktree", "--missing", "-z", input=f"040000 tree {'2' * 40}\tgone\0").stdout.strip()
    with pytest.raises(RepositoryError, match="directory gone/ of the remote's target cannot be read"):
        lay(repo, top, {"gone/x": None})


def test_nothing_is_written(repo: Repo) -> None:
    seed_commit = repo.head()
    before = sorted((repo.path / ".git/objects").rglob("*"))
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        overlay(git, seed_commit, {b"x/y": Version(mode=0o100644, oid="1" * 40)})
    assert sorted((repo.path / ".git/objects").rglob("*")) == before


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_ids_are_gits(tmp_path: Path, sealed: dict[str, str], clock: Clock, algorithm: str) -> None:
    repo = seed(Repo.init(tmp_path / "new", sealed, clock, f"--object-format={algorithm}"))
    oid = blob(repo, "text")
    assert identify("blob", b"text", len(oid)) == oid
