"""Contexts written down, not gathered: what a check sees, with everything ordinary filled in.

The scenery: mission 034-feature with target main; lane-a has WP01 (src/a/**) and WP02 (src/b/**), WP03 (src/c/**) is on
another lane; a commit on lane-a's branch, with one parent, while WP01 is in progress.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import Active, Context, LogChange, Owner, Placement, PolicyView
from spec_kitty_hooks.model.events import TRANSITION, Damage, Event, EventLog
from spec_kitty_hooks.model.findings import Finding
from spec_kitty_hooks.model.git import Change, Situation
from spec_kitty_hooks.model.mission import ExecutionLane, LogCopy, Mission, WorkPackage
from spec_kitty_hooks.pathglob import PatternSet

Check = Callable[[Context], Iterator[Finding]]

PARENT, OTHER = "a" * 40, "b" * 40
BASE, SIDE = PARENT[:12], OTHER[:12]  # as a remedy shows them
BRANCH = "kitty/mission-034-feature-lane-a"
TASKS = "kitty-specs/034-feature/tasks/"
LOG = "kitty-specs/034-feature/status.events.jsonl"
NOW = 1_767_603_600.0  # 2026-01-05T09:00:00Z

MISSION = Mission(directory="034-feature", target_branch="main")
LANE = ExecutionLane(lane_id="lane-a", wp_ids=("WP01", "WP02"), branches=(BRANCH,))


def owner(wp_id: str, *patterns: str, **fields: Any) -> Owner:
    """Return a work package that owns `patterns`; `fields` replace those of its head."""
    path = f"{TASKS}{wp_id}-x.md".encode()
    package = WorkPackage(**{"wp_id": wp_id, "path": path, "owned_files": patterns, **fields})
    return Owner(work_package=package, patterns=PatternSet(patterns))


WP01, WP02, WP03 = owner("WP01", "src/a/**"), owner("WP02", "src/b/**"), owner("WP03", "src/c/**")
ALL = (WP01, WP02, WP03)
LANES = {"WP01": "in_progress", "WP02": "planned"}


def active(*candidates: Owner, basis: str = context.BY_PROGRESS, **lanes: str) -> Active:
    """Return who is active; WP01 if nobody is named."""
    found = candidates or ((WP01,) if basis == context.BY_PROGRESS else ())
    return Active(basis=basis, candidates=found, lanes=lanes or LANES)


def change(path: str | bytes, status: str = "M", old: int = 0o100644, new: int = 0o100644) -> Change:
    """Return a changed file; its mode is 0 on the side where it is absent."""
    name = path.encode() if isinstance(path, str) else path
    old, new = (0 if status == "A" else old), (0 if status == "D" else new)
    return Change(name, status, old, new, "1" * 40, "2" * 40)


def situation(**fields: Any) -> Situation:
    """Return an ordinary commit on the lane's branch."""
    ordinary: dict[str, Any] = {"branch": BRANCH, "detached": False, "rebasing": False, "operation": "", "amend": False}
    return Situation(**{**ordinary, "parents": (PARENT,), **fields})


def placement(**fields: Any) -> Placement:
    """Return where a commit on the lane belongs."""
    known: dict[str, Any] = {"role": context.LANE, "mission": MISSION, "lane": LANE, "log_branch": "main"}
    return Placement(**{**known, "plan": "c" * 40, "plan_name": "main", **fields})


def judged(*changes: str | Change, **fields: Any) -> Context:
    """Return the context of a commit of these changes; `fields` replace those of the context."""
    made = tuple(change(each) if isinstance(each, str) else each for each in changes)
    known: dict[str, Any] = {"situation": situation(), "placement": placement(), "policy": PolicyView(), "now": NOW}
    known |= {"active": active(), "changes": made, "own": made, "owners": ALL}
    return Context(**{**known, "owner_lanes": {**LANES, "WP03": "done"}, **fields})


def merged(*changes: str | Change, **fields: Any) -> Context:
    """Return the context of a merge whose result differs in these changes from both sides."""
    return judged(*changes, **{"situation": situation(parents=(PARENT, OTHER), operation="merge"), **fields})


def copy(where: str = "refs/heads/main", *lines: str, **fields: Any) -> LogCopy:
    """Return a copy of the log that counts, with one event for each id."""
    log = EventLog(events=tuple(event(each) for each in lines))
    return LogCopy(**{"kind": "branch", "where": where, "role": "authoritative", "commit": where, "log": log, **fields})


def event(event_id: str, from_lane: str = "planned", to_lane: str = "claimed", **fields: Any) -> Event:
    """Return a transition of WP01; `fields` go into its record, `line` and `at` count."""
    line, at = fields.pop("line", 1), fields.pop("at", "2026-01-05T08:00:00+00:00")
    record = {"actor": "agent-one", "force": False, **fields}
    return Event(TRANSITION, record, event_id.encode(), line, event_id, "WP01", at, from_lane, to_lane)


def damage(line: int, reason: str = "not a JSON object") -> Damage:
    """Return an unreadable line."""
    return Damage(line=line, reason=reason, raw=b"?" * line)


def log_change(**fields: Any) -> LogChange:
    """Return what a change does to the mission's log."""
    return LogChange(**{"path": LOG.encode(), "mission": "034-feature", **fields})


def find(check: Check, ctx: Context) -> Finding:
    """Return the only finding of a check."""
    (found,) = check(ctx)
    return found


def codes(check: Check, ctx: Context) -> list[str]:
    """Return the codes of a check's findings, in order."""
    return [found.diagnostic_code for found in check(ctx)]
