"""Which variables reach git: for this repository those of the hook, for any other none of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.repo import Repo

from spec_kitty_hooks.git.environ import DROPPED, FORCED, KEPT_ELSEWHERE, LOCAL, other_environment, own_environment
from spec_kitty_hooks.git.plumbing import Git

HOOK = dict.fromkeys(LOCAL, "x") | {
    "GIT_CONFIG_KEY_0": "a.b",
    "GIT_CONFIG_VALUE_0": "c",
    "GITHEAD_" + "1" * 40: "o",
}
OUTSIDE = {"PATH": "/bin", "HOME": "/h", "GIT_EXEC_PATH": "/e", "GIT_CONFIG_GLOBAL": "/g"}


def test_what_a_hook_is_given_counts_for_its_own_repository() -> None:
    own = own_environment({**HOOK, **OUTSIDE})
    assert own == {**HOOK, **OUTSIDE, **FORCED}
    assert own_environment({"GIT_INVENTED_LATER": "1"})["GIT_INVENTED_LATER"] == "1"


def test_nothing_of_a_hook_reaches_another_repository() -> None:
    assert other_environment({**HOOK, **OUTSIDE, "GIT_INVENTED_LATER": "1"}) == {**OUTSIDE, **FORCED}


def test_every_local_variable_of_this_git_is_dropped_for_another_repository(repo: Repo) -> None:
    local = repo.ask("rev-parse", "--local-env-vars").split()
    assert len(local) > 10
    assert set(other_environment(dict.fromkeys(local, "x"))) == set(FORCED)
    assert set(local) <= set(LOCAL) | set(DROPPED) | set(FORCED)
    assert not set(local) & set(KEPT_ELSEWHERE)


@pytest.mark.parametrize("make", [own_environment, other_environment])
def test_what_changes_output_or_history_is_dropped_for_all(make: Callable[[dict[str, str]], dict[str, str]]) -> None:
    assert make(dict.fromkeys(DROPPED, "1")) == FORCED
    assert make(dict.fromkeys(FORCED, "other")) == FORCED
    assert make({"GIT_TRACE": "1", "GIT_TRACE2_PERF": "true", "GIT_TRACE_SETUP": "relative/file"}) == FORCED


def test_a_trace_into_a_file_stays() -> None:
    assert own_environment({"GIT_TRACE": "/tmp/trace"})["GIT_TRACE"] == "/tmp/trace"


def test_the_index_of_a_hook_is_not_taken_for_the_index_of_another_repository(
    repo: Repo, tmp_path: Path, sealed: dict[str, str], clock: Clock
) -> None:
    other = Repo.init(tmp_path / "other", sealed, clock)
    other.write("in the other", "1\n")
    other.stage()
    hook = {**sealed, "GIT_DIR": str(repo.git_dir()), "GIT_INDEX_FILE": str(repo.git_dir() / "index")}
    with Git.open(os.fsencode(other.path), hook, hook=False) as git:
        assert [change.path for change in git.staged_changes("")] == [b"in the other"]
    for directory in (None, os.fsencode(other.path)):
        with Git.open(directory, hook, hook=True) as git:
            assert git.layout.git_dir == os.fsencode(repo.git_dir())


@pytest.mark.parametrize(
    "name", ["GIT_GLOB_PATHSPECS", "GIT_EXTERNAL_DIFF", "GIT_INTERNAL_SUPER_PREFIX", "GIT_DIFF_OPTS"]
)
def test_a_variable_that_would_break_or_steer_git_does_not(repo: Repo, sealed: dict[str, str], name: str) -> None:
    with Git.open(os.fsencode(repo.path), {**sealed, name: "1"}, hook=False) as git:
        assert git.staged_changes(repo.head()) == ()
