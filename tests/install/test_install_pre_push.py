"""pre-push: what git writes to the hook reaches the team's hook and ours alike, however ours was installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.installing import StandIn, bytes_of, inspect, install, put_hook, uninstall
from support.repo import Repo

from spec_kitty_hooks import install as room
from spec_kitty_hooks.install import shims


@pytest.fixture
def origin(repo: Repo, tmp_path: Path) -> Repo:
    """The remote of the repository, empty."""
    bare = Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare")
    repo.add_remote("origin", bare)
    return bare


@pytest.fixture
def read(tmp_path: Path) -> Path:
    """The file in which the team's hook keeps its arguments and what it read."""
    return tmp_path / "read"


def storing(read: Path, code: int = 0) -> bytes:
    """Return a hook that reads its standard input to the end, as git-lfs does."""
    return f'#!/bin/sh\n{{ echo "$@"; cat; }} > {read}\nexit {code}\n'.encode()


def lines(repo: Repo, *names: str) -> str:
    """Return what git writes to the hook when branches are pushed that the remote does not have."""
    zeros = "0" * 40
    return "".join(f"refs/heads/{name} {repo.resolve(name)} refs/heads/{name} {zeros}\n" for name in names)


def push(repo: Repo, *refs: str) -> int:
    """Push, and return git's exit code."""
    return repo.push(*refs, check=False).returncode


@pytest.mark.parametrize("scheme", ["hooks-directory", "existing-hooks-path"])
def test_a_team_hook_that_reads_its_input_gets_the_same_as_ours(
    scheme: str, repo: Repo, origin: Repo, read: Path, python: StandIn, tmp_path: Path
) -> None:
    if scheme == "existing-hooks-path":
        put_hook(repo, "pre-push", storing(read), directory=tmp_path / "theirs")
        repo.git("config", "core.hooksPath", str(tmp_path / "theirs"))
    else:
        put_hook(repo, "pre-push", storing(read))
    before = bytes_of(repo.path / ".git"), bytes_of(tmp_path / "theirs")
    into = scheme == "existing-hooks-path"
    report = install(repo, python, into_hooks_path=into, outside_ok=into)
    assert (report.ok, report.scheme, report.kept) == (True, scheme, ["pre-push"])
    repo.branch("second")
    expected = lines(repo, "main", "second")
    assert push(repo, "main", "second") == 0
    assert read.read_text() == f"origin {origin.path}\n{expected}"
    assert python.stdin().decode() == expected
    assert python.calls() == [f"<hook><pre-push><origin><{origin.path}>"]
    repo.git("update-ref", "-d", "refs/heads/second")
    repo.git("remote", "remove", "origin")
    assert uninstall(repo).ok
    after = bytes_of(repo.path / ".git"), bytes_of(tmp_path / "theirs")
    assert _without_logs(after[0]).items() >= _without_logs(before[0]).items()
    assert after[1] == before[1]


def _without_logs(files: dict[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    """Leave out what the push and the branch wrote."""
    return {name: value for name, value in files.items() if name.split("/")[0] not in ("logs", "refs", "config")}


@pytest.mark.parametrize(("theirs", "ours"), [(1, 0), (0, 1), (0, 3)])
def test_either_hook_keeps_the_push_back(
    theirs: int, ours: int, repo: Repo, origin: Repo, read: Path, python: StandIn
) -> None:
    put_hook(repo, "pre-push", storing(read, theirs))
    install(repo, python)
    python.answer(ours)
    assert push(repo, "main") != 0
    assert origin.refs() == {}
    assert (read.exists(), len(python.calls())) == (True, 1), "both were asked"


def test_a_push_that_has_nothing_to_say_is_told_to_both_as_nothing(
    repo: Repo, origin: Repo, read: Path, python: StandIn
) -> None:
    put_hook(repo, "pre-push", storing(read))
    install(repo, python)
    push(repo, "main")
    python.stdin()
    assert push(repo, "main") == 0
    assert (read.read_text(), python.stdin()) == (f"origin {origin.path}\n", b"")


def test_an_interpreter_that_is_gone_keeps_the_push_back(repo: Repo, origin: Repo, python: StandIn) -> None:
    install(repo, python)
    python.path.unlink()
    ran = repo.push("main", check=False)
    assert ran.returncode != 0
    assert "pre-push cannot run" in ran.stderr
    assert origin.refs() == {}


def test_input_that_cannot_be_read_keeps_the_push_back(tmp_path: Path, python: StandIn) -> None:
    shim = tmp_path / "pre-push"
    shim.write_bytes(shims.render("pre-push", str(python)))
    shim.chmod(0o755)
    ran = subprocess.run(["sh", "-c", f"{shim} origin url <&-"], capture_output=True, check=False)
    assert (ran.returncode, python.calls()) == (3, [])


def test_a_team_hook_that_an_earlier_version_passed_on_is_run_before_ours_after_the_next_install(
    repo: Repo, origin: Repo, read: Path, python: StandIn
) -> None:
    put_hook(repo, "pre-push", storing(read))
    before = bytes_of(repo.path / ".git")
    room.install(repo.path, hook_types=["pre-commit", "pre-merge-commit"], python=str(python), environ=repo.env)
    own = repo.path / ".git/spec-kitty-hooks/hooks/pre-push"
    assert own.read_bytes() == shims.render_stub("pre-push", repo.path / ".git/hooks/pre-push")
    assert push(repo, "main:first") == 0
    assert (read.exists(), python.calls()) == (True, [])
    read.unlink()
    assert install(repo, python).ok
    assert inspect(repo).problems == []
    assert push(repo, "main:second") == 0
    assert (read.exists(), len(python.calls())) == (True, 1)
    assert uninstall(repo).ok
    assert _without_logs(bytes_of(repo.path / ".git")) == _without_logs(before)


# -- hooks that somebody else keeps


@pytest.fixture
def theirs(repo: Repo, origin: Repo, read: Path, tmp_path: Path) -> Path:
    """A hook in somebody's own directory, which core.hooksPath names."""
    hook = put_hook(repo, "pre-push", storing(read), directory=tmp_path / "theirs")
    repo.git("config", "core.hooksPath", str(tmp_path / "theirs"))
    return hook


def added(repo: Repo, python: StandIn) -> str:
    """Install, and return the lines that are to be added to the hook."""
    report = install(repo, python)
    return "".join(f"{line}\n" for found in report.lines_to_add if found.hook == "pre-push" for line in found.lines)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_lines_to_add_let_both_read(
    shell: str, repo: Repo, theirs: Path, read: Path, python: StandIn, origin: Repo
) -> None:
    _, _, rest = theirs.read_text().partition("\n")
    theirs.write_text(f"#!/usr/bin/env {shell}\n{added(repo, python)}{rest}")
    repo.branch("second")
    expected = lines(repo, "main", "second")
    assert push(repo, "main", "second") == 0
    assert (read.read_text(), python.stdin().decode()) == (f"origin {origin.path}\n{expected}", expected)
    assert python.calls() == [f"<hook><pre-push><origin><{origin.path}>"]
    python.answer(1)
    repo.branch("third")
    assert push(repo, "third") != 0
    assert "third" not in str(origin.refs())
    uninstall(repo)
    expected = lines(repo, "third")
    assert push(repo, "third") == 0
    assert read.read_text() == f"origin {origin.path}\n{expected}", "without us the lines change nothing"


def test_below_a_line_that_has_read_everything_ours_would_see_nothing(
    repo: Repo, theirs: Path, python: StandIn
) -> None:
    text = theirs.read_text().replace("exit 0\n", "")
    theirs.write_text(text + added(repo, python))
    assert push(repo, "main") == 0
    assert python.stdin().strip() == b"", "that is why the lines say where they belong"
    assert "above everything that reads standard input" in theirs.read_text()


def test_without_what_feeds_the_rest_the_hook_below_would_see_nothing(
    repo: Repo, theirs: Path, read: Path, python: StandIn
) -> None:
    shebang, _, rest = theirs.read_text().partition("\n")
    theirs.write_text(f"{shebang}\n{added(repo, python).partition('exec <<')[0]}{rest}")
    assert push(repo, "main") == 0
    assert read.read_text().count("\n") == 1
