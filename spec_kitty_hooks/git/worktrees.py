"""Makes linked work trees for branches that exist, so that a killed run is finished by the next one.

No hook runs, and of filters only the person's own (`filters`). A directory that is not known to be unfinished work of
git or ours is never written to.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.errors import HooksError, RepositoryError
from spec_kitty_hooks.git.checkouts import belongs_to, find_admins, is_rebased, is_same, read_head
from spec_kitty_hooks.git.environ import other_environment
from spec_kitty_hooks.git.filters import Filters
from spec_kitty_hooks.git.program import UNSUPPORTED, Program, last_words
from spec_kitty_hooks.git.writing import WRITING
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.process import Argument, Completed

_QUIET = (*WRITING, "-c", "hook.post-checkout.enabled=false", "-c", "hook.post-merge.enabled=false")
_MARK = "spec-kitty-hooks is checking out files here"
_PRIVATE = b"index.spec-kitty-hooks."
_GITS_MARK = b"initializing"  # what `git worktree add` writes into `locked` until it is done
_UNFINISHED = (_MARK.encode(), _GITS_MARK)
_SECONDS = 5.0  # for a `git worktree add` that is at work
_PAUSE = 0.05
_AGAIN = "then run the same command again"


class WorktreeError(HooksError):
    """A work tree cannot be made or used as it is; nothing was changed."""


class Worktrees:
    """The linked work trees of the repository that `git` has open."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._filters = Filters(git.program)
        self.unfiltered = self._filters.names  # those that are not run

    def find_primary(self) -> bytes:
        """Return the primary checkout; "" if there is none, or if git cannot tell from here (separate git dir)."""
        layout = self._git.layout
        if layout.git_dir == layout.common_dir:
            return layout.worktree
        place = layout.common_dir.removesuffix(b"/.git")
        return place if place != layout.common_dir and os.path.lexists(layout.common_dir + b"/index") else b""

    def find_checkout(self, branch: str) -> bytes:
        """Return a directory in which a branch is checked out, or is being rebased; "" if there is none."""
        layout = self._git.layout
        for admin, place in find_admins(self._git):
            is_out = read_head(self._git, admin) == f"refs/heads/{branch}" or is_rebased(admin, branch)
            # A bare repository has a HEAD as well, and may be named .git.
            is_tree = admin != layout.common_dir or place == layout.worktree or os.path.lexists(admin + b"/index")
            if is_out and is_tree and os.path.isdir(place) and belongs_to(place, admin):
                return place
        return b""

    def check(self, path: bytes, branch: str) -> bool:
        """Tell whether the work tree at `path` is there and finished; False if `make` has something to do.

        Raises WorktreeError (`WORKTREE_IN_THE_WAY`, `WORKTREE_ELSEWHERE`) if it cannot be made there: what stands at
        `path` is something else, or the branch is checked out elsewhere.
        """
        elsewhere = self.find_checkout(branch)
        if elsewhere and not is_same(elsewhere, path):
            raise self._refuse_elsewhere(elsewhere, path, branch)
        self._require_not_away(path, branch)
        for place in (os.path.dirname(path), path):
            if os.path.lexists(place) and (os.path.islink(place) or not os.path.isdir(place)):
                raise _refuse_path(place, "is no directory")
        admin = self._find_admin(path)
        if not os.path.isdir(path) or not os.listdir(path):
            self._require_unlocked(admin, path)
            return False
        if not admin or not belongs_to(path, admin):
            raise self._refuse_stranger(path)
        if os.path.lexists(os.path.join(admin, b"index")):
            self._require_branch(path, admin, branch)
            return True
        if os.listdir(path) != [b".git"] and not _read_mark(admin).startswith(_UNFINISHED):
            raise _refuse_path(path, "has files, but git never finished checking them out")
        return False

    def make(self, path: bytes, branch: str, hidden: tuple[str, ...] = ()) -> None:
        """Make the work tree of an existing branch at `path`, or finish it; nothing happens to a finished one.

        `hidden` are repository paths that are left out by sparse checkout. Raises as `check`, and RepositoryError.
        """
        self._await_git(path)
        if not self.check(path, branch):
            admin = self._find_admin(path)
            if admin and os.path.isdir(path) and read_head(self._git, admin) != f"refs/heads/{branch}":
                self._clear(path)
            if not os.path.lexists(os.path.join(path, b".git")):
                self._add(path, branch, bool(admin))
            admin = self._find_admin(path)
            self._run("worktree", "lock", "--reason", _MARK, path, tolerant=True)
            if hidden:
                self._hide(path, admin, hidden)
            self._fill(path, admin)
        admin = self._find_admin(path)
        if _read_mark(admin).startswith(_UNFINISHED):
            self._run("worktree", "unlock", path, tolerant=True)

    def is_clean(self, path: bytes) -> bool:
        """Tell whether a work tree has no change that is not committed, and no file that git does not know."""
        return not self._run("status", "--porcelain", "-z", "--untracked-files=normal", there=path).out

    def advance(self, path: bytes, commit: str) -> None:
        """Let a work tree's branch, index and files go on to a commit that contains its own.

        Raises RepositoryError if changes that are not committed are in the way; nothing has changed then.
        """
        self._run("merge", "--ff-only", "-q", "--no-stat", "--no-autostash", commit, there=path)

    # -- steps

    def _add(self, path: bytes, branch: str, known: bool) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # `check` found that what git remembers, of this place or of the branch elsewhere, is gone.
        force = ("-f", "-f") if known else ("-f",)
        self._run("worktree", "add", "-q", "--no-checkout", *force, path, branch)

    def _hide(self, path: bytes, admin: bytes, hidden: tuple[str, ...]) -> None:
        self._run("sparse-checkout", "init", "--no-cone", there=path)
        os.makedirs(os.path.join(admin, b"info"), exist_ok=True)
        with open(os.path.join(admin, b"info", b"sparse-checkout"), "w", encoding="utf-8") as file:
            file.write("".join(f"{pattern}\n" for pattern in ("/*", *(f"!{name}" for name in hidden))))

    def _fill(self, path: bytes, admin: bytes) -> None:
        """Check out all files. The index comes last, and in one step: where it is, the work tree is whole."""
        index = os.path.join(admin, b"index")
        private = os.path.join(admin, _PRIVATE + b"%d" % os.getpid())
        try:
            self._run("read-tree", "--reset", "-u", "HEAD", there=path, index=private)
            if not os.path.lexists(index):
                os.replace(private, index)
        finally:
            for name in filter(lambda name: name.startswith(_PRIVATE), os.listdir(admin)):
                os.unlink(os.path.join(admin, name))

    def _clear(self, path: bytes) -> None:
        """Take away the beginnings of a work tree: `check` saw to it that only git's own pointer is in there."""
        if os.listdir(path) != [b".git"]:
            raise _refuse_path(path, "has files, but git never finished checking them out")
        os.unlink(os.path.join(path, b".git"))
        os.rmdir(path)

    def _await_git(self, path: bytes) -> None:
        end = time.monotonic() + _SECONDS
        while _read_mark(self._find_admin(path)).startswith(_GITS_MARK) and time.monotonic() < end:
            time.sleep(_PAUSE)

    def _find_admin(self, path: bytes) -> bytes:
        """Return the administrative directory of the work tree that git knows at `path`; "" if it knows none."""
        common = self._git.layout.common_dir
        found = (admin for admin, place in find_admins(self._git) if admin != common and is_same(place, path))
        return next(found, b"")

    def _require_unlocked(self, admin: bytes, path: bytes) -> None:
        mark = _read_mark(admin)
        if mark and not mark.startswith(_UNFINISHED):
            message = f"the work tree {escape(path)} is away and locked: {escape(mark.strip())}"
            steps = (f"bring it back, or give it up: git worktree unlock {quote_shell(path)}", _AGAIN)
            raise WorktreeError("WORKTREE_IN_THE_WAY", message, steps)

    def _require_not_away(self, path: bytes, branch: str) -> None:
        for admin, place in find_admins(self._git):
            is_out = read_head(self._git, admin) == f"refs/heads/{branch}"
            if is_out and not os.path.isdir(place) and not is_same(place, path):
                self._require_unlocked(admin, place)

    def _require_branch(self, path: bytes, admin: bytes, branch: str) -> None:
        head = read_head(self._git, admin)
        if head == f"refs/heads/{branch}" or is_rebased(admin, branch):
            return
        is_branch = head.startswith("refs/heads/")
        what = f"on branch {escape(head.removeprefix('refs/heads/'))}" if is_branch else "on a detached HEAD"
        steps = (f"git -C {quote_shell(path)} switch {quote_shell(branch)}", _AGAIN)
        message = f"{escape(path)} is {what}, not on {escape(branch)}"
        raise WorktreeError("WORKTREE_IN_THE_WAY", message, steps)

    def _refuse_elsewhere(self, elsewhere: bytes, path: bytes, branch: str) -> WorktreeError:
        message = f"branch {escape(branch)} is checked out in {escape(elsewhere)}; its place is {escape(path)}"
        if elsewhere == self.find_primary():
            step = f"git -C {quote_shell(elsewhere)} switch -"
        else:
            there = quote_shell(path)
            step = (
                f"mkdir -p {quote_shell(os.path.dirname(path))} && git worktree move {quote_shell(elsewhere)} {there}"
            )
        return WorktreeError("WORKTREE_ELSEWHERE", message, (step, _AGAIN))

    def _refuse_stranger(self, path: bytes) -> WorktreeError:
        """Say what stands at `path`. Git's `repair` is for what was moved; in a copy it would cut off the original."""
        pointer = safefile.read_file(path, b".git", limits.PATH_BYTES).data or b""
        target = os.path.join(path, pointer.removeprefix(b"gitdir: ").rstrip(b"\n"))
        common = self._git.layout.common_dir
        is_known = os.path.isdir(os.path.join(common, b"worktrees", os.path.basename(target)))
        if not pointer.startswith(b"gitdir: ") or os.path.isdir(target) or not is_known:
            return _refuse_path(path, "is no work tree of this repository")
        message = f"{escape(path)} and this repository do not know each other any more; one of them was moved"
        step = f"git --git-dir={quote_shell(common)} worktree repair {quote_shell(path)}"
        return WorktreeError("WORKTREE_IN_THE_WAY", message, (step, _AGAIN))

    def _run(
        self, *args: Argument, there: bytes | None = None, index: bytes | None = None, tolerant: bool = False
    ) -> Completed:
        """Run git in a work tree, or for the repository. Raises RepositoryError if it fails and that matters."""
        environ = other_environment(self._git.environ) | self._filters.variables
        if index is not None:
            environ["GIT_INDEX_FILE"] = os.fsdecode(index)
        common = self._git.layout.common_dir
        place: tuple[Argument, ...] = (b"--git-dir=" + common,) if there is None else ()
        done = Program(environ, common if there is None else there).run(*place, *_QUIET, *args)
        if done.rc and not tolerant:
            subcommand = next(arg for arg in args if isinstance(arg, str))
            message = f"git {subcommand} failed: {escape(last_words(done), limit=1000)}"
            raise RepositoryError(UNSUPPORTED, message, _advise(done, there))
        return done


def _advise(done: Completed, there: bytes | None) -> tuple[str, ...]:
    if b"promisor remote" in done.err and there is not None:  # asked without our guards, git fetches what is missing
        return f"git -C {quote_shell(there)} checkout HEAD -- .", _AGAIN
    return (f"git -C {quote_shell(there)} status",) if there is not None else ("git worktree list",)


def _read_mark(admin: bytes) -> bytes:
    """Return why a work tree is locked, with a newline where no reason was given; "" if it is not."""
    if not admin or not os.path.lexists(os.path.join(admin, b"locked")):
        return b""
    return safefile.read_file(admin, b"locked", limits.PATH_BYTES).data or b"\n"


def _refuse_path(path: bytes, problem: str) -> WorktreeError:
    aside = quote_shell(path + b".old")
    steps = (f"ls -la {quote_shell(path)}", f"mv {quote_shell(path)} {aside}", _AGAIN)
    return WorktreeError("WORKTREE_IN_THE_WAY", f"{escape(path)} {problem}", steps)
