"""Rows of the benchmark that read history: ranges of commits with both readers against `git log`, and many refs."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from support.hooks import product_root
from support.repo import Repo

from tools.row import Row
from tools.scenery import Scenery

SIZES = (10, 100, 1_000, 10_000)
_TOTAL = 10 + max(SIZES)
_FILES = tuple(f"src/d{n % 20}/e{n // 20 % 10}/f{n}.py" for n in range(3_000))
_START = f"import sys; sys.path.insert(0, {str(product_root())!r})"
_READ = f"""
{_START}
import os
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.ranges import read_range
with Git.open(None, os.environ, hook=True) as git:
    for commit in read_range(git, [sys.argv[1]], [sys.argv[2]], reader=sys.argv[3]):
        pass
"""
_REFS = f"""
{_START}
import os
from spec_kitty_hooks.git.plumbing import Git
with Git.open(None, os.environ, hook=True) as git:
    git.refs()
"""


def range_rows(scenery: Scenery) -> list[Row]:
    """Return rows of ranges of many sizes, whole processes: `git log`, and both readers."""
    place = scenery.bare("ranges")
    oids = write_history(place)
    tip = oids[_TOTAL]
    rows = []
    for size in SIZES:
        base = oids[_TOTAL - size]
        rows.append(Row(f"log of {size}", ["git", "log", "--raw", "-z", f"{base}..{tip}"], place, {}))
        for reader in ("plumbing", "libgit2"):
            command = [sys.executable, "-I", "-c", _READ, tip, base, reader]
            rows.append(Row(f"{reader}, range of {size}", command, place, {}))
    return rows


def ref_rows(scenery: Scenery) -> list[Row]:
    """Return rows of reading many refs: git alone, and our reader."""
    rows = []
    for count in (1, 10, 100, 1_000):
        place = scenery.bare(f"refs {count}")
        lines = (f"create refs/heads/topic-{number} {place.head()}\n" for number in range(count - 1))
        place.git("update-ref", "--stdin", input="".join(lines))
        rows.append(Row(f"for-each-ref of {count}", ["git", "for-each-ref"], place, {}))
        rows.append(Row(f"refs {count}", [sys.executable, "-I", "-c", _REFS], place, {}))
    return rows


def write_history(place: Repo) -> dict[int, str]:
    """Let git make a branch on which every tenth commit is followed by two side by side and their merge.

    Return ids by number; behind one whose number ends in 0 there are exactly as many commits as are left to _TOTAL.
    """
    marks = place.path / ".git/marks"
    stream = b"".join(_commits(random.Random(0)))  # noqa: S311 (the same history every time, not a secret)
    place.git("fast-import", "--quiet", "--force", f"--export-marks={marks}", input=stream, binary=True)
    return {int(mark[1:]): oid for mark, oid in map(str.split, marks.read_text().splitlines())}


def _commits(chance: random.Random) -> Iterator[bytes]:
    yield _commit(1, (), dict.fromkeys(_FILES, 0))
    for number in range(2, _TOTAL + 1):
        place = number % 10 if number > 10 else 9
        parents = {2: (number - 2,), 3: (number - 2, number - 1)}.get(place, (number - 1,))
        changed = chance.sample(_FILES, 1 if place == 3 else 4)
        yield _commit(number, parents, {name: chance.randrange(10**9) for name in changed})


def _commit(number: int, parents: tuple[int, ...], files: dict[str, int]) -> bytes:
    who = f"A U Thor <a@example.com> {1_700_000_000 + number * 60} +0000"
    message = f"Change {len(files)} files\n\n" + "A line of the message, as long as lines are.\n" * 5
    lines = [
        "commit refs/heads/long",
        f"mark :{number}",
        f"author {who}",
        f"committer {who}",
        f"data {len(message)}\n{message}",
        *(f"{'merge' if place else 'from'} :{parent}" for place, parent in enumerate(parents)),
    ]
    for name, content in files.items():
        text = f"x = {content}\n"
        lines.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}")
    return "\n".join((*lines, "")).encode()
