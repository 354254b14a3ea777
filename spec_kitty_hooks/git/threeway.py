"""Three-way merges of single files with libgit2, in memory: nothing of the repository is written.

Only the object store is opened. Neither attributes, drivers nor configuration of repository, person or machine can
change the outcome, which is therefore the same in every clone.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import ConfigLevel, MergeFlag, ObjectType

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.focus import Version

    Sides = tuple[Version | None, Version | None, Version | None]  # base, ours, theirs

_SHA1_HEX = 40
_FIRST = 10  # before every disk
_LEVELS = (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL)


class Merged(Record):
    """How paths merge: `versions` (None: no file), and `conflicts`. `blobs` are new contents by their ids."""

    versions: Mapping[bytes, Version | None]
    conflicts: tuple[bytes, ...]
    blobs: Mapping[str, bytes]


class _Memory(pygit2.OdbBackend):
    """Objects that nobody else sees."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[pygit2.Oid, tuple[int, bytes]] = {}

    def exists_cb(self, oid: pygit2.Oid) -> bool:
        return oid in self.objects

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        return self.objects[oid]

    def write_cb(self, oid: pygit2.Oid, data: bytes, kind: int) -> None:
        self.objects[oid] = (kind, data)


def merge_versions(git: Git, sides: Mapping[bytes, Sides]) -> Merged:
    """Merge base, ours and theirs of each path, without renames.

    What only one side changed is that side's, whatever it is; only contents that both changed go to libgit2. Raises
    RepositoryError where libgit2 cannot read the repository's objects (sha256, or contents that are not here).
    """
    versions: dict[bytes, Version | None] = {}
    rest: dict[bytes, Sides] = {}
    for path, (base, ours, theirs) in sides.items():
        if ours in (base, theirs):
            versions[path] = theirs
        elif theirs == base:
            versions[path] = ours
        else:
            rest[path] = base, ours, theirs
    if not rest:
        return Merged(versions=versions, conflicts=(), blobs={})
    if git.layout.hash_hex != _SHA1_HEX:
        raise RepositoryError(UNSUPPORTED, "libgit2 cannot read a repository whose object ids are SHA-256")
    try:
        with _alone():
            return _merge(_find_objects(git), versions, rest)
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise RepositoryError(UNSUPPORTED, f"libgit2 cannot merge here: {escape(str(error))}") from error
