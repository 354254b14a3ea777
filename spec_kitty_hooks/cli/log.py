"""`log`: the events of a mission, those that somebody asks for, as they count."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.logevents import describe
from spec_kitty_hooks.cli.logtext import write_log
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import directory_option, json_option, mission_option, open_git
from spec_kitty_hooks.cli.status import NO_MISSION, NO_OPEN_MISSION, choose_views
from spec_kitty_hooks.cli.terminal import open_console
from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.mission.moments import read_bound
from spec_kitty_hooks.mission.selection import ALL, TELLING, Selection
from spec_kitty_hooks.model import events as kinds
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.missionmodels import LogModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_kitty_hooks.report.missionmodels import MissionLogModel

_HELP = ("spec-kitty-hooks log --help",)


@click.command()
@click.argument("handle", metavar="[MISSION]", required=False)
@click.option("--wp", "work_packages", multiple=True, metavar="WP", help="Of this work package; may be repeated.")
@click.option("--actor", default="", metavar="TEXT", help="By an actor whose name has TEXT in it.")
@click.option("--lane", "lane_names", multiple=True, metavar="LANE", help="From or to this lane; may be repeated.")
@click.option("--since", metavar="WHEN", help="Not older: a date or time (UTC without a zone), or a span: 45min, 3d.")
@click.option("--until", metavar="WHEN", help="Not newer, in the same words.")
@click.option(
    "--kind",
    type=click.Choice((TELLING, kinds.TRANSITION, kinds.ANNOTATION, kinds.LIFECYCLE, ALL)),
    default=TELLING,
    show_default=True,
    help="telling: transitions, annotations that say something, and what cannot be understood.",
)
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="The N newest of each mission.")
@click.option("--reverse", is_flag=True, help="The newest first.")
@json_option
@directory_option
@mission_option
def log(  # noqa: PLR0913, PLR0917 (click passes every option by itself)
    handle: str | None,
    work_packages: tuple[str, ...],
    actor: str,
    lane_names: tuple[str, ...],
    since: str | None,
    until: str | None,
    kind: str,
    limit: int | None,
    reverse: bool,
    as_json: bool,
    directory: str | None,
) -> int:
    """Show the events of a mission, the oldest first.

    MISSION is a directory name, a mission id or the start of one; without it, the mission of the current branch, else
    all missions that are not finished. Events come in the order in which they count. Those that no commit has are
    marked, and so are lines that cannot be read.
    """
    now = time.time()
    selection = Selection(
        work_packages=frozenset(wp_id.upper() for wp_id in work_packages),
        actor=actor,
        lanes=frozenset(_read_lane(text) for text in lane_names),
        since=_read_bound("--since", since, now),
        until=_read_bound("--until", until, now),
        kind=kind,
    )
    with open_git(directory) as git:
        overview = Overview(git)
        views, chosen = choose_views(git, overview, handle)
        models = [describe(overview, view, selection, limit, reverse=reverse) for view in views]
    if as_json:
        print_model(LogModel(missions=models))
    elif models:
        _print(models)
    else:
        sys.stdout.write(NO_OPEN_MISSION if chosen else NO_MISSION)
    return 0


def _print(models: Sequence[MissionLogModel]) -> None:
    console = open_console()
    for number, model in enumerate(models):
        for line, style in (*((("", ""),) if number else ()), *write_log(model)):
            if console is None:
                sys.stdout.write(f"{line}\n")
            else:
                console.out(line, style=style or None, highlight=False)


def _read_lane(text: str) -> str:
    lane = lanes.parse_lane(text)
    if lane is None:
        raise UsageError("USAGE", f"there is no lane {to_text(text)}; lanes are {', '.join(lanes.BOARD)}", _HELP)
    return lane


def _read_bound(option: str, text: str | None, now: float) -> float | None:
    if text is None:
        return None
    moment = read_bound(text, now)
    if moment is None:
        example = "2026-01-05, 2026-01-05T09:00+01:00, 45min, 12h, 3d or 2w"
        raise UsageError("USAGE", f"{option} is no time: {to_text(text)}; write it like {example}", _HELP)
    return moment
