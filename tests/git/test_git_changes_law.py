"""Law: for any index and any commit, staged_changes is the difference of two full listings made by other commands."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import Clock
from support.repo import Repo
from support.sealed import sealed_environment

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.git import Change

SEGMENTS = st.sampled_from([b"a", b"b", b"a.x", b"a-", b"\xe9", b"n\nl", b"\x1b[m", b"-h", b":(glob)", b"sp ace", b"#"])
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map(b"/".join)
CONTENTS = (b"", b"one", b"two", b"one\0two\r\n")
ENTRIES = st.tuples(st.sampled_from(["100644", "100755", "120000", "160000"]), st.sampled_from(range(len(CONTENTS))))
STATES = st.dictionaries(PATHS, ENTRIES, max_size=8)
State = dict[bytes, tuple[str, int]]


def without_clashes(state: State) -> State:
    """Drop entries that stand where another one needs a directory."""
    return {path: entry for path, entry in state.items() if not any(other.startswith(path + b"/") for other in state)}


class Workshop:
    """One repository whose index and commits are set at will, with plumbing that our reader does not use."""

    def __init__(self, root: Path, algorithm: str) -> None:
        self.env = sealed_environment(root / ".sealed")
        self.repo = Repo.init(root / "repo", self.env, Clock(), f"--object-format={algorithm}")
        self.oids = [self.hash(content) for content in CONTENTS]

    def hash(self, content: bytes) -> str:
        return self.repo.git("hash-object", "-w", "--stdin", input=content, binary=True).stdout.decode().strip()

    def fill(self, state: State) -> None:
        lines = [f"{mode} {self.oids[number]}\t".encode() + path for path, (mode, number) in state.items()]
        self.repo.git("read-tree", "--empty")
        self.repo.git("update-index", "-z", "--index-info", input=b"".join(line + b"\0" for line in lines), binary=True)

    def commit(self, state: State) -> str:
        self.fill(state)
        tree = self.repo.ask("write-tree")
        return self.repo.git("commit-tree", tree, input=b"x").stdout.strip()

    def listed(self) -> dict[bytes, tuple[str, str]]:
        out = self.repo.git("ls-files", "-s", "-z", binary=True).stdout
        entries = (line.partition(b"\t") for line in out.split(b"\0")[:-1])
        return {path: (head.split()[0].decode(), head.split()[1].decode()) for head, _, path in entries}


def oracle(before: dict[bytes, tuple[str, str]], after: dict[bytes, tuple[str, str]]) -> dict[bytes, Change]:
    width = len(next(iter({**before, **after}.values()), ("", ""))[1])
    nothing = ("0", "0" * width)
    found = {}
    for path in before.keys() | after.keys():
        old, new = before.get(path, nothing), after.get(path, nothing)
        modes = int(old[0], 8), int(new[0], 8)
        status = "A" if not modes[0] else "D" if not modes[1] else "M" if (modes[0] ^ modes[1]) < 0o10000 else "T"
        if old != new:
            found[path] = Change(path, status, *modes, old[1], new[1])
    return found


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_staged_changes_are_the_difference_of_index_and_commit(algorithm: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        shop = Workshop(Path(root), algorithm)

        @settings(max_examples=60)
        @given(old=STATES.map(without_clashes), new=STATES.map(without_clashes))
        def law(old: State, new: State) -> None:
            base = shop.commit(old)
            other = shop.commit(new)
            expected = oracle(shop.repo.tree(base), shop.listed())
            with Git.open(os.fsencode(shop.repo.path), shop.env, hook=False) as git:
                changes = git.staged_changes(base)
                assert len({change.path for change in changes}) == len(changes)
                assert {change.path: change for change in changes} == expected
                assert git.tree_changes(base, other) == changes
                everything = git.staged_changes("")
            assert {change.path: change for change in everything} == oracle({}, shop.listed())

        law()
