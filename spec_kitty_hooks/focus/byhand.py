"""The same by hand, with git alone: for a conflict, or where libgit2 cannot read the repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.focus import Focus

_CHARACTERS = 8 * 1024  # of the paths in one command


def list_steps(git: Git, focus: Focus, paths: Iterable[bytes]) -> tuple[str, ...]:
    """Return the commands that bring what the mission changed of `paths` onto the focused branch, in a work tree."""
    place = quote_shell(_find_place(git, focus))
    since = f"{focus.bases[0]} {focus.tip}"
    return (
        f"git worktree add -b {quote_shell(focus.branch)} {place} {focus.upstream}",
        *(
            f"git diff-tree -p --binary --full-index {since} -- {words} | git -C {place} apply --3way --index"
            for words in _group(quote_shell(b":(top,literal)" + path) for path in sorted(paths))
        ),
        f"if git names conflicts: resolve them in {place}, and git -C {place} add the files",
        f"git -C {place} commit -m {quote_shell(f'{focus.mission}: everything of the mission for {focus.target}')}",
    )


def _find_place(git: Git, focus: Focus) -> bytes:
    """Return a directory that is not there yet, where the client has its work trees."""
    layout = git.layout
    start = os.path.join(layout.worktree or os.path.dirname(layout.common_dir), b".worktrees")
    name = f"{focus.mission}-pr".encode()
    place, number = os.path.join(start, name), 2
    while os.path.lexists(place):
        place = os.path.join(start, name + b"-%d" % number)
        number += 1
    return place


def _group(words: Iterable[str]) -> Iterator[str]:
    """Yield the words in lines that a shell takes."""
    line = ""
    for word in words:
        if line and len(line) + len(word) > _CHARACTERS:
            yield line
            line = ""
        line = f"{line} {word}" if line else word
    if line:
        yield line
