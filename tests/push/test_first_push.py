"""Real missions, as other people committed them, go to an empty remote."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.hooks import install_native
from support.pushing import PUSH_HOOKS, Pushed, push
from support.repo import Repo

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def imported(corpus: Path, repo: Repo, tmp_path: Path) -> Repo:
    """A repository with all real missions in one commit, and an empty `origin`."""
    shutil.copytree(corpus / "kitty-specs", repo.path / "kitty-specs")
    repo.commit("chore: bring in missions", no_verify=True)
    repo.add_remote("origin", Repo.init(tmp_path / "remote.git", repo.env, repo.clock, "--bare", "-b", "main"))
    install_native(repo, PUSH_HOOKS, watched=False)
    return repo


def adopt(repo: Repo) -> Pushed:
    """Let judgement start at HEAD, and push everything."""
    policy = f'policy:\n  hooks:\n    judge_from: "{repo.head()}"\n'
    repo.commit("chore: adopt the hooks", files={".kittify/config.yaml": policy}, no_verify=True)
    return push(repo, "--all")


def test_with_a_commit_to_judge_from_a_past_is_not_held_against_anybody(imported: Repo) -> None:
    pushed = adopt(imported)
    assert pushed.silent, pushed.text


def test_without_one_transitions_of_older_clients_and_one_rejected_review_are_found(imported: Repo) -> None:
    pushed = push(imported, "main")
    assert set(pushed.refused) == {"EVENT_TRANSITION_ILLEGAL", "REJECTED_REVIEW_ARTIFACT_CONFLICT"}
    assert adopt(imported).silent, "and that is the way out"
