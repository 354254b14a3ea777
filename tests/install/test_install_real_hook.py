"""The installed hook with the interpreter and the package that it is made for."""

from __future__ import annotations

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
