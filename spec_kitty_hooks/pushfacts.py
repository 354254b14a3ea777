"""Gathers what the checks of the push family need: which missions a ref belongs to, and what a push would take away."""

from __future__ import annotations

from spec_kitty_hooks.divergence import measure
from spec_kitty_hooks.git.ranges import read_range
from spec_kitty_hooks.git.remotes import TARGET_REMOTE, Remotes
from spec_kitty_hooks.git.revisions import keep_known, list_commits
from spec_kitty_hooks.logfacts import mission_of
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.registry import ROOT, Registry, read_all_at
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.push import PushFacts
from spec_kitty_hooks.reviewfacts import list_touched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.push import RefUpdate
    from spec_kitty_hooks.survey import Survey


def gather_push_facts(git: Git, update: RefUpdate, found: Survey, commits: Sequence[Commit]) -> PushFacts:
    """Gather the facts of one ref; `found` is the survey of its branch, `commits` what it brings."""
    known = bool(update.old) and bool(keep_known(git, [update.old]))
    if not update.new:
        unknown = not known and is_home(git, update, found)
        return PushFacts(update=update, unknown=unknown, only_here=_count_events_only_here(git, update, found))
    rewound = known and bool(list_commits(git, [update.old], [update.new]))
    shared = rewound and not _is_forks_copy(git, update)
    apart = measure(git, update.new, update.old, found.placement.mission) if shared else None
    # Away from a log's home, what another branch goes on publishing is not taken away.
    kept = (update.new,) if rewound and is_home(git, update, found) else (update.new, *update.staying)
    targets = _list_targets(git, update, found, list_touched(commits), every=rewound)
    return PushFacts(
        update=update,
        unknown=bool(update.old) and not known,
        apart=apart,
        rewritten=_find_rewritten(git, update.old, kept) if rewound else (),
        targets=targets,
        foreign=_count_foreign(targets[0], commits) if len(targets) == 1 else {},
    )


def is_home(git: Git, update: RefUpdate, found: Survey) -> bool:
    """Tell whether a branch is, or was until now, where a mission keeps its log or lands; elsewhere logs are copies."""
    if found.placement.role in (context.TARGET, context.COORDINATION):
        return True
    missions = read_all_at(git, update.old) if update.branch and update.old else ()
    return any(update.branch in (mission.target_branch, mission.coordination_branch) for mission in missions)


def _is_forks_copy(git: Git, update: RefUpdate) -> bool:
    """Tell whether target branches are shared through another remote than this one (`targetRemote`, fork workflows)."""
    asked = git.program.run("config", TARGET_REMOTE)
    shared = asked.out.decode("utf-8", "surrogateescape").removesuffix("\n")
    return bool(update.remote) and update.remote != shared and shared in Remotes(git).names


def _list_targets(
    git: Git, update: RefUpdate, found: Survey, touched: Sequence[str], *, every: bool
) -> tuple[str, ...]:
    """Return the missions whose target branch this is; of one that several share only if `every` one is asked for.

    Those `touched` by the push come first.
    """
    if found.placement.role != context.TARGET:
        return ()
    if not every:
        return (found.placement.mission.directory,) if found.placement.mission else ()
    registry = Registry(git, found.branches, update.new, pushed=True)
    names = (mission.directory for mission, _commit in registry.list_targeting(update.branch))
    return tuple(sorted(names, key=lambda name: name not in touched))


def _find_rewritten(git: Git, old: str, kept: Sequence[str]) -> tuple[tuple[str, bytes], ...]:
    """Return the commits that `old` has and `kept` have not, if they touch an event log; and that."""
    return tuple(
        (commit.oid, change.path)
        for commit in read_range(git, (old,), keep_known(git, kept))
        for change in commit.changes
        if len(commit.parents) < 2 and mission_of(change.path)  # what a merge brought, its parents brought
    )


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
