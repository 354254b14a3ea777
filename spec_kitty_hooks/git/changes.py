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


def parse_changes(out: bytes) -> tuple[Change, ...]:
    """Return the changes of one raw diff, in git's order; `status` may also be U, for a path in conflict.

    Raises RepositoryError if there are more paths, or a longer one, than limits.py allows.
    """
    if out.count(b"\0") > 2 * limits.CHANGED_PATHS:
        message = f"more than {limits.CHANGED_PATHS} paths differ: too many to judge at once"
        raise RepositoryError(UNSUPPORTED, message, ("commit the change in several parts",))
    fields = out.split(b"\0")
    return tuple(map(_parse_change, fields[:-1:2], fields[1::2]))


def _parse_change(facts: bytes, path: bytes) -> Change:
    if len(path) > limits.PATH_BYTES:
        start = path[:60].decode("utf-8", "surrogateescape")
        message = f"a changed path is longer than {limits.PATH_BYTES} bytes; it starts with {start}"
        raise RepositoryError(UNSUPPORTED, message, ("give the file a shorter name",))
    old_mode, new_mode, old_oid, new_oid, status = facts[1:].decode("ascii").split(" ")
    return Change(path, status[:1], int(old_mode, 8), int(new_mode, 8), old_oid, new_oid)
