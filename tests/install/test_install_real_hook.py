"""The installed hook with the interpreter and the package that it is made for."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest
from support.installing import bytes_of, commits, inspect, install, uninstall
from support.missions import Mission
from support.repo import Repo

pytest.importorskip("spec_kitty_hooks.__main__")

PACKAGE = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """The interpreter of a virtual environment in which the package is installed as `pip install -e` does it."""
    venv.create(tmp_path / "env", symlinks=True)
    site = f"env/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    (tmp_path / site / "spec-kitty-hooks.pth").write_text(f"{PACKAGE}\n")
    return tmp_path / "env/bin/python"


def test_where_no_mission_lives_a_commit_passes_without_a_word(repo: Repo, environment: Path) -> None:
    before = bytes_of(repo.path / ".git")
    assert install(repo, environment).ok
    assert inspect(repo).problems == []
    assert uninstall(repo).ok
    assert bytes_of(repo.path / ".git") == before
    assert install(repo, environment).ok
    assert commits(repo) == (0, "")


def test_an_out_of_scope_commit_on_a_lane_is_refused_in_its_linked_worktree(
    mission: Mission, environment: Path
) -> None:
    lane = mission.implement("WP01")
    assert install(mission.repo, environment).ok
    lane.write("src/a/new.py", "ok = True\n")
    lane.stage()
    assert lane.try_commit().returncode == 0
    lane.write("src/c/new.py", "ok = False\n")
    lane.stage()
    refused = lane.try_commit()
    assert refused.returncode == 1
    assert "ACTIVE_WP_SCOPE_VIOLATION" in refused.stderr


def test_a_push_of_what_got_past_the_commit_hook_is_refused(
    mission: Mission, environment: Path, tmp_path: Path
) -> None:
    lane = mission.implement("WP01")
    lane.commit("own", files={"src/a/own.py": "ok = True\n"})
    origin = Repo.init(tmp_path / "origin.git", lane.env, lane.clock, "--bare")
    mission.repo.add_remote("origin", origin)
    assert install(mission.repo, environment).ok
    branch = lane.current_branch()
    done = lane.push("main", branch)
    assert (done.returncode, done.stderr) == (0, "")
    published = lane.head()
    lane.commit("past it", files={"src/c/foreign.py": "ok = False\n"}, no_verify=True)
    refused = lane.push(branch, check=False)
    assert refused.returncode != 0
    assert "ACTIVE_WP_SCOPE_VIOLATION" in refused.stderr
    assert origin.resolve(branch) == published


def test_where_no_mission_lives_a_push_passes_without_a_word(repo: Repo, environment: Path, tmp_path: Path) -> None:
    repo.add_remote("origin", Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare"))
    assert install(repo, environment).ok
    done = repo.push("main")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_lines_about_a_push_that_cannot_be_read_keep_it_back(mission: Mission, environment: Path) -> None:
    assert install(mission.repo, environment).ok
    hook = mission.repo.path / ".git/spec-kitty-hooks/hooks/pre-push"
    command = [str(hook), "origin", "url"]
    ran = subprocess.run(command, input=b"no such line\n", cwd=mission.repo.path, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (3, b"")
    assert b"line 1 of what git says about the push cannot be read" in ran.stderr
