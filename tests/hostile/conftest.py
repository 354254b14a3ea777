"""The scene of every hostile repository, copied from one that each worker builds once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hooks import installed
from support.missions import Mission
from support.repo import Repo
from support.scene import Scene, build_template, copy_scene


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repo, Mission]:
    """The mission at work that scenes are copied from."""
    if not installed():
        pytest.skip("the package is not installed where an isolated interpreter finds it")
    return build_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def scene(template: tuple[Repo, Mission], tmp_path: Path, sealed: dict[str, str]) -> Scene:
    """A fresh copy of the mission at work."""
    return copy_scene(template, tmp_path, sealed)
