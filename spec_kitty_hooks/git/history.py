"""The commits of a range and what each brings of its own, by plumbing; works in every repository that git opens.

`rev-list` names the commits, `cat-file` has their headers, `diff-tree` compares them: no configuration shapes what
these print, as it does for `log`. Memory holds the ids of the range, and the changes of one commit.
"""

from __future__ import annotations

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import changes, commits
from spec_kitty_hooks.git.layout import refusal
from spec_kitty_hooks.git.names import is_oid
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.git.stream import ChildError
from spec_kitty_hooks.model.history import Commit
from spec_kitty_hooks.text import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.git import Change

    Changes = tuple[Change, ...]

#: `-c`: of a merge, what differs from all parents. `--always`: each commit is answered, so that none is lost unseen.
OPTIONS = ("-r", "--root", "-c", "--always", *changes.OPTIONS)

_ORDER = "--date-order"  # newest first, but no commit before one that builds on it
_HEADERS = 64  # commit objects in memory at once
_TOKEN_BYTES = 1 << 20  # a path, or the modes and ids of an octopus with ten thousand parents
_SHALLOW_BYTES = 16 * 1024 * 1024  # the file of a shallow clone, a line for each commit where history ends
_JUDGE_LATER = (
    "to judge only what comes after a commit, name it as judge_from under policy.hooks in .kittify/config.yaml"
)


def read_history(git: Git, tips: Sequence[str], exclude: Iterable[str] = ()) -> Iterator[Commit]:
    """Yield the commits that `tips` contain and `exclude` does not: newest first, each before its parents.

    Both are ids of commits, or of tags of commits. To close the iterator ends the git behind it. Raises RepositoryError
    if one of them is not here, or if there are more commits, or changes in one, than limits.py allows; with code
    `SHALLOW_HISTORY` in a shallow clone.
    """
    cut = read_shallow(git)
    oids = list_range(git, tips, exclude)
    compared = _compare(git, [oid for oid in oids if oid not in cut])
    try:
        for start in range(0, len(oids), _HEADERS):
            batch = oids[start : start + _HEADERS]
            for oid, found in zip(batch, git.read_many(batch, limits.COMMIT_BYTES, needed=False), strict=True):
                if found is None or found.truncated:
                    raise refuse(oid, "cannot be read" if found is None else f"has over {limits.COMMIT_BYTES} bytes")
                yield describe(oid, found.data, () if oid in cut else next(compared), cut=oid in cut)
    finally:
        compared.close()


def list_range(git: Git, tips: Sequence[str], exclude: Iterable[str]) -> list[str]:
    """Return the ids of the commits of a range; see `read_history`."""
    unwanted = list(exclude)
    if junk := [oid for oid in (*tips, *unwanted) if not is_oid(oid, git.layout.hash_hex)]:
        raise RepositoryError(UNSUPPORTED, f"{escape(junk[0])} is not the id of a commit")
    if not tips:
        return []
    words = [*tips, *(f"^{oid}" for oid in unwanted)]
    limit = f"--max-count={limits.RANGE_COMMITS + 1}"
    asked = git.program.run("rev-list", "--stdin", _ORDER, limit, stdin="\n".join((*words, "")).encode("ascii"))
    if asked.rc:
        raise refusal(asked, git.layout.shallow)
    oids = asked.out.decode("ascii").split()
    if len(oids) > limits.RANGE_COMMITS:
        raise too_many_commits()
    return oids


def read_shallow(git: Git) -> frozenset[str]:
    """Return the commits whose parents a shallow clone hides. Raises RepositoryError if that cannot be read."""
    if not git.layout.shallow:
        return frozenset()
    read = safefile.read_file(git.layout.common_dir, b"shallow", _SHALLOW_BYTES)
    if read.data is None:
        message = f"this clone is shallow, and where it ends cannot be read: {read.problem}"
        raise RepositoryError(UNSUPPORTED, message, ("git fetch --unshallow",))
    return frozenset(read.data.decode("ascii", "replace").split())


def describe(oid: str, data: bytes, changed: Changes, *, cut: bool) -> Commit:
    """Return a commit from its raw object (`data`), as every reader of ranges tells it."""
    name, email, date = commits.author(data)
    return Commit(
        oid=oid,
        parents=commits.parents(data),
        author=f"{name} <{email}>" if name else f"<{email}>",
        authored_at=commits.seconds(date),
        changes=changed,
        cut=cut,
    )


def refuse(oid: str, problem: str) -> RepositoryError:
    """Return the error for one commit that stops the reading of its range."""
    return RepositoryError(UNSUPPORTED, f"commit {oid} {problem}", (f"git show --stat {oid}", _JUDGE_LATER))


def too_many_commits() -> RepositoryError:
    """Return the error for a range over limits.RANGE_COMMITS."""
    message = f"more than {limits.RANGE_COMMITS} commits at once: too many to judge"
    return RepositoryError(UNSUPPORTED, message, ("push an older commit of the branch first", _JUDGE_LATER))


def too_many_changes(oid: str) -> RepositoryError:
    """Return the error for a commit over limits.CHANGED_PATHS."""
    return refuse(oid, f"changes more than {limits.CHANGED_PATHS} paths: too many to judge at once")


def _compare(git: Git, oids: Sequence[str]) -> Generator[Changes, None, None]:
    """Yield the changes of each commit; of none of them before git has said that it is done with it."""
    if not oids:
        return
    stdin = "".join(f"{oid}\n" for oid in oids).encode("ascii")
    tokens = _split(git.program.stream("diff-tree", "--stdin", *OPTIONS, stdin=stdin))
    oid = oids[0]
    try:
        token = next(tokens, b"")
        for oid in oids:
            if token != oid.encode("ascii"):
                raise refuse(oid, "was passed over by git diff-tree")
            changed: list[Change] = []
            while (token := next(tokens, b"")).startswith(b":"):
                if len(changed) == limits.CHANGED_PATHS:
                    raise too_many_changes(oid)
                changed.append(changes.parse_change(token, next(tokens, b"")))
            yield tuple(changed)
    except ChildError as error:
        raise _explain(git, oids[oids.index(oid) :][:2], error.rc) from error


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what stands before each NUL."""
    rest = b""
    for piece in pieces:
        *tokens, rest = (rest + piece).split(b"\0")
        yield from tokens
        if len(rest) > _TOKEN_BYTES:
            changes.check_path(rest)


def _explain(git: Git, oids: Sequence[str], rc: int) -> RepositoryError:
    """Return the error for a diff-tree that failed: its words, from a second run with the next commits."""
    asked = git.program.run("diff-tree", "--stdin", *OPTIONS, stdin="\n".join((*oids, "")).encode("ascii"))
    if asked.rc:
        return refusal(asked, git.layout.shallow)
    return RepositoryError(UNSUPPORTED, f"git diff-tree ended with exit code {rc}", ("git fsck",))
