"""What tests of the plan share: a command line run in this process, and a mission whose plan is to be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.draft import Plan, Run
from support.repo import Repo

from spec_kitty_hooks.cli.app import execute


@pytest.fixture
def run(repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command line in the repository (or `where`); returns exit code, standard output and standard error."""

    def call(*arguments: str, where: Path | None = None) -> tuple[int, str, str]:
        monkeypatch.chdir(where or repo.path)
        code = execute(arguments)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def plan(repo: Repo, run: Run) -> Plan:
    """A new mission without work packages."""
    return Plan(repo, run)
