"""Hooks that were there before: all of them go on running as they did, and none is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.installing import GUARD, StandIn, bytes_of, commits, inspect, install, put_hook, uninstall
from support.repo import Repo

from spec_kitty_hooks import install as room
from spec_kitty_hooks.install.team import GIT_HOOKS

PRE_COMMIT = ["<hook><pre-commit>"]

KINDS = {
    "sh": b"#!/bin/sh\necho team $# >&2\n",
    "refusing": b"#!/bin/sh\necho no >&2\nexit 1\n",
    "python": b"#!/usr/bin/env python3\nimport sys\nsys.exit('refused by python')\n",
    "without shebang": b"echo plain >&2\nexit 4\n",
    "without final newline": b"#!/bin/sh\necho end >&2; exit 5",
    "CRLF inside": b"#!/bin/sh\necho windows >&2\r\nexit 6\n",
    "CRLF shebang": b"#!/bin/sh\r\nexit 0\r\n",
    "non-ASCII": "#!/bin/sh\necho 'hüh ✓' >&2\n".encode() + b"# \xff\xfe\n",
    "no such interpreter": b"#!/nowhere/at/all\n",
}


def files_of(repo: Repo) -> dict[str, tuple[int, bytes]]:
    return bytes_of(repo.path / ".git")


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_of_any_kind_decides_as_before_and_comes_back_as_it_was(kind: str, repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", KINDS[kind])
    code, text = commits(repo)
    before = files_of(repo)
    report = install(repo, python)
    assert (report.ok, report.kept, report.notes[:-2]) == (True, ["pre-commit"], [])
    after, said = commits(repo)
    assert bool(after) == bool(code)
    if "interpreter" not in kind and "shebang" not in kind:
        assert said.replace(f"{repo.path}/", "") == text
    assert python.calls() == PRE_COMMIT, "ours judges whatever the team's hook says"
    if not code:
        repo.git("reset", "-q", "--soft", "HEAD~1")  # the logs differ by that commit
        before = {name: value for name, value in before.items() if "logs" not in name and "HEAD" not in name}
    assert uninstall(repo).ok
    assert before.items() <= files_of(repo).items()
    assert not (repo.path / ".git" / "spec-kitty-hooks").exists()


@pytest.mark.parametrize(("program", "refuses"), [("true", False), ("false", True)])
def test_a_compiled_hook_decides_as_before(program: str, refuses: bool, repo: Repo, python: StandIn) -> None:
    binary = Path(shutil.which(program) or "").resolve()
    hook = put_hook(repo, "pre-commit", binary.read_bytes())
    assert install(repo, python).kept == ["pre-commit"]
    assert bool(commits(repo)[0]) == refuses
    hook.write_bytes(GUARD)
    assert bool(commits(repo)[0]) == refuses, "the copy is the whole binary"


def test_a_linked_hook_stays_a_link_to_the_living_file(repo: Repo, python: StandIn) -> None:
    repo.write("tools/check", b"#!/bin/sh\necho one >&2\n", executable=True)
    hooks = repo.path / ".git" / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").symlink_to("../../tools/check")
    before = files_of(repo)
    install(repo, python)
    assert commits(repo)[1] == "one\n"
    repo.write("tools/check", b"#!/bin/sh\necho two >&2\n", executable=True)
    assert commits(repo)[1] == "two\n"
    (hooks / "pre-commit").unlink()
    put_hook(repo, "pre-commit", GUARD)
    assert commits(repo)[1] == "two\n", "the client replaces the link, not what it leads to"
    assert uninstall(repo).restored == ["pre-commit"]
    assert (hooks / "pre-commit").resolve() == repo.path / "tools" / "check"
    assert before["config"] == files_of(repo)["config"]


def test_a_hook_that_is_not_executable_stays_switched_off(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", KINDS["refusing"], mode=0o644)
    report = install(repo, python)
    assert report.kept == []
    assert "not executable" in report.notes[0]
    assert commits(repo)[0] == 0
    assert uninstall(repo).ok
    assert (repo.path / ".git/hooks/pre-commit").stat().st_mode & 0o777 == 0o644


def test_a_hook_switched_off_later_stays_off_after_the_next_install(repo: Repo, python: StandIn) -> None:
    hook = put_hook(repo, "pre-commit", KINDS["refusing"])
    install(repo, python)
    hook.chmod(0o644)
    assert install(repo, python).kept == []
    assert commits(repo)[0] == 0


def test_samples_are_no_hooks(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit.sample", KINDS["refusing"])
    put_hook(repo, "commit-msg.sample", KINDS["refusing"])
    assert install(repo, python).kept == []
    assert commits(repo)[0] == 0


def test_our_refusal_stands_when_the_team_hook_agrees(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", KINDS["sh"])
    install(repo, python)
    python.answer(1)
    assert commits(repo) == (1, "team 0\n")


def test_all_other_hooks_get_their_arguments_and_input(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    noting = f'#!/bin/sh\n{{ printf "%s" "${{0##*/}}"; printf " <%s>" "$@"; echo; }} >> "{seen}"\n'.encode()
    names = ("applypatch-msg", "commit-msg", "post-checkout", "post-commit", "post-merge", "prepare-commit-msg")
    for name in names:
        put_hook(repo, name, noting)
    put_hook(repo, "post-rewrite", noting + b'cat >> "' + bytes(seen) + b'"\n')
    ours = ["post-merge", "post-rewrite"]  # these run before ours, in our shims; stubs pass on the rest
    rest = sorted(set(names) - {*ours}, key=GIT_HOOKS.index)
    assert install(repo, python).kept == [*ours, *rest]
    commits(repo)
    repo.git("checkout", "-q", "-b", "other")
    old = repo.head()
    commits(repo, "--amend")
    lines = seen.read_text().splitlines()
    assert lines[:3] == [
        "prepare-commit-msg <.git/COMMIT_EDITMSG> <message>",
        "commit-msg <.git/COMMIT_EDITMSG>",
        "post-commit <>",
    ]
    assert lines[3].split()[::3] == ["post-checkout", "<1>"]
    assert lines[-2:] == ["post-rewrite <amend>", f"{old} {repo.head()}"]


def test_a_commit_message_hook_still_refuses(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "commit-msg", b"#!/bin/sh\ngrep -q TICKET \"$1\" || { echo 'no ticket' >&2; exit 1; }\n")
    install(repo, python)
    assert commits(repo) == (1, "no ticket\n")
    assert commits(repo, "-m", "TICKET-1")[0] == 0


def test_a_push_into_this_clone_still_meets_its_server_hook(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    put_hook(repo, "pre-receive", b"#!/bin/sh\ncat >&2\nexit 1\n")
    install(repo, python)
    repo.git("clone", "-q", str(repo.path), str(tmp_path / "clone"))
    pushed = repo.git("push", "-q", "origin", "HEAD:refs/heads/new", check=False, cwd=tmp_path / "clone")
    assert pushed.returncode
    assert "refs/heads/new" in pushed.stderr


def test_the_guard_is_never_run(repo: Repo, python: StandIn) -> None:
    loud = GUARD.replace(b"/nowhere/python", b"/bin/false")
    put_hook(repo, "pre-commit", loud)
    assert commits(repo)[0] == 1, "it would refuse if it ran"
    report = install(repo, python)
    assert (report.ignored, report.kept) == (["pre-commit"], [])
    assert commits(repo)[0] == 0
    put_hook(repo, "pre-commit", loud)
    assert commits(repo)[0] == 0
    assert not inspect(repo).guard_beside


def test_the_guard_is_not_run_either_where_our_pre_commit_is_not_installed(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", GUARD)
    report = room.install(repo.path, hook_types=["pre-merge-commit"], python=str(python), environ=repo.env)
    assert (report.installed, report.ignored) == (["pre-merge-commit"], ["pre-commit"])
    assert commits(repo)[0] == 0
    assert python.calls() == []


def test_a_team_hook_outlives_the_guard_that_overwrites_it(repo: Repo, python: StandIn) -> None:
    hook = put_hook(repo, "pre-commit", KINDS["sh"], mode=0o750)
    install(repo, python)
    put_hook(repo, "pre-commit", GUARD, mode=0o700)
    assert commits(repo)[1] == "team 0\n"
    again = install(repo, python)
    assert (again.kept, again.ignored) == (["pre-commit"], ["pre-commit"])
    assert commits(repo)[1] == "team 0\n"
    assert uninstall(repo).restored == ["pre-commit"]
    assert (hook.read_bytes(), hook.stat().st_mode & 0o777) == (KINDS["sh"], 0o750)


def test_a_hook_deleted_by_something_else_is_not_lost(repo: Repo, python: StandIn) -> None:
    hook = put_hook(repo, "pre-commit", KINDS["sh"])
    install(repo, python)
    hook.unlink()
    report = install(repo, python)
    assert report.kept == ["pre-commit"]
    assert "gone from its place" in report.notes[0]
    assert commits(repo)[1] == "team 0\n"
    assert uninstall(repo).restored == ["pre-commit"]
    assert hook.read_bytes() == KINDS["sh"]


def test_a_new_or_changed_hook_is_picked_up_by_the_next_install(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    put_hook(repo, "pre-commit", KINDS["sh"])
    put_hook(repo, "post-commit", b"#!/bin/sh\necho done >&2\n")
    assert install(repo, python).kept == ["pre-commit", "post-commit"]
    assert commits(repo)[1] == "team 0\ndone\n"
    put_hook(repo, "pre-commit", KINDS["refusing"])
    (repo.path / ".git/hooks/post-commit").unlink()
    assert install(repo, python).kept == ["pre-commit"]
    assert commits(repo) == (1, "no\n")
    assert not (repo.path / ".git/spec-kitty-hooks/hooks/post-commit").exists()


def test_a_framework_hook_finds_the_legacy_hook_beside_itself(repo: Repo, python: StandIn) -> None:
    framework = b'#!/usr/bin/env bash\nHERE="$(cd "$(dirname "$0")" && pwd)"\n"$HERE/pre-commit.legacy" || exit 1\n'
    put_hook(repo, "pre-commit", framework)
    put_hook(repo, "pre-commit.legacy", KINDS["refusing"])
    install(repo, python)
    assert commits(repo) == (1, "no\n")
    put_hook(repo, "pre-commit", GUARD)
    assert commits(repo) == (1, "no\n"), "the copy has its companion too"


def test_a_hook_that_another_tool_puts_into_our_directory_becomes_the_teams(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    own = repo.path / ".git/spec-kitty-hooks/hooks"
    put_hook(repo, "post-merge", b"#!/bin/sh\ntrue\n", directory=own)
    report = install(repo, python)
    assert report.kept == ["post-merge"]
    assert "another tool" in report.notes[0]
    put_hook(repo, "post-checkout", b"#!/bin/sh\ntrue\n", directory=own)
    put_hook(repo, "common.sh", b"true\n", directory=own)
    assert install(repo, python).kept == ["post-merge", "post-checkout"]
    assert (own / "common.sh").exists(), "what is no hook stays beside the hook that it helps"
    assert uninstall(repo).ok
    left = {path.name for path in (repo.path / ".git/hooks").iterdir()}
    assert left == {"post-merge", "post-checkout", "common.sh"}


def test_two_hooks_of_others_for_one_place_are_not_ours_to_merge(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", KINDS["sh"])
    install(repo, python)
    put_hook(repo, "pre-commit", KINDS["refusing"], directory=repo.path / ".git/spec-kitty-hooks/hooks")
    before = files_of(repo)
    report = install(repo, python)
    assert not report.ok
    assert "Another tool" in (report.problem or "")
    assert files_of(repo) == before
