"""Which side of a merge a path would have come from, had nobody touched it. Reads trees only; judges nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.git import Change

    Side = Mapping[bytes, Change]
    Entry = tuple[int, str]


def find_origins(git: Git, parents: Sequence[str], sides: Sequence[Side], paths: Sequence[bytes]) -> dict[bytes, str]:
    """Return, for each path that a merge would have taken from one side as it is, that side's commit.

    `parents` are the commits merged, HEAD first; `sides` holds, in the same order, what the merge changes against each
    by path; every path is in all of them. "" stands for a path that would not exist. A path that HEAD and another side
    both changed since their merge bases is left out: any text of it is somebody's decision.
    """
    if len(parents) < 2 or not paths:
        return {}
    bases = [[_changes(git, base, parents[0]) for base in git.merge_bases(parents[0], other)] for other in parents[1:]]
    origins = {}
    for path in paths:
        ours = _old(sides[0][path])
        changed = all(path in diff for diffs in bases for diff in diffs)
        theirs = None
        for parent, side, diffs in zip(parents[1:], sides[1:], bases, strict=True):
            entry = _old(side[path])
            if entry not in [_old(diff[path]) if path in diff else ours for diff in diffs]:
                theirs = theirs or (parent, entry)
        if not (changed and theirs):
            commit, entry = theirs or (parents[0], ours)
            origins[path] = commit if entry[0] else ""
    return origins


def _changes(git: Git, base: str, head: str) -> dict[bytes, Change]:
    return {change.path: change for change in git.tree_changes(base, head)}


def _old(change: Change) -> Entry:
    return change.old_mode, change.old_oid
