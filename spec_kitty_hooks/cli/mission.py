"""`mission new` and `mission finalize`: the smallest plan that the hooks and the Spec Kitty client work with."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks import errors
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import directory_option, json_option, mission_option, move_command, open_git
from spec_kitty_hooks.filelock import LockTimeoutError, hold
from spec_kitty_hooks.git.environ import LOCAL
from spec_kitty_hooks.git.program import find_git
from spec_kitty_hooks.mission.handle import choose, resolve
from spec_kitty_hooks.mission.journal import LOCK_SECONDS, LockedError, lock_path
from spec_kitty_hooks.mission.registry import ROOT
from spec_kitty_hooks.report.text import write_steps
from spec_kitty_hooks.scaffold.checkout import open_checkout
from spec_kitty_hooks.scaffold.creation import ENTROPY_BYTES, Request, create_mission
from spec_kitty_hooks.scaffold.finalization import Finalization, check_place
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_kitty_hooks.model.mission import Mission
    from spec_kitty_hooks.scaffold.models import MissionCreated, MissionFinalized, PlanFinding, Topology


class NotDoneError(errors.HooksError):
    """The file system or git refused what was asked for (`WRITE_REFUSED`, `COMMIT_REFUSED`)."""

    exit_code = errors.BLOCKED


class Desk:
    """The primary checkout that a command works in, and git as the person would call it there."""

    def __init__(self, directory: str | None, command: str) -> None:
        self._directory = directory
        with open_git(directory) as git:
            self.checkout = open_checkout(git, os.environ, command)
            self._common_dir = git.layout.common_dir

    def git(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run git at the top of the checkout."""
        environ: Mapping[str, str] = os.environ
        if self._directory is not None:  # what an outer git says of its own repository does not hold for DIR
            environ = {name: value for name, value in os.environ.items() if name not in LOCAL}
        command = [find_git(environ), "--literal-pathspecs", *words]
        where = os.fsdecode(self.checkout.top)
        return subprocess.run(
            command, cwd=where, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )

    @contextmanager
    def hold_log(self, mission: Mission) -> Iterator[None]:
        """Keep other writers off a mission's event log (`EVENT_LOG_LOCKED` if somebody else keeps us off)."""
        try:
            with hold(lock_path(self._common_dir, mission.directory), LOCK_SECONDS):
                yield
        except LockTimeoutError as error:
            raise LockedError(mission.directory, error.holder) from error

    def has_changes(self, path: str) -> bool:
        """Tell whether something below `path` is not committed."""
        return bool(self.git("status", "--porcelain", "--untracked-files=all", "--", path).stdout)

    def commit(self, path: str, message: str) -> str:
        """Commit one directory, whatever else is staged, with the person's hooks and name; return the commit id."""
        for words in (("add", "--", path), ("commit", "-q", "-m", message, "--", path)):
            done = self.git(*words)
            if done.returncode:
                said = "; ".join((done.stderr + done.stdout).decode("utf-8", "backslashreplace").splitlines())
                problem = f"the files are written, but git did not commit them: {said}"
                raise NotDoneError("COMMIT_REFUSED", problem, tuple(self.localize(commit_commands(path, message))))
        return self.git("rev-parse", "HEAD").stdout.decode("ascii").strip()

    def localize(self, steps: Sequence[str]) -> list[str]:
        """Make commands for the top of the checkout work from where the person is."""
        top = os.fsdecode(self.checkout.top)
        if os.path.realpath(top) == os.path.realpath(os.getcwd()):
            return list(steps)
        return [move_command(step, quote_shell(top)) for step in steps]


def commit_commands(path: str, message: str) -> list[str]:
    """Return the commands that commit one directory and nothing else."""
    return [f"git add -- {path}", f'git commit -m "{message}" -- {path}']


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the file system says into an answer; it is no bug of ours."""
    try:
        yield
    except OSError as error:
        name = f" {os.fsdecode(error.filename)}" if error.filename else ""
        problem = f"the file system refused to write{name}: {error.strerror}"
        raise NotDoneError(
            "WRITE_REFUSED", problem, ("look at the disk and at the permissions; then run this again",)
        ) from error


@click.group()
def mission() -> None:
    """Make and finalize a small mission in Spec Kitty's format.

    `new` writes the files to edit; `finalize` checks them, computes the lanes and enters every work package into the
    event log. Both work in the primary checkout, on the branch that the mission will be merged into.
    """


@mission.command()
@click.argument("slug")
@click.option("--name", default="", help="A name for people.  [default: made from SLUG]")
@click.option(
    "--topology",
    type=click.Choice(["lanes", "single_branch"]),
    default="lanes",
    show_default=True,
    help="What to record in meta.json; the lanes themselves come from the work packages.",
)
@click.option("--target", default="", help="The branch to merge into; must be checked out.  [default: the current one]")
@click.option("--commit", "wants_commit", is_flag=True, help="Commit the new directory, and nothing else.")
@json_option
@directory_option
def new(  # noqa: PLR0913, PLR0917 (click passes every option by itself)
    slug: str, name: str, topology: Topology, target: str, wants_commit: bool, as_json: bool, directory: str | None
) -> int:
    """Write a new mission, kitty-specs/SLUG-ID/, ready to be edited.

    SLUG is a-z, 0-9 and dashes, such as csv-export. Writes meta.json, spec.md, plan.md, tasks.md, a first work package
    in tasks/ and the event log; stages and commits nothing unless --commit is given. Nothing is ever overwritten.
    """
    desk = Desk(directory, f"spec-kitty-hooks mission new {quote_shell(slug)}")
    request = Request(slug, name=name, target=target, topology=topology)
    with _refusals():
        made = create_mission(desk.checkout, request, datetime.now(UTC), os.urandom(ENTROPY_BYTES))
    commit = desk.commit(made.path, f"Add scaffold for mission {made.mission}") if wants_commit else None
    made = made.model_copy(update={"commit": commit, "next_steps": desk.localize(made.next_steps)})
    if as_json:
        print_model(made)
    else:
        sys.stdout.write(_describe_created(made))
    return errors.PASS


@mission.command(short_help="Check the plan, write lanes.json and seed the event log.")
@click.argument("handle", metavar="[MISSION]", required=False)
@click.option("--dry-run", is_flag=True, help="Check and say what would be written; write nothing.")
@click.option(
    "--commit/--no-commit",
    "wants_commit",
    default=False,
    show_default=True,
    help="Commit the mission's directory as it is now, and nothing else.",
)
@json_option
@directory_option
@mission_option
def finalize(handle: str | None, dry_run: bool, wants_commit: bool, as_json: bool, directory: str | None) -> int:
    """Check the plan, then write lanes.json and enter each work package into the event log as planned.

    MISSION is its directory, slug, number or id (all of it or the first eight characters); by default the only
    mission, or the only one of the current branch. Checks heads, owned_files, overlaps, dependencies and cycles; with
    a problem nothing is written. Running it again adds only what is missing.

    Exit codes: 0 finalized, 1 the plan has problems, 2 wrong usage.
    """
    typed = ("spec-kitty-hooks", "mission", "finalize", *([handle] if handle else []))
    desk = Desk(directory, " ".join(map(quote_shell, typed)))
    missions = tuple(desk.checkout.missions())
    chosen = resolve(handle, missions) if handle is not None else choose(missions, desk.checkout.branch)
    check_place(desk.checkout, chosen)
    run = Finalization(desk.checkout, chosen)
    with _refusals(), desk.hold_log(chosen):
        run.check()
        outcome = run.write(datetime.now(UTC), os.urandom, dry_run=dry_run)
    outcome = _settle(desk, outcome, wants_commit=wants_commit)
    if as_json:
        print_model(outcome)
    else:
        sys.stdout.write(_describe_finalized(outcome))
    return errors.PASS if outcome.ok else errors.BLOCKED


def _settle(desk: Desk, outcome: MissionFinalized, *, wants_commit: bool) -> MissionFinalized:
    """Commit, or put the commands that commit before the other next steps: ownership counts only when committed."""
    path, message = f"{ROOT}/{outcome.mission}", f"Finalize mission {outcome.mission}"
    steps, commit = outcome.next_steps, None
    if outcome.ok and not outcome.dry_run and desk.has_changes(path):
        if wants_commit:
            commit = desk.commit(path, message)
        else:
            steps = [*commit_commands(path, message), *steps]
    return outcome.model_copy(update={"commit": commit, "next_steps": desk.localize(steps)})


def _describe_created(made: MissionCreated) -> str:
    lines = [f"Made {made.path} for branch {escape(made.target_branch)}:"]
    lines += [f"  {name.removeprefix(made.path + '/')}" for name in made.files]
    lines.append(f"Committed as {made.commit[:12]}." if made.commit else "Nothing is staged or committed.")
    return "\n".join([*lines, *write_steps(made.next_steps)]) + "\n"


def _describe_finalized(outcome: MissionFinalized) -> str:
    path = f"{ROOT}/{outcome.mission}"
    lines = [line for finding in outcome.findings for line in _describe_finding(finding)]
    for lane in outcome.lanes:
        after = f", after {', '.join(lane.depends_on_lanes)}" if lane.depends_on_lanes else ""
        lines.append(f"  {lane.lane_id}: {', '.join(lane.wp_ids)}{after}  (branch {escape(lane.branch)})")
    if outcome.ok:
        would = "would be " if outcome.dry_run else ""
        lanes_file = "would be written" if outcome.lanes_file == "not written" else outcome.lanes_file
        seeded = f"{', '.join(outcome.seeded)} {would}entered as planned" if outcome.seeded else "no event was missing"
        lines.append(f"{path}: lanes.json {lanes_file}; {seeded}.")
        lines += [f"Committed as {outcome.commit[:12]}."] if outcome.commit else []
    else:
        count = sum(finding.severity == "block" for finding in outcome.findings)
        lines.append(f"{path}: not finalized, {count} problem{'s' if count > 1 else ''}; nothing was written.")
    return "\n".join([*lines, *write_steps(outcome.next_steps)]) + "\n"


def _describe_finding(finding: PlanFinding) -> list[str]:
    place = escape(finding.path) + (f":{finding.line}" if finding.line else "") or finding.work_package_id
    label = "" if finding.severity == "block" else "note: "
    said = f"{place}: {label}{escape(finding.message, limit=1000)} ({finding.diagnostic_code})"
    return [said, *write_steps(finding.remediation)]
