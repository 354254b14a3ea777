"""What a focused branch would have: versions of single files, conflicts, the objects that make it. Data only."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

#: Why a path is the mission's.
PLANNING = "planning"
OWNED = "owned"
COMMITTED = "commits"


class Version(Record):
    """One file in one commit: its mode and the id of its content (a commit's, for a submodule)."""

    mode: int
    oid: str


class FocusedPath(Record):
    """One path that the focused branch changes on top of the remote's target.

    `change` says what becomes of it there: added, modified, deleted, mode changed ... `basis` is why it is the
    mission's: PLANNING (its directory below kitty-specs/), OWNED (by `work_package_id`, through `pattern`), or
    COMMITTED (nobody owns it, and only commits made on the mission's own lanes changed it).
    """

    path: bytes
    change: str
    basis: str
    work_package_id: str = ""
    pattern: str = ""


class FocusConflict(Record):
    """One path that both sides changed, and that nobody can merge but a person. None stands for no file.

    `base` is what both came from, `upstream` what the remote's target has, `mission` what the mission wants.
    """

    path: bytes
    reason: str
    base: Version | None
    upstream: Version | None
    mission: Version | None


class Focus(Record):
    """A focused branch as it would be made, and nothing of it in the repository yet.

    `branch` is its short name, `commit` its commit ("" if there is nothing to do or a conflict), on top of `upstream`,
    which is what the remote's `target` was at. The mission's side was read from `source`, a full ref name, at `tip`,
    and held against `bases`. `paths` are what it changes (with conflicts: what merges), `objects` are kind and raw
    content of what the repository lacks, each after what it names. `left_out` are paths that differ and are not the
    mission's.
    """

    mission: str
    branch: str
    target: str
    upstream: str
    upstream_name: str
    source: str
    tip: str
    bases: tuple[str, ...]
    commit: str = ""
    message: str = ""
    paths: tuple[FocusedPath, ...] = ()
    left_out: tuple[bytes, ...] = ()
    conflicts: tuple[FocusConflict, ...] = ()
    objects: tuple[tuple[str, bytes], ...] = ()
    notes: tuple[str, ...] = ()
