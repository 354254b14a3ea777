"""Lays single files over the tree of a commit, in memory: which trees that makes, and where a directory is in the way.

Only the directories that change are read; everything else in the tree is kept by its id, whatever it is.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.git.reader import TreeEntry
from spec_kitty_hooks.git.writing import DIRECTORY, encode_tree
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.focus import Version

_ALGORITHMS = {40: "sha1", 64: "sha256"}


class Overlaid(Record):
    """The id of the new `tree`, and the raw `trees` that it needs and the repository may lack, inner ones first.

    `blocked` are paths that could not be laid: a file stands where they need a directory, or the other way round.
    """

    tree: str
    trees: tuple[bytes, ...]
    blocked: tuple[bytes, ...]


def overlay(git: Git, commit: str, files: Mapping[bytes, Version | None]) -> Overlaid:
    """Lay `files` (None: not to be there) over the tree of a commit. Raises RepositoryError if it cannot be read."""
    layer = _Layer(git)
    tree = layer.lay(commit, _plan(files), b"")
    return Overlaid(tree=tree, trees=tuple(layer.trees), blocked=tuple(sorted(layer.blocked)))


def identify(kind: str, data: bytes, hash_hex: int) -> str:
    """Return the id that an object has where ids are `hash_hex` digits long."""
    whole = b"%s %d\0" % (kind.encode(), len(data)) + data
    return hashlib.new(_ALGORITHMS[hash_hex], whole, usedforsecurity=False).hexdigest()


class _Node:
    """What is to become of one name: a file there, if that is decided (None: no file), and the names below it."""

    __slots__ = ("below", "decided", "version")

    def __init__(self) -> None:
        self.decided = False
        self.version: Version | None = None
        self.below: dict[bytes, _Node] = {}

    def adds(self) -> bool:
        """Tell whether any file is to be here or below."""
        return self.version is not None or any(node.adds() for node in self.below.values())


def _plan(files: Mapping[bytes, Version | None]) -> _Node:
    top = _Node()
    for path, version in files.items():
        node = top
        for name in path.split(b"/"):
            node = node.below.setdefault(name, _Node())
        node.decided, node.version = True, version
    return top


class _Layer:
    """Collects the trees that are made, and the paths that cannot be laid."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self.trees: list[bytes] = []
        self.blocked: set[bytes] = set()

    def lay(self, old: str, node: _Node, where: bytes) -> str:
        """Return the id of a tree or commit `old` ("": none) with a plan laid over it, "" if that leaves nothing."""
        before = {entry.name: entry for entry in self._read(old, where)}
        after = dict(before)
        for name, child in node.below.items():
            entry = self._replace(before.get(name), name, child, where + name)
            if entry is None:
                after.pop(name, None)
            else:
                after[name] = entry
        if not after and where:
            return ""
        data = encode_tree(after.values())
        if after != before or not where:
            self.trees.append(data)
        return identify("tree", data, self._git.layout.hash_hex)

    def _replace(self, entry: TreeEntry | None, name: bytes, node: _Node, path: bytes) -> TreeEntry | None:
        is_directory = entry is not None and entry.mode == DIRECTORY
        if node.below:
            goes = node.decided and node.version is None
            if entry is not None and not is_directory and not goes:
                self._block(path, when=any(child.adds() for child in node.below.values()))
            else:
                inner = self.lay(entry.oid if entry is not None and is_directory else "", node, path + b"/")
                entry = TreeEntry(mode=DIRECTORY, name=name, oid=inner) if inner else None
        is_directory = entry is not None and entry.mode == DIRECTORY
        if not node.decided or (is_directory and node.version is None):
            return entry
        if node.version is None:
            return None
        self._block(path, when=is_directory)
        return TreeEntry(mode=node.version.mode, name=name, oid=node.version.oid)

    def _block(self, path: bytes, *, when: bool) -> None:
        if when:
            self.blocked.add(path)

    def _read(self, oid: str, where: bytes) -> tuple[TreeEntry, ...]:
        entries = self._git.tree(oid) if oid else ()
        if entries is None:
            message = f"directory {escape(where) or 'at the top'} of the remote's target cannot be read"
            raise RepositoryError(UNSUPPORTED, message, ("git fsck",))
        return entries
