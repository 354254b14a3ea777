"""Reads the raw form of tree objects. Pure: bytes in, values out."""

from __future__ import annotations

from spec_kitty_hooks.git.reader import TreeEntry


def parse_tree(data: bytes, width: int) -> tuple[TreeEntry, ...]:
    """Return the entries of a raw tree object whose ids are `width` bytes wide (20 or 32), in git's order.

    Raises ValueError if it is damaged.
    """
    entries = []
    start = 0
    while start < len(data):
        space = data.index(b" ", start)
        end = data.index(b"\0", space)
        oid = data[end + 1 : end + 1 + width].hex()
        entries.append(TreeEntry(mode=int(data[start:space], 8), name=data[space + 1 : end], oid=oid))
        start = end + 1 + width
    return tuple(entries)
