"""The libgit2 reader of ranges where git shows it more or less than an ordinary repository, and what serves instead."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.pasts import forge
from support.repo import Repo
from support.trace import unchanged

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import libgit, treediff
from spec_kitty_hooks.git.history import read_history
from spec_kitty_hooks.git.libgit import LibgitError, read_history_libgit
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.ranges import LIBGIT2, read_range
from spec_kitty_hooks.model.history import Commit

Open = Callable[[Repo], Git]
ROOT = Path(libgit.__file__).parents[2]


def read(git: Git, *tips: str, exclude: tuple[str, ...] = ()) -> list[Commit]:
    return list(read_history_libgit(git, tips, exclude))


def read_whatever_serves(git: Git, tip: str) -> list[Commit]:
    """Read with the libgit2 reader preferred, after making sure that it refuses."""
    with pytest.raises(LibgitError):
        read(git, tip)
    return list(read_range(git, [tip], reader=LIBGIT2))


# -- what it reads like git


def test_a_shallow_clone_ends_where_it_ends(repo: Repo, line: list[str], tmp_path: Path, opened: Open) -> None:
    clone = repo.clone(tmp_path / "shallow", "--depth=2")
    told = read(opened(clone), line[3])
    assert told == list(read_history(opened(clone), [line[3]]))
    assert [(commit.cut, len(commit.changes)) for commit in told] == [(False, 1), (True, 0)]


def test_linked_work_trees_submodules_and_bare_repositories(
    repo: Repo, line: list[str], tmp_path: Path, opened: Open
) -> None:
    right = list(read_history(opened(repo), [line[3]]))
    repo.git("submodule", "--quiet", "add", str(repo.path), "lib")
    bare = repo.clone(tmp_path / "bare", "--bare")
    for place in (repo.worktree("../linked", "topic", "HEAD"), bare, repo.at(repo.path / "lib")):
        assert read(opened(place), line[3]) == right


def test_a_tag_stands_for_its_commit(repo: Repo, line: list[str], opened: Open) -> None:
    repo.git("tag", "-a", "-m", "x", "v1", line[3])
    repo.git("tag", "-a", "-m", "x", "v0", line[1])
    tags = [repo.ask("rev-parse", name) for name in ("v1", "v0")]
    assert [commit.oid for commit in read(opened(repo), tags[0], exclude=(tags[1],))] == line[:1:-1]


def test_replacements_hide_nothing(repo: Repo, line: list[str], opened: Open) -> None:
    right = read(opened(repo), line[3])
    repo.git("replace", line[3], line[2])
    repo.git("replace", repo.ask("rev-parse", f"{line[1]}^{{tree}}"), repo.ask("rev-parse", f"{line[0]}^{{tree}}"))
    repo.git("pack-refs", "--all")
    assert read(opened(repo), line[3]) == right


def test_alternates_packs_and_a_commit_graph(repo: Repo, line: list[str], tmp_path: Path, opened: Open) -> None:
    repo.git("repack", "-q", "-a", "-d")
    clone = repo.clone(tmp_path / "clone", "--shared")
    newest = clone.commit("four", files={"four": "1\n"})
    clone.git("commit-graph", "write", "--reachable")
    assert read(opened(clone), newest) == list(read_history(opened(clone), [newest]))


@pytest.mark.parametrize("mode", ["100664", "0100644", "100600"])
def test_modes_of_old_are_read_as_git_reads_them(repo: Repo, opened: Open, mode: str) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", input=b"1", binary=True).stdout.strip()
    base = repo.commit_to("base", {"f": "1"}, parents=())
    raw = b"%b f\0%b" % (mode.encode(), bytes.fromhex(blob.decode()))
    tree = repo.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", input=raw, binary=True).stdout
    for parents in ((), ("-p", base)):
        odd = repo.ask("commit-tree", tree.decode().strip(), *parents, "-m", "x")
        assert read(opened(repo), odd) == list(read_history(opened(repo), [odd]))


HOOK = """
import os, sys
sys.path.insert(0, {root!r})
from spec_kitty_hooks.git.history import read_history
from spec_kitty_hooks.git.libgit import read_history_libgit
from spec_kitty_hooks.git.plumbing import Git
for line in sys.stdin:
    old, new, ref = line.split()
    with Git.open(None, os.environ, hook=True) as git:
        told = [list(read(git, [new], [old])) for read in (read_history, read_history_libgit)]
    assert "GIT_QUARANTINE_PATH" in os.environ
    print("told", told[0] == told[1], *(change.path for commit in told[1] for change in commit.changes))
"""


def test_a_server_is_shown_what_it_has_not_taken_in_yet(repo: Repo, line: list[str], tmp_path: Path) -> None:
    server = repo.clone(tmp_path / "server.git", "--bare")
    repo.add_remote("server", server)
    hook = server.path / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!{sys.executable} -I\n{HOOK.format(root=str(ROOT))}")
    hook.chmod(0o755)
    repo.commit("four", files={"four": "1\n"})
    said = repo.push("main", remote="server").stderr
    assert "told True b'four'" in said


# -- what it refuses


def test_sha256_is_left_to_git(tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock, "--object-format=sha256")
    head = new.commit("x", files={"a": "1\n"})
    assert [commit.oid for commit in read_whatever_serves(opened(new), head)] == [head]


@pytest.mark.parametrize("extensions", [{}, {"partialClone": "origin"}], ids=["new", "old"])
def test_a_clone_without_files_has_all_that_a_range_needs(
    repo: Repo, line: list[str], tmp_path: Path, opened: Open, extensions: dict[str, str]
) -> None:
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    for name, value in extensions.items():  # an older git says it so, and libgit2 does not know the word
        clone.git("config", f"extensions.{name}", value)
    serve = read_whatever_serves if extensions else read
    with unchanged(clone):
        assert serve(opened(clone), line[3]) == list(read_history(opened(repo), [line[3]]))


def test_a_clone_without_trees_is_told_so_by_git(repo: Repo, line: list[str], tmp_path: Path, opened: Open) -> None:
    clone = repo.clone(tmp_path / "clone", "--filter=tree:0", "--no-checkout")
    with pytest.raises(RepositoryError, match="this partial clone lacks an object"):
        read_whatever_serves(opened(clone), line[3])


def test_grafts_are_left_to_git_which_is_told_not_to_see_them(repo: Repo, line: list[str], opened: Open) -> None:
    right = read(opened(repo), line[3])
    repo.write(".git/info/grafts", f"{line[3]}\n")
    assert read_whatever_serves(opened(repo), line[3]) == right


def test_without_that_refusal_a_graft_would_hide_commits(
    repo: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write(".git/info/grafts", f"{line[3]}\n")
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    assert [commit.oid for commit in read(opened(repo), line[3])] == [line[3]]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_an_owner_whom_only_git_trusts_is_left_to_git(
    repo: Repo, line: list[str], sealed: dict[str, str], opened: Open
) -> None:
    right = read(opened(repo), line[3])
    for place in (repo.path, repo.path / ".git"):
        os.chown(place, 12_345, 12_345)
    with pytest.raises(RepositoryError, match="belongs to another user"):
        opened(repo)
    repo.git("config", "--file", sealed["GIT_CONFIG_GLOBAL"], "safe.directory", "*")
    assert read_whatever_serves(opened(repo), line[3]) == right


def test_a_tree_that_git_would_not_have_written_is_left_to_git_halfway(
    repo: Repo, line: list[str], opened: Open
) -> None:
    name = bytes.fromhex(repo.ask("rev-parse", "HEAD:one"))
    raw = b"".join(b"100644 %b\0%b" % (path, name) for path in (b"b", b"a"))
    tree = repo.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", input=raw, binary=True).stdout
    odd = repo.ask("commit-tree", tree.decode().strip(), "-p", line[3], "-m", "unsorted")
    newest = [repo.ask("commit-tree", f"{line[3]}^{{tree}}", "-p", odd, "-m", "above")]
    newest.append(repo.ask("commit-tree", f"{line[3]}^{{tree}}", "-p", newest[0], "-m", "top"))
    reading = read_history_libgit(opened(repo), [newest[1]])
    assert next(reading).oid == newest[1]
    assert read_whatever_serves(opened(repo), newest[1]) == list(read_history(opened(repo), [newest[1]]))


@pytest.mark.parametrize(
    "raw",
    [
        b"100644 a",
        b"100644 a\0short",
        b"100644 a/b\0" + b"x" * 20,
        b"100644 \0" + b"x" * 20,
        b"x",
        b"100648 a\0" + b"x" * 20,
    ],
)
def test_damaged_trees_are_no_trees(raw: bytes) -> None:
    with pytest.raises(ValueError, match="a damaged tree"):
        treediff.Trees(lambda _oid: raw).compare("1" * 40, ())


@pytest.mark.parametrize("absent", ["f" * 40, "tree", "blob"])
def test_what_is_not_here_or_no_commit_is_refused(repo: Repo, line: list[str], opened: Open, absent: str) -> None:
    oid = {"tree": "HEAD^{tree}", "blob": "HEAD:one"}.get(absent)
    with pytest.raises(LibgitError):
        read(opened(repo), repo.ask("rev-parse", oid) if oid else absent)
    if not oid:
        with pytest.raises(RepositoryError, match="not in this clone"):
            list(read_range(opened(repo), [absent], reader=LIBGIT2))


def test_a_forged_commit_is_told_like_git_does(repo: Repo, line: list[str], opened: Open) -> None:
    parent = line[2].encode()
    author = b"author \xe9 <a> b> 7 -0330\ncommitter C <c@example.com> 9 +0000\n"
    for header in (b"parent %b\nparent %b\n%b" % (parent, parent, author), author + b"parent %b\n" % parent):
        oid = forge(repo, header, b"x\0y")
        assert read(opened(repo), oid) == list(read_history(opened(repo), [oid]))


# -- limits and manners


def bomb(repo: Repo, depth: int, leaves: bool) -> str:
    """Write a commit of ten files, or none, in each of ten directories, and so on."""
    content = [f"100644 blob {repo.ask('rev-parse', 'HEAD:README.md')}\t{digit}\n" for digit in range(10)]
    tree = repo.git("mktree", input="".join(content) if leaves else "").stdout.strip()
    for _level in range(depth):
        tree = repo.git("mktree", input="".join(f"040000 tree {tree}\t{digit}\n" for digit in range(10))).stdout.strip()
    return repo.ask("commit-tree", tree, "-m", "bomb")


@pytest.mark.parametrize("leaves", [True, False])
def test_a_tree_without_end_is_given_up(
    repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    oid = bomb(repo, 12, leaves)
    monkeypatch.setattr(limits, "CHANGED_PATHS", 500)
    with pytest.raises(RepositoryError, match=f"commit {oid} changes more than 500 paths") as caught:
        read(opened(repo), oid)
    assert not isinstance(caught.value, LibgitError)  # plumbing would do no better


def test_limits_are_those_of_plumbing(
    repo: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RANGE_COMMITS", 3)
    assert len(read(opened(repo), line[3], exclude=(line[0],))) == 3
    with pytest.raises(RepositoryError, match="more than 3 commits at once"):
        read(opened(repo), line[3])
    monkeypatch.setattr(limits, "COMMIT_BYTES", 100)
    with pytest.raises(RepositoryError, match=f"commit {line[3]} has over 100 bytes"):
        read(opened(repo), line[3], exclude=(line[0],))
    oid = repo.commit_to("long", {"n" * (limits.PATH_BYTES + 1): "1"}, parents=())
    monkeypatch.undo()
    with pytest.raises(RepositoryError, match="a changed path is longer than"):
        read(opened(repo), oid)


def test_entries_at_hand_are_let_go(repo: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    right = read(opened(repo), line[3])
    monkeypatch.setattr(treediff, "_KEPT", 2)
    assert read(opened(repo), line[3]) == right


def test_reading_leaves_no_trace_and_runs_nothing(repo: Repo, line: list[str], opened: Open, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text(f"#!/bin/sh\ntouch {tmp_path}/fired\n")
    canary.chmod(0o755)
    repo.write(".git/info/attributes", "* diff=canary filter=canary\n")
    for name in ("core.fsmonitor", "diff.external", "diff.canary.textconv", "filter.canary.clean", "core.sshCommand"):
        repo.git("config", name, str(canary))
    with unchanged(repo):
        assert len(read(opened(repo), line[3])) == 4
    assert not (tmp_path / "fired").exists()


def test_pygit2_is_not_loaded_for_the_reader_that_is_chosen(repo: Repo) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.ranges import LIBGIT2, read_range
with Git.open(None, os.environ, hook=True) as git:
    plumbing = list(read_range(git, [git.layout.head]))
    print("pygit2" in sys.modules)
    print(list(read_range(git, [git.layout.head], reader=LIBGIT2)) == plumbing, "pygit2" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=repo.path, capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue True\n"
