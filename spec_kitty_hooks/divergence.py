"""How far a pushed commit is from what the remote has, or a mission's target branch from its remote-tracking branch.

Reads objects and refs, and opens no connection: what is not here, or hidden by a shallow clone, is unknown.
"""

from __future__ import annotations

import time

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.history import read_history, read_shallow
from spec_kitty_hooks.git.remotes import TARGET_REMOTE, Remotes
from spec_kitty_hooks.git.revisions import keep_known, list_commits
from spec_kitty_hooks.lineage import Lineage
from spec_kitty_hooks.mission.identity import role_in
from spec_kitty_hooks.mission.registry import read_all_at
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.divergence import (
    AHEAD,
    BEHIND,
    DIVERGED,
    IN_SYNC,
    NO_TRACKING_BRANCH,
    UNKNOWN,
    Divergence,
    Tally,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_kitty_hooks.git.fetching import FetchOutcome
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import Mission

_ROOT = b"kitty-specs/"
#: What a commit is about, the lighter first: a merge is as heavy as the heaviest thing that it brings in.
FOREIGN, LEDGER, SOURCE = 0, 1, 2
_STATES = {(False, False): IN_SYNC, (True, False): AHEAD, (False, True): BEHIND, (True, True): DIVERGED}


def measure(git: Git, local_oid: str, remote_oid: str, mission: Mission | None) -> Divergence:
    """Hold a commit that is here against one that the remote has; both are ids of commits.

    The commits between them are told apart as seen from `mission`; with None, kitty-specs/ of any mission is ledger.
    The state is unknown if one of the two is not here, or if a shallow clone hides commits between them. Raises
    RepositoryError if git cannot walk the history.
    """
    missing = [oid for oid in dict.fromkeys((local_oid, remote_oid)) if not keep_known(git, [oid])]
    if missing:
        problem = f"{' and '.join(oid[:12] or 'a commit' for oid in missing)} is not in this clone"
        return Divergence(state=UNKNOWN, local=local_oid, remote=remote_oid, problem=problem)
    sides = []
    for tip, other in ((local_oid, remote_oid), (remote_oid, local_oid)):
        total = _count(git, tip, other)
        if git.layout.shallow and not read_shallow(git).isdisjoint(list_commits(git, (tip,), (other,))):
            problem = "this clone is shallow, and history is cut off between the two"
            return Divergence(state=UNKNOWN, local=local_oid, remote=remote_oid, problem=problem)
        commits = _read(git, tip, other) if 0 < total <= limits.TOLD_APART_COMMITS else ()
        sides.append(_split(git, commits, other, mission, total))
    ahead, behind = sides
    state = _STATES[ahead.total > 0, behind.total > 0]
    return Divergence(state=state, local=local_oid, remote=remote_oid, ahead=ahead, behind=behind)


def measure_target(
    git: Git, branches: Branches, mission: Mission, remote: str = "", fetched: FetchOutcome | None = None
) -> Divergence:
    """Hold a mission's local target branch against its remote-tracking branch, as of the last fetch.

    `remote` is a remote's name; without one it is what `Remotes.choose` says. `fetched` is what a fetch just made came
    to (`git` and `branches` read after it): one that failed makes the answer stale, and "in sync" or "ahead" unknown.
    The state is no_tracking_branch if there is nothing to compare with, unknown if there is no local branch.
    """
    remotes = Remotes(git)
    remote = remote or remotes.choose(mission.target_branch)
    ref = remotes.tracking_ref(remote, mission.target_branch)
    there = next((tip for tip in branches.refs if tip.name == ref), None)
    here = branches.local(mission.target_branch)
    local = here.oid if here is not None else ""
    if remote not in remotes.names or there is None:
        problem = _explain_absence(remotes, remote, mission.target_branch)
        return Divergence(state=NO_TRACKING_BRANCH, local=local, remote_name=ref if remote else "", problem=problem)
    as_of = remotes.last_seen(remote, mission.target_branch, there.oid)
    if here is None:
        problem = f"there is no local branch {mission.target_branch}"
        found = Divergence(state=UNKNOWN, remote=there.oid, problem=problem)
    else:
        found = measure(git, local, there.oid, mission)
    found = found.replace(remote_name=ref, as_of=as_of)
    return doubt(found, fetched) if fetched is not None else found


def doubt(found: Divergence, fetched: FetchOutcome) -> Divergence:
    """Return what was measured after a fetch; one that failed leaves only what more commits there cannot change."""
    if fetched.ok:
        certain: Divergence = found.replace(as_of=fetched.at)
        return certain
    state = UNKNOWN if found.state in (IN_SYNC, AHEAD) else found.state
    stale: Divergence = found.replace(state=state, stale=True, problem=fetched.problem)
    return stale


def show_date(as_of: int | None) -> str:
    """Return when the other side was last seen, as the end of a sentence: `, as of 2026-03-01 09:30 UTC`, or ""."""
    return "" if as_of is None else time.strftime(", as of %Y-%m-%d %H:%M UTC", time.gmtime(as_of))


def _explain_absence(remotes: Remotes, remote: str, branch: str) -> str:
    if remote and remote not in remotes.names:
        return f"{TARGET_REMOTE} names {remote}, and there is no such remote"
    if remote:
        return f"branch {branch} was never fetched from {remote}"
    return "there is no remote" if not remotes.names else "none of several remotes is named origin, or the branch's own"


def _count(git: Git, tip: str, other: str) -> int:
    asked = git.program.run("rev-list", "--count", tip, f"^{other}", "--")
    if asked.rc:
        raise RepositoryError("REPOSITORY_UNSUPPORTED", f"the commits between {other[:12]} and {tip[:12]} are not here")
    return int(asked.out)


def _read(git: Git, tip: str, other: str) -> tuple[Commit, ...]:
    """Return the commits between; none where one of them cannot be looked at (too large, or left with the remote)."""
    try:
        return tuple(read_history(git, (tip,), (other,)))
    except RepositoryError:
        return ()


# -- what a commit is about


def _split(git: Git, commits: Sequence[Commit], other: str, mission: Mission | None, total: int) -> Tally:
    if not commits:
        return Tally(total=total)
    foreign = _find_foreign(git, commits, other, mission)
    kinds = weigh(commits, mission.directory.encode() if mission is not None else None, foreign)
    found = list(kinds.values())
    return Tally(total=total, source=found.count(SOURCE), ledger=found.count(LEDGER), foreign=found.count(FOREIGN))


def _find_foreign(git: Git, commits: Sequence[Commit], other: str, mission: Mission | None) -> frozenset[str]:
    """Return the commits that were made on a lane of another mission, of those that the newest commit plans."""
    lineage = Lineage(git, commits, (other,))
    lanes = [] if mission is None else list(lineage.find_lane_refs(mission.target_branch))
    lanes = [(short, tip) for short, tip in lanes if mission is None or not role_in(mission, short)[0]]
    found: set[str] = set()
    for owner in read_all_at(git, commits[0].oid) if lanes else ():
        for short, tip in lanes:
            if role_in(owner, short)[0] == context.LANE:
                found |= lineage.find_made_on(short, tip, owner)
    return frozenset(found)


def weigh(commits: Sequence[Commit], directory: bytes | None, foreign: frozenset[str]) -> Mapping[str, int]:
    """Return what each commit is about: FOREIGN, LEDGER or SOURCE; `commits` come newest first.

    `directory` is the mission's below kitty-specs/ (None: any), `foreign` are ids of commits known to be another one's.
    """
    kinds: dict[str, int] = {}
    for commit in reversed(commits):
        if commit.oid in foreign:
            kinds[commit.oid] = FOREIGN
        elif len(commit.parents) > 1 and not commit.changes:
            brought = [kinds[parent] for parent in commit.parents[1:] if parent in kinds]
            kinds[commit.oid] = max(brought, default=SOURCE)
        else:
            kinds[commit.oid] = max((_weigh_path(change.path, directory) for change in commit.changes), default=SOURCE)
    return kinds


def _weigh_path(path: bytes, directory: bytes | None) -> int:
    owner, slash, _rest = path.removeprefix(_ROOT).partition(b"/")
    if not path.startswith(_ROOT) or not slash:
        return SOURCE
    return LEDGER if directory in (None, owner) else FOREIGN
