"""Whole histories, drawn by Hypothesis and made by git, with what each commit brings of its own worked out alone."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from spec_kitty_hooks.model.git import Change
from spec_kitty_hooks.model.history import Commit
from support.repo import Repo

SEGMENTS = st.sampled_from((b"a", b"b", b"a.x", b"a-", b"\xe9", b"n\nl", b"\x1b[m", b"-h", b":(glob)", b"sp ace", b'"'))
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map(b"/".join)
MODES = (0o100644, 0o100644, 0o100755, 0o120000, 0o160000)
CONTENTS = (b"", b"one", b"two", b"one\0two\r\n", b"\n".join(b"a line to be found again %d" % n for n in range(20)))
#: Names, addresses and time zones, as they stand in a commit.
AUTHORS = (
    *(b"A U Thor <a@example.com>", b"Zo\xc3\xab \xe9 <z@example.com>", b"<bare@example.com>", b"No Address <>"),
    *(b"\x1b[31mred <r@example.com>", b"two  blanks <a b@example.com>", b"%an$(x)`y` <%ae@example.com>"),
)
State = dict[bytes, tuple[int, int]]  # path to mode and number of content


@dataclass(frozen=True)
class Past:
    """One commit to be made: the numbers of its parents, its files, author (an index) and the two dates in seconds."""

    parents: tuple[int, ...]
    state: State
    author: int
    authored: int
    committed: int


@st.composite
def pasts(draw: st.DrawFn, max_size: int = 9) -> list[Past]:
    """Histories with several roots, merges of up to four, evil ones, renames, changes of mode and kind, equal dates."""
    found: list[Past] = []
    for number in range(draw(st.integers(1, max_size))):
        parents = draw(_parents(number))
        state = _unite([found[parent].state for parent in parents])
        state = _edit(_edit(state, draw(_moves(state))), draw(EDITS))
        facts = (draw(st.integers(0, len(AUTHORS) - 1)), draw(st.integers(0, 4_102_444_800)))
        found.append(Past(parents, state, *facts, draw(st.integers(1_700_000_000, 1_700_000_009))))
    return found


EDITS = st.dictionaries(
    PATHS, st.none() | st.tuples(st.sampled_from(MODES), st.sampled_from(range(len(CONTENTS)))), max_size=4
)


def _parents(number: int) -> st.SearchStrategy[tuple[int, ...]]:
    if not number:
        return st.just(())
    recent = st.integers(max(0, number - 4), number - 1)
    return st.lists(recent, max_size=4, unique=True).map(tuple)


def _moves(state: State) -> st.SearchStrategy[dict[bytes, tuple[int, int] | None]]:
    """Edits that give one file another name, or none."""
    names = st.sampled_from(sorted(state)) if state else st.nothing()
    moves = st.builds(lambda old, new: {old: None, new: state[old]}, names, PATHS)
    return st.just({}) | moves


def _unite(states: Sequence[State]) -> State:
    """Return the files of all, the first one's where they disagree: a clean merge but for what is deleted."""
    return {path: entry for state in reversed(states) for path, entry in state.items()}


def _edit(state: State, edits: Mapping[bytes, tuple[int, int] | None]) -> State:
    """Lay edits over files; what stands where another one needs a directory goes."""
    laid = {**state, **edits}
    kept = {path: entry for path, entry in laid.items() if entry is not None}
    return {path: entry for path, entry in kept.items() if not any(other.startswith(path + b"/") for other in kept)}


def make(repo: Repo, past: Sequence[Past], marks: Path) -> list[str]:
    """Let git make the commits, each kept by a ref of its own; return their ids by number."""
    digits = 64 if repo.ask("rev-parse", "--show-object-format") == "sha256" else 40
    stream = [_blob(number) for number in range(len(CONTENTS))]
    stream += [_commit(number, commit, digits) for number, commit in enumerate(past)]
    repo.git("fast-import", "--quiet", "--force", f"--export-marks={marks}", input=b"".join(stream), binary=True)
    lines = (line.split(" ") for line in marks.read_text().splitlines())
    by_mark = {int(mark[1:]): oid for mark, oid in lines}
    return [by_mark[_mark(number)] for number in range(len(past))]


def _mark(number: int) -> int:
    return len(CONTENTS) + 1 + number


def _blob(number: int) -> bytes:
    return b"blob\nmark :%d\ndata %d\n%b\n" % (number + 1, len(CONTENTS[number]), CONTENTS[number])


def _commit(number: int, past: Past, digits: int) -> bytes:
    ref = b"refs/pasts/%d" % number
    lines = [
        b"reset %b\n\ncommit %b" % (ref, ref),
        b"mark :%d" % _mark(number),
        b"author %b %d +0130" % (AUTHORS[past.author], past.authored),
        b"committer C <c@example.com> %d +0000" % past.committed,
        b"data 12\nauthor x\n\n:\n",
        *(b"%b :%d" % (b"merge" if place else b"from", _mark(parent)) for place, parent in enumerate(past.parents)),
        b"deleteall",
    ]
    for path, (mode, content) in past.state.items():
        what = name(mode, content, digits).encode() if mode == 0o160000 else b":%d" % (content + 1)
        lines.append(b"M %o %b %b" % (mode, what, _quote(path)))
    return b"\n".join((*lines, b"", b""))


def _quote(path: bytes) -> bytes:
    return b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'


def name(mode: int, content: int, digits: int) -> str:
    """Return the object id of a file with this content; that of a submodule is made up."""
    if mode == 0o160000:
        return f"{content + 1:x}" * digits
    algorithm = hashlib.sha256 if digits == 64 else hashlib.sha1
    return algorithm(b"blob %d\0%b" % (len(CONTENTS[content]), CONTENTS[content])).hexdigest()


def tell(past: Sequence[Past], oids: Sequence[str], number: int) -> Commit:
    """Return what a reader has to say of one commit."""
    commit = past[number]
    sides = [past[parent].state for parent in commit.parents] or [{}]
    paths = {path for side in (commit.state, *sides) for path in side}
    own = [path for path in sorted(paths) if all(side.get(path) != commit.state.get(path) for side in sides)]
    digits = len(oids[number])
    return Commit(
        oid=oids[number],
        parents=tuple(oids[parent] for parent in commit.parents),
        author=AUTHORS[commit.author].decode("utf-8", "surrogateescape"),
        authored_at=commit.authored,
        changes=tuple(_change(path, sides[0].get(path), commit.state.get(path), digits) for path in own),
    )


def _change(path: bytes, old: tuple[int, int] | None, new: tuple[int, int] | None, digits: int) -> Change:
    before, after = (entry[0] if entry else 0 for entry in (old, new))
    old_oid, new_oid = (name(*entry, digits) if entry else "0" * digits for entry in (old, new))
    status = "A" if not old else "D" if not new else "M" if before >> 12 == after >> 12 else "T"
    return Change(path, status, before, after, old_oid, new_oid)


def reach(past: Sequence[Past], numbers: Iterable[int]) -> set[int]:
    """Return what some commits contain."""
    found: set[int] = set()
    waiting = list(numbers)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting.extend(past[number].parents)
    return found


def arrange(past: Sequence[Past], wanted: set[int]) -> list[int]:
    """Return commits newest first, each before its parents; commits of the same second in no order to rely on."""
    children = dict.fromkeys(wanted, 0)
    for number in wanted:
        for parent in wanted.intersection(past[number].parents):
            children[parent] += 1
    ready = [(-past[number].committed, number) for number in wanted if not children[number]]
    heapq.heapify(ready)
    order = []
    while ready:
        _date, number = heapq.heappop(ready)
        order.append(number)
        for parent in wanted.intersection(past[number].parents):
            children[parent] -= 1
            if not children[parent]:
                heapq.heappush(ready, (-past[parent].committed, parent))
    return order


def forge(repo: Repo, header: bytes, message: bytes = b"m\n") -> str:
    """Write a commit as these bytes say, behind its tree."""
    data = b"tree %b\n%b\n%b" % (repo.ask("rev-parse", "HEAD^{tree}").encode(), header, message)
    done = repo.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", input=data, binary=True)
    return done.stdout.decode().strip()
