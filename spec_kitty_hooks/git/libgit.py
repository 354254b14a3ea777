"""The commits of a range by libgit2, with the same facts as `history`; refuses where it would know less than git.

Reads objects and runs nothing. Importing pygit2 takes longer than many a hook has: not for the commit path.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import ObjectType, RepositoryOpenFlag, SortMode

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import commits
from spec_kitty_hooks.git.history import describe, read_shallow, refuse, too_many_changes, too_many_commits
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.git.treediff import TooManyError, Trees
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.history import Commit

_DAMAGE = (pygit2.GitError, KeyError, ValueError, OSError)


class LibgitError(RepositoryError):
    """libgit2 cannot open or read what git perhaps can."""

    def __init__(self, error: Exception | str) -> None:
        super().__init__(UNSUPPORTED, f"libgit2 cannot read this repository: {escape(str(error))}", ("git fsck",))


def read_history_libgit(git: Git, tips: Sequence[str], exclude: Iterable[str] = ()) -> Iterator[Commit]:
    """Yield what `history.read_history` yields, in the same order but for commits of one second.

    Raises LibgitError for what libgit2 cannot open (sha256, reftables, partial clones of an older git, extensions that
    it does not know, an owner whom git trusts by GIT_CONFIG_GLOBAL alone) and for anything missing or damaged;
    RepositoryError for what is over the limits.
    """
    try:
        yield from _read(git, tips, exclude)
    except _DAMAGE as error:
        raise LibgitError(error) from error


def open_repository(git: Git) -> pygit2.Repository:
    """Open the repository of `git`, with the objects that a hook is shown beyond its own (pre-receive).

    libgit2 checks the owner as git does. Raises LibgitError if it cannot open it, or would see grafts, which git is
    told not to see.
    """
    common = git.layout.common_dir
    if os.path.lexists(os.path.join(common, b"info", b"grafts")):
        raise LibgitError("it obeys info/grafts")
    environ = git.program.environ
    alternates = environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
    if '"' in alternates:
        raise LibgitError("quoted names of object directories")
    try:
        repository = pygit2.Repository(os.fsdecode(common), RepositoryOpenFlag.NO_SEARCH)
        for directory in (environ.get("GIT_OBJECT_DIRECTORY", ""), *alternates.split(os.pathsep)):
            if directory:
                repository.odb.add_disk_alternate(directory)
    except _DAMAGE as error:
        raise LibgitError(error) from error
    return repository


def _read(git: Git, tips: Sequence[str], exclude: Iterable[str]) -> Iterator[Commit]:
    cut = read_shallow(git)
    repository = open_repository(git)
    trees = Trees(lambda oid: _read_object(repository, oid, ObjectType.TREE))
    for oid in _walk(repository, tips, exclude):
        data = _read_object(repository, oid, ObjectType.COMMIT)
        if len(data) > limits.COMMIT_BYTES:
            raise refuse(oid, f"has over {limits.COMMIT_BYTES} bytes")
        if oid in cut:
            yield describe(oid, data, (), cut=True)
            continue
        sides = [_read_object(repository, parent, ObjectType.COMMIT) for parent in commits.parents(data)]
        try:
            changed = trees.compare(commits.tree(data), [commits.tree(side) for side in sides])
        except TooManyError:
            raise too_many_changes(oid) from None
        yield describe(oid, data, changed, cut=False)


def _walk(repository: pygit2.Repository, tips: Sequence[str], exclude: Iterable[str]) -> list[str]:
    walker = repository.walk(None, SortMode.TOPOLOGICAL | SortMode.TIME)
    for oid in tips:
        walker.push(oid)
    for oid in exclude:
        walker.hide(oid)
    found = [str(commit.id) for commit in islice(walker, limits.RANGE_COMMITS + 1)]
    if len(found) > limits.RANGE_COMMITS:
        raise too_many_commits()
    return found


def _read_object(repository: pygit2.Repository, oid: str, kind: ObjectType) -> bytes:
    found, data = repository.read(oid)
    if found != kind:
        raise ValueError(f"{oid} is no {kind.name.lower()}")
    return data
