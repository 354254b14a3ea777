"""The reader opened on a repository, and the observing hook installed into one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.observer import Observer
from support.repo import Repo

from spec_kitty_hooks.git.plumbing import Git


@pytest.fixture
def observe(tmp_path: Path) -> Callable[[Repo], Observer]:
    """Return what installs the observing hook into a repository."""
    return lambda repo: Observer(repo, tmp_path / "seen")


@pytest.fixture
def opened(sealed: dict[str, str]) -> Iterator[Callable[[Repo], Git]]:
    """Return what opens the reader on a repository; closed at the end of the test."""
    readers: list[Git] = []

    def open_reader(repo: Repo) -> Git:
        readers.append(Git.open(os.fsencode(repo.path), sealed, hook=False))
        return readers[-1]

    yield open_reader
    for reader in readers:
        reader.close()


@pytest.fixture
def line(repo: Repo) -> list[str]:
    """Four commits, oldest first; the last three change one file each."""
    return [repo.head(), *(repo.commit(name, files={name: "1\n"}) for name in ("one", "two", "three"))]
