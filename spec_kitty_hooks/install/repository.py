"""What git says about the repository that hooks go into.

Asks git in an environment that no outer git can colour; writes nothing.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.program import find_git
from spec_kitty_hooks.install.report import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OLDEST_GIT = (2, 31)
CONFIG_HOOKS_GIT = (2, 54)  # the first that runs hook.<name>.command

# These say where git looks for its own files; every other GIT_* describes some other call's repository or index.
_KEPT = ("GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL", "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES")


@dataclass(frozen=True)
class Answer:
    """What a child process said: exit code and both streams, as bytes."""

    code: int
    out: bytes
    error: bytes

    @property
    def line(self) -> str:
        """The output as a path or value; only the newline that git adds is taken off."""
        return os.fsdecode(self.out.removesuffix(b"\n"))


@dataclass(frozen=True)
class HooksPath:
    """The `core.hooksPath` that is in force: scope (system, global, local, worktree), file, value as written."""

    scope: str
    origin: str
    value: str


@dataclass(frozen=True)
class Repository:
    """A repository as seen from the directory `where`; all its linked worktrees share the git directory `common`."""

    where: Path
    common: Path
    top: Path
    effective_hooks: Path
    hooks_path: HooksPath | None
    git_version: tuple[int, int]
    environ: Mapping[str, str]

    @property
    def home(self) -> Path:
        """Everything that we keep here."""
        return self.common / "spec-kitty-hooks"

    @property
    def own_hooks(self) -> Path:
        """Our hooks; with an older git, `core.hooksPath`."""
        return self.home / "hooks"

    @property
    def git_hooks(self) -> Path:
        """The hooks directory that git uses when nobody says otherwise."""
        return self.common / "hooks"

    def ask(self, *arguments: str) -> Answer:
        """Run one git command from `where`."""
        # Of what a repository can name, git would run a monitor of its files, even to tell the attributes of one.
        return ask(("git", "-c", "core.fsmonitor=", *arguments), self.where, self.environ)

    def worktrees(self) -> list[Path]:
        """Return the work trees as git lists them, the main one first."""
        listed = self.ask("worktree", "list", "--porcelain").out.split(b"\n")
        return [Path(os.fsdecode(line.removeprefix(b"worktree "))) for line in listed if line.startswith(b"worktree ")]

    def overriding_worktrees(self) -> list[Path]:
        """Return the configuration files of single worktrees that set a `core.hooksPath` of their own."""
        if self.ask("config", "--type=bool", "--get", "extensions.worktreeConfig").line != "true":
            return []
        files = [self.common / "config.worktree", *sorted(self.common.glob("worktrees/*/config.worktree"))]
        return [file for file in files if not self.ask("config", "--file", str(file), "--get", "core.hooksPath").code]


def ask(arguments: Sequence[str], where: Path, environ: Mapping[str, str]) -> Answer:
    """Run a program without input, in `where`, and return what it said; a program that cannot start answers 127.

    Git is found as by a hook: not in `where`, to which a relative entry of PATH may lead.
    """
    program, *rest = arguments
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_") or name in _KEPT}
    try:
        ran = subprocess.run(
            [find_git(environ) if program == "git" else program, *rest],
            cwd=where,
            env={**kept, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, ValueError, RepositoryError) as error:
        return Answer(127, b"", os.fsencode(str(error)))
    return Answer(ran.returncode, ran.stdout, ran.stderr)


def open_repository(directory: Path | None, environ: Mapping[str, str]) -> Repository:
    """Return the repository around `directory` (the current one if None), whichever of its worktrees that is.

    Raises RepositoryError when there is none, it has no work tree, or git is missing, too old or unwilling.
    """
    where = (directory or Path.cwd()).absolute()
    version = _git_version(where, environ)
    common = ask(("git", *_PATH, "--git-common-dir"), where, environ)
    if common.code:
        raise _unopened(where, common)
    if ask(("git", "rev-parse", "--is-bare-repository"), where, environ).line == "true":
        raise RepositoryError(
            "REPOSITORY_UNSUPPORTED",
            f"{shown(common.line)} is a bare repository: nobody commits there, so there is no commit hook to install.",
            ("run it in the clones where people commit",),
        )
    top = ask(("git", *_PATH, "--show-toplevel"), where, environ)
    return Repository(
        where=where,
        common=Path(common.line),
        top=Path(top.line) if not top.code else where,
        effective_hooks=Path(ask(("git", *_PATH, "--git-path", "hooks"), where, environ).line),
        hooks_path=_hooks_path(where, environ),
        git_version=version,
        environ=environ,
    )


_PATH = ("rev-parse", "--path-format=absolute")


def _git_version(where: Path, environ: Mapping[str, str]) -> tuple[int, int]:
    if not where.is_dir():
        raise RepositoryError("REPOSITORY_UNSUPPORTED", f"{shown(where)} is no directory.")
    words = ask(("git", "version"), where, environ).line.split()
    numbers = words[2].split(".") if len(words) > 2 else []
    if len(numbers) < 2 or not (numbers[0].isdigit() and numbers[1].isdigit()):
        raise RepositoryError("REPOSITORY_UNSUPPORTED", "git cannot be run from here.", ("git version",))
    version = int(numbers[0]), int(numbers[1])
    if version < OLDEST_GIT:
        raise RepositoryError("REPOSITORY_UNSUPPORTED", f"git {words[2]} is too old; 2.31 or later is needed.")
    return version


def _unopened(where: Path, answer: Answer) -> RepositoryError:
    reason = os.fsdecode(answer.error).strip().split("\n")[0].removeprefix("fatal: ")
    remedy = ("run this inside a clone, or name one with -C",)
    if "dubious ownership" in reason:
        remedy = (f"git config --global --add safe.directory {shlex.quote(shown(where))}",)
    return RepositoryError("REPOSITORY_UNSUPPORTED", f"git cannot open {shown(where)}: {shown(reason)}.", remedy)


def _hooks_path(where: Path, environ: Mapping[str, str]) -> HooksPath | None:
    asked = ("git", "config", "--show-scope", "--show-origin", "-z", "--get-all", "core.hooksPath")
    fields = ask(asked, where, environ).out.split(b"\0")[:-1]
    if len(fields) < 3:
        return None
    scope, origin, value = (os.fsdecode(field) for field in fields[-3:])
    return HooksPath(scope, str(where / origin.removeprefix("file:")), value)
