"""The git program, hardened: found once, started with options that let no repository run anything or change output.

The only place that knows where git is; what is asked of it is the business of others.
"""

from __future__ import annotations

import os

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.process import run, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_kitty_hooks.git.process import Argument, Child, Completed

UNSUPPORTED = "REPOSITORY_UNSUPPORTED"

HARDENING: tuple[str, ...] = (
    "--no-pager",
    "--literal-pathspecs",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=",  # a program that git asks for changed files; the empty value is understood by every version
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "diff.autoRefreshIndex=false",
)


class Program:
    """Git with one environment (`environ`), in the current directory or (`directory`) as with -C."""

    def __init__(self, environ: Mapping[str, str], directory: bytes | None = None) -> None:
        there = () if directory is None else ("-C", directory)
        self._prefix: tuple[Argument, ...] = (find_git(environ), *there, *HARDENING)
        self.environ = environ

    def run(self, *args: Argument, stdin: bytes = b"") -> Completed:
        """Run one git command to its end, whatever its exit code. Raises RepositoryError if git does not start."""
        try:
            return run((*self._prefix, *args), self.environ, stdin)
        except OSError as error:
            raise _not_started(error) from error

    def start(self, *args: Argument) -> Child:
        """Start one git command and leave it running. Raises RepositoryError if git does not start."""
        try:
            return start((*self._prefix, *args), self.environ)
        except OSError as error:
            raise _not_started(error) from error

    def stream(self, *args: Argument, stdin: bytes) -> Iterator[bytes]:
        """Yield what one git command that only reads says while it is fed; to close the iterator ends it.

        Raises RepositoryError if git does not start, and ChildError at the end if it failed.
        """
        from spec_kitty_hooks.git.stream import stream

        try:
            yield from stream((*self._prefix, *args), self.environ, stdin)
        except OSError as error:
            raise _not_started(error) from error


def find_git(environ: Mapping[str, str]) -> str:
    """Return the absolute path of git on PATH. Raises RepositoryError if there is none.

    Relative entries of PATH do not count: there, the work tree could hold a program named git.
    """
    names = ("git.exe",) if os.name == "nt" else ("git",)
    for directory in environ.get("PATH", os.defpath).split(os.pathsep):
        for name in names if os.path.isabs(directory) else ():
            path = os.path.join(directory, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    raise RepositoryError(UNSUPPORTED, "git was not found on PATH", ("install git 2.31 or later",))


def last_words(completed: Completed) -> str:
    """Return what git said when it gave up, in one line of text."""
    lines = completed.err.decode("utf-8", "surrogateescape").split("\n")
    said = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return " ".join(said or filter(None, lines)) or f"git ended with exit code {completed.rc}"


def _not_started(error: OSError) -> RepositoryError:
    return RepositoryError(UNSUPPORTED, f"git cannot be started: {error.strerror}", ("git --version",))
