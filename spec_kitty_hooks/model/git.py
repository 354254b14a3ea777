"""Facts read from git. Paths are bytes; ref names are text with undecodable bytes as surrogates."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

GITLINK = 0o160000
SYMLINK = 0o120000


class Change:
    """One path that differs: `status` is A, D, M, T or U as git prints it, "" before an edit.

    A mode of 0 means that the path is absent on that side.
    Renames are never folded: both sides appear, as D and A (latency 11).
    """

    __slots__ = ("new_mode", "new_oid", "old_mode", "old_oid", "path", "status")

    def __init__(self, path: bytes, status: str, old_mode: int, new_mode: int, old_oid: str, new_oid: str) -> None:
        self.path = path
        self.status = status
        self.old_mode = old_mode
        self.new_mode = new_mode
        self.old_oid = old_oid
        self.new_oid = new_oid

    def __repr__(self) -> str:
        return f"Change({self.status} {self.path!r} {self.old_mode:o}>{self.new_mode:o})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Change) and all(getattr(self, n) == getattr(other, n) for n in self.__slots__)

    def __hash__(self) -> int:
        return hash((self.path, self.status, self.new_oid))

    def subject(self) -> bytes:
        """Return the path to hold against patterns: a submodule is a directory, which patterns of its subtree own."""
        return self.path + b"/" if GITLINK in (self.old_mode, self.new_mode) else self.path

    def word(self) -> str:
        """Return what happened to the path, in one word for a person; "" before an edit."""
        if not self.status:
            return ""
        if self.status == "A":
            return "added"
        if self.status == "D":
            return "deleted"
        if GITLINK in (self.old_mode, self.new_mode):
            return "submodule changed"
        if self.status == "T":
            return "type changed"
        return "mode changed" if self.old_oid == self.new_oid else "modified"


class Ref(Record):
    """A branch: full `name` (refs/heads/..., refs/remotes/...), its commit `oid`, and the work tree that has it out."""

    name: str
    oid: str
    worktree: bytes = b""


class Layout(Record):
    """Where this repository lives. `worktree` is empty in a bare repository; paths are absolute, in git's spelling."""

    worktree: bytes
    git_dir: bytes
    common_dir: bytes
    bare: bool
    shallow: bool
    hash_hex: int  # characters of an object id: 40 or 64
    head: str  # commit id of HEAD; "" on an unborn branch


class Situation(Record):
    """What git is in the middle of, and what a commit made now would be compared with.

    `branch` is the short name of the branch that the commit belongs to: HEAD's, or during a rebase the rebased one
    (`rebasing` is then true); "" when detached. `operation` is one of "", rebase, merge, cherry-pick, revert, am,
    squash, bisect. `parents` are the commits that the new commit will have (HEAD^ and so on for an amend; empty for a
    first commit); in a merge HEAD comes first.
    """

    branch: str
    detached: bool
    rebasing: bool
    operation: str
    amend: bool
    parents: tuple[str, ...]
