"""Pushes that must go out without a word, to servers that judge as well."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from support.hooks import cli_json, hook_command, install_native
from support.pushing import PUSH_HOOKS, push
from support.repo import Repo


def guarded(bare: Repo) -> Repo:
    """Make a bare repository judge what it receives."""
    shim = bare.path / "hooks" / "pre-receive"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f"#!/bin/sh\nexec {shlex.join([*hook_command('')[:-2], 'pre-receive'])}\n")
    shim.chmod(0o755)
    return bare


def quiet(repo: Repo, *args: str, remote: str = "origin", env: Mapping[str, str] | None = None) -> None:
    """Push, and require that everything went and that neither our hook nor the server's said a word."""
    pushed = push(repo, *args, remote=remote, env=env)
    assert pushed.silent, pushed.text


def judged_in_ci(remote: Repo, place: Path, old: str, new: str) -> list[tuple[str, str]]:
    """Return code and severity of each finding that a fresh clone of the remote has for a range."""
    report = cli_json(remote.clone(place), "check", "--from-ref", old, "--to-ref", new)
    return [(finding["diagnostic_code"], finding["severity"]) for finding in report["findings"]]


def other_clone(remote: Repo, place: Path, *args: str) -> Repo:
    """Clone the remote with our pre-push hook."""
    clone = remote.clone(place, *args)
    install_native(clone, PUSH_HOOKS)
    return clone
