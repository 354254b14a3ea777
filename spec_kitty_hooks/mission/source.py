"""What the mission room asks of git, as a protocol: the two rooms do not import each other.

Nothing here runs; `git.plumbing` answers these questions, and any other reader may.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    from spec_kitty_hooks.model.git import Layout, Ref

    class Blob(Protocol):
        """An object as read."""

        @property
        def oid(self) -> str:
            """Its id."""
            ...

        @property
        def kind(self) -> str:
            """One of blob, tree, commit, tag."""
            ...

        @property
        def data(self) -> bytes:
            """Its content; empty if `truncated`."""
            ...

        @property
        def truncated(self) -> bool:
            """Tell whether it was larger than what was asked for."""
            ...

    class Entry(Protocol):
        """One entry of a tree object."""

        @property
        def name(self) -> bytes:
            """Its name in that directory."""
            ...

        @property
        def mode(self) -> int:
            """Its mode as git keeps it."""
            ...

        @property
        def oid(self) -> str:
            """The id of what it names."""
            ...

    class Source(Protocol):
        """The questions; a `spec` is `<oid>` or `<oid>:<path>`."""

        @property
        def layout(self) -> Layout:
            """Where the repository lives."""
            ...

        def refs(self) -> tuple[Ref, ...]:
            """Return local and remote-tracking branches."""
            ...

        def read(self, spec: bytes | str) -> Blob | None:
            """Return one object; None if it is not here."""
            ...

        def read_many(self, specs: Iterable[bytes | str], *, needed: bool = ...) -> Sequence[Blob | None]:
            """Return many objects in their order; one that is not needed may be left with a remote."""
            ...

        def tree(self, spec: bytes | str) -> Sequence[Entry] | None:
            """Return the entries of a directory; None if there is none."""
            ...

        def independent(self, oids: Sequence[str]) -> Sequence[str]:
            """Return the commits that no other one contains."""
            ...

        def is_ancestor(self, ancestor: str, descendant: str) -> bool | None:
            """Tell whether one commit contains another; None if that cannot be told here."""
            ...

        def merge_bases(self, one: str, other: str) -> Sequence[str]:
            """Return the best common ancestors."""
            ...

        def sparse_hidden(self, worktree: bytes, path: bytes) -> bool:
            """Tell whether sparse checkout keeps a tracked path out of a work tree."""
            ...
