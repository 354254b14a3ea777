"""Every commit of the released client's finished missions that touches an event log, judged against its parents.

Twice: with everything published when it was made, the strictest case, and with nothing published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from support.peer import Unpack
from support.repo import Repo

from spec_kitty_hooks.checks import log_integrity
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.logfacts import LogFacts
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.model.context import OTHER, Context, LogChange, Placement, PolicyView
from spec_kitty_hooks.model.git import Change

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]


class Audit:
    """Judges the logs of one commit after another, as if each were about to be made."""

    def __init__(self, repo: Repo, git: Git, published: bool) -> None:
        self._repo, self._git = repo, git
        self._branches = Branches(ref for ref in git.refs() if published or ref.name.startswith("refs/heads/"))
        self._situation = read_situation(git, repo.env)

    def run(self) -> Iterator[tuple[str, Context]]:
        """Yield id and context of each commit that changes a log."""
        for oid in self._repo.ask("rev-list", "--all", "--reverse", "--topo-order").split():
            parents = self._git.commit_parents(oid)
            facts = LogFacts(self._git, self._branches, parents)
            logs = tuple(facts.gather(self._changes(oid, parents)))
            if logs:
                yield oid, self._context(oid, logs)

    def _changes(self, oid: str, parents: tuple[str, ...]) -> Mapping[bytes, Change]:
        sides = [self._git.tree_changes(parent, oid) for parent in parents or ("",)]
        return {change.path: change for side in reversed(sides) for change in side}

    def _context(self, oid: str, logs: tuple[LogChange, ...]) -> Context:
        made = float(self._repo.ask("show", "-s", "--format=%ct", oid))
        return Context(
            situation=self._situation, placement=Placement(role=OTHER), policy=PolicyView(), now=made, logs=logs
        )


def audit(repo: Repo, *, published: bool) -> tuple[int, Counter[tuple[str, str]]]:
    """Return how many commits touch a log, and the findings: code and first word of the commit's subject."""
    count = 0
    found: Counter[tuple[str, str]] = Counter()
    with Git.open(bytes(repo.path), repo.env, hook=False) as git:
        for oid, context in Audit(repo, git, published).run():
            count += 1
            word = repo.ask("show", "-s", "--format=%s", oid).split()[0]
            found.update((finding.diagnostic_code, word) for finding in log_integrity.check(context))
    return count, found


#: Of a mission with a coordination branch the script's first merge is refused; the client then takes the four
#: transitions to done back with `git revert`, which runs no pre-commit hook, before anything was published.
TAKEN_BACK = {"lanes": 0, "coord": 4}


def test_no_commit_of_the_client_is_at_fault_but_its_own_reverts(unpack: Unpack) -> None:
    stage = unpack("06")
    count, found = audit(stage.repo, published=False)
    assert count > 30
    assert found == +Counter({("EVENT_LOG_ROLLED_BACK", "Revert"): TAKEN_BACK[stage.repo.path.parent.name]})


def test_even_with_all_published_only_its_reverts_would_be(unpack: Unpack) -> None:
    stage = unpack("06")
    count, found = audit(stage.repo, published=True)
    assert count > 30
    assert found == +Counter({("EVENT_LOG_NOT_APPEND_ONLY", "Revert"): TAKEN_BACK[stage.repo.path.parent.name]})


def test_the_same_audit_finds_an_event_that_somebody_drops(unpack: Unpack) -> None:
    stage = unpack("06")
    before = audit(stage.repo, published=True)[1]
    lines = stage.repo.read(stage.log_path).splitlines(keepends=True)
    stage.repo.write(stage.log_path, b"".join(lines[:-2]))
    stage.repo.commit_quietly("Drop two events", [stage.log_path])
    found = audit(stage.repo, published=True)[1] - before
    assert found["EVENT_LOG_NOT_APPEND_ONLY", "Drop"] == 1
