"""A fetch on request: one ref, nobody asked, nothing run that the repository names, and over when its time is up."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.diverging import share
from support.repo import Repo

from spec_kitty_hooks.git.fetching import FetchOutcome, fetch_target
from spec_kitty_hooks.git.plumbing import Git

ENDLESS = 60.0  # seconds: nothing here comes near it
ALL = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh:ext"}


def fetch(
    repo: Repo,
    *,
    remote: str = "origin",
    branch: str = "main",
    env: Mapping[str, str] | None = None,
    seconds: float = ENDLESS,
    hook: bool = False,
) -> FetchOutcome:
    place = None if hook else os.fsencode(repo.path)
    with Git.open(place, {**repo.env, **(env or {})}, hook=hook) as git:
        return fetch_target(git, remote, branch, seconds)


@pytest.fixture
def behind(repo: Repo, tmp_path: Path) -> tuple[Repo, str]:
    """A repository whose remote has a new commit on main, on another branch, and a tag; and that commit."""
    remote = share(repo, tmp_path / "remote")
    new = remote.commit_to("main", {"x": "1\n"})
    remote.git("branch", "other", new)
    remote.git("tag", "v1", new)
    return repo, new


@pytest.fixture
def sung(tmp_path: Path) -> Callable[[], str]:
    """Return what the canary wrote down."""
    return lambda: (tmp_path / "sung").read_text() if (tmp_path / "sung").exists() else ""


@pytest.fixture
def canary(tmp_path: Path) -> str:
    """A program that writes down its arguments and fails."""
    path = tmp_path / "bin" / "canary"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/sung\nexit 1\n')
    path.chmod(0o755)
    return str(path)


def test_only_the_tracking_ref_of_the_branch_moves(behind: tuple[Repo, str]) -> None:
    repo, new = behind
    kept = (repo.path / ".git/FETCH_HEAD").read_bytes()
    before, index = repo.refs(), (repo.path / ".git/index").read_bytes()
    outcome = fetch(repo)
    assert (outcome.ok, outcome.problem, outcome.remediation) == (True, "", ())
    assert repo.refs() == before | {"refs/remotes/origin/main": new}
    assert (repo.path / ".git/FETCH_HEAD").read_bytes() == kept
    assert (repo.path / ".git/index").read_bytes() == index


def test_a_plain_fetch_would_move_more(behind: tuple[Repo, str]) -> None:
    repo, _new = behind
    before = repo.refs()
    repo.git("fetch", "-q", "origin")
    assert set(repo.refs()) - set(before) == {"refs/remotes/origin/other", "refs/tags/v1"}


def test_a_rewound_remote_branch_is_followed(behind: tuple[Repo, str]) -> None:
    repo, _new = behind
    assert fetch(repo).ok
    Repo(Path(repo.ask("remote", "get-url", "origin")), repo.env, repo.clock).git(
        "update-ref", "refs/heads/main", repo.head()
    )
    assert fetch(repo).ok
    assert repo.resolve("refs/remotes/origin/main") == repo.head()


def test_a_clone_of_another_branch_gets_the_tracking_ref(behind: tuple[Repo, str], tmp_path: Path) -> None:
    repo, new = behind
    remote = Repo(Path(repo.ask("remote", "get-url", "origin")), repo.env, repo.clock)
    clone = remote.clone(tmp_path / "clone", "--single-branch", "-b", "other")
    assert fetch(clone).ok
    assert clone.resolve("refs/remotes/origin/main") == new


def test_in_a_hook_it_works_as_well(behind: tuple[Repo, str], monkeypatch: pytest.MonkeyPatch) -> None:
    repo, new = behind
    monkeypatch.chdir(repo.path)
    assert fetch(repo, hook=True, env={"GIT_DIR": ".git"}).ok
    assert repo.resolve("refs/remotes/origin/main") == new


@pytest.mark.parametrize(("remote", "problem"), [("gone", "there is no remote gone"), ("", "there is no remote")])
def test_without_the_remote_nothing_is_tried(repo: Repo, remote: str, problem: str) -> None:
    outcome = fetch(repo, remote=remote)
    assert (outcome.ok, outcome.problem, outcome.remediation) == (False, problem, ())


def test_a_failed_fetch_says_why_and_how_to_do_it_without_a_limit(repo: Repo, tmp_path: Path) -> None:
    repo.add_remote("origin", tmp_path / "not there")
    outcome = fetch(repo)
    assert not outcome.ok
    assert "does not appear to be a git repository" in outcome.problem
    assert outcome.remediation == ("git fetch origin +refs/heads/main:refs/remotes/origin/main",)


def test_a_branch_that_the_remote_does_not_have_fails(behind: tuple[Repo, str]) -> None:
    repo, _new = behind
    outcome = fetch(repo, branch="nope")
    assert not outcome.ok
    assert "couldn't find remote ref refs/heads/nope" in outcome.problem


# -- time


@contextmanager
def silent_server(answer: bytes = b"") -> Iterator[str]:
    """Listen on a port of this machine, and say nothing, or `answer`, to whoever comes; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                held.append(connection)
                if answer:
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    for connection in held:
        connection.close()


def test_a_remote_that_does_not_answer_is_given_up(repo: Repo) -> None:
    with silent_server() as address:
        repo.git("config", "remote.origin.url", f"git://{address}/x")
        outcome = fetch(repo, env=ALL, seconds=0.3)
    assert not outcome.ok
    assert outcome.problem == "origin did not answer within 0.3 seconds"
    assert not list((repo.path / ".git").rglob("*.lock"))


# -- what may run


def test_no_helper_that_an_address_names_runs(repo: Repo, canary: str, sung: Callable[[], str]) -> None:
    repo.git("config", "protocol.ext.allow", "always")
    repo.git("config", "remote.origin.url", f"ext::{canary} %S")
    outcome = fetch(repo, env=ALL)
    assert "transport 'ext' not allowed" in outcome.problem
    assert sung() == ""


def test_the_guard_against_helpers_is_needed(repo: Repo, canary: str, sung: Callable[[], str]) -> None:
    repo.git("config", "protocol.ext.allow", "always")
    repo.git("config", "remote.origin.url", f"ext::{canary} %S")
    assert repo.git("fetch", "origin", check=False, env=ALL).returncode
    assert "canary" in sung()


def test_what_the_person_forbids_stays_forbidden(behind: tuple[Repo, str]) -> None:
    repo, _new = behind
    assert "not allowed" in fetch(repo, env={"GIT_ALLOW_PROTOCOL": "https:ext"}).problem
    assert "not allowed" in fetch(repo, env={"GIT_ALLOW_PROTOCOL": "ext"}).problem


@pytest.mark.parametrize("key", ["remote.origin.uploadpack", "core.alternateRefsCommand", "core.fsmonitor"])
def test_no_program_that_the_repository_names_runs(
    behind: tuple[Repo, str], canary: str, sung: Callable[[], str], key: str, tmp_path: Path
) -> None:
    repo, new = behind
    repo.clone(tmp_path / "alternate")
    (repo.path / ".git/objects/info/alternates").write_text(f"{tmp_path}/alternate/.git/objects\n")
    repo.git("config", key, canary)
    assert fetch(repo).ok
    assert repo.resolve("refs/remotes/origin/main") == new
    assert sung() == ""


def test_no_hook_runs(behind: tuple[Repo, str], canary: str, sung: Callable[[], str]) -> None:
    repo, _new = behind
    hook = repo.path / ".git/hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(canary)
    assert fetch(repo).ok
    assert sung() == ""


def ssh_on_path(tmp_path: Path, canary: str) -> dict[str, str]:
    (tmp_path / "bin" / "ssh").symlink_to(canary)
    return {**ALL, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}


def test_ssh_asks_nobody(repo: Repo, tmp_path: Path, canary: str, sung: Callable[[], str]) -> None:
    repo.git("config", "remote.origin.url", "ssh://example.com/x")
    assert not fetch(repo, env=ssh_on_path(tmp_path, canary)).ok
    assert "/bin/ssh -oBatchMode=yes" in sung()


def test_the_repositorys_own_ssh_does_not_run_but_the_persons_does(
    repo: Repo, tmp_path: Path, canary: str, sung: Callable[[], str]
) -> None:
    env = ssh_on_path(tmp_path, canary)
    repo.git("config", "remote.origin.url", "ssh://example.com/x")
    repo.git("config", "core.sshCommand", f"{canary} local-one")
    fetch(repo, env=env)
    assert "local-one" not in sung()
    assert "BatchMode" in sung()
    repo.git("config", "--global", "core.sshCommand", f"{canary} person")
    fetch(repo, env=env)
    assert f"{canary} person" in sung()
    fetch(repo, env={**env, "GIT_SSH_COMMAND": f"{canary} environment"})
    assert f"{canary} environment" in sung()
    assert "local-one" not in sung()


def test_the_repositorys_own_proxy_does_not_run(repo: Repo, canary: str, sung: Callable[[], str]) -> None:
    repo.git("config", "remote.origin.url", "git://127.0.0.1:1/x")
    repo.git("config", "core.gitProxy", canary)
    assert not fetch(repo, env=ALL).ok
    assert sung() == ""
    assert not fetch(repo, env={**ALL, "GIT_PROXY_COMMAND": f"{canary}"}).ok
    assert "canary 127.0.0.1 1" in sung()


def test_the_repositorys_own_credential_helper_does_not_run_but_the_persons_does(
    repo: Repo, canary: str, sung: Callable[[], str]
) -> None:
    refused = b'HTTP/1.1 401 no\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
    with silent_server(refused) as address:
        repo.git("config", "remote.origin.url", f"http://{address}/x")
        repo.git("config", "credential.helper", f"!{canary} local-one")
        repo.git("config", f"credential.http://{address}.helper", f"!{canary} local-two")
        outcome = fetch(repo, env=ALL)
        assert "terminal prompts disabled" in outcome.problem
        assert sung() == ""
        repo.git("config", "--global", "credential.helper", f"!{canary} person")
        repo.git("config", "--global", f"credential.http://{address}.helper", f"!{canary} theirs")
        fetch(repo, env=ALL)
    assert "canary person get" in sung()
    assert "canary theirs get" in sung()
    assert "local-one" not in sung()
    assert "local-two" not in sung()


def test_no_window_asks_either(repo: Repo, canary: str, sung: Callable[[], str]) -> None:
    refused = b'HTTP/1.1 401 no\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
    with silent_server(refused) as address:
        repo.git("config", "remote.origin.url", f"http://{address}/x")
        repo.git("config", "core.askPass", canary)
        fetch(repo, env={**ALL, "GIT_ASKPASS": canary, "SSH_ASKPASS": canary, "DISPLAY": ":0"})
    assert sung() == ""


def test_what_was_configured_by_variables_is_kept(behind: tuple[Repo, str], monkeypatch: pytest.MonkeyPatch) -> None:
    repo, _new = behind
    monkeypatch.chdir(repo.path)
    key = "url.file:///not/there/.insteadOf"
    url = repo.ask("remote", "get-url", "origin")
    env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": url}
    repo.git("config", "credential.helper", "!false")
    assert "/not/there" in fetch(repo, hook=True, env={**env, "GIT_DIR": ".git"}).problem
