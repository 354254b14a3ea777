"""Compares trees from their raw objects: what a tree has that none of some others has.

Looks only into directories that differ, and asks `read` for objects; never judges what a path means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits
from spec_kitty_hooks.git.changes import check_path, name_status
from spec_kitty_hooks.model.git import GITLINK, SYMLINK, Change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: By name, with a slash at the end of a directory's: canonical mode and id.
    Entries = dict[bytes, tuple[int, bytes]]

_ENTRY = re.compile(rb"([0-7]+) ([^\0/]+)\0(.{20})", re.DOTALL)
_WHOLE = re.compile(rb"(?:[0-7]+ [^\0/]+\0.{20})*", re.DOTALL)
_KIND, _DIRECTORY = 0o170000, 0o040000
_REGULAR = {0o100000 | bits: 0o100755 if bits & 0o100 else 0o100644 for bits in range(0o10000)}
_KEPT = 100_000  # entries of directories at hand: what is new in one commit is old in the next


class TooManyError(ValueError):
    """More paths, or directories to look into, than limits.CHANGED_PATHS."""


class Trees:
    """The trees that `read` returns for an id in hexadecimal; sha1 only, as is libgit2."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._lists: dict[bytes, Entries] = {b"": {}}
        self._kept = 0

    def compare(self, tree: str, others: Sequence[str]) -> tuple[Change, ...]:
        """Return the paths in which `tree` differs from all of `others` (none: the empty tree), as from the first one.

        In the order of git: by path. Raises TooManyError, ValueError for a damaged tree, RepositoryError for a path
        that is too long, and what `read` raises.
        """
        found: list[Change] = []
        waiting = [(b"", tuple(map(bytes.fromhex, (tree, *(others or ("",))))))]
        looked = 0
        while waiting:
            looked += 1
            prefix, sides = waiting.pop()
            for path, entries in self._differences(prefix, sides):
                if path.endswith(b"/"):
                    waiting.append((path, tuple(oid for _mode, oid in entries)))
                else:
                    found.append(_change(path, *entries[:2]))
            if max(len(found), looked) > limits.CHANGED_PATHS:
                raise TooManyError
        found.sort(key=lambda change: change.path)
        return tuple(found)

    def _differences(
        self, prefix: bytes, sides: tuple[bytes, ...]
    ) -> list[tuple[bytes, tuple[tuple[int, bytes], ...]]]:
        """Return what the first side of a directory has like no other one, with the entries of all; (0, "") is none."""
        new, first, *rest = map(self._list, sides)
        found = []
        for key in {key for key, _entry in new.items() ^ first.items()}:
            entry, *olds = (side.get(key, (0, b"")) for side in (new, first, *rest))
            if entry not in olds:
                check_path(prefix + key)
                found.append((prefix + key, (entry, *olds)))
        return found

    def _list(self, oid: bytes) -> Entries:
        entries = self._lists.get(oid)
        if entries is None:
            entries = _parse(self._read(oid.hex()))
            self._kept += len(entries)
            if self._kept > _KEPT:
                self._lists, self._kept = {b"": {}}, len(entries)
            self._lists[oid] = entries
        return entries


def _parse(data: bytes) -> Entries:
    """Return the entries of a raw tree. Raises ValueError for one that git would not have written."""
    fields = _ENTRY.findall(data)
    entries = {}
    for digits, name, oid in fields:
        mode = int(digits, 8)
        kind = mode & _KIND
        if kind == _DIRECTORY:
            entries[name + b"/"] = (_DIRECTORY, oid)
        else:
            entries[name] = (_REGULAR.get(mode) or (SYMLINK if kind == SYMLINK else GITLINK), oid)
    if not _WHOLE.fullmatch(data) or len(entries) != len(fields) or sorted(entries) != list(entries):
        raise ValueError("a damaged tree")
    return entries


def _change(path: bytes, new: tuple[int, bytes], old: tuple[int, bytes]) -> Change:
    oids = (oid.hex() or "0" * 40 for _mode, oid in (old, new))
    return Change(path, name_status(old[0], new[0]), old[0], new[0], *oids)
