"""Objects through one process: any content comes back whole, and no name does anything but name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import Clock
from support.repo import Repo

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import batch, commits
from spec_kitty_hooks.git.names import is_ref, split_spec
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.reader import GitObject
from spec_kitty_hooks.git.trees import parse_tree

Open = Callable[[Repo], Git]
CONTENTS = (b"", b"\n", b"a", b"no newline", b"\0\n\0" * 1000, b"x missing\n", b"0" * 40 + b" blob 5\n", b"y" * 700_000)


def data(found: GitObject | None) -> bytes | None:
    return None if found is None else found.data


def test_contents_come_back_whole_in_any_order(repo: Repo, opened: Open) -> None:
    head = repo.commit("contents", files={f"c/{number}": content for number, content in enumerate(CONTENTS)})
    git = opened(repo)
    specs = [f"{head}:c/{number}" for number in range(len(CONTENTS))]
    assert [data(git.read(spec)) for spec in specs] == list(CONTENTS)
    assert [data(found) for found in git.read_many(reversed(specs))] == list(reversed(CONTENTS))
    mixed = git.read_many([specs[1], f"{head}:none", "nonsense", specs[7], "f" * 40, specs[0]])
    assert [data(found) for found in mixed] == [b"\n", None, None, CONTENTS[7], None, b""]


def test_more_than_a_pipe_of_names_and_answers_does_not_block(repo: Repo, opened: Open) -> None:
    head = repo.commit("big", files={"big": b"z" * 300_000, "d" * 200 + "/" + "f" * 200: b"deep"})
    specs = [f"{head}:big", f"{head}:{'d' * 200}/{'f' * 200}", f"{head}:{'n' * 5000}"] * 100
    answers = opened(repo).read_many(specs)
    assert [len(data(found) or b"") for found in answers] == [300_000, 4, 0] * 100


def test_an_object_over_the_limit_comes_without_its_data_and_the_next_one_is_right(repo: Repo, opened: Open) -> None:
    head = repo.commit("big", files={"big": b"z" * 300_000, "ten": b"0123456789"})
    git = opened(repo)
    big, ten, again = git.read_many([f"{head}:big", f"{head}:ten", f"{head}:big"], limit=10)
    assert big is not None
    assert (big.data, big.size, big.truncated) == (b"", 300_000, True)
    assert ten is not None
    assert (ten.data, ten.size, ten.truncated) == (b"0123456789", 10, False)
    assert again == big
    assert data(git.read(f"{head}:ten", limit=9)) == b""
    assert data(git.read(f"{head}:big", limit=300_000)) == b"z" * 300_000


def test_what_can_be_named(repo: Repo, opened: Open) -> None:
    head = repo.commit("x", files={"dir/a b": b"1"})
    repo.git("update-ref", "refs/remotes/origin/main", head)
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    repo.git("tag", "-a", "-m", "t", "v1")
    repo.write("dir/a b", b"staged")
    repo.stage()
    git = opened(repo)
    blob = repo.ask("rev-parse", f"{head}:dir/a b")
    for spec in (
        blob,
        f"{head}:dir/a b",
        "HEAD:dir/a b",
        "refs/heads/main:dir/a b",
        b"refs/remotes/origin/HEAD:dir/a b",
    ):
        found = git.read(spec)
        assert found is not None
        assert (found.oid, found.kind, found.data) == (blob, "blob", b"1")
    assert data(git.read(":dir/a b")) == b"staged"
    kinds = [found.kind for found in git.read_many([head, f"{head}:", f"{head}:dir", "refs/tags/v1"]) if found]
    assert kinds == ["commit", "tree", "tree", "tag"]


@pytest.mark.parametrize(
    "spec",
    [
        "",
        ":",
        "main",
        "main:README.md",
        "@",
        "@{-1}",
        "HEAD~1",
        "HEAD^{tree}",
        "HEAD^{/seed}",
        ":/chore",
        "refs/heads/main^{tree}",
        "refs/heads/main@{1}",
        "refs/heads/none:README.md",
        "HEAD:./README.md",
        "HEAD:../README.md",
        ":./README.md",
        "--batch-all-objects",
        "-h",
        "--textconv",
        b"HEAD:README.md\n",
        b"HEAD:x\nHEAD:README.md",
        b"HEAD:README.md\0",
        b"HEAD:README.md\r",
        b"\xff",
        "0" * 39,
        "0" * 41,
        "A" * 40,
    ],
)
def test_other_names_are_nothing_and_disturb_nothing(repo: Repo, opened: Open, spec: bytes | str) -> None:
    git = opened(repo)
    right = repo.read("README.md")
    assert [data(found) for found in git.read_many([spec, "HEAD:README.md", spec])] == [None, right, None]


def test_a_name_that_ends_in_a_carriage_return_is_not_answered_with_its_neighbour(repo: Repo, opened: Open) -> None:
    head = repo.commit("two names", files={b"log": b"wrong", b"log\r": b"right"})
    git = opened(repo)
    assert git.read(f"{head}:log\r") is None
    entry = next(entry for entry in git.tree(head) or () if entry.name == b"log\r")
    assert data(git.read(entry.oid)) == b"right"


def test_a_branch_that_only_ends_like_the_name_is_not_taken_for_it(repo: Repo, opened: Open) -> None:
    repo.branch("refs/heads/ghost")
    assert repo.git("rev-parse", "-q", "--verify", "refs/heads/ghost").returncode == 0  # git itself would guess
    assert opened(repo).read("refs/heads/ghost:README.md") is None


def test_refs_are_read_once(repo: Repo, opened: Open) -> None:
    git = opened(repo)
    before = data(git.read("refs/heads/main:README.md"))
    repo.commit("later", files={"README.md": "later\n"})
    assert data(git.read("refs/heads/main:README.md")) == data(git.read("HEAD:README.md")) == before


def test_an_unborn_head_names_nothing(tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock)
    git = opened(new)
    assert git.read_many(["HEAD", "HEAD:a"]) == (None, None)
    assert (git.tree("HEAD"), git.refs(), git.commit_parents("0" * 40)) == (None, (), ())


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_trees_list_what_ls_tree_lists(
    tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open, algorithm: str
) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock, f"--object-format={algorithm}")
    new.write(b"d/new\nline", "1")
    new.write(b"d/\xe9", "2", executable=True)
    new.symlink("d/link", "x")
    new.write("d/sub/deep", "3")
    new.stage()
    new.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * (40 if algorithm == 'sha1' else 64)},d/module")
    new.git("commit", "-q", "-m", "x")
    git = opened(new)
    listed = new.git("ls-tree", "-z", "HEAD:d", binary=True).stdout.split(b"\0")[:-1]
    expected = [(int(line.split()[0], 8), line.partition(b"\t")[2], line.split()[2].decode()) for line in listed]
    entries = git.tree(f"{new.head()}:d")
    assert entries is not None
    assert [(entry.mode, entry.name, entry.oid) for entry in entries] == expected
    assert [entry.name for entry in git.tree("HEAD") or ()] == [b"d"]
    assert git.read(entries[2].oid if entries[2].mode == 0o160000 else f"{new.head()}:d/module") is None
    for spec in (f"{new.head()}:d/link", f"{new.head()}:none", "nonsense", "HEAD~1"):
        assert git.tree(spec) is None


@pytest.mark.parametrize("damage", [b"100644 name", b"mode name\0" + b"\1" * 20, b"100644"])
def test_a_damaged_tree_is_no_tree(repo: Repo, opened: Open, damage: bytes) -> None:
    made = repo.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=damage, binary=True)
    assert opened(repo).tree(made.stdout.decode().strip()) is None
    with pytest.raises(ValueError, match=r"not found|invalid literal"):
        parse_tree(damage, 20)


def test_commits_tell_parents_and_author(repo: Repo, opened: Open) -> None:
    first = repo.head()
    env = {"GIT_AUTHOR_NAME": "Zoë <x> Ž", "GIT_AUTHOR_EMAIL": "z@example.com"}
    second = repo.commit("parent 1\nparent 2", files={"a": "1"}, env=env)
    merge = repo.ask("commit-tree", "HEAD^{tree}", "-p", second, "-p", first, "-m", "parent " + "0" * 40)
    git = opened(repo)
    assert git.commit_parents(merge) == (second, first)
    assert git.commit_parents(second) == (first,)
    shown = repo.git("show", "-s", "--date=raw", "--format=%an%x00%ae%x00%ad", second).stdout.strip()
    assert git.commit_author(second) == tuple(shown.split("\0"))
    for nothing in ("f" * 40, repo.ask("rev-parse", "HEAD^{tree}"), "main"):
        assert (git.commit_parents(nothing), git.commit_author(nothing)) == ((), None)


@given(st.binary(max_size=200))
def test_reading_a_commit_never_raises(raw: bytes) -> None:
    assert all(isinstance(parent, str) for parent in commits.parents(raw))
    assert len(commits.author(raw)) == 3


def test_a_process_that_died_meanwhile_is_replaced(repo: Repo, opened: Open) -> None:
    git = opened(repo)
    right = data(git.read("HEAD:README.md"))
    child = git._batch._child
    assert child is not None
    assert isinstance(child._process, int)
    os.kill(child._process, signal.SIGKILL)
    os.waitid(os.P_PID, child._process, os.WEXITED | os.WNOWAIT)
    assert [data(found) for found in git.read_many(["HEAD:README.md", "HEAD:none"])] == [right, None]
    git.close()
    git.close()
    assert data(git.read("HEAD:README.md")) == right


def dying_git(tmp_path: Path, behaviour: str) -> dict[str, str]:
    """Return a PATH with a git whose cat-file does `behaviour`; everything else is the real one."""
    real = next(place for place in os.environ["PATH"].split(":") if os.access(f"{place}/git", os.X_OK))
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\ncase "$*" in *cat-file*) {behaviour};; esac\nexec {real}/git "$@"\n')
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{script.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    "behaviour", ["exit 128", "read x; exit 1", "read x; echo what is this; exit 0", "echo; exit 0"]
)
def test_a_git_that_cannot_answer_ends_in_an_error_not_in_a_loop(repo: Repo, tmp_path: Path, behaviour: str) -> None:
    with Git.open(
        None if repo.path == Path.cwd() else os.fsencode(repo.path), dying_git(tmp_path, behaviour), hook=False
    ) as git:
        assert git.read("HEAD:README.md") is None
        with pytest.raises(RepositoryError, match="keeps failing"):
            git.read_many(["HEAD:README.md"] * 2 * batch._DEATHS)


def test_after_an_interruption_no_answer_is_taken_for_another(
    repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = opened(repo)

    def interrupt(_self: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch.Batch, "_fill", interrupt)
        with pytest.raises(KeyboardInterrupt):
            git.read("HEAD:src/a")
    assert data(git.read("HEAD:README.md")) == repo.read("README.md")


REFS = st.lists(
    st.sampled_from(
        ["refs", "heads", "a", ".", "..", "@", "@{", "x.lock", "~", " ", "\n", "", "-h", "é", "\\", ":", "*"]
    ),
    max_size=5,
)


@given(REFS)
def test_full_ref_names_follow_check_ref_format(parts: list[str]) -> None:
    import subprocess

    name = "/".join(parts)
    accepted = subprocess.run(["git", "check-ref-format", name], check=False).returncode == 0
    assert is_ref(name.encode()) == (accepted and name.startswith("refs/") and name.count("/") > 1)


@given(st.binary(max_size=80))
def test_no_spec_reaches_git_with_a_line_end_or_as_an_option(spec: bytes) -> None:
    parts = split_spec(spec, 40)
    if parts is not None:
        assert b"".join(parts) == spec
        assert not spec.startswith(b"-")
        assert b"\n" not in spec
        assert b"\0" not in spec
