"""Git 2.54 and later: hooks from the configuration, beside whatever hooks directory there is.

Where no such git is at hand, its version is stood in for, and a hook is started the way its hook.c does: by sh, with
the arguments appended.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.installing import GUARD, HOOKS, StandIn, bytes_of, commits, inspect, install, put_hook, uninstall
from support.repo import Repo

from spec_kitty_hooks import install as room

TEAM = b"#!/bin/sh\necho team >&2\n"


@pytest.fixture
def plain(tmp_path: Path, repo: Repo) -> Repo:
    """A repository in which the client has never worked."""
    return Repo.init(tmp_path / "plain", repo.env, repo.clock)


@pytest.fixture
def new_git(plain: Repo, tmp_path: Path) -> Repo:
    """That repository as seen by a git that says 2.54."""
    fake = tmp_path / "new git"
    fake.mkdir()
    real = shutil.which("git")
    (fake / "git").write_text(
        f'#!/bin/sh\n[ "$1" != version ] || {{ echo git version 2.54.0; exit; }}\nexec {real} "$@"\n'
    )
    (fake / "git").chmod(0o755)
    return Repo(plain.path, {**plain.env, "PATH": f"{fake}:{plain.env['PATH']}"}, plain.clock)


def run_configured(repo: Repo, event: str, *args: str) -> list[int]:
    """Start what the configuration names for an event, and return the exit codes."""
    codes = []
    for line in repo.ask("config", "--name-only", "--get-regexp", r"^hook\..*\.event$").splitlines():
        if repo.ask("config", line) == event:
            command = repo.ask("config", line.removesuffix("event") + "command")
            ran = subprocess.run(
                ["sh", "-c", f'{command} "$@"', command, *args], cwd=repo.path, env=repo.env, check=False
            )
            codes.append(ran.returncode)
    return codes


def test_hooks_go_into_the_configuration_and_the_hooks_directory_stays_in_force(new_git: Repo, python: StandIn) -> None:
    put_hook(new_git, "pre-commit", TEAM)
    put_hook(new_git, "post-commit", TEAM)
    before = bytes_of(new_git.path / ".git")
    for _ in range(2):
        report = install(new_git, python)
        assert (report.ok, report.scheme, report.kept) == (True, "config-hooks", ["pre-commit", "post-commit"])
    assert new_git.git("config", "core.hooksPath", check=False).returncode == 1
    assert run_configured(new_git, "pre-commit", "a b") == [0]
    assert run_configured(new_git, "pre-merge-commit") == [0]
    assert python.calls() == ["<hook><pre-commit><a b>", "<hook><pre-merge-commit>"], (
        "and the team's hook is git's business"
    )
    assert inspect(new_git).problems == []
    assert uninstall(new_git).ok
    assert bytes_of(new_git.path / ".git") == before


def test_a_hooks_path_of_others_stays_and_ours_run_beside_it(new_git: Repo, python: StandIn, tmp_path: Path) -> None:
    put_hook(new_git, "pre-commit", TEAM, directory=tmp_path / "theirs")
    new_git.git("config", "core.hooksPath", str(tmp_path / "theirs"))
    put_hook(new_git, "pre-commit", GUARD)
    report = install(new_git, python)
    assert (report.ok, report.scheme, report.kept) == (True, "config-hooks", ["pre-commit"])
    assert new_git.ask("config", "core.hooksPath") == str(tmp_path / "theirs")


@pytest.mark.parametrize("sign", ["guard", ".kittify"])
def test_where_the_client_works_its_guard_is_hidden_all_the_same(sign: str, new_git: Repo, python: StandIn) -> None:
    if sign == "guard":
        put_hook(new_git, "pre-commit", GUARD)
    else:
        (new_git.path / ".kittify").mkdir()
    assert install(new_git, python).scheme == "hooks-directory"
    put_hook(new_git, "pre-commit", GUARD)
    assert commits(new_git)[0] == 0
    assert python.calls() == ["<hook><pre-commit>"]


def test_when_the_client_moves_in_later_inspect_says_so_and_install_mends_it(new_git: Repo, python: StandIn) -> None:
    before = bytes_of(new_git.path / ".git")
    assert install(new_git, python).scheme == "config-hooks"
    hook = put_hook(new_git, "pre-commit", GUARD)
    assert inspect(new_git).guard_beside
    assert install(new_git, python).scheme == "hooks-directory"
    assert (inspect(new_git).guard_beside, inspect(new_git).problems) == (False, [])
    assert new_git.git("config", "--get-regexp", "^hook", check=False).stdout == ""
    assert uninstall(new_git).ok
    hook.unlink()
    hook.parent.rmdir()
    assert bytes_of(new_git.path / ".git") == before


def test_git_upgraded_or_downgraded_is_a_matter_of_installing_again(
    plain: Repo, new_git: Repo, python: StandIn
) -> None:
    before = bytes_of(plain.path / ".git")
    assert install(plain, python).scheme == "hooks-directory"
    assert inspect(new_git).problems == [], "a newer git runs what an older one was told"
    assert install(new_git, python).scheme == "config-hooks"
    assert "older than 2.54" in inspect(plain).problems[0], "not so the other way round"
    assert install(plain, python).scheme == "hooks-directory"
    assert uninstall(new_git).ok
    assert bytes_of(plain.path / ".git") == before


def test_a_path_that_sh_would_take_apart_is_quoted(new_git: Repo, python: StandIn, tmp_path: Path) -> None:
    new_git.path.rename(tmp_path / "it's a $HOME")
    moved = Repo(tmp_path / "it's a $HOME", new_git.env, new_git.clock)
    assert install(moved, python).ok
    assert run_configured(moved, "pre-commit") == [0]
    assert python.calls() == ["<hook><pre-commit>"]


def test_a_hook_switched_off_in_the_configuration_is_not_reachable(new_git: Repo, python: StandIn) -> None:
    install(new_git, python)
    new_git.git("config", "hook.spec-kitty-pre-commit.enabled", "false")
    assert [hook.reachable for hook in inspect(new_git).hooks] == [False, True, True, True, True]


def test_types_added_later_and_a_moved_repository_are_followed(new_git: Repo, python: StandIn, tmp_path: Path) -> None:
    before = bytes_of(new_git.path / ".git")
    room.install(new_git.path, hook_types=["pre-commit"], python=str(python), environ=new_git.env)
    new_git.path.rename(tmp_path / "moved")
    moved = Repo(tmp_path / "moved", new_git.env, new_git.clock)
    assert run_configured(moved, "pre-commit") == [127], "a moved repository refuses until it is installed again"
    assert install(moved, python).installed == [*HOOKS]
    assert run_configured(moved, "pre-commit") == [0]
    assert uninstall(moved).ok
    assert bytes_of(moved.path / ".git") == before


def test_without_a_receipt_the_configuration_is_still_taken_out(new_git: Repo, python: StandIn) -> None:
    before = bytes_of(new_git.path / ".git")
    install(new_git, python)
    (new_git.path / ".git/spec-kitty-hooks/install.json").unlink()
    assert uninstall(new_git).removed == [*HOOKS]
    assert bytes_of(new_git.path / ".git") == before
