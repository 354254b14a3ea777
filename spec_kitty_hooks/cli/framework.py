"""What a hook judges when a framework runs it and no commit is being made: `pre-commit run`, pre-commit.ci.

Off the commit path: a commit made through the framework brings GIT_INDEX_FILE, and never gets here.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from spec_kitty_hooks.audit import judge_all
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.model.findings import NOT_APPLICABLE
from spec_kitty_hooks.pushes import judge_range
from spec_kitty_hooks.report.text import print_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.model.findings import Report


def run_without_commit(environ: Mapping[str, str]) -> int | None:
    """Judge the range that the framework names, else every log at HEAD; print the report and return its exit code.

    None, with nothing printed, if no range is named and something is staged: then that change is to be judged. What
    could not be judged stands in the last line. Raises HooksError like the commit hook.
    """
    with Git.open(None, environ, hook=False) as git:
        report = _judge(git, environ)
    if report is None:
        return None
    if report.verdict != NOT_APPLICABLE:
        sys.stderr.write(print_report(report))
    return report.exit_code


def _judge(git: Git, environ: Mapping[str, str]) -> Report | None:
    old, new = environ.get("PRE_COMMIT_FROM_REF"), environ.get("PRE_COMMIT_TO_REF")
    if old and new:
        return judge_range(git, time.time(), old, new, read_situation(git, environ).branch)
    if git.staged_changes(git.layout.head):
        return None
    return judge_all(git, environ, time.time())
