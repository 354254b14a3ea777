"""A repository for the stateful model: real git, our own transitions, and crashes in the middle of them.

Git is asked anew only after git did something: between two such moments its answers cannot change.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from spec_kitty_hooks import durable, recovery, transitions
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission import journal
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.overview import Overview
from support.ledger import Ledger
from support.missions import Mission
from support.repo import Repo

TARGET, _OTHER, _SIDE = "main", "other", "side"
#: What git is let do, by name.
ACTS = (
    *("add", "commit", "checkout", "checkout HEAD", "checkout HEAD~1", "stash", "pop", "reset"),
    *("merge", "leave", "worktree"),
)
_SYSTEM = ("open", "write", "fsync", "lseek", "read", "replace", "lstat")


class Crash(BaseException):
    """The process is gone, as far as anybody can tell."""


class _Steady(Git):
    """Git while nobody changes anything in it: what it has read stays true."""

    def reopen(self) -> Git:
        return self

    def __exit__(self, *_problem: object) -> None:
        pass


class _Failing:
    """A module `os` whose process dies at a given call, of which a write may still put a part on the disk."""

    def __init__(self, calls: int, part: float) -> None:
        self._left, self._part = calls, part

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._dying(name, real) if name in _SYSTEM else real

    def _dying(self, name: str, real: Any) -> Any:
        def call(*arguments: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                if name == "write":
                    descriptor, data = arguments
                    real(descriptor, data[: int(len(data) * self._part)])
                raise Crash
            return real(*arguments)

        return call


class World:
    """One copy of a template repository, in which `mission` has its log on main."""

    def __init__(self, template: Mission, place: Path) -> None:
        shutil.copytree(template.repo.path, place, symlinks=True)
        self.repo = Repo(place, template.repo.env, template.clock)
        self.mission, self.log_path = template, template.log_path
        self.log = place / template.log_path
        self.linked = place.with_name(f"{place.name}-linked")
        self._steady: Git | None = None
        self._committed: Ledger | None = None
        with Git.open(os.fsencode(place), self.env, hook=False) as git:
            self._about = Overview(git).list_missions()[0][0]
        self._floor = self.repo.head()

    @property
    def env(self) -> Mapping[str, str]:
        """The sealed environment."""
        return self.repo.env

    def close(self) -> None:
        """Forget what git said, and everything else."""
        self.forget()
        shutil.rmtree(self.repo.path)
        shutil.rmtree(self.linked, ignore_errors=True)

    # -- ours

    def move(
        self, request: Request, now: datetime, *, commit: bool = False, linked: bool = False
    ) -> transitions.Result:
        """Make a transition, from the primary or the linked work tree."""
        place = self.linked if linked and self.linked.is_dir() else self.repo.path
        steady = not commit and place == self.repo.path and self.is_out()
        try:
            with ExitStack() as stack:
                git = self._look() if steady else stack.enter_context(self._open(place))
                return transitions.transition(git, self.env, self._about, request, now=now, commit=commit)
        finally:
            if not steady:
                self.forget()

    @contextmanager
    def failing(self, calls: int, part: float) -> Iterator[None]:
        """Let the process die at a call of the system that writes events, after so many others."""
        failing = _Failing(calls, part)
        with patch.object(journal, "os", failing), patch.object(durable, "os", failing):
            yield

    def restore(self) -> recovery.Recovered:
        """Put back what was acknowledged and is not there."""
        self.forget()
        with self._open(self.repo.path) as git:
            return recovery.restore(git, self.env, self._about)

    def _open(self, place: Path) -> Git:
        return Git.open(os.fsencode(place), self.env, hook=False)

    def _look(self) -> Git:
        if self._steady is None:
            with self._open(self.repo.path) as git:
                self._steady = _Steady(git.program, git.layout, git.environ, hook=False)
        return self._steady

    def forget(self) -> None:
        """Ask git anew from here on."""
        self._committed = None
        if self._steady is not None:
            self._steady.close()
            self._steady = None

    # -- git

    def act(self, name: str) -> None:
        """Do one of ACTS, unless git cannot."""
        if name == "pop":
            if not self.git("stash", "pop", "-q") and self.git("stash", "drop", "-q"):
                self.git("reset", "-q", "--hard")
        elif name == "merge":
            if self.is_out() and not self.git("merge", "-q", "--no-edit", _SIDE):
                self.git("merge", "--abort")
        elif name == "leave":
            self.git("branch", "-f", _OTHER, TARGET)
            self.git("checkout", "-q", _OTHER)
        elif name == "worktree" or self.is_out():
            self.git(*self._words(name))

    def _words(self, name: str) -> tuple[str, ...]:
        act, *revision = name.split()
        if act == "reset":
            return "reset", "-q", "--hard", "HEAD~1" if self.repo.head() != self._floor else "HEAD"
        return {
            "add": ("add", "--", self.log_path),
            "commit": ("commit", "-q", "-m", "work", "--", "kitty-specs"),
            "checkout": ("checkout", "-q", *revision, "--", self.log_path),
            "stash": ("stash", "push", "-q"),
            "worktree": ("worktree", "add", "-q", "-b", "linked", str(self.linked), "HEAD"),
        }[act]

    def read_side(self) -> bytes:
        """Return the log of the branch on which somebody else works."""
        if not self.repo.has_branch(_SIDE):
            self.repo.branch(_SIDE, TARGET)
        return self.repo.show(_SIDE, self.log_path)

    def write_side(self, log: bytes) -> None:
        """Commit a log there."""
        self.repo.commit_to(_SIDE, {self.log_path: log}, "work of somebody else")
        self.forget()

    def git(self, *words: str) -> bool:
        """Run git; tell whether it did what it was asked."""
        self.forget()
        return not self.repo.git(*words, check=False).returncode

    def is_out(self) -> bool:
        """Tell whether main is checked out in the primary work tree."""
        return self.repo.current_branch() == TARGET

    def committed(self) -> Ledger:
        """Read the log that main has."""
        if self._committed is None:
            self._committed = Ledger(self.repo.show(TARGET, self.log_path))
        return self._committed

    def read(self) -> bytes:
        """Return the bytes of the log that is written to: the file, or main's where that is not checked out."""
        return self.log.read_bytes() if self.is_out() else self.repo.show(TARGET, self.log_path)

    def kept(self) -> Ledger:
        """Read what was acknowledged, from the copy beside git's own files."""
        place = self.repo.path / ".git/spec-kitty-hooks" / f"{self.mission.mission_id}.journal"
        return Ledger(place.read_bytes() if place.exists() else b"")
