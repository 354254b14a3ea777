"""Clones with our drivers and hooks, run by an interpreter whose path needs every kind of quoting."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest
from support.merging import LANES, Clones, install, make_clones, record_on_both
from support.missions import build_mission
from support.repo import Repo

PACKAGE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a virtual environment in which the package is installed as `pip install -e` does it."""
    place = tmp_path_factory.mktemp('it\'s 100% $HOME "env"') / "a  b"
    venv.create(place, symlinks=True)
    site = place / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    (site / "spec-kitty-hooks.pth").write_text(f"{PACKAGE}\n")
    return place / "bin/python"


@pytest.fixture
def plain(repo: Repo, tmp_path: Path) -> Clones:
    """Two clones that both recorded events, with nothing of ours."""
    clones = make_clones(build_mission(repo, LANES, status_json=True), tmp_path)
    record_on_both(clones)
    return clones


@pytest.fixture
def clones(plain: Clones, environment: Path) -> Clones:
    """Two clones that both recorded events; ours has drivers and hooks."""
    install(plain.repo, environment)
    return plain
