"""All copies of a mission's event log, which of them count, and the log that they make together (design 4.3).

Reads git objects and the one working file that can be authoritative; takes no lock and writes nothing.
"""

from __future__ import annotations

import os

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.mission.eventlog import Conflict, missing_events, parse_log, union
from spec_kitty_hooks.model.git import SYMLINK
from spec_kitty_hooks.model.mission import LogCopy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.mission.source import Blob, Source
    from spec_kitty_hooks.model.events import EventLog
    from spec_kitty_hooks.model.git import Layout, Ref
    from spec_kitty_hooks.model.mission import Mission

AUTHORITATIVE = "authoritative"
SUPERSEDED = "superseded"
FROZEN = "frozen"
MISSING = "missing"
HIDDEN = "hidden"
UNREADABLE = "unreadable"


def log_path(directory: str) -> str:
    """Return the repository-relative path of a mission's event log."""
    return f"kitty-specs/{directory}/status.events.jsonl"


def find_log_branch(source: Source, branches: Branches, mission: Mission) -> str:
    """Return the short name of the branch that the mission's log lives on (formats 1.3).

    It is the coordination branch while that branch carries a log with something that the target branch lacks; else
    the target branch, whatever `topology` says. The client leaves merged and squashed coordination branches behind.
    """
    coordination = mission.coordination_branch
    path = log_path(mission.directory)
    tip = branches.newest(source, coordination) if coordination else None
    carried = source.read(f"{tip.oid}:{path}") if tip is not None else None
    if tip is None or carried is None:
        return mission.target_branch
    target = branches.newest(source, mission.target_branch)
    if target is None:
        return coordination
    landed = source.read(f"{target.oid}:{path}")
    if source.is_ancestor(tip.oid, target.oid) or (landed is not None and _contains(landed, carried)):
        return mission.target_branch
    return coordination


def _contains(landed: Blob, carried: Blob) -> bool:
    """Tell whether a log has every event of another one that has some; what is smaller is not even parsed."""
    if len(landed.data) < len(carried.data) or carried.truncated or landed.truncated:
        return False
    events = {event.event_id for event in parse_log(carried.data).events}
    return bool(events) and events.issubset(event.event_id for event in parse_log(landed.data).events)


def read_copies(source: Source, branches: Branches, mission: Mission, log_branch: str) -> tuple[LogCopy, ...]:
    """Return every copy of the log on its branch: the working file, the local branch, remote-tracking branches.

    A copy whose commit another copy's commit contains is superseded; an undamaged working file supersedes the commit
    under it. Copies that count have their log parsed; of two with the same content one counts.
    """
    tips = branches.tips(log_branch)
    if not tips:
        return ()
    path = log_path(mission.directory)
    heads = {ref.oid for ref in branches.heads(source, log_branch)}
    committed = []
    seen: set[str] = set()
    for ref in tips:
        committed.append(_read_committed(source, ref, path, ref.oid in heads and ref.oid not in seen))
        seen.add(ref.oid)
    working: tuple[LogCopy, ...] = ()
    if root := _find_checkout(source.layout, tips[0]):
        working = (_read_working(source, root, path, committed[0]),)
        committed = _superseded_by(working[0], committed)
    return (*working, *(_parse(source, copy) for copy in committed))


def unite(copies: tuple[LogCopy, ...]) -> tuple[EventLog | None, tuple[Conflict, ...]]:
    """Return the log that the copies that count make together (None if none counts), and ids that they disagree on."""
    logs = [copy.log for copy in copies if copy.role == AUTHORITATIVE and copy.log is not None]
    if len(logs) < 2:
        return (logs[0] if logs else None), ()
    return union(logs)


def _read_committed(source: Source, ref: Ref, path: str, counts: bool) -> LogCopy:
    kind = "branch" if ref.name.startswith("refs/heads/") else "remote"
    blob = source.read(f"{ref.oid}:{path}")
    if blob is None:
        return LogCopy(kind=kind, where=ref.name, role=MISSING, commit=ref.oid, problem="not in this commit")
    if blob.kind != "blob" or blob.truncated:
        problem = f"larger than {limits.LOG_BYTES} bytes" if blob.truncated else f"a {blob.kind}, not a file"
        return LogCopy(kind=kind, where=ref.name, role=UNREADABLE, commit=ref.oid, blob=blob.oid, problem=problem)
    if not counts:
        return LogCopy(kind=kind, where=ref.name, role=SUPERSEDED, commit=ref.oid, blob=blob.oid)
    if len(blob.data) <= limits.PATH_BYTES and _is_link(source, ref.oid, path):
        problem = "a symbolic link, not a file"
        return LogCopy(kind=kind, where=ref.name, role=UNREADABLE, commit=ref.oid, blob=blob.oid, problem=problem)
    return LogCopy(kind=kind, where=ref.name, role=AUTHORITATIVE, commit=ref.oid, blob=blob.oid)


def _is_link(source: Source, commit: str, path: str) -> bool:
    directory, _, name = path.rpartition("/")
    entries = source.tree(f"{commit}:{directory}") or ()
    return any(entry.name == name.encode() and entry.mode == SYMLINK for entry in entries)


def _parse(source: Source, copy: LogCopy) -> LogCopy:
    """Parse a committed copy that still counts once the working file has been seen: a long log costs half a second."""
    blob = source.read(copy.blob) if copy.role == AUTHORITATIVE else None
    parsed: LogCopy = copy.replace(log=parse_log(blob.data)) if blob is not None else copy
    return parsed


def _find_checkout(layout: Layout, ref: Ref) -> bytes:
    """Return the directory in which a branch is checked out, "" if there is none.

    Git names the repository itself where it does not know the main work tree (bare, separate git directory,
    submodule), and goes on naming a linked one whose directory was deleted.
    """
    place = ref.worktree
    if place == layout.common_dir:
        place = layout.worktree if layout.git_dir == layout.common_dir else b""
    elif place + b"/.git" == layout.common_dir and not os.path.lexists(layout.common_dir + b"/index"):
        return b""  # a bare repository named .git, beside its linked work trees
    return place if place and os.path.isdir(place) and _is_ours(layout, place) else b""


def _is_ours(layout: Layout, place: bytes) -> bool:
    """Tell whether a work tree points back to this repository; a copied one goes on naming the original's."""
    if place == layout.worktree or os.path.isdir(place + b"/.git"):
        return place == layout.worktree or os.path.samefile(place + b"/.git", layout.common_dir)
    pointer = safefile.read_file(place, b".git", limits.PATH_BYTES)
    admin = (pointer.data or b"").removeprefix(b"gitdir: ").rstrip(b"\n")
    parent = os.path.join(place, os.path.dirname(admin))
    return bool(admin) and os.path.realpath(parent) == os.path.realpath(layout.common_dir + b"/worktrees")


def _read_working(source: Source, root: bytes, path: str, committed: LogCopy) -> LogCopy:
    where, commit = root.decode("utf-8", "surrogateescape"), committed.commit
    found = safefile.read_file(root, path.encode(), limits.LOG_BYTES)
    if found.data is not None:
        role = AUTHORITATIVE if committed.role != SUPERSEDED or _differs(source, committed, found.data) else SUPERSEDED
        if role == SUPERSEDED:  # both hold the same bytes
            return LogCopy(kind="worktree", where=where, role=role, commit=commit, blob=committed.blob)
        log = parse_log(found.data)
        withdrawn = _find_withdrawn(source, committed, found.data, log)
        return LogCopy(kind="worktree", where=where, role=role, commit=commit, log=log, withdrawn=withdrawn)
    if found.problem == "missing" and committed.role == MISSING:
        return LogCopy(kind="worktree", where=where, role=MISSING, commit=commit, problem="not in this work tree")
    if found.problem == "missing" and source.sparse_hidden(root, path.encode()):
        return LogCopy(kind="worktree", where=where, role=HIDDEN, commit=commit, problem="hidden by sparse checkout")
    return LogCopy(kind="worktree", where=where, role=UNREADABLE, commit=commit, problem=found.problem)


def _differs(source: Source, committed: LogCopy, data: bytes) -> bool:
    blob = source.read(committed.blob)
    return blob is None or blob.data != data


def _find_withdrawn(source: Source, committed: LogCopy, data: bytes, log: EventLog) -> tuple[str, ...]:
    """Return events that are committed and no longer in the working file; nothing is parsed if it only grew."""
    blob = source.read(committed.blob) if committed.blob else None
    if blob is None or data.startswith(blob.data):
        return ()
    return tuple(event.event_id for event in missing_events(parse_log(blob.data), log))


def _superseded_by(working: LogCopy, committed: list[LogCopy]) -> list[LogCopy]:
    """Let an undamaged working file stand for the commit under it; damage in it makes the commit count as well."""
    under = committed[0]
    if working.role == AUTHORITATIVE and under.role == AUTHORITATIVE and working.log and not working.log.damage:
        return [under.replace(role=SUPERSEDED, log=None), *committed[1:]]
    return committed
