"""Reads git's raw diff format (`--raw -z --no-renames --no-abbrev`) into changes.

Pure: bytes in, values out; the limits on paths are held here, before anything is parsed.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.model.git import Change

OPTIONS = (
    "--raw",
    "-z",
    "--no-renames",  # folded, the old side of a rename out of a foreign file would be invisible (latency 11)
    "--no-abbrev",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--ignore-submodules=none",  # a tracked .gitmodules may say ignore = all (latency 11)
    "-O/dev/null",  # diff.orderFile may name a file that is not there
)

_KIND = 0o170000  # the part of a mode that says file, link or submodule


def parse_changes(out: bytes) -> tuple[Change, ...]:
    """Return the changes of one raw diff, in git's order; `status` may also be U, for a path in conflict.

    Raises RepositoryError if there are more paths, or a longer one, than limits.py allows.
    """
    if out.count(b"\0") > 2 * limits.CHANGED_PATHS:
        message = f"more than {limits.CHANGED_PATHS} paths differ: too many to judge at once"
        raise RepositoryError(UNSUPPORTED, message, ("commit the change in several parts",))
    fields = out.split(b"\0")
    return tuple(map(parse_change, fields[:-1:2], fields[1::2]))


def parse_change(facts: bytes, path: bytes) -> Change:
    """Return one change of a raw diff; that of a merge (`::`, git's `-c`) compared with the first parent.

    Raises RepositoryError if the path is longer than limits.py allows.
    """
    check_path(path)
    words = facts.lstrip(b":").decode("ascii").split(" ")
    parents = (len(words) - 3) // 2  # a mode and an id for each parent, a mode and an id for the result, the status
    old_mode, new_mode = int(words[0], 8), int(words[parents], 8)
    status = words[-1][:1] if parents == 1 else name_status(old_mode, new_mode)  # a merge has a letter per parent
    return Change(path, status, old_mode, new_mode, words[parents + 1], words[2 * parents + 1])


def name_status(old_mode: int, new_mode: int) -> str:
    """Return git's letter for a path that differs: A, D, T or M."""
    if not old_mode or not new_mode:
        return "D" if old_mode else "A"
    return "M" if old_mode & _KIND == new_mode & _KIND else "T"


def check_path(path: bytes) -> None:
    """Raise RepositoryError if a path is longer than limits.py allows."""
    if len(path) > limits.PATH_BYTES:
        start = path[:60].decode("utf-8", "surrogateescape")
        message = f"a changed path is longer than {limits.PATH_BYTES} bytes; it starts with {start}"
        raise RepositoryError(UNSUPPORTED, message, ("give the file a shorter name",))
