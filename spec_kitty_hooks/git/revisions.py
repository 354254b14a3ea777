"""Sets of commits as git's graph has them: what some tips contain and others do not, and which branches contain it.

Reads the commit graph only, no trees; ids reach git on stdin, so that there may be thousands.
"""

from __future__ import annotations

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.layout import refusal
from spec_kitty_hooks.git.names import is_oid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec_kitty_hooks.git.plumbing import Git

_ASKED_AT_ONCE = 500  # ids on one command line
_TAGS = 1_000  # of tags of tags


def list_commits(
    git: Git, tips: Iterable[str], exclude: Iterable[str], *, first_parent: bool = False
) -> tuple[str, ...]:
    """Return the commits that `tips` contain and `exclude` does not, newest first; ids that are not here count not.

    With `first_parent` only those on the first-parent chains of the tips; what `exclude` contains is left out whole.
    Raises RepositoryError if git cannot walk that history.
    """
    wanted = [oid for oid in tips if is_oid(oid, git.layout.hash_hex)]
    if not wanted:
        return ()
    unwanted = [f"^{oid}" for oid in exclude if is_oid(oid, git.layout.hash_hex)]
    options = ("--first-parent",) if first_parent else ()
    stdin = "\n".join((*wanted, *unwanted, "")).encode("ascii")
    asked = git.program.run("rev-list", "--ignore-missing", "--topo-order", *options, "--stdin", stdin=stdin)
    if asked.rc:
        raise refusal(asked, git.layout.shallow)
    return tuple(asked.out.decode("ascii").split())


def find_containing(git: Git, oids: Sequence[str]) -> tuple[str, ...]:
    """Return the full names of branches, local and remote-tracking, that contain one of `oids`.

    Raises RepositoryError if git cannot tell.
    """
    found: dict[str, None] = {}
    for start in range(0, len(oids), _ASKED_AT_ONCE):
        words = [word for oid in oids[start : start + _ASKED_AT_ONCE] for word in ("--contains", oid)]
        asked = git.program.run("for-each-ref", "--format=%(refname)", *words, "refs/heads", "refs/remotes")
        if asked.rc:
            raise refusal(asked, git.layout.shallow)
        found.update(dict.fromkeys(asked.out.decode("utf-8", "surrogateescape").splitlines()))
    return tuple(found)


def keep_known(git: Git, oids: Iterable[str]) -> tuple[str, ...]:
    """Return those of `oids` that name a commit of this repository, each once, in their order."""
    asked = tuple(dict.fromkeys(oid for oid in oids if is_oid(oid, git.layout.hash_hex)))
    found = git.read_many(asked, limit=0, needed=False)
    return tuple(oid for oid, commit in zip(asked, found, strict=True) if commit and commit.kind == "commit")


def peel(git: Git, oid: str) -> str | None:
    """Return the commit that an id stands for, through annotated tags; the id itself if it is not here.

    None for a tag of something that is no commit. Raises RepositoryError for a tag behind too many others: what it
    brings would not be seen.
    """
    for _step in range(_TAGS):
        found = git.read(oid)
        if found is None or found.kind == "commit":
            return oid
        if found.kind != "tag":
            return None
        oid = found.data.partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
    raise RepositoryError("REPOSITORY_UNSUPPORTED", f"a tag stands for a tag, {_TAGS} times over", (f"git show {oid}",))
