"""What to say where a pre-push hook gets no refs: nothing is new, or git has refused a diverged branch by itself.

Judges nothing; compares HEAD's branch and its mission's target with what was last fetched of them.
"""

from __future__ import annotations

from spec_kitty_hooks import errors
from spec_kitty_hooks.divergence import measure
from spec_kitty_hooks.git.remotes import Remotes
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.model.divergence import DIVERGED, tell
from spec_kitty_hooks.model.findings import NOT_APPLICABLE, Report
from spec_kitty_hooks.survey import survey
from spec_kitty_hooks.text import escape, quote_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.survey import Survey


def explain(git: Git, environ: Mapping[str, str], remote: str) -> tuple[Report, str]:
    """Return an empty report, and what a diverged branch needs ("" if none has diverged from `remote`)."""
    found = survey(git, read_situation(git, environ), thorough=True)
    said = "".join(f"{line}\n" for line in _describe(git, found, remote))
    return Report(verdict=NOT_APPLICABLE, exit_code=errors.PASS, subject="nothing is pushed"), said


def _describe(git: Git, found: Survey, remote: str) -> Iterator[str]:
    mission = found.placement.mission
    target = mission.target_branch if mission else ""
    for name in dict.fromkeys(filter(None, (found.situation.branch, target))):
        local, ref = found.branches.local(name), Remotes(git).tracking_ref(remote, name)
        there = next((tip for tip in found.branches.remotes(name) if tip.name == ref), None)
        apart = measure(git, local.oid, there.oid, mission) if local and there else None
        if apart is None or apart.state != DIVERGED:
            continue
        sides = f"{tell(apart.ahead)} ahead, {tell(apart.behind)} behind"
        yield f"spec-kitty-hooks: {escape(name)} has diverged from {escape(remote)} as last fetched: {sides}"
        if mission is not None and name == target:
            yield f"  next: spec-kitty-hooks pr-branch --mission {quote_shell(mission.directory)}"
