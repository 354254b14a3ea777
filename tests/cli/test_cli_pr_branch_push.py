"""`pr-branch --push` and `--fetch`: plain, never forced, nobody asked, and honest about what did not work."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.diverging import diverge, publish
from support.focusing import branch_of, build
from support.hooks import cli, cli_json, install_native
from support.judging import valid
from support.missions import Mission
from support.repo import Repo

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.pushing import push_commit


def push(mission: Mission, code: int, *args: str) -> Any:
    return valid(mission.repo, "pr-branch", cli_json(mission.repo, "pr-branch", "--push", *args, code=code))


def plant(repo: Repo, name: str, script: str) -> None:
    hook = repo.path / ".git/hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


def test_the_branch_is_pushed_and_to_push_again_changes_nothing(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    for outcome in ("CREATED", "ALREADY"):
        made = push(mission, 0)
        assert (made["outcome"], made["pushed_to"], made["next_steps"], made["diagnostics"]) == (
            outcome,
            "origin",
            [],
            [],
        )
        assert remote.resolve(branch_of(mission)) == made["commit"]
    assert set(remote.refs()) == {"HEAD", "refs/heads/main", f"refs/heads/{branch_of(mission)}"}


def test_the_printed_push_does_the_same(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    made = build(mission)
    repo.git(*made["next_steps"][0].split()[1:])
    assert remote.resolve(branch_of(mission)) == made["commit"]


def test_our_own_pre_push_hook_lets_it_through_in_silence(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    install_native(repo, ("pre-push",))
    assert push(mission, 0)["pushed_to"] == "origin"
    assert remote.resolve(branch_of(mission))


def test_a_published_branch_is_never_replaced(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    old = push(mission, 0)["commit"]
    publish(repo, remote, {"lib/more.py": "1\n"})
    repo.git("branch", "-m", branch_of(mission), "old")
    repo.git("config", "push.default", "matching")
    repo.git("config", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    made = push(mission, 1)
    assert (made["outcome"], made["pushed_to"]) == ("CREATED", None)
    assert remote.resolve(branch_of(mission)) == old
    told = made["diagnostics"][0]
    assert told["diagnostic_code"] == "FOCUSED_BRANCH_NOT_PUSHED"
    assert "(non-fast-forward)" in told["message"]
    again, other = told["remediation"]
    assert again == f"git push origin {branch_of(mission)}"
    repo.git(*other.split()[1:])
    assert remote.resolve(f"{branch_of(mission)}-{made['commit'][:8]}") == made["commit"]


def test_the_clones_hooks_run_and_what_a_refusing_one_says_is_passed_on(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    plant(repo, "pre-push", f"cat > {tmp_path}/lines; echo 'tests \x1b[31mfailed' >&2; exit 1")
    made = push(mission, 1)
    line = (tmp_path / "lines").read_text().split()
    assert line[1:] == [made["commit"], f"refs/heads/{branch_of(mission)}", "0" * 40]
    assert "tests \x1b[31mfailed" in made["diagnostics"][0]["message"]
    ran = cli(repo, "pr-branch", "--push")
    assert ran.returncode == 1
    assert ": there already, commit " in ran.stdout
    assert (
        "spec-kitty-hooks: FOCUSED_BRANCH_NOT_PUSHED\n  the branch is made, but its push to origin was refused:"
        in ran.stderr
    )
    assert "  tests \\x1b[31mfailed\n" in ran.stderr
    assert f"  next: git push origin {branch_of(mission)}\n" in ran.stderr
    plant(repo, "pre-push", "exit 0")
    repo.git(*made["diagnostics"][0]["remediation"][0].split()[1:])
    assert remote.resolve(branch_of(mission)) == made["commit"]


def test_with_a_fork_it_goes_to_the_fork(repo: Repo, tmp_path: Path) -> None:
    mission, upstream = diverge(repo, tmp_path / "upstream")
    repo.git("remote", "rename", "origin", "upstream")
    fork = upstream.clone(tmp_path / "fork", "--bare")
    repo.add_remote("origin", fork)
    repo.git("config", "branch.main.remote", "origin")
    repo.git("config", "spec-kitty-hooks.targetRemote", "upstream")
    made = push(mission, 0)
    assert (made["upstream_name"], made["pushed_to"]) == ("refs/remotes/upstream/main", "origin")
    assert fork.has_branch(branch_of(mission))
    assert not upstream.has_branch(branch_of(mission))


def test_a_push_that_takes_too_long_is_given_up_and_may_have_happened(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    commit = build(mission)["commit"]
    plant(repo, "pre-push", "sleep 1000")
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        outcome = push_commit(git, "origin", commit, branch_of(mission), seconds=0.3)
    assert (outcome.ok, outcome.timed_out) == (False, True)


def test_of_a_push_that_may_have_happened_the_outcome_is_unknown(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from spec_kitty_hooks.cli import prbranch
    from spec_kitty_hooks.cli.app import execute

    diverge(repo, tmp_path / "remote")
    plant(repo, "pre-push", "sleep 1000")
    monkeypatch.chdir(repo.path)
    monkeypatch.setattr(prbranch, "push_commit", partial(push_commit, seconds=0.3))
    assert execute(["pr-branch", "--push"]) == 4
    said = capsys.readouterr().err
    assert said.startswith(
        "spec-kitty-hooks: WRITE_OUTCOME_UNKNOWN\n  the branch is made, but its push to origin took too"
    )


def test_nobody_is_asked_in_a_push(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    plant(repo, "pre-push", 'env | grep -E "GIT_TERMINAL_PROMPT|GIT_ASKPASS|BatchMode" >&2; exit 1')
    message = push(mission, 1)["diagnostics"][0]["message"]
    assert {"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "GIT_SSH_COMMAND=ssh -oBatchMode=yes"} <= set(message.splitlines())
    repo.git("config", "core.sshCommand", "ssh -i key")
    assert "BatchMode" not in push(mission, 1)["diagnostics"][0]["message"]


# -- fetching first


def test_it_can_fetch_first(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    new = remote.commit_to("main", {"lib/newer.py": "1\n"})
    assert build(mission, "--dry-run")["upstream"] != new
    made = cli_json(repo, "pr-branch", "--fetch")
    assert (made["upstream"], made["divergence"]["stale"]) == (new, False)
    assert made["divergence"]["as_of"]
    assert repo.ask("rev-parse", f"{branch_of(mission)}^") == new


def test_a_failed_fetch_builds_on_what_is_known_and_says_so(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    remote.path.rename(tmp_path / "moved")
    made = build(mission, "--fetch")
    assert (made["outcome"], made["divergence"]["stale"]) == ("CREATED", True)
    assert "does not appear to be a git repository" in made["divergence"]["problem"]
    ran = cli(repo, "pr-branch", "--fetch")
    assert "  note: the fetch failed: " in ran.stdout


def test_a_failed_first_fetch_knows_nothing(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    remote.path.rename(tmp_path / "moved")
    found = cli_json(repo, "pr-branch", "--mission", mission.directory, "--fetch", code=3)
    assert found["diagnostic_code"] == "REMOTE_STATE_UNKNOWN"
    assert found["message"].startswith("main cannot be fetched: ")
