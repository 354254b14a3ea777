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
from spec_kitty_hooks.model.focus import Version
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git

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
    """Objects that nobody else sees, found before those of the disk."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[pygit2.Oid, tuple[int, bytes]] = {}

    def exists_cb(self, oid: pygit2.Oid) -> bool:
        return oid in self.objects

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        return self.objects[oid]

    def read_header_cb(self, oid: pygit2.Oid) -> tuple[int, int]:
        kind, data = self.objects[oid]
        return kind, len(data)

    def read_prefix_cb(self, prefix: pygit2.Oid) -> tuple[int, bytes, pygit2.Oid]:
        raise KeyError(prefix)  # whole ids are all that is asked for

    def write_cb(self, oid: pygit2.Oid, data: bytes, kind: int) -> None:
        self.objects[oid] = (kind, data)

    def refresh_cb(self) -> None:
        pass


def merge_versions(git: Git, sides: Mapping[bytes, Sides], known: Mapping[str, bytes] | None = None) -> Merged:
    """Merge base, ours and theirs of each path, without renames; `known` are contents that the repository lacks.

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
        with _unconfigured():
            found = _merge(_find_objects(git), rest, known or {})
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise RepositoryError(UNSUPPORTED, f"libgit2 cannot merge here: {escape(str(error))}") from error
    return Merged(versions={**versions, **found.versions}, conflicts=found.conflicts, blobs=found.blobs)


def _merge(objects: bytes, sides: Mapping[bytes, Sides], known: Mapping[str, bytes]) -> Merged:
    """Merge flat trees in which each path is a number: no name can be refused, or stand in the way of another one."""
    memory = _Memory()
    store = pygit2.Odb()
    store.add_disk_alternate(os.fsdecode(objects))
    store.add_backend(memory, _FIRST)
    repository = pygit2.Repository()
    repository.set_odb(store)
    for data in known.values():
        repository.write(ObjectType.BLOB, data)
    paths = sorted(sides)
    base, ours, theirs = (
        repository.write(ObjectType.TREE, _flatten(sides[path][side] for path in paths)) for side in range(3)
    )
    index = repository.merge_trees(base, ours, theirs, flags=MergeFlag(0))
    stuck = {side.path for conflict in index.conflicts or () for side in conflict if side is not None}
    entries = {entry.path: Version(mode=int(entry.mode), oid=str(entry.id)) for entry in index}
    versions = {path: entries.get(_name(at)) for at, path in enumerate(paths) if _name(at) not in stuck}
    wanted = {version.oid for version in versions.values() if version is not None}
    kept = {str(oid): data for oid, (_kind, data) in memory.objects.items() if str(oid) in wanted}
    conflicts = tuple(path for at, path in enumerate(paths) if _name(at) in stuck)
    return Merged(versions=versions, conflicts=conflicts, blobs=kept)


def _flatten(versions: Iterable[Version | None]) -> bytes:
    """Return a raw tree with each version under its number."""
    found = ((at, version) for at, version in enumerate(versions) if version is not None)
    return b"".join(b"%o %s\0" % (one.mode, _name(at).encode()) + bytes.fromhex(one.oid) for at, one in found)


def _name(number: int) -> str:
    return f"{number:08}"


def _find_objects(git: Git) -> bytes:
    asked = git.program.run("rev-parse", "--path-format=absolute", "--git-path", "objects")
    return asked.out.removesuffix(b"\n")


@contextmanager
def _unconfigured() -> Iterator[None]:
    """Hide configuration and attributes of machine and person from libgit2: `* merge=union` would merge anything."""
    paths = pygit2.settings.search_path
    before = {level: paths[level] for level in _LEVELS}
    try:
        for level in _LEVELS:
            paths[level] = ""
        yield
    finally:
        for level, path in before.items():
            paths[level] = path
