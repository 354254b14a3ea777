"""A hook that writes down what the git reader sees while git is committing, held against the commit that came of it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

from support.hooks import install_native, product_root
from support.repo import Repo

_OBSERVER = """
import os, sys
sys.path.insert(0, sys.argv[1])
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import read_situation
with Git.open(None, os.environ, hook=True) as git:
    now = read_situation(git, os.environ)
    changes = git.staged_changes(now.parents[0] if now.parents else "")
    seen = {
        "layout": vars(git.layout),
        "situation": vars(now),
        "changes": [(c.path, c.status, c.old_mode, c.new_mode, c.old_oid, c.new_oid) for c in changes],
    }
with open(sys.argv[2], "w") as file:
    file.write(repr(seen))
"""

#: path -> (old mode, new mode, old object, new object)
Differences = dict[bytes, tuple[int, int, str, str]]


class Observer:
    """What the hook saw at the last commit."""

    def __init__(self, repo: Repo, note: Path) -> None:
        self.repo = repo
        self.note = note
        command = [sys.executable, "-I", "-c", _OBSERVER, str(product_root()), str(note)]
        install_native(repo, ("pre-commit", "pre-merge-commit", "post-merge"), command=command)

    def see(self) -> dict[str, Any]:
        """Return what the last hook saw, once."""
        seen = ast.literal_eval(self.note.read_text())
        self.note.unlink()
        assert isinstance(seen, dict)
        return seen

    def commit(self, *args: str, repo: Repo | None = None, **options: Any) -> dict[str, Any]:
        """Run a git command that makes one commit; check that the hook saw that commit's change, and return it all."""
        place = repo or self.repo
        place.git(*args, **options)
        seen = self.see()
        made = place.git("rev-list", "--parents", "-1", "HEAD").stdout.split()[1:]
        assert seen["situation"]["parents"] == tuple(made)
        assert as_differences(seen["changes"]) == compare(place, made[0] if made else "")
        return seen


def as_differences(changes: list[tuple[bytes, str, int, int, str, str]]) -> Differences:
    """Return changes as a mapping, checked to name each path once and with the right letter."""
    found = {path: tuple(rest) for path, _status, *rest in changes}
    assert len(found) == len(changes)
    for path, status, old, new, *_oids in changes:
        expected = "A" if not old else "D" if not new else "M" if (old ^ new) & 0o170000 == 0 else "T"
        assert status == expected, path
    return found  # type: ignore[return-value]


def compare(repo: Repo, parent: str) -> Differences:
    """Return what HEAD changed against `parent`, from two full listings: the oracle."""
    before = repo.tree(parent) if parent else {}
    after = repo.tree("HEAD")
    nothing = ("000000", "0" * len(repo.head()))
    found: Differences = {}
    for path in before.keys() | after.keys():
        (old_mode, old_oid), (new_mode, new_oid) = before.get(path, nothing), after.get(path, nothing)
        if (old_mode, old_oid) != (new_mode, new_oid):
            found[path] = (int(old_mode, 8), int(new_mode, 8), old_oid, new_oid)
    return found
