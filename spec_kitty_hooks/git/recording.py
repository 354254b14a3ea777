"""Commits given file contents to a branch at object level: without work tree, without hooks, filters or signatures.

Where the branch is checked out, these files' entries in the index move along, so that the next plain commit does not
take them back; everything else that is staged stays staged, and no file of a work tree is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import checkouts, commits
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.git.reader import TreeEntry
from spec_kitty_hooks.git.writing import DIRECTORY, RefMovedError, Writer
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.git.checkouts import Checkout
    from spec_kitty_hooks.git.plumbing import Git

__all__ = ["Recording", "RefMovedError", "record_files"]

_REGULAR, _EXECUTABLE = 0o100644, 0o100755
_REGULAR_KIND = 0o10
_ROUNDS = 8  # each lost to somebody else who moved the branch while we staged

#: What a path is to become: the id of its content, or the paths below it.
_Plan = dict[bytes, "str | _Plan"]


class Recording(Record):
    """What was recorded: `commit` is "" if the branch has it all already.

    `indexes` are the work trees (or git directories, where the work tree is not known) whose entries moved along,
    `problems` are sentences, each with its next command, about those whose entries could not.
    """

    commit: str
    ref: str
    indexes: tuple[bytes, ...] = ()
    problems: tuple[str, ...] = ()


def record_files(
    git: Git, *, branch: str, base: str, expected: str, files: Mapping[bytes, bytes], message: str
) -> Recording:
    """Commit `files` (repository path to whole content) onto commit `base` ("": a first commit) as `branch`.

    `branch` is a short name, `expected` the commit that it is at ("": it does not exist). A file keeps its mode; a new
    one gets 100644. What is staged of these paths is replaced, as `git commit --only` does; entries in conflict stay.

    Raises RefMovedError if the branch is not at `expected`, RefLockedError, HooksError (`IDENTITY_MISSING`), and
    RepositoryError if git cannot, if something that is no file stands at a path, if the branch is being rebased, or if
    it is checked out and `base` is not what it is at. Nothing has changed then but an index, which may hold the new
    content: staged, it cannot be lost.
    """
    ref = f"refs/heads/{branch}"
    if not files:
        return Recording(commit="", ref=ref)
    writer = Writer(git)
    old = _find_tree(git, base)
    blobs = {path: writer.write_blob(data) for path, data in files.items()}
    tree = _Trees(git, writer).write(old, _plan(blobs))
    followers = checkouts.find_checkouts(git, branch)
    _require_same_start(branch, base, expected, followers)
    if tree == old:
        indexes, problems = _settle(git, branch, followers, tuple(files)) if base == expected else ((), ())
        return Recording(commit="", ref=ref, indexes=indexes, problems=problems)
    checkouts.require_no_rebase(git, branch)
    writer.require_tip(branch, expected)
    commit = writer.write_commit(tree, (base,) if base else (), message)
    # First the index: a commit made between two of our steps then has the files, and does not take them back.
    entries = checkouts.read_entries(git, commit, tuple(files))
    staged = [follower.place for follower in followers if follower.stage(entries)[0]]
    try:
        writer.move_branch(branch, commit, expected, message.partition("\n")[0])
    except RefMovedError:
        _settle(git, branch, followers, tuple(files))
        raise
    settled, problems = _settle(git, branch, followers, tuple(files))
    return Recording(commit=commit, ref=ref, indexes=tuple(dict.fromkeys((*staged, *settled))), problems=problems)


def _require_same_start(branch: str, base: str, expected: str, followers: tuple[Checkout, ...]) -> None:
    if not followers or base == expected:
        return
    place = followers[0].place
    message = f"branch {escape(branch)} is checked out in {escape(place)}, and its files are not those of {base}"
    raise RepositoryError(UNSUPPORTED, message, (f"git -C {quote_shell(place)} merge --ff-only {base}",))


def _settle(
    git: Git, branch: str, followers: tuple[Checkout, ...], paths: tuple[bytes, ...]
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Stage what the branch has until nothing is left to do: of two who record, the last one sees both."""
    moved: dict[bytes, None] = {}
    problems: tuple[str, ...] = ()
    for _round in range(_ROUNDS if followers else 0):
        entries = checkouts.read_entries(git, f"refs/heads/{branch}", paths)
        answers = [(follower.place, *follower.stage(entries)) for follower in followers]
        problems = tuple(problem for _place, _changed, found in answers for problem in found)
        changed = [place for place, is_changed, _problem in answers if is_changed]
        moved.update(dict.fromkeys(changed))
        if not changed:
            break
    return tuple(moved), problems


# -- trees


def _find_tree(git: Git, base: str) -> str:
    """Return the id of a commit's tree, "" for no commit."""
    found = git.read(base) if base else None
    if base and (found is None or found.kind != "commit"):
        raise RepositoryError(UNSUPPORTED, f"commit {escape(base)} is not here", ("git fetch",))
    return commits.tree(found.data) if found else ""


def _plan(blobs: Mapping[bytes, str]) -> _Plan:
    """Return paths as nested directories. Raises ValueError for what cannot be a path, or not with the others."""
    top: _Plan = {}
    for path, oid in blobs.items():
        *directories, name = path.split(b"/")
        if any(part in (b"", b".", b"..") or part.lower() == b".git" or b"\0" in part for part in (*directories, name)):
            raise ValueError(f"{path!r} is no path of a repository")
        place = top
        for directory in directories:
            inner = place.setdefault(directory, {})
            if isinstance(inner, str):
                raise ValueError(f"{path!r} lies below a file")
            place = inner
        if name in place:
            raise ValueError(f"{path!r} is a directory of another path")
        place[name] = oid
    return top


class _Trees:
    """Writes the directories that change, and no others."""

    def __init__(self, git: Git, writer: Writer) -> None:
        self._git = git
        self._writer = writer

    def write(self, old: str, plan: _Plan, where: bytes = b"") -> str:
        """Return the id of tree `old` ("": none) with a plan carried out in it; `where` is its path, for messages."""
        before = {entry.name: entry for entry in self._read(old, where)}
        after = dict(before)
        for name, wanted in plan.items():
            after[name] = self._replace(before.get(name), name, wanted, where + name)
        return old if old and after == before else self._writer.write_tree(after.values())

    def _replace(self, entry: TreeEntry | None, name: bytes, wanted: str | _Plan, path: bytes) -> TreeEntry:
        is_file = isinstance(wanted, str)
        if entry is not None and entry.mode >> 12 != (_REGULAR_KIND if is_file else DIRECTORY >> 12):
            message = f"{escape(path)} is committed as something that is no {'file' if is_file else 'directory'}"
            raise RepositoryError(UNSUPPORTED, message, (f"git log -- {quote_shell(path)}",))
        if isinstance(wanted, str):
            mode = _EXECUTABLE if entry is not None and entry.mode & 0o100 else _REGULAR
            return TreeEntry(mode=mode, name=name, oid=wanted)
        oid = self.write(entry.oid if entry else "", wanted, path + b"/")
        return TreeEntry(mode=DIRECTORY, name=name, oid=oid)

    def _read(self, oid: str, where: bytes) -> tuple[TreeEntry, ...]:
        entries = self._git.tree(oid) if oid else ()
        if entries is None:
            message = f"directory {escape(where) or 'at the top'} of the commit cannot be read"
            raise RepositoryError(UNSUPPORTED, message, ("git fsck",))
        return entries
