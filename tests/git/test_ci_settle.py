"""What a CI job names, against what its checkout has: the range to judge, and how to get what is lacking."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.repo import Repo

from spec_kitty_hooks.errors import CANNOT_JUDGE, RepositoryError
from spec_kitty_hooks.git.ci import HINTS, CiRange, add_hints, find_service, name_branch, settle
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.findings import Finding

A, B, D = (letter * 40 for letter in "abd")
MAIN = "refs/remotes/origin/main"

Opened = Callable[[Repo], Git]


@pytest.fixture
def cloned(repo: Repo, tmp_path: Path) -> Repo:
    """A clone with a commit of its own on `topic`."""
    clone = repo.clone(tmp_path / "clone")
    clone.checkout("topic", "-b")
    clone.commit("own", files={"own.txt": "x\n"})
    return clone


def ranged(cloned: Repo, **changes: Any) -> CiRange:
    whole = {"service": "GitHub", "old": cloned.resolve("main"), "new": cloned.head(), "branch": "topic"}
    return CiRange(**{**whole, "fallbacks": (MAIN,), **changes})


def test_a_range_that_is_here_stays_as_it_is(cloned: Repo, opened: Opened) -> None:
    assert settle(opened(cloned), ranged(cloned)) == ranged(cloned)
    alone = ranged(cloned, old="", fallbacks=())
    assert settle(opened(cloned), alone) == alone


def test_a_new_branch_begins_where_the_default_branch_is(cloned: Repo, opened: Opened) -> None:
    settled = settle(opened(cloned), ranged(cloned, old=""))
    assert (settled.old, settled.note) == (MAIN, "")


def test_a_before_that_a_force_push_took_away_is_replaced_and_that_is_said(cloned: Repo, opened: Opened) -> None:
    settled = settle(opened(cloned), ranged(cloned, old=D))
    assert settled.old == MAIN
    assert settled.note.startswith(f"{D[:12]} is not here (a force push took it away")
    assert settled.note.endswith("compared with origin/main")


@pytest.mark.parametrize("lacking", ["old", "new", "the default branch"])
def test_what_a_complete_clone_has_not_got_can_be_fetched_by_the_command_that_is_printed(
    lacking: str, repo: Repo, cloned: Repo, opened: Opened
) -> None:
    branch = "it's;$(odd)&main"
    repo.checkout(branch, "-b")
    there = repo.commit("there", files={"there.txt": "x\n"})
    changes: dict[str, dict[str, Any]] = {
        "old": {"old": there, "fallbacks": ()},
        "new": {"new": there},
        "the default branch": {"old": "", "fallbacks": (f"refs/remotes/origin/{branch}",)},
    }
    found = ranged(cloned, **changes[lacking])
    with pytest.raises(RepositoryError) as stopped:
        settle(opened(cloned), found)
    assert (stopped.value.code, stopped.value.exit_code) == ("REMOTE_STATE_UNKNOWN", CANNOT_JUDGE)
    (step,) = stopped.value.remediation
    subprocess.run(step, shell=True, cwd=cloned.path, env=cloned.env, check=True, capture_output=True)
    assert settle(opened(cloned), found).note == ""


def test_what_a_shallow_clone_has_not_got_is_left_to_the_engine(repo: Repo, tmp_path: Path, opened: Opened) -> None:
    repo.commit("second", files={"second.txt": "x\n"})
    shallow = repo.clone(tmp_path / "shallow", "--depth=1")
    found = CiRange(service="GitHub", old=repo.resolve("HEAD~1"), new=shallow.head(), branch="main")
    assert settle(opened(shallow), found) == found


def test_findings_that_lack_history_say_first_how_the_job_gets_it() -> None:
    lacking = Finding(diagnostic_code="SHALLOW_HISTORY", message="m", remediation=("git fetch --unshallow",))
    other = Finding(diagnostic_code="POLICY_INVALID", message="m")
    for service, hint in HINTS.items():
        hinted, same = add_hints((lacking, other), service)
        assert (hinted.remediation, same) == ((hint, "git fetch --unshallow"), other)
    assert add_hints((lacking,), find_service({"CI": "true"})) == (lacking,)
    assert "fetch-depth: 0" in HINTS["GitHub"]


@pytest.mark.parametrize(
    ("revision", "branch"),
    [
        ("topic", "topic"),
        ("heads/topic", "topic"),
        ("refs/heads/topic", "topic"),
        ("origin/main", "main"),
        ("refs/remotes/origin/main", "main"),
        ("HEAD", ""),
        ("topic~1", ""),
        (A, ""),
    ],
)
def test_only_a_name_stands_for_a_branch(revision: str, branch: str, cloned: Repo, opened: Opened) -> None:
    assert name_branch(opened(cloned), revision) == branch
