"""`pre-receive`: the same policy on a server, before it takes what is pushed."""

from __future__ import annotations

import os
import sys
import time

import click

from spec_kitty_hooks import errors, limits
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import directory_option, json_option
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.pushes import judge_received
from spec_kitty_hooks.report.data import to_report
from spec_kitty_hooks.report.text import print_hook


@click.command("pre-receive", short_help="Judge what a server is about to receive, as its pre-receive hook.")
@json_option
@directory_option
def pre_receive(as_json: bool, directory: str | None) -> int:
    """Judge what is pushed to this repository, before any ref changes.

    Reads the lines that git gives a pre-receive hook on standard input, `<old id> <new id> <ref>`, and the pushed
    objects from git's quarantine. Make it the server's hook with a file hooks/pre-receive in the bare repository:

    \b
        #!/bin/sh
        exec spec-kitty-hooks pre-receive

    Findings are printed on standard error, which git shows to whoever pushes. Exit code 0 takes the push, anything else
    refuses all of it.
    """  # noqa: D301 (click wants the character itself)
    if sys.stdin.isatty():
        raise click.UsageError("standard input has to hold the lines that git gives a pre-receive hook")
    data = sys.stdin.buffer.read(limits.PUSHED_REFS * (limits.PUSH_LINE_BYTES + 1))
    with Git.open(os.fsencode(directory) if directory else None, os.environ, hook=not directory) as git:
        report = judge_received(git, time.time(), data)
    if as_json:
        print_model(to_report(report))
    else:
        sys.stderr.write(print_hook(report, "pre-receive"))
    return report.exit_code or errors.PASS
