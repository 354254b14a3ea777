"""The released reducer and ours, side by side: the same logs, the same whole state (formats 3.1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import MOMENTS, Record, log_of, misfits, records, runtime_annotations, transitions, ulid, ulids
from support.oracle import ask

from spec_kitty_hooks.mission import reducer
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import reduce_log, render_entry
from spec_kitty_hooks.model.events import UNKNOWN

_REDUCE = """
from specify_cli.status.reducer import reduce
from specify_cli.status.store import StoreError, read_event_stream_from_text

def answer(text):
    try:
        stream = read_event_stream_from_text(place, text)
    except StoreError as error:
        return {"error": str(error)}
    found = reduce(stream.transitions, stream.annotations)
    return {
        "work_packages": found.work_packages,
        "event_count": found.event_count,
        "last_event_id": found.last_event_id,
        "materialized_at": found.materialized_at,
    }
"""


def ask_released(python: str, home: Path, texts: list[str]) -> list[dict[str, Any]]:
    """Return what the released reducer makes of each log."""
    return ask(python, home, _REDUCE, texts)


def answer(text: str) -> dict[str, Any]:
    """Return ours in the same shape; unreadable where the released reader refuses the whole log."""
    log = parse_log(text.encode())
    if log.damage or any(event.kind == UNKNOWN for event in log.events):
        return {"error": "damaged or unknown"}
    snapshot = reduce_log(log)
    return {
        "work_packages": {wp_id: render_entry(state) for wp_id, state in snapshot.work_packages.items()},
        "event_count": snapshot.event_count,
        "last_event_id": snapshot.last_event_id or None,
        "materialized_at": snapshot.last_event_at,
    }


def sample(strategy: st.SearchStrategy[list[Record]], count: int) -> list[list[Record]]:
    """Return `count` values of a strategy, the same ones every time."""
    found: list[list[Record]] = []

    @settings(max_examples=count)
    @given(strategy)
    def collect(value: list[Record]) -> None:
        found.append(value)

    collect()
    return found


_MOMENT = {"at": MOMENTS[0], "wp_id": "WP01", "actor": "user", "force": True, "execution_mode": "worktree"}
#: A rollback whose reference is an empty text, and what it overrules: too rare to be left to chance.
EMPTY_REFERENCE: list[Record] = [
    {**_MOMENT, "event_id": ulid(1), "from_lane": "for_review", "to_lane": "in_progress", "review_ref": ""},
    {**_MOMENT, "event_id": ulid(2), "from_lane": "for_review", "to_lane": "approved"},
]
Answers = list[tuple[str, dict[str, Any]]]


def differences(answers: Answers) -> list[str]:
    """Return the logs on which the two disagree; as JSON text, so that 1 is not true."""
    return [
        text
        for text, theirs in answers
        if ("error" in theirs) != ("error" in (ours := answer(text)))
        or ("error" not in theirs and json.dumps(theirs, sort_keys=True) != json.dumps(ours, sort_keys=True))
    ]


@pytest.fixture(scope="module")
def answers(peer_python: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Random logs (ties, rollbacks, repeated and contradicting ids, some unreadable) with the released answers."""
    narrow, wide = ulids(pool=6), ulids()
    found = sample(st.lists(records(narrow), max_size=12), 700)
    found += sample(st.lists(transitions(wide), min_size=2, max_size=10), 500)
    found += sample(st.lists(transitions(wide) | runtime_annotations(wide), min_size=2, max_size=12), 500)
    found += sample(st.lists(records(narrow) | misfits(narrow), max_size=4), 300)
    texts = [log_of(records).decode() for records in (*found, EMPTY_REFERENCE)]
    return list(zip(texts, ask_released(peer_python, tmp_path_factory.mktemp("home"), texts), strict=True))


def test_random_logs_give_the_same_state(answers: Answers) -> None:
    unreadable = sum("error" in theirs for _text, theirs in answers)
    assert len(answers) > 1_500
    assert 50 < unreadable < 500
    assert differences(answers) == []


def test_real_logs_give_the_same_state(peer_python: str, tmp_path: Path, corpus: Path) -> None:
    texts = [path.read_text("utf-8") for path in sorted(corpus.glob("kitty-specs/*/status.events.jsonl"))]
    assert len(texts) > 50
    assert differences(list(zip(texts, ask_released(peer_python, tmp_path, texts), strict=True))) == []


def _change_nothing(*_given: object) -> None:
    return None


BROKEN: dict[str, tuple[str, Any]] = {
    "goes by id alone": ("_sort_key", lambda event: event.event_id),
    "goes by file order": ("_sort_key", lambda _event: ("", "")),
    "never lets a rollback win": ("_is_overruled", lambda _event, _setter: False),
    "needs a reference that is not empty": (
        "_is_rollback",
        lambda event: (
            event.to_lane == "in_progress"
            and (event.from_lane == "in_review" or (event.from_lane == "for_review" and event.record.get("review_ref")))
        ),
    ),
    "takes over no claim": ("_apply_claim", _change_nothing),
    "folds no progress": ("_apply_progress", _change_nothing),
    "folds no references": ("_apply_references", _change_nothing),
    "folds no annotation": ("_apply_delta", _change_nothing),
    "keeps whatever a verdict holds": ("_keep_verdict", dict),
    "names every actor as written": ("name_actor", str),
    "believes every reason": ("_source_of_reason", lambda _record: "operator"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_reducer_that_breaks_one_rule_is_found_out(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(reducer, *BROKEN[name])
    assert differences(answers)
