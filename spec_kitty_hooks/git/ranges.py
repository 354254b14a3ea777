"""Reads the commits of a range with the reader that the benchmark favours; the one place that decides it."""

from __future__ import annotations

from spec_kitty_hooks.git.history import read_history

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.history import Commit

PLUMBING, LIBGIT2 = "plumbing", "libgit2"

#: Minimums of `make bench BENCH="--rows ranges"` in ms, whole processes, on a busy machine with two cores (git 2.39,
#: libgit2 1.9), for 10, 100, 1,000 and 10,000 commits: git log 7, 19, 55, 733; plumbing 42, 49, 107, 902; libgit2 135,
#: 289, 657, 7365, of which importing pygit2 takes about 80. Plumbing finds what differs in trees several times faster,
#: and reads every repository that git opens.
FASTEST = PLUMBING


def read_range(
    git: Git, tips: Sequence[str], exclude: Iterable[str] = (), *, reader: str = FASTEST
) -> Iterator[Commit]:
    """Yield the commits that `tips` contain and `exclude` does not: newest first, each before its parents.

    With `reader` LIBGIT2, what libgit2 refuses is read by plumbing, from the start or from where it stopped. Raises
    RepositoryError as `history.read_history`.
    """
    unwanted = tuple(exclude)
    if reader == PLUMBING:
        yield from read_history(git, tips, unwanted)
    else:
        yield from _read_either_way(git, tips, unwanted)


def _read_either_way(git: Git, tips: Sequence[str], exclude: tuple[str, ...]) -> Iterator[Commit]:
    from spec_kitty_hooks.git.libgit import LibgitError, read_history_libgit

    told = set()
    try:
        for commit in read_history_libgit(git, tips, exclude):
            told.add(commit.oid)
            yield commit
    except LibgitError:
        yield from (commit for commit in read_history(git, tips, exclude) if commit.oid not in told)
