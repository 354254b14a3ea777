"""The work trees that have a branch checked out, seen from the git directory, and single entries of their indexes.

An index lives in an administrative directory below the common git directory. Nothing outside of that is written, so
that a copied repository never reaches into its original, and a deleted or absent work tree does not matter.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.git.environ import other_environment
from spec_kitty_hooks.git.layout import refusal
from spec_kitty_hooks.git.program import Program, last_words
from spec_kitty_hooks.git.writing import WRITING
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.process import Argument, Completed

_REBASES = (b"rebase-merge/head-name", b"rebase-merge/update-refs", b"rebase-apply/head-name")
_STATE_BYTES = 1 << 20  # the refs that a rebase moves along
_SECONDS = 1.0  # for the lock of an index, which `git add` or `git status` hold for milliseconds
_PAUSE = 0.02
#: An administrative directory is no work tree: git must not look there for files that sparse checkout hides.
_BESIDE = ("--git-dir=.", "--work-tree=.", "-c", "sparse.expectFilesOutsideOfPatterns=true")


class Entry(Record):
    """One file in a commit or an index: `mode` as six octal digits, `oid` of its content."""

    mode: str
    oid: str


class Checkout:
    """A work tree that has the branch checked out: `place` is its directory, or its git directory if unknown."""

    def __init__(self, git: Git, admin: bytes, place: bytes) -> None:
        self.place = place
        self._admin = admin
        self._program = Program(other_environment(git.environ), admin)

    def stage(self, entries: Mapping[bytes, Entry]) -> tuple[bool, tuple[str, ...]]:
        """Let the index hold these entries; return whether that changed it, and what a person has left to do.

        Whatever was staged of a path is replaced; what hides it (sparse checkout, assume-unchanged) is kept, and a
        path in conflict is left alone. Waits a moment for the lock of the index.
        """
        asked = self._program.run(*_BESIDE, "ls-files", "-z", "-s", "-v", "--", *entries)
        if asked.rc:
            return False, (self._explain(asked, entries),)
        held = _parse_index(asked.out)
        conflicts = [path for path in entries if path in held and held[path] is None]
        problems = [self._explain_conflict(path) for path in conflicts]
        changed = False
        for path in entries.keys() - conflicts:
            flag, entry = held.get(path) or ("", None)
            if entry != entries[path]:
                done = self._update(path, entries[path], flag)
                changed = changed or not done.rc
                problems += [self._explain(done, (path,))] if done.rc else []
        return changed, tuple(problems)

    def _update(self, path: bytes, entry: Entry, flag: str) -> Completed:
        words: list[Argument] = ["--add", "--cacheinfo", f"{entry.mode},{entry.oid},".encode() + path]
        words += [flag, "--", path] if flag else []
        end = time.monotonic() + _SECONDS
        while True:
            done = self._program.run(*_BESIDE, *WRITING, "update-index", *words)
            if not done.rc or not self._is_locked() or time.monotonic() > end:
                return done
            time.sleep(_PAUSE)

    def _is_locked(self) -> bool:
        return os.path.lexists(os.path.join(self._admin, b"index.lock"))

    def _explain(self, failed: Completed, paths: Iterable[bytes]) -> str:
        why = "another git holds its lock" if self._is_locked() else escape(last_words(failed))
        names = " ".join(map(quote_shell, paths))
        step = f"git -C {quote_shell(self.place)} restore --staged -- {names}"
        return (
            f"the index of {escape(self.place)} still has the old state ({why}); before the next commit there: {step}"
        )

    def _explain_conflict(self, path: bytes) -> str:
        step = f"keep the lines of both sides, then git -C {quote_shell(self.place)} add -- {quote_shell(path)}"
        return f"{escape(path)} is in conflict in {escape(self.place)} and was left so there; {step}"


def find_checkouts(git: Git, branch: str) -> tuple[Checkout, ...]:
    """Return the work trees that have a branch checked out and an index to keep in step.

    Not those in which nothing has been checked out yet: without an index, git fills it from the commit.
    """
    found = []
    for admin, place in find_admins(git):
        if read_head(git, admin) == f"refs/heads/{branch}" and _has_index(git, admin):
            found.append(Checkout(git, admin, place))
    return tuple(found)


def require_no_rebase(git: Git, branch: str) -> None:
    """Raise HooksError (`BRANCH_BUSY`) if a work tree is rebasing the branch: git would then refuse to finish."""
    for admin, place in find_admins(git):
        if is_rebased(admin, branch):
            message = f"branch {escape(branch)} is being rebased in {escape(place)}"
            steps = (f"git -C {quote_shell(place)} rebase --continue", "then run the same command again")
            raise HooksError("BRANCH_BUSY", message, steps)


def is_rebased(admin: bytes, branch: str) -> bool:
    """Tell whether the work tree of an administrative directory is rebasing a branch."""
    ref = os.fsencode(f"refs/heads/{branch}")
    states = (safefile.read_file(admin, name, _STATE_BYTES).data or b"" for name in _REBASES)
    return any(ref in state.split(b"\n") for state in states)


def read_entries(git: Git, revision: str, paths: Iterable[bytes]) -> dict[bytes, Entry]:
    """Return those of the paths that are files in a commit (an id or a full ref name), read now.

    Raises RepositoryError if the commit cannot be read.
    """
    asked = git.program.run("ls-tree", "-z", "--full-tree", revision, "--", *paths)
    if asked.rc:
        raise refusal(asked, git.layout.shallow)
    entries = {}
    for line in asked.out.split(b"\0")[:-1]:
        about, path = line.split(b"\t", 1)
        mode, kind, oid = about.decode("ascii").split(" ")
        if kind == "blob":
            entries[path] = Entry(mode=mode, oid=oid)
    return entries


def find_admins(git: Git) -> Iterator[tuple[bytes, bytes]]:
    """Yield the administrative directory of every work tree, and where that work tree is."""
    layout = git.layout
    common = layout.common_dir
    if layout.git_dir == common and layout.worktree:
        yield common, layout.worktree
    else:
        yield common, common.removesuffix(b"/.git")
    top = os.path.join(common, b"worktrees")
    for name in sorted(os.listdir(top)) if os.path.isdir(top) else ():
        admin = os.path.join(top, name)
        pointer = safefile.read_file(admin, b"gitdir", limits.PATH_BYTES).data
        if pointer:
            yield admin, os.path.normpath(os.path.join(admin, pointer.rstrip(b"\n"))).removesuffix(b"/.git")


def read_head(git: Git, admin: bytes) -> str:
    """Return the full name of the branch of a work tree, born or not; another text if its HEAD is detached."""
    head = os.fsdecode(safefile.read_file(admin, b"HEAD", limits.PATH_BYTES).data or b"")
    if head and not head.endswith("/.invalid\n"):
        return head.removeprefix("ref: ").removesuffix("\n")
    asked = _ask(git, admin, "symbolic-ref", "-q", "HEAD")  # a link (very old), or refs are in a reftable
    return os.fsdecode(asked.out).removesuffix("\n")


def belongs_to(place: bytes, admin: bytes) -> bool:
    """Tell whether a work tree belongs to an administrative directory; one of a copied repository does not."""
    if os.path.isdir(os.path.join(place, b".git")):
        return is_same(os.path.join(place, b".git"), admin)
    pointer = safefile.read_file(place, b".git", limits.PATH_BYTES).data or b""
    target = pointer.removeprefix(b"gitdir: ").rstrip(b"\n")
    return bool(target) and is_same(os.path.join(place, target), admin)


def is_same(one: bytes, other: bytes) -> bool:
    """Tell whether two names are one place; it need not exist."""
    return os.path.realpath(one) == os.path.realpath(other)


def _parse_index(out: bytes) -> dict[bytes, tuple[str, Entry] | None]:
    """Return the option that hides each path again ("": it is not hidden) and its entry; None for a conflict."""
    held: dict[bytes, tuple[str, Entry] | None] = {}
    for line in out.split(b"\0")[:-1]:
        about, path = line.split(b"\t", 1)
        tag, mode, oid, stage = about.decode("ascii").split(" ")
        hiding = "--skip-worktree" if tag in "Ss" else "--assume-unchanged" if tag.islower() else ""
        held[path] = None if stage != "0" else (hiding, Entry(mode=mode, oid=oid))
    return held


def _has_index(git: Git, admin: bytes) -> bool:
    """Tell whether there is an index, or there is none because nothing was ever committed or staged."""
    if os.path.lexists(os.path.join(admin, b"index")):
        return True
    if not _ask(git, admin, "rev-parse", "--verify", "-q", "HEAD").rc:
        return False
    return admin != git.layout.common_dir or _ask(git, admin, "rev-parse", "--is-bare-repository").out == b"false\n"


def _ask(git: Git, admin: bytes, *args: str) -> Completed:
    return Program(other_environment(git.environ), admin).run("--git-dir=.", *args)
