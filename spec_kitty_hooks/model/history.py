"""One commit of a range, as both git readers tell it (design 3, "Two git readers behind one protocol")."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.model.git import Change


class Commit(Record):
    """One commit and what it brings of its own.

    `author` is `Name <email>`, `authored_at` its author date in seconds since the epoch. `changes` are the paths that
    differ from every parent, compared with the first one: for an ordinary commit its whole change, for a merge what
    neither side has, for a first commit everything. `cut` is true where a shallow clone hides the parents: then nothing
    can be said about the change, and `changes` is empty.
    """

    oid: str
    parents: tuple[str, ...]
    author: str
    authored_at: int
    changes: tuple[Change, ...] = ()
    cut: bool = False
