"""Where a repository lives, and one clear sentence with the next command where git refuses it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.repo import Repo

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.git import Layout

Open = Callable[[Repo], Git]


def expected(repo: Repo, **changes: object) -> Layout:
    place = os.fsencode(repo.path.resolve())
    layout = Layout(
        worktree=place,
        git_dir=place + b"/.git",
        common_dir=place + b"/.git",
        bare=False,
        shallow=False,
        hash_hex=40,
        head=repo.git("rev-parse", "-q", "--verify", "HEAD", check=False).stdout.strip(),
    )
    changed = layout.replace(**changes)
    assert isinstance(changed, Layout)
    return changed


def refusal(directory: Path, environ: dict[str, str]) -> RepositoryError:
    with pytest.raises(RepositoryError) as caught:
        Git.open(os.fsencode(directory), environ, hook=False)
    assert caught.value.code == "REPOSITORY_UNSUPPORTED"
    return caught.value


def test_a_plain_repository_from_its_root_and_from_inside(repo: Repo, opened: Open) -> None:
    assert opened(repo).layout == opened(repo.at(repo.path / "src" / "a")).layout == expected(repo)
    assert opened(repo).layout.head == repo.head()


def test_an_unborn_head_is_empty(tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock)
    assert opened(new).layout == expected(new, head="")


def test_inside_the_git_directory_there_is_no_work_tree(repo: Repo, opened: Open) -> None:
    assert opened(repo.at(repo.path / ".git")).layout == expected(repo, worktree=b"")


def test_a_bare_repository(repo: Repo, tmp_path: Path, opened: Open) -> None:
    bare = repo.clone(tmp_path / "bare.git", "--bare")
    place = os.fsencode(bare.path)
    assert opened(bare).layout == expected(repo, worktree=b"", git_dir=place, common_dir=place, bare=True)
    assert [ref.name for ref in opened(bare).refs()] == ["refs/heads/main"]


def test_a_shallow_clone_says_so(repo: Repo, tmp_path: Path, opened: Open) -> None:
    repo.commit("second", files={"a": "1"})
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    assert opened(clone).layout == expected(clone, shallow=True)


def test_sha256_has_64_digits(tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock, "--object-format=sha256")
    new.commit("x", files={"a": "1"})
    assert opened(new).layout == expected(new, hash_hex=64)


def test_a_linked_worktree_shares_the_common_directory(repo: Repo, opened: Open) -> None:
    linked = repo.worktree("../linked", "topic", "HEAD")
    git_dir = os.fsencode(repo.path / ".git/worktrees/linked")
    assert opened(linked).layout == expected(linked, git_dir=git_dir, common_dir=os.fsencode(repo.path / ".git"))


@pytest.mark.parametrize(
    "name", [b"new\nline", b"ends in newline\n", b"\n", b"latin \xe9 \x1b[m", b"two\n\n" + b"a" * 40]
)
@pytest.mark.parametrize("born", [True, False])
def test_any_directory_name_is_understood(
    tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open, name: bytes, born: bool
) -> None:
    new = Repo.init(tmp_path / os.fsdecode(name), sealed, clock)
    if born:
        new.commit("x", files={"a": "1"})
    assert opened(new).layout == expected(new)


def test_no_repository(tmp_path: Path, sealed: dict[str, str]) -> None:
    sealed = {**sealed, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    error = refusal(tmp_path, sealed)
    assert error.message.startswith("there is no repository here: not a git repository")
    assert error.remediation == ("cd into a git repository, or name one with -C DIR",)
    assert "cannot change to" in refusal(tmp_path / "none", sealed).message


def test_a_repository_of_somebody_else_gets_the_exact_command(repo: Repo, sealed: dict[str, str], opened: Open) -> None:
    if os.geteuid():
        pytest.skip("only root can give a repository to another user")
    head = repo.head()
    for place in (repo.path, repo.path / ".git"):
        os.chown(place, 12345, 12345)
    error = refusal(repo.path, sealed)
    assert error.message.startswith("the repository belongs to another user")
    assert error.remediation == (f"git config --global --add safe.directory {repo.path}",)
    command = error.remediation[0].split(" ")[1:]
    repo.git(*command)
    assert opened(repo).layout.head == head


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"core.repositoryFormatVersion": "9"}, "this git is too old for the repository: Expected git repo version"),
        ({"core.repositoryFormatVersion": "1", "extensions.novelty": "x"}, "unknown repository extension"),
    ],
)
def test_an_unknown_format_is_said(repo: Repo, sealed: dict[str, str], settings: dict[str, str], words: str) -> None:
    for name, value in reversed(settings.items()):
        repo.git("config", name, value)
    error = refusal(repo.path, sealed)
    assert words in error.message
    assert error.remediation == ("git --version", "install a newer git")


def test_a_broken_configuration_is_said_in_gits_words(repo: Repo, sealed: dict[str, str]) -> None:
    repo.append(".git/config", b"[core\n")
    assert "bad config line" in refusal(repo.path, sealed).message


def test_a_bare_repository_that_git_is_told_not_to_trust(repo: Repo, tmp_path: Path, sealed: dict[str, str]) -> None:
    bare = repo.clone(tmp_path / "bare.git", "--bare")
    repo.git("config", "--global", "safe.bareRepository", "explicit")
    if not repo.git("-C", str(bare.path), "rev-parse", check=False).returncode:
        pytest.skip("this git does not know safe.bareRepository")
    assert "safe.bareRepository" in refusal(bare.path, sealed).message


def test_a_git_before_2_31_is_too_old(repo: Repo, tmp_path: Path, sealed: dict[str, str]) -> None:
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    # What git 2.30 answers: it prints the option that it does not know.
    script.write_text("#!/bin/sh\nprintf '%s\\n' --path-format=absolute false false sha1\n")
    script.chmod(0o755)
    error = refusal(repo.path, {**sealed, "PATH": str(script.parent)})
    assert (error.message, error.remediation) == ("this git is too old", ("install git 2.31 or later",))


def test_opening_takes_one_process(repo: Repo, sealed: dict[str, str], tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    Git.open(os.fsencode(repo.path), {**sealed, "GIT_TRACE2_EVENT": str(trace)}, hook=False)
    Git.open(None, {**sealed, "GIT_TRACE2_EVENT": str(trace), "GIT_DIR": f"{repo.path}/.git"}, hook=True)
    # Tracing is a variable that only our own repository keeps.
    assert trace.read_text().count('"event":"start"') == 1
