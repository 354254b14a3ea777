"""Hook managers and our package for them, obtained once and shared by all workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support import managers
from support.clock import Clock
from support.managers import PRE_COMMIT, Framework, Published, offline
from support.repo import Repo
from support.sealed import sealed_environment


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory that all workers of this run see, and no other run."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "beside"


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest, shared: Path) -> Path:
    """A directory that outlives the run, where pytest keeps one."""
    cache = getattr(request.config, "cache", None)
    return Path(cache.mkdir("beside")) if cache is not None else shared


@pytest.fixture(scope="session")
def programs(kept: Path) -> Callable[[str], Path]:
    """Return the directory of a program, downloaded once: prek, lefthook or uv."""
    return lambda name: managers.get_program(kept, name)


@pytest.fixture(scope="session")
def husky(kept: Path) -> Path:
    """Husky's program, for node."""
    return managers.get_husky(kept)


@pytest.fixture(scope="session")
def framework(kept: Path, shared: Path) -> Framework:
    """Our package built and installed by the real framework, from a wheelhouse, without network where that can be."""
    wheels = managers.get_wheelhouse(kept)
    root = shared / "framework"
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PRE_COMMIT_HOME": str(root / "store")}

    def build(target: Path) -> None:
        sealed = sealed_environment(target / "sealed", managers.OUTSIDE)
        published = managers.publish(target / "published", sealed)
        user = Repo.init(target / "user", sealed, Clock())
        user.commit("config", files={".pre-commit-config.yaml": published.configuration()})
        done = managers.run(*offline(), *PRE_COMMIT, "install-hooks", env={**sealed, **env}, cwd=user.path)
        assert done.returncode == 0, done.stdout + done.stderr

    place = managers.obtain(shared, "framework", build)
    published = Repo(place / "published", sealed_environment(place / "sealed", managers.OUTSIDE), Clock())
    return Framework(Published(published, published.head()), env)
