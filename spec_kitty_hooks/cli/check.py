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
from spec_kitty_hooks.report.data import to_report
from spec_kitty_hooks.report.text import print_report

if TYPE_CHECKING:
    from spec_kitty_hooks.model.findings import Report


@click.command()
@click.option("--staged", is_flag=True, help="Judge what is staged, as the pre-commit hook would.")
@click.option("--all", "everything", is_flag=True, help="Judge every event log at HEAD, where no change is made (CI).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="Also print the steps that led to the verdict.")
@json_option
@directory_option
def check(staged: bool, everything: bool, form: str, verbose: bool, as_json: bool, directory: str | None) -> int:
    """Judge a change by hand, with the hook's verdict and exit code.

    Prints findings of every severity; a hook prints only those that block or warn.
    """
    if staged == everything:
        raise click.UsageError("say what to judge: --staged or --all")
    with open_git(directory) as git:
        report = judge_all(git, os.environ, time.time()) if everything else open_judgement(git).judge_staged()
        report = localize(report, git)
    return show(report, as_json=as_json or form == "json", verbose=verbose)


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
    return show(report, as_json=as_json, verbose=False)


def show(report: Report, *, as_json: bool, verbose: bool) -> int:
    """Print a report and return its exit code."""
    if as_json:
        print_model(to_report(report))
    else:
        sys.stdout.write(print_report(report, verbose=verbose))
    return report.exit_code
