"""One path in all the commits that a focused branch is made from: what it came from, and what both sides made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.git.threeway import merge_versions
from spec_kitty_hooks.git.writing import DIRECTORY
from spec_kitty_hooks.model.focus import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.threeway import Sides
    from spec_kitty_hooks.model.git import Change

    _Files = dict[bytes, "Version | None"]


class Comparison:
    """The mission's side, commit `tip`, and the remote's target, commit `upstream`, held against `bases` (sorted ids).

    Raises RepositoryError if git cannot compare them.
    """

    def __init__(self, git: Git, bases: Sequence[str], upstream: str, tip: str) -> None:
        self._git = git
        self._commit = upstream
        self._bases = tuple(bases)
        self._changes = [{change.path: change for change in git.tree_changes(base, tip)} for base in self._bases]
        self._upstream = {change.path: change for change in git.tree_changes(tip, upstream)}
        #: What the mission's side changed since any of the bases, by path.
        self.changes: Mapping[bytes, Change] = {
            path: change for changed in reversed(self._changes) for path, change in changed.items()
        }

    def differs(self, path: bytes) -> bool:
        """Tell whether both sides have different versions of a path."""
        return path in self._upstream

    def find_upstream(self, path: bytes) -> Version | None:
        """Return upstream's version of any path."""
        directory, _slash, name = path.rpartition(b"/")
        entries = self._git.tree(self._commit.encode() + b":" + directory) or ()
        found = next((entry for entry in entries if entry.name == name and entry.mode != DIRECTORY), None)
        return Version(mode=found.mode, oid=found.oid) if found is not None else None

    def find_sides(self, paths: Iterable[bytes]) -> tuple[Mapping[bytes, Sides], Mapping[str, bytes]]:
        """Return base, upstream's and the mission's version of each path, and contents that were merged for a base.

        Where several bases disagree, the base is what they merge to since their own common ancestor; where they
        conflict there is none, and what both sides changed since will conflict as well.
        """
        sides: dict[bytes, Sides] = {}
        split: list[bytes] = []
        for path in paths:
            mine = _after(self.changes[path])
            theirs = _after(self._upstream[path]) if path in self._upstream else mine
            found = {self._version_at(number, path, mine) for number in range(len(self._bases))}
            if len(found) > 1:
                split.append(path)
            sides[path] = next(iter(found)) if len(found) == 1 else None, theirs, mine
        merged, blobs = self._merge_bases(split, sides)
        for path, version in merged.items():
            sides[path] = (version, *sides[path][1:])
        return sides, blobs

    def _version_at(self, number: int, path: bytes, otherwise: Version | None) -> Version | None:
        change = self._changes[number].get(path)
        return _before(change) if change is not None else otherwise

    def _merge_bases(self, paths: Sequence[bytes], sides: Mapping[bytes, Sides]) -> tuple[_Files, dict[str, bytes]]:
        """Return the version of each path that the bases come to, one after the other, and new contents."""
        found: _Files = {path: self._version_at(0, path, sides[path][2]) for path in paths}
        blobs: dict[str, bytes] = {}
        for number in range(1, len(self._bases) if paths else 0):
            older = self._find_older(number, found)
            step = {path: (older[path], found[path], self._version_at(number, path, sides[path][2])) for path in found}
            merged = merge_versions(self._git, step, blobs)
            found = {path: merged.versions.get(path) for path in found}
            blobs.update(merged.blobs)
        return found, blobs

    def _find_older(self, number: int, paths: Iterable[bytes]) -> _Files:
        """Return what the first base and another one come from, where their own common ancestors agree on that."""
        first = self._bases[0]
        ancestors = self._git.merge_bases(first, self._bases[number])
        since = [{change.path: change for change in self._git.tree_changes(one, first)} for one in ancestors]
        older: _Files = {}
        for path in paths:
            own = self._changes[0].get(path)
            here = _before(own) if own is not None else _after(self.changes[path])
            found = {_before(changed[path]) if path in changed else here for changed in since}
            older[path] = next(iter(found)) if len(found) == 1 else None
        return older


def _before(change: Change) -> Version | None:
    return Version(mode=change.old_mode, oid=change.old_oid) if change.old_mode else None


def _after(change: Change) -> Version | None:
    return Version(mode=change.new_mode, oid=change.new_oid) if change.new_mode else None
