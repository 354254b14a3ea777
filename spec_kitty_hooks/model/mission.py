"""Facts of one mission (formats 1, 5, 6): data only."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.model.events import EventLog


class ExecutionLane(Record):
    """A lane of lanes.json: `wp_ids` in recorded order; `branches`: names its branch may have, recorded first.

    `depends_on` are the ids of lanes whose work it builds on, `group` its place in the order of all lanes.
    """

    lane_id: str
    wp_ids: tuple[str, ...]
    branches: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    group: int = 0


class Mission(Record):
    """What meta.json and lanes.json of one directory say.

    `directory` is the name below kitty-specs/ and the key to use (formats 1.2). `planning_commit` is the commit that
    finished the plan, "" if lanes.json is older than that key. `problems` are sentences about what could not be read,
    each starting with the file name.
    """

    directory: str
    mission_id: str = ""
    target_branch: str = ""
    coordination_branch: str = ""
    mission_branch: str = ""
    mission_type: str = ""
    topology: str = ""
    change_mode: str = ""
    planning_commit: str = ""
    has_lanes_file: bool = False
    lanes: tuple[ExecutionLane, ...] = ()
    problems: tuple[str, ...] = ()


class WorkPackage(Record):
    """The head of one work-package file. `path` is repository-relative; `problem` is "" if the head can be used.

    `owned_files` are the patterns as written; `line` is where `problem` was found (0 if no line applies).
    """

    wp_id: str
    path: bytes
    title: str = ""
    owned_files: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    subtasks: tuple[str, ...] = ()
    execution_mode: str = ""
    problem: str = ""
    line: int = 0


class LogCopy(Record):
    """One place where a copy of a mission's event log can be (design 4.3).

    `kind`: worktree, branch, remote, lane, commit. `where`: the path or the full ref name. `role`: authoritative,
    superseded (a newer copy contains its commit), frozen (what a lane branch carries: never evidence), missing,
    hidden (sparse checkout), unreadable. `commit` and `blob` are object ids, "" where none applies. `withdrawn` are ids
    of events that the commit under a working file has and the file no longer has.
    """

    kind: str
    where: str
    role: str
    commit: str = ""
    blob: str = ""
    log: EventLog | None = None
    withdrawn: tuple[str, ...] = ()
    problem: str = ""
