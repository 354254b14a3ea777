"""What every git reader answers, and the values it answers with.

Reads only: no method writes, opens a socket or runs a program that a repository names.
"""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False


class GitObject(Record):
    """One object: `kind` is blob, tree, commit or tag, `size` its bytes; `data` is empty if `truncated` (too large)."""

    oid: str
    kind: str
    data: bytes
    size: int
    truncated: bool = False


class TreeEntry(Record):
    """One name in a directory of a commit."""

    mode: int
    name: bytes
    oid: str


if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from spec_kitty_hooks.model.git import Change, Layout, Ref

    class GitReader(Protocol):
        """The questions. A `spec` is `<oid>`, `<oid>:<path>`, `refs/...`, `refs/...:<path>`, `HEAD...`, `:<path>`."""

        hook: bool

        @property
        def layout(self) -> Layout:
            """Where the repository lives."""
            ...

        def refs(self) -> tuple[Ref, ...]:
            """Return local and remote-tracking branches."""
            ...

        def staged_changes(self, base: str) -> tuple[Change, ...]:
            """Return what the index about to be committed changes against a commit ("": nothing)."""
            ...

        def tree_changes(self, old: str, new: str) -> tuple[Change, ...]:
            """Return what differs between two commits or trees."""
            ...

        def read(self, spec: bytes | str, limit: int = ...) -> GitObject | None:
            """Return one object; None if it is not here."""
            ...

        def read_many(
            self, specs: Iterable[bytes | str], limit: int = ..., *, needed: bool = ...
        ) -> tuple[GitObject | None, ...]:
            """Return many objects in their order; one that is not needed may be left with a remote."""
            ...

        def tree(self, spec: bytes | str) -> tuple[TreeEntry, ...] | None:
            """Return the entries of a directory; None if there is none."""
            ...

        def commit_parents(self, oid: str) -> tuple[str, ...]:
            """Return the parents that a commit names."""
            ...

        def commit_author(self, oid: str) -> tuple[str, str, str] | None:
            """Return name, email and raw date of a commit's author."""
            ...

        def independent(self, oids: Iterable[str]) -> tuple[str, ...]:
            """Return the commits that no other one contains."""
            ...

        def is_ancestor(self, ancestor: str, descendant: str) -> bool | None:
            """Tell whether one commit contains another; None if that cannot be told here."""
            ...

        def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
            """Return the best common ancestors."""
            ...

        def sparse_hidden(self, worktree: bytes, path: bytes) -> bool:
            """Tell whether sparse checkout keeps a tracked path out of a work tree."""
            ...

        def close(self) -> None:
            """End what runs behind the reader."""
            ...
