"""`start`: a work package claimed, with branch and work tree, and in progress, as one command that can be repeated."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import click

from spec_kitty_hooks import errors, limits
from spec_kitty_hooks.cli.actor import actor_option, check_text, choose_actor
from spec_kitty_hooks.cli.output import delivered, print_lines, print_model
from spec_kitty_hooks.cli.session import choose_mission, directory_option, json_option, open_git
from spec_kitty_hooks.cli.transition import describe as describe_transition
from spec_kitty_hooks.liveness import identify
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.text import write_diagnostics, write_steps
from spec_kitty_hooks.report.writermodels import StartModel, to_diagnostic
from spec_kitty_hooks.starting import ALREADY, RESUMED, Order, Started
from spec_kitty_hooks.starting import start as begin
from spec_kitty_hooks.text import escape, quote_shell

_WORDS = {ALREADY: "already in progress", RESUMED: "in progress; the claim was there before"}


@click.command(short_help="Claim a work package and make its branch and work tree.")
@click.argument("work_package_id", metavar="WP")
@actor_option
@click.option("--force", is_flag=True, help="Start although it builds on unfinished work packages; needs --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why --force is needed; it is recorded.")
@click.option("--mission", "handle", metavar="HANDLE", help="Its directory, id or slug.  [default: the branch's]")
@json_option
@directory_option
def start(  # noqa: PLR0913, PLR0917 (click passes every option by itself)
    work_package_id: str,
    actor: str | None,
    force: bool,
    reason: str,
    handle: str | None,
    as_json: bool,
    directory: str | None,
) -> int:
    """Start the work package WP (WP01 ...): claim it, make the branch and the work tree of its lane, go in progress.

    Interrupted at any point, the same command goes on from there; of several who start one work package exactly one
    gets it, and the others are told who (LANE_MOVED). The work tree is .worktrees/MISSION-LANE in the primary checkout;
    a planning work package is worked off on the target branch itself. No hook of the repository runs, and no filter
    that only the repository's own configuration names.

    \b
    Exit codes: 0 in progress and yours, 1 refused, 2 wrong usage, 3 the branch or work tree cannot be made,
    4 an event may be in the log (run it again), 75 somebody holds a lock.
    """  # noqa: D301 (click's mark)
    reason = check_text("the reason", reason.strip(), limits.REASON_CHARACTERS)
    if force and not reason:
        raise errors.UsageError("USAGE", "--force needs a reason", ("say why with --reason TEXT",))
    with open_git(directory) as git:
        order = Order(
            work_package_id=check_text("WP", work_package_id, limits.ACTOR_CHARACTERS, lines=False),
            actor=choose_actor(git, os.environ, actor),
            process=identify(os.getppid()),
            force=force,
            reason=reason,
        )
        started = begin(git, os.environ, choose_mission(git, handle), order, clock=lambda: datetime.now(UTC))
    model = describe(started, order)
    with delivered():
        if as_json:
            print_model(model)
        else:
            _write(model)
    return errors.PASS


def describe(started: Started, order: Order) -> StartModel:
    """Return the published form of a work package that is in progress."""
    place = started.workplace
    transitions = [describe_transition(result) for result in started.results]
    return StartModel(
        outcome=started.outcome,  # type: ignore[arg-type]  # the three constants of starting.py
        mission=started.mission,
        work_package_id=to_text(order.work_package_id),
        actor=to_text(order.actor),
        event_id=started.event.event_id,
        execution_lane=to_text(place.lane_id) or None,
        branch=to_text(place.branch),
        directory=to_text(place.directory),
        transitions=transitions,
        notes=[to_text(note) for note in place.notes],
        diagnostics=[
            *(diagnostic for made in transitions for diagnostic in made.diagnostics),
            *map(to_diagnostic, started.problems),
        ],
        next_steps=[f"cd {quote_shell(place.directory)}"],
    )


def _write(model: StartModel) -> None:
    where = f"{model.execution_lane}, branch {model.branch}" if model.execution_lane else f"branch {model.branch}"
    words = _WORDS.get(model.outcome, "in progress")
    said = f"{escape(model.work_package_id)}: {words}, by {escape(model.actor)}, in {escape(where, limit=1000)}"
    print_lines([said, *write_steps(model.next_steps)])
    notes = [f"  note: {escape(note, limit=1000)}" for note in model.notes]
    print_lines([*notes, *write_diagnostics(model.diagnostics)], sys.stderr)
