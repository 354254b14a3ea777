"""Names for a new mission: its slug, its id, its directory. Pure; the id comes from the caller."""

from __future__ import annotations

from spec_kitty_hooks.errors import UsageError

#: With the id the directory then has at most 66 characters, as the longest real one; worktree paths repeat it.
SLUG_CHARACTERS = 57

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def check_slug(slug: str) -> None:
    """Raise UsageError (`MISSION_SLUG_INVALID`) unless `slug` can start a mission directory's name.

    Lower-case letters, digits and dashes, with no dash at either end (formats 1.1: every real name is of this form).
    """
    if not slug or not _ALLOWED.issuperset(slug) or slug[0] == "-" or slug[-1] == "-":
        problem = f"{slug!r} cannot be a mission's slug: use a-z, 0-9 and -, with a letter or digit at both ends"
    elif len(slug) > SLUG_CHARACTERS:
        problem = f"the slug has {len(slug)} characters; at most {SLUG_CHARACTERS} fit"
    else:
        return
    raise UsageError("MISSION_SLUG_INVALID", problem, ("spec-kitty-hooks mission new csv-export",))


def directory_name(slug: str, mission_id: str) -> str:
    """Return the name below kitty-specs/: the slug and the first eight characters of the id."""
    return f"{slug}-{mission_id[:8]}"


def friendly_name(slug: str) -> str:
    """Return a name to show, made from the slug."""
    return slug.replace("-", " ").capitalize()
