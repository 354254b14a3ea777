"""`preflight`: everything that must hold before a mission is merged or shipped, as one report."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import choose_mission, directory_option, json_option, localize, open_git
from spec_kitty_hooks.git.fetching import fetch_target
from spec_kitty_hooks.git.remotes import Remotes
from spec_kitty_hooks.model.preflight import PURPOSES
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.preflight import Examination
from spec_kitty_hooks.report.preflightmodel import to_preflight
from spec_kitty_hooks.report.text import print_report

if TYPE_CHECKING:
    from spec_kitty_hooks.git.fetching import FetchOutcome
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.mission import Mission


@click.command(short_help="Say what keeps a mission from being merged or shipped.")
@click.argument("purpose", type=click.Choice(PURPOSES), metavar="merge|ship")
@click.option("--fetch", is_flag=True, help="Fetch the target first, for at most ten seconds.")
@click.option("--mission", "handle", metavar="HANDLE", help="Its directory, id or slug.  [default: the branch's]")
@json_option
@directory_option
def preflight(purpose: str, fetch: bool, handle: str | None, as_json: bool, directory: str | None) -> int:
    """Judge everything that must hold before a mission is merged into its target, or its target is shipped.

    Every work package is approved or done (or canceled for a reason), its dependencies too; no review contradicts
    that; every branch that is still needed exists; no merge of Spec Kitty's was left unfinished; the event log is
    sound; the target holds all that is published. A merge publishes nothing, so only a ship is stopped by divergence.
    policy.merge_gates is obeyed. Nothing is changed, and nothing fetched without --fetch.

    \b
    Exit codes: 0 it may go on, 1 something stops it, 2 wrong usage, 3 cannot judge.
    """  # noqa: D301 (click's mark)
    with open_git(directory) as git:
        mission = choose_mission(git, handle)
        if not fetch:
            return _examine(git, mission, purpose, None, as_json=as_json)
        fetched = fetch_target(git, Remotes(git).choose(mission.target_branch), mission.target_branch)
        with git.reopen() as fresh:
            return _examine(fresh, mission, purpose, fetched, as_json=as_json)


def _examine(git: Git, mission: Mission, purpose: str, fetched: FetchOutcome | None, *, as_json: bool) -> int:
    overview = Overview(git)
    found, plan = next(one for one in overview.list_missions() if one[0].directory == mission.directory)
    examination = Examination(git, overview, overview.view(found, plan), purpose, fetched)
    report = localize(examination.report(os.environ, time.time()), git)
    if as_json:
        print_model(to_preflight(report, found, examination.facts))
    else:
        sys.stdout.write(print_report(report))
    return report.exit_code
