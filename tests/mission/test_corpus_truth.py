"""Real missions: every log is read without damage and reduces to what the released reducer makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spec_kitty_hooks.mission import reducer
from spec_kitty_hooks.mission.eventlog import changed_events, duplicates, missing_events, parse_log, union
from spec_kitty_hooks.mission.reducer import reduce_log, render_entry
from spec_kitty_hooks.mission.reviews import cycle_number, read_cycle
from spec_kitty_hooks.model.events import UNKNOWN, EventLog, Snapshot

Golden = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def golden(corpus: Path) -> Golden:
    """What the released reducer makes of each mission."""
    found: Golden = json.loads((corpus / "golden.json").read_bytes())
    return found


@pytest.fixture(scope="module")
def real_logs(corpus: Path, golden: Golden) -> dict[str, EventLog]:
    """The log of each mission of the golden file."""
    return {name: parse_log((corpus / "kitty-specs" / name / "status.events.jsonl").read_bytes()) for name in golden}


def summarise(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot in the shape of golden.json, which leaves out force counts of 0."""
    states = snapshot.work_packages
    return {
        "event_count": snapshot.event_count,
        "last_event_id": snapshot.last_event_id or None,
        "lanes": {wp_id: state.lane for wp_id, state in states.items()},
        "force_count": {wp_id: state.force_count for wp_id, state in states.items() if state.force_count},
        "review_verdict": {
            wp_id: state.review_result and state.review_result["verdict"]
            for wp_id, state in states.items()
            if state.has_review_result
        },
    }


def wrong_missions(logs: dict[str, EventLog], golden: Golden) -> list[str]:
    return [name for name, log in logs.items() if summarise(reduce_log(log)) != golden[name]]


def test_all_56_missions_reduce_to_the_golden_answers(real_logs: dict[str, EventLog], golden: Golden) -> None:
    assert len(golden) == 56
    assert wrong_missions(real_logs, golden) == []


@pytest.mark.parametrize(
    ("rule", "broken"),
    [("_sort_key", lambda event: event.event_id), ("_keep_verdict", lambda _verdict: None)],
    ids=["goes by id alone", "keeps no verdict"],
)
def test_the_golden_answers_find_a_broken_reducer(
    real_logs: dict[str, EventLog], golden: Golden, monkeypatch: pytest.MonkeyPatch, rule: str, broken: Any
) -> None:
    monkeypatch.setattr(reducer, rule, broken)
    assert wrong_missions(real_logs, golden)


def test_no_real_log_is_damaged_or_holds_what_we_do_not_understand(real_logs: dict[str, EventLog]) -> None:
    for log in real_logs.values():
        assert (log.damage, [event.problem for event in log.events if event.kind == UNKNOWN]) == ((), [])
        assert duplicates(log) == ()


def test_real_status_files_hold_the_entries_that_we_would_write(corpus: Path, real_logs: dict[str, EventLog]) -> None:
    equal, different = 0, []
    for name, log in real_logs.items():
        path = corpus / "kitty-specs" / name / "status.json"
        if path.is_file():
            stored = json.loads(path.read_bytes())["work_packages"]
            ours = {wp_id: render_entry(state) for wp_id, state in reduce_log(log).work_packages.items()}
            if stored == ours:
                equal += 1
            else:
                different.append(name)
    assert equal > 40, different  # a few stored files are older than their log (formats 3.1)


def test_real_logs_unite_with_themselves_to_themselves(real_logs: dict[str, EventLog]) -> None:
    for log in real_logs.values():
        united, conflicts = union((log, log))
        assert (conflicts, missing_events(log, united), changed_events(log, united)) == ((), (), ())
        assert reduce_log(united) == reduce_log(log)


def test_every_real_review_artifact_is_read_without_a_problem(corpus: Path) -> None:
    paths = sorted(corpus.glob("kitty-specs/*/tasks/*/review-cycle-*.md"))
    cycles = [read_cycle(bytes(path.relative_to(corpus)), path.read_bytes()) for path in paths]
    assert len(cycles) > 90
    assert [cycle.path for cycle in cycles if cycle.problem or cycle_number(cycle.path) != cycle.number] == []
    assert {cycle.verdict for cycle in cycles} == {"", "approved", "rejected", "changes_requested"}
    assert sum(not cycle.has_head for cycle in cycles) == 18
    assert all(cycle.reviewer and cycle.reviewed_at for cycle in cycles if cycle.verdict == "rejected")
