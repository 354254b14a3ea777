"""Tells a repository without missions, in one git process and before anything else is loaded.

Says yes only where it is certain; everything unusual is left to the full judgement.
"""

from __future__ import annotations

import os

from spec_kitty_hooks import limits
from spec_kitty_hooks.git.environ import own_environment
from spec_kitty_hooks.git.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES = ("kitty-specs", ".kittify")


def has_no_missions(environ: Mapping[str, str]) -> bool:
    """Tell, in the top directory of a work tree where git starts its hooks, that no mission can be concerned.

    HEAD is an ordinary branch that is named like no lane, and neither the index that git is about to commit, nor
    HEAD's commit, nor the directory itself has kitty-specs or .kittify. Sparse checkout hides neither of the first two.
    """
    if any(os.path.lexists(place) for place in PLACES) or not _is_on_plain_branch(environ.get("GIT_DIR", ".git")):
        return False
    asked = Program(own_environment(environ)).run("ls-files", "-z", "--with-tree=HEAD", "--", *PLACES)
    return asked.rc == 0 and not asked.out


def _is_on_plain_branch(git_dir: str) -> bool:
    try:
        with open(os.path.join(git_dir, "HEAD"), "rb") as file:
            head = file.read(limits.PATH_BYTES)
    except OSError:  # no such directory (a linked work tree, a submodule), or not ours to read
        return False
    is_branch = head.startswith(b"ref: refs/heads/") and not head.endswith(b"/.invalid\n")  # that one: a reftable
    return is_branch and b"/kitty/" not in head and b"-lane-" not in head
