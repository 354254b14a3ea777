"""Whole missions of the released client, and single stages of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.hooks import installed
from support.pair import Pair
from support.peer import TOPOLOGIES, Client, Unpack

# Read before the first test seals the environment.
_PEER = os.environ.get("SPEC_KITTY_PEER", "")
_SCRIPT = (Path(_PEER) if _PEER else Path(__file__).resolve().parents[3] / "shared" / "peer") / "make_repo.sh"
_NEEDED = ("bash", "bc", "python3", "tar")


@pytest.fixture(scope="session")
def script() -> Path:
    """The script that drives the released client through a whole mission."""
    if not _SCRIPT.is_file():
        pytest.skip("no script for whole missions here; SPEC_KITTY_PEER can name the directory of make_repo.sh")
    if missing := [name for name in _NEEDED if shutil.which(name) is None]:
        pytest.skip(f"whole missions need {', '.join(missing)}")
    if not installed():
        pytest.skip("hooks run an isolated interpreter, and it does not find the package; install it to test this")
    return _SCRIPT


@pytest.fixture(scope="session", params=TOPOLOGIES)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, script: Path, peer_python: str
) -> Pair:
    """One mission driven twice, with our hooks and without."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if hasattr(request.config, "workerinput") else base) / "peer" / request.param
    shared.mkdir(parents=True, exist_ok=True)
    found = Pair(shared, request.param)
    found.build(script, peer_python)
    return found


@pytest.fixture
def client(peer_python: str, sealed: dict[str, str]) -> Client:
    """The released client in this test's environment."""
    return Client(peer_python, sealed)


@pytest.fixture
def unpack(pair: Pair, tmp_path: Path, sealed: dict[str, str]) -> Unpack:
    """Return what unpacks a stage of the mission without our hooks into a place of this test's own."""
    return lambda prefix: pair.plain.unpack(prefix, tmp_path / prefix, sealed)
