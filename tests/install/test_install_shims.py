"""The text of the hooks: what it starts, what it passes on, what it says when it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.installing import GUARD, StandIn, put_hook
from support.repo import Repo

from spec_kitty_hooks.install import shims, team
from spec_kitty_hooks.install.shims import Chain

HOOKS = Path(__file__).resolve().parents[2] / "hooks"
REPORTING = ("post-merge", "post-rewrite")
LATER = ("reference-transaction",)


def run(
    hook: Path, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None, cwd: Path | None = None
) -> CompletedProcess[bytes]:
    return subprocess.run(
        [hook, *args], input=stdin, capture_output=True, env={**os.environ, **(env or {})}, cwd=cwd, check=False
    )


def place(directory: Path, name: str, python: object, hook: bytes | None = None) -> Path:
    """Write a shim, chained to a team's hook where one is given."""
    chain = None
    if hook is not None:
        for sub in ("team", "original"):
            (directory / sub).mkdir(exist_ok=True)
            (directory / sub / name).write_bytes(hook)
            (directory / sub / name).chmod(0o755)
        chain = Chain(directory / "team" / name, directory / "original" / name)
    shim = directory / name
    shim.write_bytes(shims.render(name, str(python), chain))
    shim.chmod(0o755)
    return shim


def test_hooks_holds_the_shims_of_the_installable_hooks_and_nothing_else() -> None:
    assert {path.name: path.read_bytes() for path in HOOKS.iterdir()} == {
        name: shims.render(name) for name in shims.INSTALLABLE
    }
    assert all(os.access(HOOKS / name, os.X_OK) for name in shims.INSTALLABLE)


@pytest.mark.parametrize("name", [*shims.INSTALLABLE, *LATER])
def test_a_shim_is_posix_sh(name: str, tmp_path: Path) -> None:
    shell = shutil.which("dash") or "sh"
    shim = place(tmp_path, name, '/opt/it\'s "here"\n/python', b"")
    for file in (shim, HOOKS / "pre-commit"):
        assert subprocess.run([shell, "-n", file], capture_output=True, check=True).stderr == b""


@pytest.mark.parametrize("name", [*shims.INSTALLABLE, *LATER])
def test_upstream_takes_no_shim_for_its_own(name: str) -> None:
    text = shims.render(name, "/usr/bin/python3", Chain(Path("/a"), Path("/b")))
    assert not team.is_guard(text)
    assert not team.is_guard(shims.render_stub(name, Path("/a")))
    for signature in (
        b"SPEC_KITTY_MANAGED_HOOK_SHIM",
        b"encoding-check",
        b"agent-check",
        b"commitlint",
        b"specify_cli",
    ):
        assert signature not in text


@pytest.mark.parametrize("name", [name for name in shims.INSTALLABLE if name not in REPORTING])
def test_a_shim_without_interpreter_refuses_in_one_line_that_says_how_to_mend_it(name: str, tmp_path: Path) -> None:
    for python in ("", tmp_path / "gone"):
        refused = run(place(tmp_path, name, python))
        assert refused.returncode == 3
        assert refused.stdout == b""
        assert refused.stderr.count(b"\n") == 1
        assert refused.stderr.startswith(b"spec-kitty-hooks: " + name.encode())
        assert refused.stderr.endswith(b"To mend it: spec-kitty-hooks install\n")


@pytest.mark.parametrize("name", REPORTING)
def test_a_hook_that_only_reports_says_so_and_lets_pass(name: str, tmp_path: Path) -> None:
    ran = run(place(tmp_path, name, ""))
    assert (ran.returncode, ran.stderr.count(b"\n")) == (0, 1)


def test_a_pre_push_without_interpreter_refuses(tmp_path: Path) -> None:
    assert run(place(tmp_path, "pre-push", ""), "origin", "url").returncode == 3


def test_a_package_that_is_gone_is_one_line_too(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    refused = run(place(tmp_path, "pre-commit", tmp_path / "env" / "bin" / "python"))
    assert (refused.returncode, refused.stderr.count(b"\n")) == (3, 1)


def test_what_is_left_of_a_removed_package_is_one_line_too(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (tmp_path / "env" / "lib" / version / "site-packages" / "spec_kitty_hooks" / "__pycache__").mkdir(parents=True)
    refused = run(place(tmp_path, "pre-commit", tmp_path / "env" / "bin" / "python"))
    assert (refused.returncode, refused.stderr.count(b"\n")) == (3, 1)


def test_nothing_in_the_repository_is_imported(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    planted = tmp_path / "repository" / "spec_kitty_hooks"
    planted.mkdir(parents=True)
    for name in ("__init__", "__main__"):
        (planted / f"{name}.py").write_text("raise SystemExit(0)\n")
    shim = place(tmp_path, "pre-commit", tmp_path / "env" / "bin" / "python")
    hostile = {"PYTHONPATH": str(planted.parent), "PYTHONSTARTUP": str(planted / "__init__.py")}
    assert run(shim, env=hostile, cwd=planted.parent).returncode == 3
    unsealed = shim.read_bytes().replace(b'"$python" -I -c', b'"$python" -c')
    shim.write_bytes(unsealed)
    assert run(shim, env=hostile, cwd=planted.parent).returncode == 0, "the planted package was no danger at all"


def test_arguments_reach_the_interpreter_as_they_are(tmp_path: Path, python: StandIn) -> None:
    assert run(place(tmp_path, "pre-commit", python), "a b", "*", "", "é'\"").returncode == 0
    assert python.calls() == ["<hook><pre-commit><a b><*><><é'\">"]


@pytest.mark.parametrize(("theirs", "ours", "together"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 3, 3), (70, 1, 70)])
def test_the_worse_exit_code_wins_and_ours_always_judges(
    theirs: int, ours: int, together: int, tmp_path: Path, python: StandIn
) -> None:
    python.answer(ours)
    shim = place(tmp_path, "pre-commit", python, f"#!/bin/sh\necho team >&2\nexit {theirs}\n".encode())
    ran = run(shim)
    assert (ran.returncode, ran.stderr) == (together, b"team\n")
    assert python.calls() == ["<hook><pre-commit>"]


def test_a_team_hook_killed_by_a_signal_refuses(tmp_path: Path, python: StandIn) -> None:
    assert run(place(tmp_path, "pre-commit", python, b"#!/bin/sh\nkill -9 $$\n")).returncode == 137
    assert python.calls() == ["<hook><pre-commit>"]


def test_the_hook_in_its_place_runs_whoever_changed_it_and_its_copy_once_the_guard_stands_there(
    tmp_path: Path, python: StandIn
) -> None:
    shim = place(tmp_path, "pre-commit", python, b'#!/bin/sh\necho "$0" >&2\n')
    original = tmp_path / "original" / "pre-commit"
    assert run(shim).stderr.decode().strip() == str(original)
    original.write_bytes(b"#!/bin/sh\nexit 9\n")
    assert run(shim).returncode == 9
    original.write_bytes(GUARD)
    ran = run(shim)
    assert (ran.returncode, ran.stderr.decode().strip()) == (0, str(tmp_path / "team" / "pre-commit"))


def test_a_team_hook_that_calls_our_hook_does_not_go_round_in_circles(tmp_path: Path, python: StandIn) -> None:
    shim = place(tmp_path, "pre-commit", python, b'#!/bin/sh\necho once >&2\nexec "$(dirname "$0")/../pre-commit"\n')
    assert run(shim).stderr == b"once\n"
    assert python.calls() == ["<hook><pre-commit>", "<hook><pre-commit>"]


def test_no_variable_keeps_our_hook_from_judging(tmp_path: Path, python: StandIn) -> None:
    python.answer(1)
    shim = place(tmp_path, "pre-commit", python, b"#!/bin/sh\nexit 0\n")
    guard = {"SPEC_KITTY_HOOKS_TEAM": str(tmp_path / "team" / "pre-commit"), "SPEC_KITTY_HOOKS": "off", "SKIP": "1"}
    assert run(shim, env=guard).returncode == 1


@pytest.mark.parametrize("stdin", [b"", b"one line\n", b"no end", b"\n\n\n", b"%s \\n '\n" * 20_000])
def test_standard_input_reaches_both(stdin: bytes, tmp_path: Path, python: StandIn) -> None:
    hook = b'#!/bin/sh\ncat > "$TEAM_READ"\n'
    shim = place(tmp_path, "pre-push", python, hook)
    assert run(shim, "origin", "url", stdin=stdin, env={"TEAM_READ": str(tmp_path / "read")}).returncode == 0
    assert (tmp_path / "read").read_bytes() == stdin
    assert python.stdin() == stdin
    assert python.calls() == ["<hook><pre-push><origin><url>"]


def test_a_team_hook_that_leaves_its_input_alone_harms_nobody(tmp_path: Path, python: StandIn) -> None:
    ran = run(place(tmp_path, "pre-push", python, b"#!/bin/sh\nexit 0\n"), stdin=b"x" * 1_000_000)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert python.stdin() == b"x" * 1_000_000


def test_a_real_push_gives_its_refs_to_both(repo: Repo, tmp_path: Path, python: StandIn) -> None:
    repo.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    shim = place(tmp_path, "pre-push", python, b'#!/bin/sh\ncat > "$TEAM_READ"\n')
    put_hook(repo, "pre-push", shim.read_bytes())
    repo.git("branch", "second")
    read = tmp_path / "read"
    repo.git("push", "-q", str(tmp_path / "origin.git"), "main", "second", env={"TEAM_READ": str(read)})
    assert read.read_bytes().count(b"\n") == 2
    assert python.stdin() == read.read_bytes()


def test_a_stub_passes_arguments_input_and_exit_code_on(tmp_path: Path) -> None:
    hook = tmp_path / "it's mine"
    stub = tmp_path / "stub"
    stub.write_bytes(shims.render_stub("commit-msg", hook))
    stub.chmod(0o755)
    assert run(stub, "file").returncode == 0, "a hook that is gone is no hook"
    hook.write_bytes(b'#!/bin/sh\nprintf "%s;" "$@"\ncat\nexit 7\n')
    hook.chmod(0o755)
    ran = run(stub, "a b", "c", stdin=b"text")
    assert (ran.returncode, ran.stdout) == (7, b"a b;c;text")


@given(st.binary(min_size=1).filter(lambda path: b"\0" not in path).map(os.fsdecode))
def test_any_interpreter_that_a_shim_names_can_be_read_from_it(python: str) -> None:
    assert shims.interpreter_of(shims.render("pre-commit", python)) == python


def test_a_shim_knows_its_version_and_interpreter() -> None:
    python = '/opt/it\'s\n"here"/é/python'
    text = shims.render("pre-commit", python, Chain(Path("/a")))
    assert (shims.version_of(text), shims.interpreter_of(text), shims.is_ours(text)) == (shims.VERSION, python, True)
    for other in (b"", b"#!/bin/sh\n", b"#!/bin/sh\n# spec-kitty-hooks shim x: y\n", b"\x7fELF", GUARDED):
        assert (shims.version_of(other), shims.interpreter_of(other)) == (None, None)


GUARDED = b"#!/bin/sh\nset -e\nrun-my-linter\n/usr/bin/python3 -m specify_cli.policy.commit_guard_hook\n"


def test_only_the_guard_itself_is_the_guard() -> None:
    assert team.is_guard(GUARD)
    assert team.is_guard(GUARD.replace(b"\n", b"\r\n"))
    assert team.is_guard(b"#!/bin/sh\nSPEC_KITTY_MANAGED_HOOK_SHIM=1\necho old\n")
    for hook in (b"", b"#!/bin/sh\nset -e\n", GUARDED, b"#!/bin/sh\n# -m specify_cli.policy.commit_guard_hook\ntrue\n"):
        assert not team.is_guard(hook)
