"""Fetches one branch of one remote, on request only: for a limited time, asking nobody, into its tracking ref alone.

Of programs that configuration names, those of the person and the machine run (ssh, credential helpers), and none that
only the repository's own configuration names. FETCH_HEAD, tags, submodules and every other ref stay as they are.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.git.bounded import run_bounded
from spec_kitty_hooks.git.environ import other_environment, own_environment
from spec_kitty_hooks.git.program import HARDENING, find_git
from spec_kitty_hooks.git.remotes import Remotes
from spec_kitty_hooks.git.writing import WRITING
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.process import Argument

    _Settings = dict[str, list[str]]

PROTOCOLS = ("file", "git", "http", "https", "ssh")  # none of the helpers that a URL can name (ext::, fd::, ...)

#: Nobody is asked: not on a terminal, not in a window.
SILENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",  # git asks no other one then
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
}
BATCH_SSH = "ssh -oBatchMode=yes"

#: What the person's environment says about connections; it holds for every repository.
_TRANSPORT = ("GIT_SSH", "GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_CURL")

_OPTIONS = (
    *("--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc"),
    *("--no-show-forced-updates", "--refmap=", "--upload-pack=git-upload-pack"),
)
#: Settings that name a program which a fetch may run; what the repository itself sets of them is switched off.
_PROGRAMS = r"^(credential\..*helper|core\.(sshcommand|gitproxy|alternaterefscommand))$"
_ALTERNATES = "core.alternaterefscommand"
_OWN = (b"local", b"worktree")
_NOTHING = ":"  # a command of the shell that does nothing


class FetchOutcome(Record):
    """How a fetch ended: `at` is when the remote was asked, in seconds since the epoch; `problem` why it failed.

    `remediation` are commands that do the same without a limit, and may ask for a password.
    """

    ok: bool
    at: int
    problem: str = ""
    remediation: tuple[str, ...] = ()


def fetch_target(git: Git, remote: str, branch: str, seconds: float = limits.FETCH_SECONDS) -> FetchOutcome:
    """Fetch `branch` of `remote` into its remote-tracking ref within `seconds`; refs are to be read anew afterwards.

    Never raises for what a remote or a network does. Raises RepositoryError if there is no git.
    """
    at = int(time.time())
    remotes = Remotes(git)
    if remote not in remotes.names:
        return FetchOutcome(ok=False, at=at, problem=f"there is no remote {remote}" if remote else "there is no remote")
    refspec = f"+refs/heads/{branch}:{remotes.tracking_ref(remote, branch)}"
    place = ("--git-dir", git.layout.git_dir)
    words: list[Argument] = [find_git(git.environ), *place, *HARDENING, *WRITING, "fetch", *_OPTIONS]
    try:
        ended = run_bounded((*words, "--", remote, refspec), _environment(git), seconds)
    except OSError as error:
        return FetchOutcome(ok=False, at=at, problem=f"git fetch cannot be started: {error.strerror}")
    if ended.rc == 0:
        return FetchOutcome(ok=True, at=at)
    said = f"{remote} did not answer within {seconds:g} seconds" if ended.rc is None else read_last_words(ended.said)
    step = f"git fetch {quote_shell(remote)} {quote_shell(refspec)}"
    return FetchOutcome(ok=False, at=at, problem=said, remediation=(step,))


def read_last_words(said: bytes) -> str:
    """Return what git gave as its reason, from all that it said, as one line of text."""
    lines = [line.strip() for line in said.decode("utf-8", "surrogateescape").splitlines()]
    marks = ("fatal: ", "error: ", "remote: ", "ssh: ")
    told = [line for line in lines if line.startswith(marks)] or [line for line in lines if line]
    return "; ".join(told[:5]) or "git said nothing"


def _environment(git: Git) -> Mapping[str, str]:
    theirs = {name: value for name, value in git.environ.items() if name.startswith(_TRANSPORT)}
    environ = own_environment(git.environ) if git.hook else {**other_environment(git.environ), **theirs}
    allowed = git.environ.get("GIT_ALLOW_PROTOCOL")
    named = PROTOCOLS if allowed is None else [name for name in allowed.split(":") if name in PROTOCOLS]
    environ.update(SILENT)
    environ["GIT_ALLOW_PROTOCOL"] = ":".join(named) or "none"
    own, outer = _read_programs(git)
    if not {"GIT_SSH_COMMAND", "GIT_SSH"} & environ.keys():
        environ["GIT_SSH_COMMAND"] = outer.get("core.sshcommand", [BATCH_SSH])[-1]
    if "core.gitproxy" in own:
        environ.setdefault("GIT_PROXY_COMMAND", "")
    _configure(environ, _replace(own, outer))
    return environ


def _read_programs(git: Git) -> tuple[_Settings, _Settings]:
    """Return what the repository's own configuration sets of _PROGRAMS, and what all other configuration does."""
    asked = git.program.run("config", "--show-scope", "-z", "--get-regexp", _PROGRAMS)
    words = asked.out.split(b"\0")[:-1]
    own: _Settings = {}
    outer: _Settings = {}
    for scope, entry in zip(words[::2], words[1::2], strict=True):
        key, _newline, value = entry.decode("utf-8", "surrogateescape").partition("\n")
        (own if scope in _OWN else outer).setdefault(key, []).append(value)
    return own, outer


def _replace(own: _Settings, outer: _Settings) -> Iterator[tuple[str, str]]:
    """Yield settings that take back what the repository itself set, and set again what the person did."""
    if any(key.startswith("credential.") for key in own):
        yield "credential.helper", ""  # forgets every helper so far, those of single URLs too
        for key, values in outer.items():
            if key.startswith("credential."):
                yield from ((key, value) for value in values)
    if _ALTERNATES in own:
        yield _ALTERNATES, outer.get(_ALTERNATES, [_NOTHING])[-1]


def _configure(environ: dict[str, str], settings: Iterable[tuple[str, str]]) -> None:
    """Add configuration to an environment, behind what it has: as variables, which carry any name."""
    count = environ.get("GIT_CONFIG_COUNT", "")
    number = int(count) if count.isascii() and count.isdigit() else 0
    for key, value in settings:
        environ[f"GIT_CONFIG_KEY_{number}"] = key
        environ[f"GIT_CONFIG_VALUE_{number}"] = value
        number += 1
    if number:
        environ["GIT_CONFIG_COUNT"] = str(number)
