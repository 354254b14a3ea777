"""Which branch may say what a lane's plan is, on the commit path: never the judged lane, nor a name that only it knows.

A branch speaks for a mission if its own copy of meta.json names it; where several do, history decides (design 4.5).
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.identity import is_lane_name, read_mission, role_in
from spec_kitty_hooks.model.context import LANE
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec_kitty_hooks.mission.branches import Branches
    from spec_kitty_hooks.mission.source import Source
    from spec_kitty_hooks.model.git import Ref
    from spec_kitty_hooks.model.mission import Mission


class Authority(Record):
    """The branch `name` that speaks for a mission, at its newest tip; `rivals` says which others do not, and why."""

    name: str
    mission: Mission
    tip: Ref
    rivals: tuple[str, ...] = ()


def find_authority(
    source: Source, branches: Branches, lane: str, directory: str, claimed: tuple[str, ...] = ()
) -> Authority | None:
    """Return the branch that speaks for a mission which gives the branch `lane` to a lane; None if there is none.

    A lane's branch speaks for nobody. Where the remote's default branch carries the mission, it decides. Else, of
    several, what the history that two have in common names, so that a target moves only where the old one hands over;
    else what is published. `claimed` is what the judged branch's own copy says, the target first: only where to look.
    """
    defaults = _read(source, (f"refs/remotes/{remote}/HEAD" for remote in branches.remote_names()), directory)
    for name in (mission.target_branch for mission in defaults.values()):
        found = _find_claims(source, branches, lane, directory, (name,)).get(name)
        if found is not None:
            return _tell(found, claimed, dict.fromkeys(claimed[:1], "not by the remote's default branch"))
    claims = _find_claims(source, branches, lane, directory, (*claimed, *branches.names()))
    if not claims:
        return None
    best, lost = _settle_dispute(source, branches, claims, directory)
    return _tell(claims[best], claimed, lost)


def _tell(found: Authority, claimed: tuple[str, ...], lost: dict[str, str]) -> Authority:
    known = (found.name, found.mission.target_branch)
    rivals = [f"{name} is named as the target as well, but {lost[name]}" for name in sorted(lost) if name not in known]
    if claimed and claimed[0] not in (*known, *lost, ""):
        rivals.append(f"this branch's own copy names {claimed[0]}, which counts for nothing")
    told: Authority = found.replace(rivals=tuple(rivals))
    return told


def _find_claims(
    source: Source, branches: Branches, lane: str, directory: str, among: Iterable[str]
) -> dict[str, Authority]:
    names = [name for name in dict.fromkeys(among) if name and name != lane and not is_lane_name(name)]
    names = names[: limits.SEARCHED_TIPS]
    carried = _read(source, (ref.oid for name in names for ref in branches.tips(name)), directory)
    claims: dict[str, Authority] = {}
    for name in names:
        tips = (carried.get(ref.oid) for ref in branches.tips(name))
        if not any(mission and _speaks(name, mission) for mission in tips):
            continue
        tip = branches.newest(source, name)
        mission = carried.get(tip.oid) if tip else None
        if tip and mission and _speaks(name, mission) and role_in(mission, lane)[0] == LANE:
            claims[name] = Authority(name=name, mission=mission, tip=tip)
    # A coordination branch speaks only while the target that it names is silent.
    return {
        name: claim
        for name, claim in claims.items()
        if name == claim.mission.target_branch or claim.mission.target_branch not in claims
    }


def _speaks(name: str, mission: Mission) -> bool:
    return name in (mission.target_branch, mission.coordination_branch)


def _settle_dispute(
    source: Source, branches: Branches, claims: dict[str, Authority], directory: str
) -> tuple[str, dict[str, str]]:
    """Return the name that counts, and why each other one does not."""
    best, *others = sorted(claims, key=lambda name: (not branches.remotes(name), name))
    lost: dict[str, str] = {}
    for name in others:
        bases = source.merge_bases(claims[best].tip.oid, claims[name].tip.oid)
        spoken = _read(source, bases, directory).values()
        first = {short for mission in spoken for short in (mission.target_branch, mission.coordination_branch)}
        why = "not where both come from"
        if name in first and best not in first:
            best, name = name, best  # noqa: PLW2901 (the loser is the one to explain)
        elif not first.intersection(claims):
            unpublished = branches.remotes(best) and not branches.remotes(name)
            why = "nobody published it" if unpublished else "the two have no plan in common, and it sorts behind"
        lost[name] = why
    return best, lost


def _read(source: Source, commits: Iterable[str], directory: str) -> dict[str, Mission]:
    """Read a mission at many commits; left out is a commit that has nothing of it. Equal files are read once."""
    asked: Sequence[str] = tuple(dict.fromkeys(commits))
    trees = source.read_many((f"{commit}:kitty-specs/{directory}" for commit in asked), needed=False)
    carried = {commit: tree.oid for commit, tree in zip(asked, trees, strict=True) if tree is not None}
    files = {tree: _list_files(source, tree) for tree in carried.values()}
    missions = {pair: _read_files(source, pair, directory) for pair in files.values()}
    found = {commit: missions[files[tree]] for commit, tree in carried.items()}
    return {commit: mission for commit, mission in found.items() if mission is not None}


def _list_files(source: Source, tree: str) -> tuple[str, ...]:
    """Return the object ids of meta.json and lanes.json in a mission's directory, "" for one that is not there."""
    entries = {entry.name: entry.oid for entry in source.tree(tree) or ()}
    return tuple(entries.get(name, "") for name in (b"meta.json", b"lanes.json"))


def _read_files(source: Source, pair: tuple[str, ...], directory: str) -> Mission | None:
    blobs = iter(source.read_many((oid for oid in pair if oid), needed=False))
    meta, lanes = (next(blobs) if oid else None for oid in pair)
    if any(oid and blob is None for oid, blob in zip(pair, (meta, lanes), strict=True)) or not any(pair):
        return None  # a partial clone lacks it: what cannot be read claims nothing
    return read_mission(directory, meta.data if meta else None, lanes.data if lanes else None)
