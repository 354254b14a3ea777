"""A mission that the released client drove, once more: its branches from state to state, pushed and judged in each.

Only commits and branches are there, as in a clone; nothing is checked out. The client's work trees are in its stages.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.pushes import judge_range
from support.clock import Clock
from support.hooks import install_native
from support.peer import Whole
from support.pushing import PUSH_HOOKS, push
from support.quiet import guarded
from support.repo import Repo

_FINDING = re.compile(r"^(?:remote: )?spec-kitty-hooks: (.*)", re.MULTILINE)


@dataclass
class Tally:
    """What pushes and checks came to: how many there were, and each finding with how often and where it was first."""

    made: int = 0
    refused: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, said: list[str], *, refused: bool) -> None:
        """Count one push or one check; `where` says which, for a person."""
        self.made += 1
        self.refused += refused
        for finding in said or (["refused without a word"] if refused else []):
            self.findings[finding] += 1
            self.first.setdefault(finding, where)

    def __str__(self) -> str:
        seen = [f"{count} x {text} (first: {self.first[text]})" for text, count in self.findings.items()]
        return "\n".join((f"{self.made} made, {self.refused} refused, {len(seen)} different findings", *seen))


class Replay:
    """The repository of a driven mission below `place`, without anything of it, and a server for it to push to."""

    def __init__(self, whole: Whole, place: Path, env: dict[str, str]) -> None:
        self.whole = whole
        self.repo = Repo.init(place / "repo", env, Clock(), "-b", "nothing-checked-out")
        shutil.copytree(whole.top / "repo/.git/objects", self.repo.path / ".git/objects", dirs_exist_ok=True)
        self.server = serve(self.repo, place / "server.git")
        self.repo.add_remote("origin", self.server)
        install_native(self.repo, PUSH_HOOKS, watched=False)

    def steps(self) -> Iterator[tuple[list[str], list[str]]]:
        """Put the branches into each state that a call of the client left; yield which changed, and which went."""
        before: dict[str, str] = {}
        for state in self.whole.states:
            moved = [ref for ref in state if before.get(ref) != state[ref]]
            gone = [ref for ref in before if ref not in state]
            lines = [*(f"update {ref} {state[ref]}" for ref in moved), *(f"delete {ref}" for ref in gone)]
            self.repo.git("update-ref", "--stdin", input="".join(f"{line}\n" for line in lines))
            before = state
            yield [_shorten(ref) for ref in moved], [_shorten(ref) for ref in gone]

    def push(self, tally: Tally, *args: str, remote: str = "origin") -> None:
        """Push, and count what our hook and the server's said."""
        push_and_count(tally, self.repo, *args, remote=remote)

    def describe(self, branches: list[str]) -> str:
        """Name a step by the newest commits of the branches that it changed."""
        return ", ".join(f"{name}: {self.repo.ask('log', '-1', '--format=%s', name)}" for name in branches)


def serve(repo: Repo, place: Path) -> Repo:
    """Make a bare repository that judges what it receives."""
    return guarded(Repo.init(place, repo.env, repo.clock, "--bare", "-b", "main"))


def push_and_count(tally: Tally, repo: Repo, *args: str, remote: str = "origin") -> None:
    """Push, and count what our hook and the server's said."""
    pushed = push(repo, *args, remote=remote)
    where = f"push {' '.join(args)}" if pushed.allowed else f"push {' '.join(args)}: {pushed.text}"
    tally.add(where, _FINDING.findall(pushed.text), refused=not pushed.allowed)


def check_and_count(tally: Tally, clone: Repo, base: str, branches: list[str]) -> None:
    """Judge what branches of `origin` have and `base` has not, as `check --from-ref` does in CI; notes do not count."""
    for branch in branches:
        with Git.open(os.fsencode(clone.path), clone.env, hook=False) as git:
            report = judge_range(git, time.time(), base, f"refs/remotes/origin/{branch}", branch)
        said = [f"{one.severity}: {one.diagnostic_code}: {one.message}" for one in report.findings]
        loud = [text for text in said if not text.startswith("note: ")]
        tally.add(f"check {base}..{branch}", loud, refused=bool(report.exit_code))


def _shorten(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
