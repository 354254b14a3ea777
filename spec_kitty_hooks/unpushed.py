"""What to say where a pre-push hook gets no refs: nothing is new, or git has refused a diverged branch by itself.

Judges nothing; compares HEAD's branch and its mission's target with what was last fetched of them.
"""

from __future__ import annotations

from spec_kitty_hooks import errors, limits
from spec_kitty_hooks.divergence import measure, show_date
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.ranges import read_range
from spec_kitty_hooks.git.remotes import Remotes
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.mission.registry import Registry
from spec_kitty_hooks.model.divergence import DIVERGED, tell
from spec_kitty_hooks.model.findings import NOT_APPLICABLE, Report
from spec_kitty_hooks.reviewfacts import list_touched
from spec_kitty_hooks.survey import survey
from spec_kitty_hooks.text import escape, quote_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.divergence import Divergence
    from spec_kitty_hooks.survey import Survey


def explain(git: Git, environ: Mapping[str, str], remote: str, url: str) -> tuple[Report, str]:
    """Return an empty report, and what a diverged branch needs ("" if none has diverged from `remote` at `url`)."""
    found = survey(git, read_situation(git, environ), thorough=True)
    remotes = Remotes(git)
    said = "".join(f"{line}\n" for line in _describe(git, found, remotes, remotes.find(remote, url)))
    return Report(verdict=NOT_APPLICABLE, exit_code=errors.PASS, subject="nothing is pushed"), said


def _describe(git: Git, found: Survey, remotes: Remotes, remote: str) -> Iterator[str]:
    mission = found.placement.mission
    target = mission.target_branch if mission else ""
    for name in dict.fromkeys(filter(None, (found.situation.branch, target))):
        local, ref = found.branches.local(name), remotes.tracking_ref(remote, name)
        there = next((tip for tip in found.branches.remotes(name) if tip.name == ref), None)
        apart = measure(git, local.oid, there.oid, mission) if local and there else None
        if apart is None or apart.state != DIVERGED:
            continue
        as_of = show_date(remotes.last_seen(remote, name, apart.remote))
        sides = f"{tell(apart.ahead)} ahead, {tell(apart.behind)} behind{as_of}"
        yield f"spec-kitty-hooks: {escape(name)} has diverged from {escape(remote)} as last fetched: {sides}"
        for directory in _list_missions(git, found, name, apart):
            yield f"  next: spec-kitty-hooks pr-branch --mission {quote_shell(directory)}"


def _list_missions(git: Git, found: Survey, target: str, apart: Divergence) -> Iterable[str]:
    """Return the missions with this target branch; of several those that it is ahead with."""
    mission = found.placement.mission
    if mission is not None:
        return (mission.directory,) if target == mission.target_branch else ()
    try:
        ahead = list_touched(read_range(git, (apart.local,), (apart.remote,)))
    except RepositoryError:  # nothing is pushed, so that nothing has to be refused
        return ()
    known = Registry(git, found.branches, apart.local).list_targeting(target)
    return [one.directory for one, _commit in known if one.directory in ahead][: limits.SHOWN_PATHS]
