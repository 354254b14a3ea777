"""Writes objects and moves branches by git's plumbing: durably, compare-and-swap, in the person's name.

Runs no hook and no filter, signs nothing, and knows neither work trees nor indexes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import RETRY, HooksError, RepositoryError
from spec_kitty_hooks.git.program import UNSUPPORTED, last_words
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.reader import TreeEntry

DIRECTORY = 0o040000

AGAIN = "run the same command again"

#: For every git that writes; goes before the subcommand.
WRITING: tuple[str, ...] = (
    *("-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"),  # since git 2.36
    *("-c", "core.fsyncObjectFiles=true"),  # before
    # Git 2.55 and later: hooks that stand in the configuration, which core.hooksPath does not reach.
    *("-c", "hook.reference-transaction.enabled=false", "-c", "hook.post-index-change.enabled=false"),
)
#: Another writer holds a ref for some milliseconds; git's own patience ends after 100, and after one try in reftables.
_PATIENCE = ("-c", "core.filesRefLockTimeout=5000", "-c", "reftable.lockTimeout=5000")


class RefMovedError(HooksError):
    """The branch is not where it was expected (`BRANCH_MOVED`): `current` is where it is, "" if it does not exist.

    Nothing was changed; start again from `current`.
    """

    exit_code = RETRY

    def __init__(self, branch: str, current: str) -> None:
        place = f"now at {current}" if current else "not there any more"
        super().__init__("BRANCH_MOVED", f"somebody else moved branch {escape(branch)}: it is {place}", (AGAIN,))
        self.current = current


class RefLockedError(HooksError):
    """Somebody holds the lock of the branch (`BRANCH_LOCKED`); nothing was changed."""

    exit_code = RETRY


class Writer:
    """Writes into the repository that `git` has open."""

    def __init__(self, git: Git) -> None:
        self._program = git.program
        self._layout = git.layout

    def require_identity(self) -> None:
        """Raise HooksError (`IDENTITY_MISSING`) where git does not know in whose name to commit."""
        for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            asked = self._program.run("var", variable)
            if asked.rc:
                said = last_words(asked)
                message = f"git does not know who you are, so that it cannot commit: {escape(said)}"
                steps = ("git config user.name 'Your Name'", "git config user.email you@example.com", AGAIN)
                raise HooksError("IDENTITY_MISSING", message, steps)

    def write_blob(self, data: bytes) -> str:
        """Store a file's content as it is, and return its id."""
        return self._write("hash-object", "-w", "--no-filters", "--stdin", stdin=data)

    def write_tree(self, entries: Iterable[TreeEntry]) -> str:
        """Store a directory, whose entries may come in any order, and return its id.

        What the entries name need not be here (partial clones). `mktree` would not do: it does not sync.
        """
        return self.write_raw("tree", encode_tree(entries))

    def write_raw(self, kind: str, data: bytes) -> str:
        """Store an object (blob, tree, commit) as it is, unchecked, and return its id."""
        return self._write("hash-object", "-w", "-t", kind, "--literally", "--stdin", stdin=data)

    def write_commit(self, tree: str, parents: tuple[str, ...], message: str) -> str:
        """Store a commit, and return its id. Raises as `require_identity`."""
        named = [word for parent in parents for word in ("-p", parent)]
        text = message.encode("utf-8", "replace").rstrip(b"\n") + b"\n"
        try:
            return self._write("-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, *named, stdin=text)
        except RepositoryError:
            self.require_identity()
            raise

    def move_branch(self, branch: str, new: str, expected: str, reason: str) -> None:
        """Let a branch point to commit `new` if it is still at `expected` ("": if it does not exist).

        `reason` goes to the reflog. Raises RefMovedError, RefLockedError, and RepositoryError if git cannot do it.
        """
        ref = f"refs/heads/{branch}"
        words = ("update-ref", "-m", f"spec-kitty-hooks: {reason}", ref, new, expected or "0" * self._layout.hash_hex)
        asked = self._program.run(*WRITING, *_PATIENCE, *words)
        if not asked.rc:
            return
        self.require_tip(branch, expected)
        if b".lock': File exists" in asked.err:
            raise RefLockedError("BRANCH_LOCKED", f"another git is at work on branch {escape(branch)}", self._wait(ref))
        raise RepositoryError(UNSUPPORTED, f"branch {escape(branch)} cannot be moved: {escape(last_words(asked))}")

    def require_tip(self, branch: str, expected: str) -> None:
        """Raise RefMovedError if a local branch is not at this commit ("": does not exist)."""
        current = self.find_tip(branch)
        if current != expected:
            raise RefMovedError(branch, current)

    def find_tip(self, branch: str) -> str:
        """Return the commit that a local branch points to now; "" if it does not exist."""
        asked = self._program.run("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
        return "" if asked.rc else asked.out.decode("ascii").rstrip("\n")

    def _wait(self, ref: str) -> tuple[str, ...]:
        lock = os.path.join(self._layout.common_dir, os.fsencode(ref) + b".lock")
        return AGAIN, f"if no git is running: rm {quote_shell(lock)}"

    def _write(self, *args: str, stdin: bytes) -> str:
        asked = self._program.run(*WRITING, *args, stdin=stdin)
        if asked.rc:
            raise RepositoryError(UNSUPPORTED, f"git cannot write an object: {escape(last_words(asked))}", ("df .",))
        return asked.out.decode("ascii").rstrip("\n")


def encode_tree(entries: Iterable[TreeEntry]) -> bytes:
    """Return the raw tree of entries in any order; in git's order, a directory's name ends in a slash."""
    ordered = sorted(entries, key=lambda entry: entry.name + b"/" if entry.mode == DIRECTORY else entry.name)
    return b"".join(b"%o %b\0%b" % (entry.mode, entry.name, bytes.fromhex(entry.oid)) for entry in ordered)
