"""The released client puts its guard into .git/hooks/pre-commit with every new lane: ours runs, the guard does not.

The guard's interpreter is not isolated, so a planted `sitecustomize` shows whether it ran.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.installing import StandIn, bytes_of, commits, inspect, install, put_hook, uninstall
from support.repo import Repo

pytestmark = pytest.mark.peer

JUDGED = ["<hook><pre-commit>"]
TEAM = b"#!/bin/sh\necho team >&2\n"

_SITECUSTOMIZE = """
import pathlib, sys
if "specify_cli.policy.commit_guard_hook" in getattr(sys, "orig_argv", []):
    pathlib.Path(__file__).with_name("guard-ran").touch()
"""


class Client:
    """The released client's own code, run by its own interpreter."""

    def __init__(self, python: str, repo: Repo, planted: Path) -> None:
        self._python, self._repo, self._mark = python, repo, planted / "guard-ran"
        planted.mkdir()
        (planted / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        repo.env["PYTHONPATH"] = str(planted)

    def run(self, code: str, *args: object) -> str:
        """Run a piece of Python with `args` in sys.argv[1:] and return what it prints."""
        command = [self._python, "-c", f"import sys\nfrom pathlib import Path\n{code}", *map(str, args)]
        ran = subprocess.run(
            command, cwd=self._repo.path, env=self._repo.env, capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()

    def make_lane(self, worktree: Path) -> None:
        """Do to the hooks what `implement` does when it makes a lane's worktree."""
        call = "from specify_cli.policy.hook_installer import install_commit_guard as put"
        self.run(f"{call}\nassert put(Path(sys.argv[1]), Path(sys.argv[2]))", worktree, self._repo.path)

    def guard_ran(self) -> bool:
        """Tell whether the guard ran since the last time somebody asked."""
        ran = self._mark.exists()
        self._mark.unlink(missing_ok=True)
        return ran


@pytest.fixture
def client(peer_python: str, repo: Repo, tmp_path: Path) -> Client:
    return Client(peer_python, repo, tmp_path / "planted")


@pytest.fixture
def linked(repo: Repo, tmp_path: Path) -> Path:
    repo.git("worktree", "add", "-q", "-b", "kitty/mission-x-lane-a", str(tmp_path / "lane"))
    return tmp_path / "lane"


def test_without_us_the_guard_replaces_the_teams_hook_and_runs(client: Client, repo: Repo, linked: Path) -> None:
    put_hook(repo, "pre-commit", TEAM)
    client.make_lane(linked)
    for place in (repo.path, linked):
        assert "team" not in commits(repo, at=place)[1]
        assert client.guard_ran(), "or the tests below prove nothing"


def test_a_new_lane_changes_nothing_for_our_hook_and_the_teams(
    client: Client, repo: Repo, linked: Path, python: StandIn
) -> None:
    put_hook(repo, "pre-commit", TEAM)
    assert install(repo, python).ok
    for _ in range(2):
        client.make_lane(linked)
        for place in (repo.path, linked):
            assert commits(repo, at=place) == (0, "team\n")
            assert python.calls() == JUDGED
            assert not client.guard_ran()
            assert inspect(repo, at=place).problems == []


def test_installed_after_the_guard_from_the_lane_it_is_just_as_well(
    client: Client, repo: Repo, linked: Path, python: StandIn
) -> None:
    client.make_lane(linked)
    before = bytes_of(repo.path / ".git")
    assert install(repo, python, at=linked).ignored == ["pre-commit"]
    assert uninstall(repo, at=linked).ok
    assert bytes_of(repo.path / ".git") == before
    assert install(repo, python, at=linked).ok
    python.answer(1)
    for place in (repo.path, linked):
        assert commits(repo, at=place) == (1, "")
        assert python.calls() == JUDGED
        assert not client.guard_ran()


def test_uninstalling_after_a_lane_gives_the_team_its_hook_back(
    client: Client, repo: Repo, linked: Path, python: StandIn
) -> None:
    hook = put_hook(repo, "pre-commit", TEAM)
    before = bytes_of(repo.path / ".git")
    install(repo, python)
    client.make_lane(linked)
    assert hook.read_bytes() != TEAM
    assert uninstall(repo).restored == ["pre-commit"]
    assert bytes_of(repo.path / ".git") == before


def test_the_clients_migration_takes_nothing_of_ours(client: Client, repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", b"#!/bin/sh\n# SPEC_KITTY_MANAGED_HOOK_SHIM=1\n")
    put_hook(repo, "commit-msg", TEAM)
    install(repo, python)
    ours = bytes_of(repo.path / ".git/spec-kitty-hooks")
    for path in (repo.path / ".git/spec-kitty-hooks/hooks").iterdir():
        put_hook(repo, path.name, path.read_bytes())  # even where the migration looks
    migrate = "from specify_cli.upgrade.migrations.m_2_0_0_retire_git_hooks import RetireGitHooksMigration as Retire"
    assert client.run(f"{migrate}\nprint(Retire().detect(Path(sys.argv[1])))", repo.path) == "False"
    result = client.run(f"{migrate}\nprint(Retire().apply(Path(sys.argv[1])).changes_made)", repo.path)
    assert "Removed" not in result
    assert bytes_of(repo.path / ".git/spec-kitty-hooks") == ours
