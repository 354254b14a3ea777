"""`transition`: one transition of a work package, durable and read back before it is reported."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks import catalog, errorcodes, errors, limits
from spec_kitty_hooks.cli.actor import actor_option, check_text, choose_actor
from spec_kitty_hooks.cli.crash import say
from spec_kitty_hooks.cli.output import delivered, print_error, print_lines, print_model
from spec_kitty_hooks.cli.session import choose_mission, directory_option, json_option, open_git
from spec_kitty_hooks.git.writing import AGAIN
from spec_kitty_hooks.mission.proposal import EVIDENCE_KEYS, Request
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.ids import ULID_ENTROPY_BYTES, is_ulid, new_ulid
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.text import write_diagnostics
from spec_kitty_hooks.report.writermodels import DiagnosticModel, TransitionFailedModel, TransitionModel, to_diagnostic
from spec_kitty_hooks.text import escape
from spec_kitty_hooks.transitions import ALREADY, Result
from spec_kitty_hooks.transitions import transition as move

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_kitty_hooks.model.mission import Mission


def write_matrix() -> str:
    """Return every edge of the lane machine with its guards (formats 4.1), for `--help`."""
    rows = ["\b", "Ways between lanes, and what each needs:"]
    for start in dict.fromkeys(start for start, _end in lanes.EDGES):
        ends = {end: needs for (begin, end), needs in lanes.EDGES.items() if begin == start}
        rows += [
            f"  {start + ' ->' if end == next(iter(ends)) else '':<15} {end:<12} {', '.join(needs)}".rstrip()
            for end, needs in ends.items()
        ]
    return "\n".join(rows)


def write_guards() -> str:
    """Return what each guard means, for `--help`."""
    return "\n".join(["\b", *(f"  {name:<18} {meaning}" for name, meaning in lanes.GUARDS.items())])


@click.command(
    short_help="Move a work package to another lane.",
    epilog=f"{write_matrix()}\n\n{write_guards()}",
)
@click.argument("work_package_id", metavar="WP")
@click.option("--to", "to_lane", metavar="LANE", required=True, help="The lane to move to.")
@click.option("--expect", metavar="LANE", help="Refuse (LANE_MOVED) unless it is in this lane now.")
@actor_option
@click.option("--reason", default="", metavar="TEXT", help="Why; needed by --force and by in_progress -> planned.")
@click.option("--force", is_flag=True, help="Any lane but genesis, without guards; needs --reason.")
@click.option(
    "--evidence",
    multiple=True,
    metavar="KEY=VALUE",
    help=f"Of a review; may be repeated. KEY: {', '.join(EVIDENCE_KEYS)}. Verdicts: approved, changes_requested.",
)
@click.option("--event-id", metavar="ULID", help="The event's id; the same call with the same id adds nothing twice.")
@click.option("--commit/--no-commit", default=True, show_default=True, help="Commit the log to its branch.")
@click.option("--mission", "handle", metavar="HANDLE", help="Its directory, id or slug.  [default: the branch's]")
@json_option
@directory_option
def transition(  # noqa: PLR0913, PLR0917 (click passes every option by itself)
    work_package_id: str,
    to_lane: str,
    expect: str | None,
    actor: str | None,
    reason: str,
    force: bool,
    evidence: tuple[str, ...],
    event_id: str | None,
    commit: bool,
    handle: str | None,
    as_json: bool,
    directory: str | None,
) -> int:
    """Move the work package WP (WP01 ...) to another lane, and report success only when that is certain.

    The event is appended to the mission's event log wherever that lives, flushed to disk and read back as the lane
    that was asked for; then exactly the log and status.json are committed to the log's branch. That commit runs no
    hook and is not signed; whatever else is staged stays staged. Works from any work tree and subdirectory.

    \b
    Exit codes: 0 in the log (also if it was already: ALREADY), 1 refused and nothing changed, 2 wrong usage,
    3 git cannot do it here, 4 may be in the log (run it again with the same --event-id), 75 locked by somebody else.
    """  # noqa: D301 (click's mark)
    with open_git(directory) as git:
        mission = choose_mission(git, handle)
        request = Request(
            work_package_id=work_package_id,
            to_lane=_read_lane(to_lane, "--to"),
            expect=_read_lane(expect, "--expect") if expect is not None else "",
            actor=choose_actor(git, os.environ, actor),
            reason=check_text("the reason", reason.strip(), limits.REASON_CHARACTERS),
            force=force,
            evidence=_read_evidence(evidence),
            event_id=_read_id(event_id),
        )
        try:
            result = move(git, os.environ, mission, request, now=datetime.now(UTC), commit=commit)
        except errors.HooksError as error:
            return report_failure(error, mission, request, as_json=as_json)
    with delivered():
        report_success([result], as_json=as_json)
    return errors.PASS


def _read_lane(text: str, option: str) -> str:
    lane = lanes.parse_lane(text)
    if lane is None:
        known = ", ".join(lanes.BOARD)
        raise errors.UsageError("USAGE", f"{option} {text} is no lane", (f"use one of {known}",))
    return lane


def _read_id(text: str | None) -> str:
    if text is None:
        return new_ulid(datetime.now(UTC).timestamp(), os.urandom(ULID_ENTROPY_BYTES))
    if not is_ulid(text):
        step = "leave it out, or give 26 characters of 0-9 and A-Z without I, L, O and U"
        raise errors.UsageError("USAGE", f"--event-id {text} is no ULID", (step,))
    return text


def _read_evidence(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in EVIDENCE_KEYS:
            step = f"--evidence KEY=VALUE, where KEY is one of {', '.join(EVIDENCE_KEYS)}"
            raise errors.UsageError("USAGE", f"--evidence {pair} is not understood", (step,))
        found[key] = check_text(f"--evidence {key}", value.strip(), limits.REASON_CHARACTERS, lines=False)
    return found


def describe(result: Result) -> TransitionModel:
    """Return the published form of a transition that is in the log."""
    diagnostics = [to_diagnostic(problem) for problem in result.problems]
    if result.seconds_ahead:
        message = f"dated {result.seconds_ahead:.0f} s ahead of this clock, to come after the event before it"
        diagnostics.append(
            DiagnosticModel(
                diagnostic_code="EVENT_FROM_FUTURE", severity="note", message=message, remediation=["check the clock"]
            )
        )
    event = result.event
    return TransitionModel(
        outcome="ALREADY" if result.outcome == ALREADY else "ACK",
        event_id=event.event_id,
        mission=result.mission,
        work_package_id=to_text(event.wp_id),
        from_lane=event.from_lane,
        to_lane=event.to_lane,
        actor=to_text(str(event.record["actor"])),
        at=to_text(event.at),
        status_events_path=to_text(result.path),
        branch=to_text(result.branch),
        commit=result.commit or None,
        diagnostics=diagnostics,
    )


def report_success(results: Sequence[Result], *, as_json: bool) -> None:
    """Print transitions that are in the log: on standard output what is so, on standard error what is to be done."""
    for model in map(describe, results):
        if as_json:
            print_model(model)
            continue
        where = f"committed as {model.commit[:12]} on {escape(model.branch)}" if model.commit else "appended"
        already = ", already there" if model.outcome == ALREADY else ""
        moved = f"{model.from_lane} -> {model.to_lane} by {escape(model.actor)}{already}"
        print_lines(
            [
                f"{escape(model.work_package_id)}: {moved}",
                f"  event {model.event_id} in {escape(model.status_events_path)}, {where}",
            ]
        )
        print_lines(write_diagnostics(model.diagnostics), sys.stderr)


def report_failure(error: errors.HooksError, mission: Mission, request: Request, *, as_json: bool) -> int:
    """Print why a transition is not acknowledged, and return the exit code."""
    path = log_path(mission.directory)
    if error.exit_code == errors.OUTCOME_UNKNOWN:
        steps = (step for step in error.remediation if AGAIN not in step)
        error.remediation = (f"{AGAIN} with --event-id {request.event_id}: it adds only what is missing", *steps)
    if as_json:
        known = catalog.DIAGNOSTICS.get(error.code)
        print_model(
            TransitionFailedModel(
                diagnostic_code=error.code,
                violated_invariant=errorcodes.INVARIANTS.get(error.code) or (known.invariant if known else ""),
                message=to_text(error.message),
                remediation=[to_text(step) for step in error.remediation],
                mission=mission.directory,
                work_package_id=to_text(request.work_package_id),
                requested_lane=request.to_lane,
                event_id=request.event_id,
                status_events_path=path,
            )
        )
        return error.exit_code
    asked = f"{request.work_package_id} -> {request.to_lane} ({path}, event {request.event_id})"
    outcome = "may be in the log" if error.exit_code == errors.OUTCOME_UNKNOWN else "was not recorded"
    say(f"spec-kitty-hooks: {escape(asked, limit=1000)} {outcome}: {error.code}\n")
    print_error(error, as_json=False)
    return error.exit_code
