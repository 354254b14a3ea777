"""Judges whether a lane touches planning artifacts or grants itself ownership (design 5, "ownership")."""

from __future__ import annotations

from spec_kitty_hooks.checks.finding import describe, make
from spec_kitty_hooks.model import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.checks.finding import Facts
    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.findings import Finding

ROOT = b"kitty-specs/"
_LOG_FILES = (b"/status.events.jsonl", b"/status.json")
_NEVER_DECLARED = (b"status.events.jsonl", b"status.json", b"lanes.json", b"meta.json")


def check(ctx: Context) -> Iterator[Finding]:
    """Yield findings for paths under kitty-specs/ and for ownership that a lane changes; never for a merge's paths.

    An active work package may declare a planning path, except the log, status.json, lanes.json, meta.json and
    work-package heads; a bulk edit may change its own occurrence_map.yaml.
    """
    if ctx.placement.role != context.LANE or len(ctx.situation.parents) > 1:
        return
    lane = ctx.placement.lane.lane_id if ctx.placement.lane else ""
    for change in ctx.own:
        if change.path in ctx.self_grants:
            message = f"{describe(change)} decides what {lane} may do; no lane grants itself that"
            yield make(ctx, "OWNERSHIP_SELF_GRANT", message, path=change.path, change=change.status)
        elif change.path.startswith(ROOT) and ctx.policy.guard_planning and not _may_change(ctx, change.path):
            message = f"{describe(change)} is a planning artifact and does not belong on {lane}"
            home = _find_home(ctx, change.path)
            yield make(ctx, "PLANNING_PATH_ON_LANE", message, path=change.path, change=change.status, facts=home)


def is_guarded(ctx: Context, path: bytes) -> bool:
    """Tell whether this check, not ownership, decides about a path."""
    return path in ctx.self_grants or path.startswith(ROOT)


def _may_change(ctx: Context, path: bytes) -> bool:
    mission = ctx.placement.mission
    parts = path.split(b"/")
    if (
        mission is not None
        and mission.change_mode == "bulk_edit"
        and path == ROOT + mission.directory.encode() + b"/occurrence_map.yaml"
    ):
        return True
    if parts[-1] in _NEVER_DECLARED or is_head(path):
        return False
    return ctx.active is not None and any(owner.patterns.match(path) for owner in ctx.active.candidates)


def is_head(path: bytes) -> bool:
    """Tell whether a path is a work-package file: kitty-specs/<mission>/tasks/WPnn*.md."""
    parts = path.split(b"/")
    return len(parts) == 4 and parts[0] == b"kitty-specs" and parts[2] == b"tasks" and parts[3][:2] == b"WP"


def _find_home(ctx: Context, path: bytes) -> Facts:
    """Return the branch that the log and status.json live on, where it is not the target branch."""
    is_log = path.endswith(_LOG_FILES) and bool(ctx.placement.log_branch)
    return {"target": ctx.placement.log_branch} if is_log else {}
