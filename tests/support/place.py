"""A directory in which the real git runs, in a sealed environment and on a stepping clock.

Every call that can make a commit moves the clock first, so that each commit has a date of its own and a rebuilt
repository has the same commit ids.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Literal, overload

from support.clock import Clock

Arg = str | bytes | Path
Content = str | bytes

_MOVES_CLOCK = frozenset(
    ("am", "cherry-pick", "commit", "commit-tree", "merge", "notes", "pull", "rebase", "revert", "stash", "tag")
)


class GitError(AssertionError):
    """A git call of a builder failed: the test's scenery is broken, not the product."""


class Place:
    """A directory: `path`, the environment for children, and the clock of the commits made here."""

    def __init__(self, path: Path, env: Mapping[str, str], clock: Clock) -> None:
        self.path = path
        self.env = dict(env)
        self.clock = clock

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path})"

    @overload
    def git(
        self,
        *args: Arg,
        check: bool = True,
        input: bytes | str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        binary: Literal[False] = False,
    ) -> CompletedProcess[str]: ...

    @overload
    def git(
        self,
        *args: Arg,
        check: bool = True,
        input: bytes | str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        binary: Literal[True],
    ) -> CompletedProcess[bytes]: ...

    def git(
        self,
        *args: Arg,
        check: bool = True,
        input: bytes | str | None = None,  # noqa: A002 (as subprocess.run calls it)
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        binary: bool = False,
    ) -> CompletedProcess[str] | CompletedProcess[bytes]:
        """Run git here. Output is text with undecodable bytes as surrogates, or bytes with `binary`.

        `env` is laid over the sealed environment. Raises GitError on a non-zero exit unless `check` is off.
        """
        dates = {"GIT_COMMITTER_DATE": self.clock.git_date()}
        if _subcommand(args) in _MOVES_CLOCK:
            self.clock.tick()
            dates = self.clock.dates()
        ran = subprocess.run(
            [b"git", *(os.fsencode(arg) for arg in args)],
            cwd=cwd or self.path,
            env={**self.env, **dates, **(env or {})},
            input=input.encode("utf-8", "surrogateescape") if isinstance(input, str) else input,
            stdin=subprocess.DEVNULL if input is None else None,
            check=False,
            capture_output=True,
        )
        if check and ran.returncode:
            raise GitError(f"git {list(args)} in {self.path}: exit {ran.returncode}\n{_text(ran.stderr + ran.stdout)}")
        if binary:
            return ran
        return CompletedProcess(ran.args, ran.returncode, _text(ran.stdout), _text(ran.stderr))

    def ask(self, *args: Arg) -> str:
        """Return what git prints, without its final newline."""
        return self.git(*args).stdout.removesuffix("\n")

    # -- work tree

    def locate(self, path: Arg) -> bytes:
        """Return the absolute name of a repository-relative path; any byte that the file system takes may occur."""
        return os.path.join(os.fsencode(self.path), os.fsencode(path))

    def write(self, path: Arg, content: Content = "", executable: bool = False) -> None:
        """Write a file of the work tree, with the directories that it needs."""
        name = self.locate(path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "wb") as file:
            file.write(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
        if executable:
            os.chmod(name, 0o755)

    def append(self, path: Arg, content: bytes) -> None:
        """Append bytes to a file of the work tree."""
        name = self.locate(path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "ab") as file:
            file.write(content)

    def read(self, path: Arg) -> bytes:
        """Return the bytes of a file of the work tree."""
        with open(self.locate(path), "rb") as file:
            return file.read()

    def exists(self, path: Arg) -> bool:
        """Tell whether the work tree has this path (a dangling link counts)."""
        return os.path.lexists(self.locate(path))

    def remove(self, path: Arg) -> None:
        """Delete one file or link from the work tree; the index is left alone."""
        os.unlink(self.locate(path))

    def symlink(self, path: Arg, target: Arg) -> None:
        """Make a symbolic link in the work tree."""
        name = self.locate(path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        os.symlink(os.fsencode(target), name)


def _subcommand(args: tuple[Arg, ...]) -> str:
    rest = iter(args)
    for arg in rest:
        if arg in ("-c", "-C"):
            next(rest, None)
        elif isinstance(arg, str) and not arg.startswith("-"):
            return arg
    return ""


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")
