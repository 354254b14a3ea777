"""Merges two commits as objects, with libgit2: no work tree, no hook, and none of the merge drivers that git runs.

Copies of event logs that conflict are united line by line, which is good enough where copies are no evidence: on lanes.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pygit2

from spec_kitty_hooks.errors import HooksError, RepositoryError
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.git.writing import Writer
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git

_LOGS = "/status.events.jsonl"
_SNAPSHOTS = "/status.json"
_SHOWN = 5


class MergeConflictError(HooksError):
    """Two commits cannot be merged without a person (`MERGE_CONFLICT`); nothing was changed."""


def merge_commits(git: Git, ours: str, theirs: str, message: str) -> str:
    """Return a commit that has both: one of the two if it contains the other, else a new merge commit.

    Raises MergeConflictError, HooksError (`SHALLOW_HISTORY`, `IDENTITY_MISSING`), and RepositoryError where libgit2
    cannot open the repository.
    """
    behind, ahead = git.is_ancestor(theirs, ours), git.is_ancestor(ours, theirs)
    if behind or ahead:
        return ours if behind else theirs
    if behind is None:
        message = f"whether {ours[:12]} contains {theirs[:12]} cannot be told in this clone"
        raise HooksError("SHALLOW_HISTORY", message, ("git fetch --unshallow",))
    return Writer(git).write_commit(_merge_trees(git, ours, theirs), (ours, theirs), message)


def _merge_trees(git: Git, ours: str, theirs: str) -> str:
    with contextlib.suppress(AttributeError):  # pygit2 1.15 and later
        pygit2.settings.enable_fsync_gitdir(True)
    try:
        repository = pygit2.Repository(os.fsdecode(git.layout.common_dir))
        index = repository.merge_commits(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs))
        _settle_logs(repository, index)
        if index.conflicts is None:
            return str(index.write_tree(repository))
        paths = {side.path for conflict in index.conflicts for side in conflict if side is not None}
    except (pygit2.GitError, ValueError, KeyError) as error:
        raise RepositoryError(UNSUPPORTED, f"libgit2 cannot merge here: {escape(str(error))}") from error
    shown = ", ".join(escape(path) for path in sorted(paths)[:_SHOWN])
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    raise MergeConflictError("MERGE_CONFLICT", f"{ours[:12]} and {theirs[:12]} conflict in {shown}{more}")


def _settle_logs(repository: pygit2.Repository, index: pygit2.Index) -> None:
    for _base, ours, theirs in list(index.conflicts or ()):
        if ours is None or theirs is None or not ours.path.startswith("kitty-specs/"):
            continue
        if ours.path.endswith(_LOGS):
            sides = (_read_lines(repository, ours), _read_lines(repository, theirs))
            united = b"".join(line + b"\n" for line in dict.fromkeys((*sides[0], *sides[1])))
            entry = pygit2.IndexEntry(ours.path, repository.create_blob(united), ours.mode)
        elif ours.path.endswith(_SNAPSHOTS):
            entry = pygit2.IndexEntry(ours.path, ours.id, ours.mode)
        else:
            continue
        del index.conflicts[ours.path]
        index.add(entry)


def _read_lines(repository: pygit2.Repository, entry: pygit2.IndexEntry) -> list[bytes]:
    blob = repository[entry.id]
    return [line for line in blob.data.split(b"\n") if line] if isinstance(blob, pygit2.Blob) else []
