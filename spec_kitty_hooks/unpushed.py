"""What to say where a pre-push hook gets no refs: nothing is new, or git has refused a diverged branch by itself.

Judges nothing; compares HEAD's branch and its mission's target with what was last fetched of them.
"""

from __future__ import annotations

from spec_kitty_hooks import errors
from spec_kitty_hooks.git.revisions import list_commits
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.mission.branches import REMOTES
from spec_kitty_hooks.model.findings import NOT_APPLICABLE, Report
from spec_kitty_hooks.survey import survey
from spec_kitty_hooks.text import escape, quote_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.survey import Survey


def explain(git: Git, environ: Mapping[str, str], now: float, remote: str) -> tuple[Report, str]:  # noqa: ARG001
    """Return an empty report, and what a diverged branch needs ("" if none has diverged)."""
    found = survey(git, read_situation(git, environ), thorough=True)
    said = "".join(f"{line}\n" for line in _describe(git, found, remote))
    return Report(verdict=NOT_APPLICABLE, exit_code=errors.PASS, subject="nothing is pushed"), said


def _describe(git: Git, found: Survey, remote: str) -> Iterator[str]:
    mission = found.placement.mission
    target = mission.target_branch if mission else ""
    for name in dict.fromkeys(filter(None, (found.situation.branch, target))):
        local = found.branches.local(name)
        there = next((ref for ref in found.branches.remotes(name) if ref.name == f"{REMOTES}{remote}/{name}"), None)
        if local is None or there is None:
            continue
        ahead, behind = (len(list_commits(git, [a], [b])) for a, b in ((local.oid, there.oid), (there.oid, local.oid)))
        if ahead and behind:
            yield f"spec-kitty-hooks: {escape(name)} has diverged from {escape(remote)}: {ahead} ahead, {behind} behind"
            if mission is not None and name == target:
                yield f"  next: spec-kitty-hooks pr-branch --mission {quote_shell(mission.directory)}"
