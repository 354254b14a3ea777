"""What the proofs of durability share: the count of what they did, children that write, and a log to write to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import pytest
from support.forks import Forks
from support.sealed import sealed_environment
from support.strace import find_strace
from support.tally import PROPERTY, Tally
from support.workshop import Workshop

# A machine fails far from its test: it has to say what it compared.
pytest.register_assert_rewrite("support.logmachine")

Counting = Callable[[str, str], Tally]


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Counting]:
    """Return what opens a count: `tally("R1", "killed at every syscall")`; what it holds in the end goes to the table.

    Its seconds are those of the whole test, whether it passed or not.
    """
    opened: list[Tally] = []
    start = time.perf_counter()

    def count(row: str, kind: str) -> Tally:
        opened.append(Tally(row, kind))
        return opened[-1]

    yield count
    for one in opened:
        one.seconds = (time.perf_counter() - start) / len(opened)
        request.node.user_properties.append((PROPERTY, asdict(one)))


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Children that are ready to write to a log."""
    if sys.platform != "linux":
        pytest.skip("children are taken hold of by means of Linux")
    with Forks("support.acts", sealed_environment(tmp_path_factory.mktemp("forks"))) as server:
        yield server


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Workshop:
    """A mission whose log is written again and again from the same start."""
    place = tmp_path_factory.mktemp("workshop")
    return Workshop(place, sealed_environment(place / ".sealed"), forks)


@pytest.fixture
def traced() -> None:
    """Skip where strace cannot take hold of a process."""
    if not find_strace():
        pytest.skip("strace is not here, or may not trace")
