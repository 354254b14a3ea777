"""Who acts: `--actor`, else SPEC_KITTY_ACTOR, else the name in the person's commits; and how texts are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from spec_kitty_hooks.git.plumbing import Git

VARIABLE = "SPEC_KITTY_ACTOR"


def actor_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--actor NAME`."""
    text = f"Who does this.  [default: {VARIABLE}, else the name in your commits]"
    return click.option("--actor", metavar="NAME", help=text)(command)


def choose_actor(git: Git, environ: Mapping[str, str], given: str | None) -> str:
    """Return who acts. Raises UsageError (`ACTOR_MISSING`) for a blank name, or if there is none."""
    name = given if given is not None else environ.get(VARIABLE) or _ask_git(git)
    if not name.strip():
        steps = ("say who you are with --actor NAME", 'git config user.name "Your Name"')
        raise UsageError("ACTOR_MISSING", "an event names its actor, and there is no name", steps)
    return check_text("the actor", name.strip(), limits.ACTOR_CHARACTERS, lines=False)


def _ask_git(git: Git) -> str:
    """Return the name that git would write into a commit, "" if it knows none."""
    said = git.program.run("var", "GIT_AUTHOR_IDENT").out.decode("utf-8", "surrogateescape")
    return said.rpartition(" <")[0]


def check_text(what: str, text: str, limit: int, *, lines: bool = True) -> str:
    """Return text that may go into a log. Raises UsageError for control characters, bytes that are no text, and length.

    `limit` is in characters; `lines` allows newlines and tabs.
    """
    allowed = "\n\t" if lines else ""
    if any(not mark.isprintable() and mark not in allowed for mark in text):
        raise UsageError("USAGE", f"{what} has a character that cannot be shown", ("write it in plain text",))
    if len(text) > limit:
        raise UsageError("USAGE", f"{what} has {len(text)} characters; at most {limit} are taken", ("shorten it",))
    return text
