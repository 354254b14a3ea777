"""What a hook must leave as it was, and the proof that it did.

A snapshot holds the names, modes and contents of the work tree and of everything in the git directories except object
stores and the product's own directory; no git runs while it is taken, and files are only read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.repo import Repo

Snapshot = dict[bytes, str]

#: Below a git directory: objects may come, and the product keeps its own things.
_FREE = (b"objects", b"spec-kitty-hooks")


def snapshot(trees: tuple[bytes, ...], git_dirs: tuple[bytes, ...]) -> Snapshot:
    """Return mode and content hash of every file, link and directory below the given absolute directories.

    A tree may hold another, as a primary checkout holds its worktrees; each is walked once.
    """
    seen: Snapshot = {}
    for directory in git_dirs:
        _walk(directory, seen, frozenset(os.path.join(directory, name) for name in _FREE))
    for tree in trees:
        _walk(tree, seen, frozenset((*git_dirs, *trees)))
    return seen


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Return one line for each name that came, went or changed."""
    words = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            word = "came" if name not in before else "went" if name not in after else "changed"
            words.append(f"{word}: {os.fsdecode(name)!r}")
    return words


@contextmanager
def unchanged(repo: Repo) -> Iterator[None]:
    """Fail if the block changes index, refs, configuration, stash or work tree of `repo` by one byte or mode bit."""
    git_dirs = tuple(dict.fromkeys(os.fsencode(place) for place in (repo.common_dir(), repo.git_dir())))
    bare = repo.git("rev-parse", "--is-bare-repository").stdout == "true\n"
    trees = () if bare else (os.fsencode(repo.path),)
    before = snapshot(trees, git_dirs)
    yield
    left = differences(before, snapshot(trees, git_dirs))
    assert not left, "changed:\n" + "\n".join(left)


def traces(root: Path) -> list[str]:
    """Return what watched hooks were seen to change under a sealed environment (`hooks.install_native`)."""
    return [line for file in sorted((root / "traces").glob("*")) for line in file.read_text().splitlines()]


def _walk(top: bytes, seen: Snapshot, skip: frozenset[bytes]) -> None:
    for entry in os.scandir(top):
        if entry.path in skip:
            continue
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            seen[entry.path] = f"{status.st_mode:o}"
            _walk(entry.path, seen, skip)
        else:
            seen[entry.path] = f"{status.st_mode:o} {_content(entry.path, status.st_mode)}"


def _content(name: bytes, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return repr(os.readlink(name))
    if not stat.S_ISREG(mode):
        return "special"
    with open(name, "rb") as file:
        return blake2b(file.read(), digest_size=16).hexdigest()
