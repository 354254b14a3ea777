"""What HEAD went over in a merge or a rebase that is done: where it was, where it is, and what came together.

Reads the state that git leaves behind, and objects; tells quickly where nothing of Spec Kitty's was passed.
"""

from __future__ import annotations

from spec_kitty_hooks import safefile
from spec_kitty_hooks.git.names import is_oid
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_kitty_hooks.git.plumbing import Git

_STATE_BYTES = 256
_REBASES = ("rebase-merge", "rebase-apply")  # git removes these after post-rewrite has run

MERGE, REBASE, FORWARD = "merge", "rebase", ""


class Passage(Record):
    """One move of HEAD; `operation` is one of the constants above.

    `sides` are the commits whose events the result has to hold: first where HEAD was, or what a rebase went onto.
    `touched` tells whether the directory asked about differs anywhere on the way, be it that a later commit took that
    back: what no commit touches, and is at the end as it was, no merge of the way can have lost. `contained` are full
    names of branches that a merge has brought into HEAD's history; none where that directory never was.
    """

    before: str
    after: str
    sides: tuple[str, ...]
    operation: str
    touched: bool = False
    contained: tuple[str, ...] = ()


def read_merged(git: Git, place: str) -> Passage | None:
    """Return what `git merge` (or the one inside `git pull`) has just moved HEAD over; None if that cannot be told.

    `place` is the top-level directory that the caller asks about.
    """
    head, before = git.layout.head, _read_original(git)
    parents = git.commit_parents(head) if head else ()
    if len(parents) > 1 and before in ("", *parents):
        ours = before or parents[0]
        sides = (ours, *(oid for oid in parents if oid != ours))
        return _explore(git, Passage(before=ours, after=head, sides=sides, operation=MERGE), place)
    if not head or before in ("", head):
        return None
    return _explore(git, Passage(before=before, after=head, sides=(before,), operation=FORWARD), place)


def read_rebased(git: Git, place: str, read: Callable[[], bytes]) -> Passage | None:
    """Return what a rebase has just moved HEAD over: all of its commits at once; None if that cannot be told.

    `place` is the top-level directory that the caller asks about. `read` returns what git writes to post-rewrite,
    `old new` in a line for each commit, the newest last; it is asked only where git has left no state of the rebase
    (`--apply`).
    """
    head, before, onto = git.layout.head, _read_state(git, "orig-head"), _read_state(git, "onto")
    if not (before and onto):
        pairs = _read_pairs(read(), git.layout.hash_hex)
        before = before or _read_original(git) or (pairs[-1][0] if pairs else "")
        onto = onto or next(iter(git.commit_parents(pairs[0][1]) if pairs else ()), "")
    if not head or before in ("", head):
        return None
    sides = (onto, before) if onto else (before,)
    return _explore(git, Passage(before=before, after=head, sides=sides, operation=REBASE), place)


def _read_pairs(rewritten: bytes, digits: int) -> list[tuple[str, str]]:
    """Return old and new ids of commits that were rewritten; what is no such line is left out."""
    lines = (line.split(" ") for line in rewritten.decode("ascii", "replace").splitlines())
    return [(words[0], words[1]) for words in lines if len(words) > 1 and all(is_oid(w, digits) for w in words[:2])]


def _explore(git: Git, found: Passage, place: str) -> Passage:
    known = git.read_many([f"{oid}:{place}" for oid in (found.after, *found.sides)], limit=0, needed=False)
    trees = {tree.oid if tree is not None else "" for tree in known}
    if trees == {""}:
        return found
    explored: Passage = found.replace(
        touched=len(trees) > 1 or _is_touched(git, found, place),
        contained=_list_contained(git, found) if found.operation != REBASE else (),
    )
    return explored


def _is_touched(git: Git, found: Passage, place: str) -> bool:
    way = (found.after, f"^{found.sides[0]}")
    asked = git.program.run("rev-list", "--full-history", "--max-count=1", *way, "--", place)
    return bool(asked.rc or asked.out)


def _list_contained(git: Git, found: Passage) -> tuple[str, ...]:
    wanted = (f"--merged={found.after}", f"--no-merged={found.before}", "--format=%(refname)")
    asked = git.program.run("for-each-ref", *wanted, "refs/heads", "refs/remotes")
    return () if asked.rc else tuple(asked.out.decode("utf-8", "surrogateescape").splitlines())


def _read_original(git: Git) -> str:
    """Return the commit that git left as ORIG_HEAD in this work tree, "" if there is none."""
    found = safefile.read_file(git.layout.git_dir, b"ORIG_HEAD", _STATE_BYTES)
    if found.data is None:
        return git.find_commit("ORIG_HEAD")  # a reftable has it, or nobody
    oid = found.data.decode("ascii", "replace").rstrip("\n")
    return oid if is_oid(oid, git.layout.hash_hex) else ""


def _read_state(git: Git, name: str) -> str:
    for directory in _REBASES:
        found = safefile.read_file(git.layout.git_dir, f"{directory}/{name}".encode("ascii"), _STATE_BYTES)
        oid = (found.data or b"").decode("ascii", "replace").rstrip("\n")
        if is_oid(oid, git.layout.hash_hex):
            return oid
    return ""
