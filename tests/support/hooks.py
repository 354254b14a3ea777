"""Runs the product from outside: its hooks as git runs them, installed behind a real commit, and its command line."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from support import forking
from support.repo import Repo
from support.sealed import ROOT_VARIABLE
from support.trace import unchanged

COMMIT_HOOKS = ("pre-commit", "pre-merge-commit")
_CALL = "from spec_kitty_hooks.__main__ import main; main()"
_WATCH = Path(__file__).with_name("watch.py")


@cache
def product_root() -> Path:
    """Return the directory that holds the package under test."""
    spec = find_spec("spec_kitty_hooks")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.parent


@cache
def installed() -> bool:
    """Tell whether an isolated interpreter finds the package, as in an environment in which it is installed."""
    found = subprocess.run([sys.executable, "-I", "-c", "import spec_kitty_hooks"], check=False, capture_output=True)
    return found.returncode == 0


def hook_command(name: str) -> list[str]:
    """Return the command of one hook; from a mere checkout the package's place is put on the path first."""
    call = _CALL if installed() else f"import sys; sys.path.insert(0, {str(product_root())!r}); {_CALL}"
    return [sys.executable, "-I", "-c", call, "hook", name]


def hook(
    repo: Repo,
    name: str,
    *args: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
) -> CompletedProcess[str]:
    """Run a hook as git would: in the work tree's root, with the variables that git exports.

    `command` replaces ours; `env` is laid over everything.
    """
    repo.clock.tick()  # an author date equal to HEAD's is how an amend looks
    ran = subprocess.run(
        [*(command or hook_command(name)), *args],
        cwd=repo.path,
        env={**repo.env, **exported(repo, name), **(env or {})},
        input=stdin,
        check=False,
        capture_output=True,
    )
    return CompletedProcess(ran.args, ran.returncode, _text(ran.stdout), _text(ran.stderr))


def judge(repo: Repo, name: str = "pre-commit", *args: str, **options: Any) -> CompletedProcess[str]:
    """Run a hook like `hook`, and fail if it changed one byte that is not its own."""
    with unchanged(repo):
        return hook(repo, name, *args, **options)


def exported(repo: Repo, name: str) -> dict[str, str]:
    """Return what git puts into a hook's environment here (latency 11): git directory, index, author."""
    linked = (repo.path / ".git").is_file()
    git_dir = str(repo.git_dir()) if linked else ".git"
    variables = {"GIT_EXEC_PATH": repo.ask("--exec-path"), "GIT_PREFIX": ""}
    if linked:
        variables["GIT_DIR"] = git_dir
    if name in COMMIT_HOOKS:
        author = {"GIT_AUTHOR_NAME": "Committer", "GIT_AUTHOR_EMAIL": "committer@example.com"}
        date = {"GIT_AUTHOR_DATE": "@" + repo.clock.git_date()}
        variables |= {"GIT_INDEX_FILE": f"{git_dir}/index", "GIT_EDITOR": ":", **author, **date}
    return variables


def install_native(
    repo: Repo,
    hooks: Sequence[str] = COMMIT_HOOKS,
    *,
    watched: bool = True,
    command: Sequence[str] | None = None,
) -> Path:
    """Make git run our hooks here, from a directory outside the work tree that core.hooksPath names; return it.

    A watched hook is compared before and after: what it changed is written down, and the test fails at its end
    (`sealed` in conftest). `command` stands in for ours.
    """
    root = Path(repo.env[ROOT_VARIABLE])
    directory = root / f"hooks-{len(list(root.glob('hooks-*')))}"
    directory.mkdir()
    for name in hooks:
        words = list(command or hook_command(name))
        if watched:
            words = [sys.executable, "-I", "-S", str(_WATCH), str(root / "traces"), name, *words]
        shim = directory / name
        shim.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    repo.git("config", "core.hooksPath", str(directory))
    return directory


def cli(
    repo: Repo,
    *args: str | bytes,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    child: bool = False,
) -> CompletedProcess[str]:
    """Run `python -m spec_kitty_hooks ARGS` in a repository; never raises.

    Most runs are forks (`support.forking`); with `child` it is an interpreter whose parent is this process.
    """
    repo.clock.tick()
    place = {} if installed() else {"PYTHONPATH": str(product_root())}
    words = [os.fsdecode(arg) for arg in args]
    where, whole = cwd or repo.path, {**repo.env, **repo.clock.dates(), **place, **(env or {})}
    if not child and forking.can_fork({**place, **(env or {})}):
        ran = forking.run(words, cwd=where, env=whole, stdin=stdin)
    else:
        command = [sys.executable, "-P", "-m", "spec_kitty_hooks", *words]
        ran = subprocess.run(command, cwd=where, env=whole, input=stdin, check=False, capture_output=True)
    return CompletedProcess(ran.args, ran.returncode, _text(ran.stdout), _text(ran.stderr))


def cli_json(repo: Repo, *args: str | bytes, code: int = 0, **options: Any) -> Any:
    """Run a command with --json, require its exit code, and return the one JSON value that it prints."""
    ran = cli(repo, *args, "--json", **options)
    assert ran.returncode == code, f"exit {ran.returncode}, not {code}\n{ran.stdout}{ran.stderr}"
    assert code or not ran.stderr, f"stderr on success: {ran.stderr}"
    return json.loads(ran.stdout)


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")
