"""What a change means for ownership: does it decide about itself, does anybody else have to be named, what policy says.

Shared by the judgement of a commit about to be made and of a commit in a range.
"""

from __future__ import annotations

from spec_kitty_hooks import catalog
from spec_kitty_hooks.checks.planning import is_head
from spec_kitty_hooks.mission.frontmatter import split_head
from spec_kitty_hooks.mission.policy import POLICY_PATH, read_policy
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import PolicyView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.policy import Policy
    from spec_kitty_hooks.model.context import Active, Placement
    from spec_kitty_hooks.model.git import Change


def view_policy(policy: Policy) -> PolicyView:
    """Return the part of policy that checks need."""
    return PolicyView(
        enforce_ownership=policy.enforce_ownership,
        guard_planning=policy.block_mission_specs,
        ownership_on_target=policy.ownership_on_target,
        upstream_globs=policy.glob == "spec-kitty",
    )


def all_owned(active: Active, changes: Sequence[Change]) -> bool:
    """Tell whether every change is owned by some candidate, so that no other work package must be named."""
    sets = [owner.patterns for owner in active.candidates]
    return all(any(patterns.match(change.subject()) for patterns in sets) for change in changes)


def find_self_grants(
    git: Git, placement: Placement, changes: Sequence[Change], *, editing: bool = False
) -> frozenset[bytes]:
    """Return changed paths whose content decides ownership; of an edit not yet made, every such path."""
    if placement.role != context.LANE:
        return frozenset()
    deciding = ((change, _find_deciding_part(change.path)) for change in changes)
    return frozenset(change.path for change, part in deciding if part and (editing or _differs(git, change, part)))


def _differs(git: Git, change: Change, extract: Callable[[bytes], object]) -> bool:
    sides = []
    for mode, oid in ((change.old_mode, change.old_oid), (change.new_mode, change.new_oid)):
        blob = git.read(oid) if mode else None
        sides.append(extract(blob.data) if blob is not None else None)
    return bool(sides[0] != sides[1])


def _find_deciding_part(path: bytes) -> Callable[[bytes], object] | None:
    """Return what picks the part of a file that decides ownership; None if nothing in the file does."""
    if is_head(path):
        return _head_bytes
    if path == POLICY_PATH.encode():
        return _policy_of
    parts = path.split(b"/")
    return bytes if len(parts) == 3 and (parts[0], parts[2]) == (b"kitty-specs", b"lanes.json") else None


def _head_bytes(data: bytes) -> object:
    head = split_head(data)
    return data if head.problem else head.yaml


def _policy_of(data: bytes) -> object:
    return read_policy(data, catalog.DIAGNOSTICS)
