"""Which names git is asked for: object ids, full ref names, paths behind a colon.

Pure. Everything else that git would understand (`@{-1}`, `:/text`, `x^{/re}`, short names, options) is refused here.
"""

from __future__ import annotations

_HEX = frozenset("0123456789abcdef")
_NOT_IN_REFS = frozenset(b"\x7f ~^:?*[\\") | frozenset(range(32))


def is_oid(text: str, digits: int) -> bool:
    """Tell whether `text` is a full object id of this many hexadecimal digits."""
    return len(text) == digits and _HEX.issuperset(text)


def is_ref(name: bytes) -> bool:
    """Tell whether `name` is a full ref name by the rules of `git check-ref-format`."""
    parts = name.split(b"/")
    return (
        parts[0] == b"refs"
        and len(parts) > 2
        and _NOT_IN_REFS.isdisjoint(name)
        and not any(word in name for word in (b"..", b"@{"))
        and not name.endswith(b".")
        and not any(not part or part.startswith(b".") or part.endswith(b".lock") for part in parts)
    )


def split_spec(spec: bytes | str, digits: int) -> tuple[bytes, bytes] | None:
    """Return revision and path of a spec, the path with its colon; None for a spec that is not asked for.

    The revision is an object id, a full ref name, HEAD, or empty for the index (then there is a path). A path that
    git would take as relative to a subdirectory is refused, and so is one that the line protocol of cat-file cannot
    carry: with a newline, a NUL, or a carriage return at its end.
    """
    name = spec.encode("utf-8", "surrogateescape") if isinstance(spec, str) else spec
    revision, colon, path = name.partition(b":")
    if b"\n" in name or b"\0" in name or name.endswith(b"\r"):
        return None
    if path in (b".", b"..") or path.startswith((b"./", b"../")):
        return None
    if not revision:
        return (b"", b":" + path) if path else None
    if revision == b"HEAD" or is_ref(revision) or is_oid(revision.decode("latin-1"), digits):
        return revision, colon + path
    return None
