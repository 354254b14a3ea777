"""Reads the raw form of commit objects. Pure: bytes in, values out; a damaged header gives empty values."""

from __future__ import annotations


def tree(data: bytes) -> str:
    """Return the id of a raw commit's tree."""
    return next((line[5:].decode("ascii", "replace") for line in _header(data) if line.startswith(b"tree ")), "")


def parents(data: bytes) -> tuple[str, ...]:
    """Return the ids of a raw commit's parents, in order."""
    return tuple(line[7:].decode("ascii", "replace") for line in _header(data) if line.startswith(b"parent "))


def author(data: bytes) -> tuple[str, str, str]:
    """Return name, email and date (`<seconds> <zone>`) of a raw commit's author, as text with surrogates."""
    line = next((line[7:] for line in _header(data) if line.startswith(b"author ")), b"")
    who, _, date = line.decode("utf-8", "surrogateescape").rpartition("> ")
    name, _, email = who.partition("<")
    return name.removesuffix(" "), email, date


def _header(data: bytes) -> list[bytes]:
    return data.partition(b"\n\n")[0].split(b"\n")
