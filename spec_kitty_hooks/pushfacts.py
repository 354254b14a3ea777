"""Gathers what the checks of the push family need: which missions a ref belongs to, and what a push would take away."""

from __future__ import annotations

from spec_kitty_hooks.divergence import measure
from spec_kitty_hooks.git.revisions import keep_known, list_commits
from spec_kitty_hooks.logfacts import mission_of
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.registry import ROOT, Registry, read_all_at
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.push import PushFacts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.push import RefUpdate
    from spec_kitty_hooks.survey import Survey

_LOOKED_AT = 1_000  # removed commits whose files are listed; one that touches a log is enough to stop the push


def gather_push_facts(git: Git, update: RefUpdate, found: Survey, commits: Sequence[Commit]) -> PushFacts:
    """Gather the facts of one ref; `found` is the survey of its branch, `commits` what it brings."""
    if not update.new:
        return PushFacts(update=update, only_here=_count_events_only_here(git, update, found))
    known = bool(update.old) and bool(keep_known(git, [update.old]))
    removed = list_commits(git, [update.old], [update.new]) if known else ()
    apart = measure(git, update.new, update.old, found.placement.mission) if removed else None
    targets = _list_targets(git, update, found, every=bool(removed))
    return PushFacts(
        update=update,
        unknown=bool(update.old) and not known,
        apart=apart,
        rewritten=_find_rewritten(git, removed),
        targets=targets,
        foreign=_count_foreign(targets[0], commits) if len(targets) == 1 else {},
    )


def _list_targets(git: Git, update: RefUpdate, found: Survey, *, every: bool) -> tuple[str, ...]:
    """Return the missions whose target branch this is; of one that several share only if `every` one is asked for."""
    if found.placement.role != context.TARGET:
        return ()
    if not every:
        return (found.placement.mission.directory,) if found.placement.mission else ()
    registry = Registry(git, found.branches, update.new, pushed=True)
    return tuple(mission.directory for mission, _commit in registry.list_targeting(update.branch))


def _find_rewritten(git: Git, removed: Sequence[str]) -> tuple[tuple[str, bytes], ...]:
    touched = []
    for oid in removed[:_LOOKED_AT]:
        parents = git.commit_parents(oid)
        if len(parents) > 1:  # what a merge brought, its parents brought
            continue
        changes = git.tree_changes(parents[0] if parents else "", oid)
        touched += [(oid, change.path) for change in changes if mission_of(change.path)]
    return tuple(touched)


def _count_foreign(directory: str, commits: Iterable[Commit]) -> dict[str, int]:
    """Count, by mission, the commits that touch the planning of other missions and nothing of this one."""
    found: dict[str, int] = {}
    for commit in commits:
        parts = [change.path.split(b"/", 2) for change in commit.changes]
        names = {part[1].decode("utf-8", "replace") for part in parts if len(part) == 3 and part[0] == ROOT.encode()}
        if names and directory not in names and len(commit.parents) < 2:
            for name in names:
                found[name] = found.get(name, 0) + 1
    return found


def _count_events_only_here(git: Git, update: RefUpdate, survey: Survey) -> dict[str, int]:
    """Count, by mission that keeps its log on a branch to be deleted, the events that no staying commit has."""
    found: dict[str, int] = {}
    if not keep_known(git, [update.old]) or not update.branch:
        return found
    staying = keep_known(git, update.staying)
    if any(git.is_ancestor(update.old, oid) for oid in staying):
        return found
    recorded = survey.placement.mission  # a coordination branch need not carry the plan that names it
    for mission in (*read_all_at(git, update.old), *((recorded,) if recorded else ())):
        if update.branch not in (mission.target_branch, mission.coordination_branch):
            continue
        path = log_path(mission.directory)
        ours = _read_events(git, f"{update.old}:{path}")
        for oid in staying if ours else ():
            ours -= _read_events(git, f"{oid}:{path}")
        if ours:
            found[mission.directory] = len(ours)
    return found


def _read_events(git: Git, spec: str) -> set[str]:
    blob = git.read(spec)
    if blob is None or blob.kind != "blob" or blob.truncated:
        return set()
    return {event.event_id for event in parse_log(blob.data).events}
