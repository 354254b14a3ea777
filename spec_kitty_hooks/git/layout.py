"""Where a repository lives, asked of git in one call, and why git refuses one.

Turns every refusal into a sentence with the next command; never works around git's own safety checks.
"""

from __future__ import annotations

import os

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.program import UNSUPPORTED, last_words
from spec_kitty_hooks.model.git import Layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.git.process import Completed
    from spec_kitty_hooks.git.program import Program

HASH_HEX = {b"sha1": 40, b"sha256": 64}
_ABSOLUTE = "--path-format=absolute"  # since git 2.31; an older git prints it back
_FACTS = ("--is-bare-repository", "--is-shallow-repository", "--show-object-format")
_PLACES = ("--absolute-git-dir", "--git-common-dir", "--show-toplevel")
_HEAD = ("--revs-only", "HEAD")
_SAFE_DIRECTORY = "git config --global --add safe.directory "
_NO_WORK_TREE = b"must be run in a work tree"
_NEWER = ("git --version", "install a newer git")
_REFUSALS = (
    ("not a git repository", "there is no repository here", ("cd into a git repository, or name one with -C DIR",)),
    ("repo version", "this git is too old for the repository", _NEWER),
    ("repository extension", "this git is too old for the repository", _NEWER),
    ("bad object", "something that the judgement needs is not in this clone", ("git fetch --all", "git fsck")),
    # Asked without our guards, git fetches what is missing.
    ("promisor remote", "this partial clone lacks an object that the judgement needs", ("git diff --cached --stat",)),
)


def read_layout(program: Program) -> Layout:
    """Return where the repository lives. Raises RepositoryError (`REPOSITORY_UNSUPPORTED`) if git cannot use it.

    One git process, a second one where there is no work tree (bare, or inside .git), and one for each value where
    a path with a newline makes the lines of the answer ambiguous.
    """
    asked = program.run("rev-parse", _ABSOLUTE, *_FACTS, *_PLACES, *_HEAD)
    if asked.out.startswith(b"--"):
        raise RepositoryError(UNSUPPORTED, "this git is too old", ("install git 2.31 or later",))
    lines = asked.out.split(b"\n")[:-1]
    if asked.rc:
        if _NO_WORK_TREE not in asked.err:
            raise refusal(asked)
        lines += [b"", _ask(program, *_HEAD)]
    elif len(lines) == 6:
        lines.append(b"")  # an unborn HEAD prints nothing
    if not _is_plain(lines):
        lines = [*lines[:3], *(_ask(program, place) for place in _PLACES), _ask(program, *_HEAD)]
    return _build(lines)


def refusal(completed: Completed, shallow: bool = False) -> RepositoryError:
    """Return the error for a git command that failed, in git's own words and with what git or we advise.

    The code is `SHALLOW_HISTORY` where a `shallow` clone lacks an object, else `REPOSITORY_UNSUPPORTED`.
    """
    said = last_words(completed)
    for line in completed.err.decode("utf-8", "surrogateescape").split("\n"):
        if line.strip().startswith(_SAFE_DIRECTORY):
            message = f"the repository belongs to another user, and git does not trust it: {said}"
            return RepositoryError(UNSUPPORTED, message, (line.strip(),))
    if shallow and "bad object" in said:
        return RepositoryError("SHALLOW_HISTORY", f"this clone is shallow: {said}", ("git fetch --unshallow",))
    for sign, meaning, remediation in _REFUSALS:
        if sign in said:
            return RepositoryError(UNSUPPORTED, f"{meaning}: {said}", remediation)
    return RepositoryError(UNSUPPORTED, f"git cannot use the repository: {said}", ("git status",))


def _ask(program: Program, *args: str) -> bytes:
    """Return one value of rev-parse, newlines and all; "" for one that this place does not have."""
    asked = program.run("rev-parse", _ABSOLUTE, *args)
    if asked.rc and _NO_WORK_TREE not in asked.err:
        raise refusal(asked)
    return asked.out.removesuffix(b"\n")


def _is_plain(lines: list[bytes]) -> bool:
    """Tell whether each line is the value that stands in its place."""
    if len(lines) != 7:
        return False
    *places, head = lines[3:]
    return all(os.path.isabs(place) or not place for place in places) and len(head) in (0, HASH_HEX.get(lines[2]))


def _build(lines: list[bytes]) -> Layout:
    bare, shallow, algorithm, git_dir, common_dir, worktree, head = lines
    if algorithm not in HASH_HEX:
        name = algorithm.decode("utf-8", "surrogateescape")
        raise RepositoryError(UNSUPPORTED, f"the object format {name} is not known here", ("git --version",))
    return Layout(
        worktree=worktree,
        git_dir=git_dir,
        common_dir=common_dir,
        bare=bare == b"true",
        shallow=shallow == b"true",
        hash_hex=HASH_HEX[algorithm],
        head=head.decode("ascii"),
    )
