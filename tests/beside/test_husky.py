"""Beside husky, which points core.hooksPath at a directory that it writes itself: it stays, and calls us."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from support.installing import HOOKS, StandIn, bytes_of, inspect, install, uninstall
from support.managers import run
from support.repo import Repo

from spec_kitty_hooks.install import InstallReport


@pytest.fixture
def python(tmp_path: Path) -> StandIn:
    """An interpreter in place of ours that passes everything and takes notes."""
    return StandIn(tmp_path / "interpreter")


@pytest.fixture
def notes(repo: Repo, tmp_path: Path) -> Path:
    """The file in which the team's own husky hook leaves a line; the hook is committed, as teams do."""
    file = tmp_path / "notes"
    repo.commit("husky", files={".husky/pre-commit": f"echo team >> {file}\n"}, no_verify=True)
    return file


def start(repo: Repo, husky: Path) -> None:
    """Run husky as `npm install` does (its "prepare" script)."""
    done = run(shutil.which("node") or "node", husky, env=repo.env, cwd=repo.path)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def add(report: InstallReport) -> None:
    """Add the lines that install printed to the files that it named."""
    for added in report.lines_to_add:
        with open(added.file, "a") as file:
            file.write("\n".join([*added.lines, ""]))


def commit(repo: Repo, notes: Path, python: StandIn) -> tuple[list[str], int]:
    """Make a commit; return who left a line, in order, and how often we judged."""
    done = repo.try_commit("--allow-empty")
    assert done.returncode == 0, done.stderr
    said = notes.read_text().split() if notes.exists() else []
    notes.unlink(missing_ok=True)
    return said, len(python.calls())


def test_it_stays_in_force_and_two_lines_make_it_call_us(repo: Repo, husky: Path, notes: Path, python: StandIn) -> None:
    start(repo, husky)
    before = (repo.path / ".git/config").read_bytes(), bytes_of(repo.path / ".husky/_")
    report = install(repo, python)
    assert not report.ok
    assert [added.file for added in report.lines_to_add] == [str(repo.path / ".husky" / name) for name in HOOKS]
    assert commit(repo, notes, python) == (["team"], 0)
    add(report)
    assert install(repo, python).ok
    assert inspect(repo).problems == []
    assert commit(repo, notes, python) == (["team"], 1)
    start(repo, husky)
    assert commit(repo, notes, python) == (["team"], 1), "the next `npm install` changes nothing"
    assert uninstall(repo).ok
    assert commit(repo, notes, python) == (["team"], 0), "the committed lines do nothing without us"
    assert ((repo.path / ".git/config").read_bytes(), bytes_of(repo.path / ".husky/_")) == before


def test_our_refusal_stands(repo: Repo, husky: Path, notes: Path, python: StandIn) -> None:
    start(repo, husky)
    add(install(repo, python))
    python.answer(3)
    assert repo.try_commit("--allow-empty").returncode != 0


def test_after_us_it_takes_git_over_which_is_seen_and_mended(
    repo: Repo, husky: Path, notes: Path, python: StandIn
) -> None:
    assert install(repo, python).ok
    start(repo, husky)
    assert repo.ask("config", "core.hooksPath") == ".husky/_"
    assert commit(repo, notes, python) == (["team"], 0)
    assert inspect(repo).remediation == ["spec-kitty-hooks install"]
    report = install(repo, python)
    assert not report.ok
    add(report)
    assert commit(repo, notes, python) == (["team"], 1)
    assert install(repo, python).ok
    assert uninstall(repo).ok
    assert repo.ask("config", "core.hooksPath") == ".husky/_"
    assert commit(repo, notes, python) == (["team"], 0)
    assert not (repo.path / ".git/spec-kitty-hooks").exists()


def test_taken_out_again_it_leaves_git_to_us(repo: Repo, husky: Path, notes: Path, python: StandIn) -> None:
    start(repo, husky)
    install(repo, python)
    repo.git("config", "--unset", "core.hooksPath")  # husky has no uninstall; its documentation says this
    report = install(repo, python)
    assert (report.ok, report.scheme) == (True, "hooks-directory")
    assert commit(repo, notes, python) == ([], 1)
    assert uninstall(repo).ok
    assert "hooksPath" not in (repo.path / ".git/config").read_text()


def test_a_worktree_without_its_directory_is_named_with_the_command_that_serves_all(
    repo: Repo, husky: Path, notes: Path, python: StandIn, tmp_path: Path
) -> None:
    start(repo, husky)
    add(install(repo, python))
    repo.commit("call us", no_verify=True)
    linked = repo.worktree(tmp_path / "linked", "topic", "main")
    assert commit(linked, notes, python) == ([], 0), "neither husky nor we"
    assert inspect(repo, at=linked.path).problems != []
    report = install(repo, python)
    assert f"{linked.path} has no .husky/_: git runs no hook at all there." in report.notes
    (command,) = (note.split("`")[1] for note in report.notes if "`git config" in note)
    subprocess.run(shlex.split(command), cwd=repo.path, env=repo.env, check=True)
    assert commit(linked, notes, python) == (["team"], 1)
    assert commit(repo, notes, python) == (["team"], 1)
    assert install(repo, python).ok
    assert inspect(repo, at=linked.path).problems == []
