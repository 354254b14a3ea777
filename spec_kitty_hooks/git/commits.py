"""Reads the raw form of commit objects. Pure: bytes in, values out; a damaged header gives empty values."""

from __future__ import annotations

_YEAR_10000 = 253_402_300_800  # no datetime reaches it
_DIGITS = 12


def tree(data: bytes) -> str:
    """Return the id of a raw commit's tree."""
    return next((line[5:].decode("ascii", "replace") for line in _header(data) if line.startswith(b"tree ")), "")


def parents(data: bytes) -> tuple[str, ...]:
    """Return the ids of a raw commit's parents, in order."""
    found = []
    for line in _header(data)[1:]:  # right behind the tree: what calls itself a parent further down is none to git
        if not line.startswith(b"parent "):
            break
        found.append(line[7:].decode("ascii", "replace"))
    return tuple(found)


def author(data: bytes) -> tuple[str, str, str]:
    """Return name, email and date (`<seconds> <zone>`) of a raw commit's author, as text with surrogates."""
    line = next((line[7:] for line in _header(data) if line.startswith(b"author ")), b"")
    who, _, date = line.decode("utf-8", "surrogateescape").rpartition("> ")
    name, _, email = who.partition("<")
    return name.removesuffix(" "), email, date


def seconds(date: str) -> int:
    """Return the seconds since the epoch of a raw date; 0 where there are none, or more than the year 9999 has."""
    digits = date.partition(" ")[0]
    is_number = digits.isascii() and digits.removeprefix("-").isdigit() and len(digits) <= _DIGITS
    return int(digits) if is_number and int(digits) < _YEAR_10000 else 0


def _header(data: bytes) -> list[bytes]:
    return data.partition(b"\n\n")[0].split(b"\n")
