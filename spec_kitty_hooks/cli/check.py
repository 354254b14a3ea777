"""`check` and `check-path`: the same policy by hand, before a commit and before an edit."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO

import click

from spec_kitty_hooks.audit import judge_all
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import directory_option, json_option, localize, locate, open_git, open_judgement
from spec_kitty_hooks.git.ci import CiRange, add_hints, find_range, find_service, name_branch, settle
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.pushes import judge_range
from spec_kitty_hooks.report.data import to_report
from spec_kitty_hooks.report.github import print_github
from spec_kitty_hooks.report.sarif import print_sarif
from spec_kitty_hooks.report.text import print_report

if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.findings import Report


_FORMATS = ("text", "json", "github", "sarif")


@click.command(short_help="Judge a change by hand or in CI, as the hooks do.")
@click.option("--staged", is_flag=True, help="Judge what is staged, as the pre-commit hook would.")
@click.option("--from-ref", metavar="REV", help="Judge every commit that --to-ref has and REV has not.")
@click.option("--to-ref", metavar="REV", help="Where that range ends.  [default: HEAD]")
@click.option("--all", "everything", is_flag=True, help="Judge every event log at HEAD, where no change is made.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="Also print the steps that led to the verdict.")
@json_option
@directory_option
def check(  # noqa: PLR0913 (one parameter an option)
    *,
    staged: bool,
    from_ref: str | None,
    to_ref: str | None,
    everything: bool,
    form: str,
    verbose: bool,
    as_json: bool,
    directory: str | None,
) -> int:
    """Judge a change by hand or in CI, with the hook's verdict and exit code.

    In a CI job of GitHub or GitLab the range may be left out: it is that of the push or the pull request. Prints
    findings of every severity; a hook prints only those that block or warn. `--format github` makes annotations of
    them, `--format sarif` a file for code scanning.
    """
    scope = _choose_scope(staged, from_ref, to_ref, everything)
    if as_json and form not in ("text", "json"):
        raise click.UsageError(f"say one format: --json or --format {form}")
    with open_git(directory) as git:
        report = localize(_judge(git, scope), git)
        report = report.replace(findings=add_hints(report.findings, find_service(os.environ)))
    return show(report, "json" if as_json else form, verbose=verbose)


def _choose_scope(staged: bool, from_ref: str | None, to_ref: str | None, everything: bool) -> str | CiRange:
    """Return "staged", "all" or the range that the options, else the running CI job, ask for."""
    if staged + everything + (from_ref is not None) > 1 or (to_ref is not None and from_ref is None):
        raise click.UsageError("say one thing to judge: --staged, --from-ref with or without --to-ref, or --all")
    if from_ref is not None:
        return CiRange(service="", old=from_ref, new=to_ref or "HEAD")
    scope = "staged" if staged else "all" if everything else find_range(os.environ)
    if scope is None:
        raise click.UsageError(
            "say what to judge: --staged, --from-ref or --all; no variable of a CI job names a range"
        )
    return scope


def _judge(git: Git, scope: str | CiRange) -> Report:
    if scope == "staged":
        return open_judgement(git).judge_staged()
    if isinstance(scope, str):
        return judge_all(git, os.environ, time.time())
    if not scope.service:
        return judge_range(git, time.time(), scope.old, scope.new, _find_branch(git, scope.new))
    settled = settle(git, scope)
    report = judge_range(git, time.time(), settled.old, settled.new, settled.branch)
    said = "; ".join(part for part in (f"the range that {scope.service} names", settled.note) if part)
    judged: Report = report.replace(subject=f"{report.subject}; {said}")
    return judged


def _find_branch(git: Git, revision: str) -> str:
    """Return the branch whose commits a revision stands for; of HEAD also where a CI service only says it."""
    named = name_branch(git, revision)
    here = git.find_commit(revision) == git.layout.head
    return named or (read_situation(git, os.environ).branch if here else "")


@click.command("check-path", short_help="Say whether the active work package may touch paths.")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--paths-from",
    type=click.File("rb"),
    help="Read more paths from FILE, each ended by a NUL byte; - is standard input.",
)
@json_option
@directory_option
def check_path(paths: tuple[str, ...], paths_from: BinaryIO | None, as_json: bool, directory: str | None) -> int:
    """Say, before an edit, whether the active work package may touch PATHS.

    Exit code 0: yes. 1: no, and why. 3: cannot judge, and policy says that this blocks.
    """
    named: list[str | bytes] = list(paths)
    if paths_from is not None:
        named += [name for name in paths_from.read().split(b"\0") if name]
    if not named and paths_from is None:
        raise click.UsageError("name at least one path, or use --paths-from")
    with open_git(directory) as git:
        report = localize(open_judgement(git).judge_paths(locate(git, directory, named)), git)
    return show(report, "json" if as_json else "text", verbose=False)


def show(report: Report, form: str, *, verbose: bool) -> int:
    """Print a report in one of the forms (text, json, github, sarif) and return its exit code."""
    if form == "json":
        print_model(to_report(report))
    elif form == "github":
        sys.stdout.write(print_github(report))
    elif form == "sarif":
        sys.stdout.write(print_sarif(report))
    else:
        sys.stdout.write(print_report(report, verbose=verbose))
    return report.exit_code
