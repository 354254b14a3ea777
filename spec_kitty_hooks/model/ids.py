"""Names from outside, checked once at the edge (reliability: path traversal by slug, work package or mission id).

No regular expressions: `re` costs 6 ms of the commit path.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CROCKFORD = frozenset(ALPHABET)
ULID_ENTROPY_BYTES = 10
_ALNUM = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SLUG = _ALNUM | {"-", "_", "."}


def new_ulid(seconds: float, entropy: bytes) -> str:
    """Return a ULID: 26 Crockford characters, of a time in seconds since the epoch and ten random bytes."""
    if len(entropy) != ULID_ENTROPY_BYTES:
        raise ValueError(f"a ULID needs {ULID_ENTROPY_BYTES} random bytes, not {len(entropy)}")
    value = int(seconds * 1000) << 80 | int.from_bytes(entropy, "big")
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def is_ulid(text: object) -> bool:
    """Tell whether `text` is a 26-character ULID (first character 0-7, Crockford base 32)."""
    return isinstance(text, str) and len(text) == 26 and text[0] in "01234567" and CROCKFORD.issuperset(text)


def is_mid8(text: str) -> bool:
    """Tell whether `text` has the shape of the first eight characters of a mission id."""
    return len(text) == 8 and CROCKFORD.issuperset(text)


def is_work_package_id(text: object) -> bool:
    """Tell whether `text` is `WP` and two to four digits (all 23,395 real ones are)."""
    return (
        isinstance(text, str)
        and 4 <= len(text) <= 6
        and text.startswith("WP")
        and text[2:].isascii()
        and text[2:].isdigit()
    )


def is_slug(text: object) -> bool:
    """Tell whether `text` can be one directory name below kitty-specs/: safe as a path segment, at most 128 long."""
    return (
        isinstance(text, str)
        and 1 <= len(text) <= 128
        and text[0] in _ALNUM
        and _SLUG.issuperset(text)
        and ".." not in text
    )


def human_slug(directory: str) -> str:
    """Return a mission directory's name without its `NNN-` number and its `-<mid8>` tail (formats 6.2)."""
    name = directory
    if len(name) > 4 and name[:3].isdigit() and name[3] == "-":
        name = name[4:]
    if len(name) > 9 and name[-9] == "-" and is_mid8(name[-8:]):
        name = name[:-9]
    return name
