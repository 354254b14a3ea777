"""One mission's status on a terminal: lanes as columns where there is room for them, else the plain table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from spec_kitty_hooks.cli.statustext import (
    order_packages,
    write_facts,
    write_headline,
    write_marks,
    write_remarks,
    write_status,
    write_warnings,
)
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from rich.console import Console

    from spec_kitty_hooks.report.missionmodels import MissionStatusModel, WorkPackageStatusModel

COLUMN = 18  # characters that a lane needs to be read at all, its margin counted in
_ALWAYS = tuple(lane for lane in lanes.BOARD if lane not in lanes.NEVER_OWNS)
_COLOURS = {
    lanes.CLAIMED: "yellow",
    lanes.IN_PROGRESS: "cyan",
    lanes.FOR_REVIEW: "magenta",
    lanes.IN_REVIEW: "magenta",
    lanes.APPROVED: "green",
    lanes.DONE: "green",
    lanes.BLOCKED: "red",
}


def print_board(console: Console, name: str, model: MissionStatusModel) -> None:
    """Print one mission; a lane on the way to done has its column even when it is empty."""
    found = list(dict.fromkeys(package.lane for _wp, package in order_packages(model)))
    columns = [*_ALWAYS, *(lane for lane in found if lane not in _ALWAYS)]
    if not model.work_packages or console.width < COLUMN * len(columns):
        console.out(write_status(name, model), end="", highlight=False)
        return
    console.print(Text(write_headline(name, model), "bold"))
    for line in write_warnings(model.warnings):
        console.print(Text(f"  {line}", "bold red"))
    console.print(_build(columns, model), soft_wrap=False)
    for line in write_remarks(model):
        console.print(Text(f"  {line}", "yellow"))


def _build(columns: list[str], model: MissionStatusModel) -> Table:
    table = Table(box=SIMPLE, expand=True, pad_edge=False)
    cells = {lane: Text() for lane in columns}
    for wp_id, package in order_packages(model):
        cell = cells[package.lane]
        cell.append("\n\n" if cell else "").append_text(_write_card(wp_id, package))
    for lane in columns:
        table.add_column(Text(lane, _COLOURS.get(lane, "")), ratio=1, overflow="fold")
    table.add_row(*cells.values())
    return table


def _write_card(wp_id: str, package: WorkPackageStatusModel) -> Text:
    card = Text.assemble((escape(wp_id, limit=20), "bold"), f" {escape(package.execution_lane, limit=20)}")
    if package.title:
        card.append(f"\n{escape(package.title, limit=60)}")
    marks = set(write_marks(package))
    for fact in write_facts(package):
        card.append("\n").append(fact, "bold red" if fact in marks else "dim")
    return card
