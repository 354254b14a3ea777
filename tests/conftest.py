"""What every test gets: a sealed environment, a stepping clock, real repositories and missions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.clock import Clock
from support.corpus import MISSING, find_corpus
from support.missions import Mission, build_mission, seed
from support.repo import Repo
from support.resources import limit_file_size
from support.sealed import ROOT_VARIABLE, sealed_environment
from support.tally import collect, write_table
from support.trace import traces, unchanged

# Read before the first test seals the environment.
_CORPUS = os.environ.get("SPEC_KITTY_CORPUS", "")
_PEER = os.environ.get("SPEC_KITTY_PYTHON", "")

settings.register_profile(
    "ci",
    derandomize=True,
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("soak", settings.get_profile("ci"), derandomize=False, max_examples=10_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --soak."""
    parser.addoption("--soak", action="store_true", help="run the tests marked soak too")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, with a reason, what this machine or this call cannot run."""
    if item.get_closest_marker("peer") and not _PEER:
        pytest.skip("SPEC_KITTY_PYTHON names no interpreter with the released client")
    if item.get_closest_marker("soak") and not item.config.getoption("--soak"):
        pytest.skip("soak tests run with --soak only")


def is_unmeasured(item: pytest.Item) -> bool:
    """Tell whether coverage shall not measure a test."""
    return any(item.get_closest_marker(name) for name in ("slow", "unmeasured"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Leave slow tests unmeasured: they repeat what quick ones reach, and measuring makes them three times as slow."""
    coverage = sys.modules.get("coverage") if is_unmeasured(item) else None
    measuring = coverage.Coverage.current() if coverage else None
    if measuring is None:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the proofs of durability counted."""
    if found := collect(report for reports in terminalreporter.stats.values() for report in reports):
        terminalreporter.section("durability")
        terminalreporter.write("".join(f"{line}\n" for line in write_table(found)))


@pytest.fixture(autouse=True)
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> dict[str, str]:
    """Seal the process environment of every test, and return it."""
    env = sealed_environment(tmp_path / ".sealed")
    if is_unmeasured(request.node):
        env = {name: value for name, value in env.items() if not name.startswith("COVERAGE_")}
    for name in set(os.environ) - set(env) - {"PYTEST_CURRENT_TEST"}:
        monkeypatch.delenv(name)
    for name, value in env.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return env


@pytest.fixture(autouse=True)
def hooks_leave_no_trace(sealed: dict[str, str]) -> Iterator[None]:
    """Fail a test in which a hook that `install_native` watches changed what it must not touch."""
    yield
    left = traces(Path(sealed[ROOT_VARIABLE]))
    assert not left, "a hook changed what it must not touch:\n" + "\n".join(left)


@pytest.fixture
def clock() -> Clock:
    """A fresh clock that moves only when asked."""
    return Clock()


@pytest.fixture
def repo(tmp_path: Path, sealed: dict[str, str], clock: Clock) -> Repo:
    """A repository on main with one commit: a README, sources in src/a, src/b and src/c, the client's .gitignore."""
    return seed(Repo.init(tmp_path / "repo", sealed, clock))


@pytest.fixture
def mission(repo: Repo) -> Mission:
    """A mission on main: lane-a has WP01 (src/a/**) and WP02 (src/b/**), lane-b has WP03 (src/c/**); all planned."""
    return build_mission(
        repo, {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
    )


@pytest.fixture
def untouched() -> Callable[[Repo], AbstractContextManager[None]]:
    """Return the context manager that fails if its block changes anything of a repository but objects."""
    return unchanged


@pytest.fixture
def file_size_limit() -> Callable[[int], AbstractContextManager[None]]:
    """A full disk in small: a context manager in which files cannot grow beyond so many bytes."""
    return limit_file_size


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder with golden.json and kitty-specs/ of real missions."""
    place = find_corpus(_CORPUS)
    if place is None:
        pytest.skip(MISSING)
    return place


@pytest.fixture(scope="session")
def peer_python() -> str:
    """The interpreter that has the released client installed."""
    if not _PEER:
        pytest.skip("SPEC_KITTY_PYTHON names no interpreter with the released client")
    return _PEER
