"""`pr-branch`: the focused branch of a mission, on top of what the remote has, and pushed if asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks import errors
from spec_kitty_hooks.cli.output import delivered, print_model
from spec_kitty_hooks.cli.prbranchtext import write, write_conflict
from spec_kitty_hooks.cli.session import choose_mission, directory_option, json_option, move_command, open_git
from spec_kitty_hooks.divergence import measure_target
from spec_kitty_hooks.errorcodes import INVARIANTS
from spec_kitty_hooks.focus import ALREADY, make_branch, plan_focus, require_room
from spec_kitty_hooks.focus.byhand import list_steps
from spec_kitty_hooks.git.fetching import fetch_target
from spec_kitty_hooks.git.pushing import push_commit
from spec_kitty_hooks.git.remotes import TARGET_REMOTE, Remotes
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.focusmodels import PrBranchModel, to_conflicts, to_focus
from spec_kitty_hooks.report.writermodels import DiagnosticModel
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_kitty_hooks.git.fetching import FetchOutcome
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.divergence import Divergence
    from spec_kitty_hooks.model.focus import Focus
    from spec_kitty_hooks.model.mission import Mission

PLANNED, NOTHING = "PLANNED", "NOTHING"
CONFLICT = "FOCUSED_BRANCH_CONFLICT"
_AGAIN = "then run the same command again"


@click.command("pr-branch", short_help="Build the focused branch that brings a mission to its target.")
@click.option("--dry-run", is_flag=True, help="Print what would be in it; nothing is written.")
@click.option("--push", is_flag=True, help="Push it too: a plain push, never forced.")
@click.option("--fetch", is_flag=True, help="Fetch the target first, for at most ten seconds.")
@click.option("--mission", "handle", metavar="HANDLE", help="Its directory, id or slug.  [default: the branch's]")
@json_option
@directory_option
def pr_branch(dry_run: bool, push: bool, fetch: bool, handle: str | None, as_json: bool, directory: str | None) -> int:
    """Build kitty/pr/MISSION-to-TARGET: one commit on top of the remote's target, with what is the mission's.

    That is the way out when the target has diverged, or carries the work of others. In it is what the mission's work
    packages own, its directory below kitty-specs/, and what only commits on its own lanes changed. The index, the work
    tree and the current branch are not touched, and the same commits give the same commit id in every clone. A branch
    of that name that is different is never overwritten.

    \b
    Exit codes: 0 made, there already, or nothing to do, 1 conflicts, a branch in the way or a push refused, 2 wrong
    usage, 3 the remote's target is not known or git cannot do it here, 4 a push may have happened, 75 somebody holds a
    lock.
    """  # noqa: D301 (click's mark)
    if dry_run and push:
        raise click.UsageError("--dry-run writes nothing, and --push does")
    with open_git(directory) as git:
        mission = choose_mission(git, handle)
        if not fetch:
            return _Run(git, mission, None, dry_run, as_json).run(push)
        fetched = fetch_target(git, Remotes(git).choose(mission.target_branch), mission.target_branch)
        with git.reopen() as fresh:
            return _Run(fresh, mission, fetched, dry_run, as_json).run(push)


class _Run:
    """One call of the command."""

    def __init__(self, git: Git, mission: Mission, fetched: FetchOutcome | None, dry_run: bool, as_json: bool) -> None:
        self._git = git
        self._mission = mission
        self._branches = Branches(git.refs())
        self._remotes = Remotes(git)
        self._fetched = fetched
        self._dry_run = dry_run
        self._as_json = as_json

    def run(self, push: bool) -> int:
        """Do all of it, print what came of it, and return the exit code; errors name the repository in their steps."""
        try:
            return self._run(push)
        except errors.HooksError as error:
            error.remediation = tuple(self._localize(error.remediation))
            raise

    def _run(self, push: bool) -> int:
        measured = measure_target(self._git, self._branches, self._mission, fetched=self._fetched)
        if not measured.remote:
            raise self._refuse_unknown(measured)
        focus = plan_focus(self._git, self._branches, self._mission, measured.remote, measured.remote_name)
        if focus.conflicts:
            self._print_conflict(focus)
            return errors.BLOCKED
        outcome = self._make(focus)
        model = to_focus(focus, measured, outcome, self._list_next(focus, outcome))
        code = self._push(focus, model) if push and focus.commit else errors.PASS
        with delivered():
            if self._as_json:
                print_model(model)
            else:
                write(model)
        return code

    def _make(self, focus: Focus) -> str:
        if not focus.commit:
            return NOTHING
        if self._dry_run:
            return ALREADY if require_room(self._git, focus) == ALREADY else PLANNED
        return make_branch(self._git, focus)

    def _push(self, focus: Focus, model: PrBranchModel) -> int:
        remote = self._push_remote()
        outcome = push_commit(self._git, remote, focus.commit, focus.branch)
        if outcome.ok:
            model.pushed_to = to_text(remote)
            model.next_steps = []
            return errors.PASS
        code = "WRITE_OUTCOME_UNKNOWN" if outcome.timed_out else "FOCUSED_BRANCH_NOT_PUSHED"
        word = "took too long" if outcome.timed_out else "was refused"
        message = f"the branch is made, but its push to {to_text(remote)} {word}:\n{to_text(outcome.said).strip()}"
        steps = [f"git push {quote_shell(remote)} {quote_shell(focus.branch)}"]
        if not outcome.timed_out:
            other = f"{focus.branch}:refs/heads/{focus.branch}-{focus.commit[:8]}"
            steps.append(f"git push {quote_shell(remote)} {quote_shell(other)}")
        model.diagnostics.append(
            DiagnosticModel(diagnostic_code=code, severity="warn", message=message, remediation=self._localize(steps))
        )
        return errors.OUTCOME_UNKNOWN if outcome.timed_out else errors.BLOCKED

    def _list_next(self, focus: Focus, outcome: str) -> list[str]:
        if outcome == NOTHING:
            return []
        if outcome == PLANNED:
            return self._localize([f"spec-kitty-hooks pr-branch --mission {quote_shell(focus.mission)}"])
        return self._localize([f"git push {quote_shell(self._push_remote())} {quote_shell(focus.branch)}"])

    def _print_conflict(self, focus: Focus) -> None:
        paths = {one.path for one in focus.paths} | {conflict.path for conflict in focus.conflicts}
        steps = self._localize(list_steps(self._git, focus, paths))
        model = to_conflicts(focus, CONFLICT, INVARIANTS[CONFLICT], steps)
        if self._as_json:
            print_model(model)
        else:
            write_conflict(model)

    def _push_remote(self) -> str:
        return self._remotes.choose_push(self._mission.target_branch)

    def _localize(self, steps: Iterable[str]) -> list[str]:
        """Let commands name the repository, if the person stands outside of it (`-C DIR`)."""
        place = self._git.layout.worktree or self._git.layout.git_dir
        top, here = os.path.realpath(place), os.path.realpath(os.getcwdb())
        if os.path.commonpath((top, here)) == top:
            return [to_text(step) for step in steps]
        return [to_text(move_command(step, quote_shell(top))) for step in steps]

    def _refuse_unknown(self, measured: Divergence) -> errors.HooksError:
        target = self._mission.target_branch
        remote = self._remotes.choose(target)
        fetched = self._fetched
        message = f"what the remote has of {escape(target)} is not known here: {escape(measured.problem)}"
        if remote not in self._remotes.names:
            steps = ("git remote -v", f"git config {TARGET_REMOTE} REMOTE, with one of these")
            return errors.HooksError("REMOTE_STATE_UNKNOWN", message, steps)
        if fetched is not None and not fetched.ok:
            message = f"{escape(target)} cannot be fetched: {escape(fetched.problem)}"
        refspec = f"+refs/heads/{target}:{self._remotes.tracking_ref(remote, target)}"
        step = f"git fetch {quote_shell(remote)} {quote_shell(refspec)}"
        return errors.HooksError("REMOTE_STATE_UNKNOWN", message, (step, _AGAIN))
