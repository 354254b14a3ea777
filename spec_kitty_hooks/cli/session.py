"""Opens the repository a command is about, and turns paths as typed into repository paths."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from spec_kitty_hooks import errors
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.mission.handle import choose, resolve
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.runner import Judgement
from spec_kitty_hooks.survey import Survey, survey
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from spec_kitty_hooks.model.findings import Report
    from spec_kitty_hooks.model.mission import Mission

Command = Callable[..., Any]


def directory_option(command: Command) -> Command:
    """Add `-C DIR`."""
    return click.option(
        "-C",
        "directory",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        help="Run as if started in DIR.",
    )(command)


def mission_option(command: Command) -> Command:
    """Add `--mission HANDLE`, the same as the argument MISSION; both may be given if they agree."""

    @functools.wraps(command)
    def choose(*args: Any, handle: str | None, named: str | None, **options: Any) -> Any:
        if handle is not None and named is not None and handle != named:
            raise click.UsageError(f"MISSION is {handle}, but --mission says {named}")
        return command(*args, handle=handle if named is None else named, **options)

    return click.option("--mission", "named", metavar="HANDLE", help="The same as MISSION.")(choose)


def json_option(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value (see `schema`).")(command)


def open_git(directory: str | None) -> Git:
    """Open the repository of DIR or of the current directory; raises RepositoryError."""
    return Git.open(os.fsencode(directory) if directory else None, os.environ, hook=False)


def open_judgement(git: Git) -> Judgement:
    """Find out who is active here, now; commands that are printed fit the directory that the person stands in."""
    here = os.path.relpath(os.path.realpath(os.getcwdb()), os.path.realpath(git.layout.worktree or os.getcwdb()))
    inside = here != b"." and here.split(os.fsencode(os.sep))[0] != b".."
    prefix = here.replace(os.fsencode(os.sep), b"/") + b"/" if inside else b""
    return Judgement(git, os.environ, time.time(), prefix)


def localize(report: Report, git: Git) -> Report:
    """Let the commands that a report prints name the work tree, if the person stands outside of it (`-C DIR`)."""
    top, here = os.path.realpath(git.layout.worktree or os.getcwdb()), os.path.realpath(os.getcwdb())
    if os.path.commonpath((top, here)) == top:
        return report
    place = quote_shell(top)
    moved = [
        finding.replace(remediation=tuple(move_command(step, place) for step in finding.remediation))
        for finding in report.findings
    ]
    found: Report = report.replace(findings=tuple(moved))
    return found


def move_command(step: str, place: str) -> str:
    """Return a next step for somebody who stands elsewhere; `place` is a directory, quoted. Prose stays as it is."""
    if step.startswith("git "):
        return f"git -C {place} {step[4:]}"
    return f"{step} -C {place}" if step.startswith("spec-kitty-hooks ") else step


def open_thorough(git: Git) -> Survey:
    """Find out who is active here, looking also for missions whose target branch this is."""
    choice = os.environ.get("SPEC_KITTY_WP", "")
    return survey(git, read_situation(git, os.environ), choice=choice, thorough=True)


def choose_missions(git: Git, overview: Overview, handle: str | None) -> Sequence[tuple[Mission, str]]:
    """Return the missions a command is about: the one that `handle` names, else the current branch's, else all.

    Raises UsageError for a handle that names none or several.
    """
    found = overview.list_missions()
    if handle is not None:
        chosen = resolve(handle, [mission for mission, _plan in found])
        return [(mission, plan) for mission, plan in found if mission is chosen]
    branch = read_situation(git, os.environ).branch
    here = overview.registry.place(branch).mission if branch else None
    if here is not None:
        return [(mission, plan) for mission, plan in found if mission.directory == here.directory]
    return [(mission, plan) for mission, plan in found if mission.target_branch == branch] or found


def choose_mission(git: Git, handle: str | None) -> Mission:
    """Return the one mission a command is about: the one that `handle` names, else the current branch's.

    Raises UsageError: `MISSION_AMBIGUOUS_SELECTOR` if several are meant, `MISSION_NOT_FOUND` if none is.
    """
    overview = Overview(git)
    known = [mission for mission, _plan in overview.list_missions()]
    if handle is not None:
        return resolve(handle, known)
    branch = read_situation(git, os.environ).branch
    here = overview.registry.place(branch).mission if branch else None
    found = next((mission for mission in known if here is not None and mission.directory == here.directory), None)
    if found is not None and found.target_branch != branch:
        return found
    return choose(known, branch)


def locate(git: Git, directory: str | None, paths: Sequence[str | bytes]) -> tuple[bytes, ...]:
    """Turn paths as typed (relative to DIR, or absolute) into repository paths.

    A path need not exist. Raises UsageError for one outside the work tree, or in another one that lies below it.
    """
    if git.layout.bare:
        raise errors.UsageError(
            "NO_WORK_TREE", "a bare repository has no paths to judge", ("name a work tree with -C",)
        )
    top = os.path.realpath(git.layout.worktree)
    start = os.path.realpath(os.fsencode(directory or os.getcwd()))
    found = []
    for path in paths:
        raw = os.fsencode(path)
        full = os.path.normpath(os.path.join(start, raw))
        parent = os.path.realpath(os.path.dirname(full))
        relative = os.path.relpath(os.path.join(parent, os.path.basename(full)), top)
        if relative == b"." or relative.startswith(b".." + os.fsencode(os.sep)) or relative == b"..":
            raise _refuse_path(raw, f"is not a path inside {to_text(top)}", "choose its work tree with -C")
        inner = _find_inner(parent, top)
        if inner:
            step = f"spec-kitty-hooks check-path -C {quote_shell(inner)} {quote_shell(full)}"
            raise _refuse_path(raw, f"lies in another work tree, {to_text(inner)}", step)
        found.append(relative.replace(os.fsencode(os.sep), b"/"))
    return tuple(found)


def _find_inner(parent: bytes, top: bytes) -> bytes:
    """Return the innermost work tree below `top` that holds the directory `parent`, "" if that is `top` itself."""
    while len(parent) > len(top):
        if os.path.lexists(os.path.join(parent, b".git")):
            return parent
        parent = os.path.dirname(parent)
    return b""


def _refuse_path(path: bytes, problem: str, step: str) -> errors.UsageError:
    return errors.UsageError("PATH_OUTSIDE_REPOSITORY", f"{to_text(path) or 'an empty name'} {problem}", (step,))
