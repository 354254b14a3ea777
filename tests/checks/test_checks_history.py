"""What checks say of commits that are made already: who made them, and no step that would change an index."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import BASE, LOG, OTHER, PARENT, SIDE, TASKS, event, find, judged, log_change

from spec_kitty_hooks.checks import log_integrity, ownership
from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.model.context import Context
from spec_kitty_hooks.model.history import Commit

MADE = Commit(oid="d" * 40, parents=(PARENT,), author="A <a@b>", authored_at=0)
SHOW = f"git show {'d' * 12}"
DIFF = f"git diff {BASE} {SIDE} -- {LOG}"
WHERE = "spec-kitty-hooks where 034-feature"
ONE = event("E1")
IMPOSSIBLE = event("E9", "planned", "approved")


def past(*changes: str, **fields: Any) -> Context:
    """Return the context of one commit of a range."""
    made: Context = judged(*changes, **{"compared": f"{BASE} {SIDE}", "commit": MADE, **fields})
    return made


def changed(**fields: Any) -> Context:
    """Return the context of what a whole range does to the log."""
    return past(commit=None, logs=(log_change(**fields),))


def test_a_commit_is_named_with_its_author_and_undone_by_one_more() -> None:
    found = find(ownership.check, past("src/c/x.py"))
    assert found.message.startswith(f"commit {'d' * 12} by A <a@b>: src/c/x.py (modified) is outside")
    assert (found.commit, found.author) == (MADE.oid, MADE.author)
    assert found.remediation == (
        f"git revert --no-edit {'d' * 12}",
        SHOW,
        "spec-kitty-hooks explain src/c/x.py",
        f"or add it to owned_files in {TASKS}WP01-x.md on branch main, and commit that there",
    )


def test_a_change_that_is_not_committed_has_no_commit_and_no_author() -> None:
    found = find(ownership.check, judged("src/c/x.py"))
    assert (found.commit, found.author) == ("", "")


@pytest.mark.parametrize("parents", [(), (PARENT, OTHER)])
def test_a_first_commit_and_a_merge_are_looked_at_not_reverted(parents: tuple[str, ...]) -> None:
    found = find(ownership.check, past("src/c/x.py", commit=MADE.replace(parents=parents)))
    assert found.remediation[0] == SHOW


def test_a_commit_is_not_reverted_for_what_is_no_change_of_a_path() -> None:
    assert make(past(), "WP_ALREADY_APPROVED", "said").remediation == (SHOW, "spec-kitty-hooks context")


def test_what_a_range_does_to_a_log_is_to_be_looked_at_between_its_ends() -> None:
    found = find(log_integrity.check, changed(lost=(ONE,)))
    assert not found.message.startswith("commit")
    assert found.remediation == (DIFF, WHERE)


def test_without_a_path_there_is_nothing_to_compare() -> None:
    assert make(changed(), "EVENT_LOG_ROLLED_BACK", "said").remediation == ()


def test_events_that_a_merge_of_the_past_dropped_are_recovered_by_the_mission() -> None:
    found = find(log_integrity.check, changed(merge_lost=(ONE,)))
    assert found.remediation == ("spec-kitty-hooks recover --events --apply --mission 034-feature", DIFF, WHERE)


def test_an_impossible_step_of_the_past_may_be_older_than_the_rules() -> None:
    found = find(log_integrity.check, changed(added=(IMPOSSIBLE,)))
    adopt = "if this is old history, name the commit to judge from in .kittify/config.yaml: judge_from, "
    assert found.diagnostic_code == "EVENT_TRANSITION_ILLEGAL"
    assert found.remediation == (DIFF, adopt + "under policy.hooks")
