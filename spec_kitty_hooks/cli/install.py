"""`install` and `uninstall`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import directory_option, json_option
from spec_kitty_hooks.install.installation import install as put_in
from spec_kitty_hooks.install.installation import uninstall as take_out
from spec_kitty_hooks.install.shims import INSTALLABLE
from spec_kitty_hooks.report.text import write_steps
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.install.report import InstallReport, UninstallReport


@click.command(short_help="Make git run the hooks in this clone.")
@click.option(
    "--hook-type",
    "hook_types",
    multiple=True,
    type=click.Choice(INSTALLABLE),
    help="Install this hook only; may be repeated. Default: all.",
)
@click.option("--into-hooks-path", is_flag=True, help="Install into the directory that core.hooksPath already names.")
@click.option("--yes-outside-repo", is_flag=True, help="Allow that even if the directory is outside this repository.")
@json_option
@directory_option
def install(
    hook_types: tuple[str, ...], into_hooks_path: bool, yes_outside_repo: bool, as_json: bool, directory: str | None
) -> int:
    """Make git run the hooks in this clone, for all its work trees.

    Hooks that are there already go on running, first, with the same arguments and input; `uninstall` puts everything
    back byte for byte. Where core.hooksPath is set already, it stays, and the lines to add to the hooks are printed.
    Install again after the repository or the Python environment has moved.

    Git is told, too, to merge event logs with `spec-kitty-hooks merge-driver`, unless it uses Spec Kitty's own driver,
    and to keep our side of status.json, which the next transition writes anew. That stands in the configuration and
    info/attributes of this clone; lines for .gitattributes, which all clones share, are printed and not written.

    With the pre-commit framework, list the hooks of this project's manifest in .pre-commit-config.yaml instead.
    """
    report = put_in(
        Path(directory) if directory else None,
        hook_types=hook_types,
        into_hooks_path=into_hooks_path,
        outside_ok=yes_outside_repo,
        environ=os.environ,
    )
    if as_json:
        print_model(report)
    else:
        _write(report.ok, _describe_install(report), report)
    return report.exit_code


@click.command(short_help="Take the hooks out again and put back what was there.")
@json_option
@directory_option
def uninstall(as_json: bool, directory: str | None) -> int:
    """Take the hooks out of this clone and put back what was there before, byte for byte."""
    report = take_out(Path(directory) if directory else None, environ=os.environ)
    if as_json:
        print_model(report)
    else:
        listed = [f"Removed: {', '.join(report.removed)}"] if report.removed else []
        listed += [f"Back as before: {', '.join(report.restored)}"] if report.restored else []
        _write(report.ok, listed, report)
    return report.exit_code


def _describe_install(report: InstallReport) -> list[str]:
    lines = []
    if report.ok:
        place = escape(report.hooks_path or "git configuration", limit=1000)
        lines.append(f"Installed: {', '.join(report.installed)} (in {place})")
    if report.kept:
        lines.append(f"Still running, before ours: {', '.join(report.kept)}")
    if report.ignored:
        lines.append(f"Not run beside ours: Spec Kitty's own guard in {', '.join(report.ignored)}, which ours replaces")
    for addition in report.lines_to_add:
        lines.append(f"Add to {escape(addition.file, limit=1000)}:")
        lines += [f"    {escape(line, limit=1000)}" for line in addition.lines]
    return lines + _describe_drivers(report)


def _describe_drivers(report: InstallReport) -> list[str]:
    merged = [state.file for state in report.merge_drivers if state.owner == "spec-kitty-hooks"]
    lines = [f"Merged by ours: {', '.join(merged)}"] if merged else []
    if report.attributes_to_track:
        lines.append("For clones that have only Spec Kitty's client, add to .gitattributes and commit that:")
        lines += [f"    {line}" for line in report.attributes_to_track]
    return lines


def _write(ok: bool, lines: list[str], report: InstallReport | UninstallReport) -> None:
    stream = sys.stdout if ok else sys.stderr
    lines += [escape(note, limit=1000) for note in report.notes]
    if report.problem:
        lines.insert(0, f"spec-kitty-hooks: {escape(report.problem, limit=1000)}")
    lines += write_steps(report.remediation)
    stream.write("".join(f"{line}\n" for line in lines))
