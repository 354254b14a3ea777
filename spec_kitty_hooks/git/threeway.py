"""Three-way merges of single files with libgit2: nothing of the repository is written, not even objects.

Only its object store is opened, by an empty repository in the temporary directory, which takes what is made on the way.
No attribute, driver or configuration of repository, person or machine can change the outcome: it is the same in every
clone.
"""

from __future__ import annotations

import os
import tempfile
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
_LEVELS = (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL)


class Merged(Record):
    """How paths merge: `versions` (None: no file), and `conflicts`. `blobs` are contents that libgit2 merged, by id."""

    versions: Mapping[bytes, Version | None]
    conflicts: tuple[bytes, ...]
    blobs: Mapping[str, bytes]


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
        with _unconfigured(), tempfile.TemporaryDirectory() as scratch:
            found = _merge(_find_objects(git), scratch, rest, known or {})
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise RepositoryError(UNSUPPORTED, f"libgit2 cannot merge here: {escape(str(error))}") from error
    return Merged(versions={**versions, **found.versions}, conflicts=found.conflicts, blobs=found.blobs)


def _merge(objects: bytes, scratch: str, sides: Mapping[bytes, Sides], known: Mapping[str, bytes]) -> Merged:
    """Merge flat trees in which each path is a number: no name can be refused, or stand in the way of another one."""
    repository = pygit2.init_repository(scratch, bare=True)
    repository.odb.add_disk_alternate(os.fsdecode(objects))  # alternates are only read
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
    made = {version.oid for version in versions.values() if version is not None}
    blobs = {oid: blob.data for oid in made if isinstance(blob := repository.get(oid), pygit2.Blob)}
    conflicts = tuple(path for at, path in enumerate(paths) if _name(at) in stuck)
    return Merged(versions=versions, conflicts=conflicts, blobs=blobs)


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
