"""status.json: what the released client makes of a log and meta.json, and what its stored files hold, byte for byte."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import MOMENTS, bystanders, log_of, misfits, records, transitions, ulids
from support.oracle import ask

from spec_kitty_hooks.mission import statusjson
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import order_transitions
from spec_kitty_hooks.mission.statusjson import render_status
from spec_kitty_hooks.model.lanes import BOARD

Case = tuple[bytes, bytes | None]  # a log and meta.json

_MATERIALIZE = """
import base64, shutil
from specify_cli.status.reducer import materialize

def answer(case):
    log, meta = (part if part is None else base64.b64decode(part) for part in case)
    shutil.rmtree(place)
    place.mkdir()
    (place / "status.events.jsonl").write_bytes(log)
    if meta is not None:
        (place / "meta.json").write_bytes(meta)
    try:
        materialize(place)
    except Exception:  # what it refuses, it refuses in many ways
        return None
    return base64.b64encode((place / "status.json").read_bytes()).decode()
"""


def ask_released(python: str, home: Path, cases: list[Case]) -> list[bytes | None]:
    """Return the status.json that the released client writes for each case, None where it refuses."""
    given_ = [[part if part is None else base64.b64encode(part).decode() for part in case] for case in cases]
    answers = ask(python, home, _MATERIALIZE, given_)
    return [answer if answer is None else base64.b64decode(answer) for answer in answers]


def render(case: Case) -> bytes:
    return render_status(parse_log(case[0]), case[1])


def meta_of(**values: Any) -> bytes:
    return json.dumps({"mission_type": "software-dev", "mission_number": None, **values}).encode()


# -- cases

_moments = st.sampled_from(MOMENTS)
_SIGNAL = {"kind": "environment", "evidence": "why"}
_MODE = {"value": "autonomous", "source_signal": _SIGNAL}
MODES: list[Any] = [
    *(None, {}, [], "autonomous", {"value": "autonomous"}, _MODE),
    *({**_MODE, "more": 1}, {**_MODE, "value": "other"}, {**_MODE, "value": []}, {**_MODE, "source_signal": None}),
    *({**_MODE, "source_signal": {**_SIGNAL, **odd}} for odd in ({"kind": "guess"}, {"evidence": 1}, {"more": 1})),
    *({**_MODE, "source_signal": {**_SIGNAL, "kind": kind}} for kind in statusjson._SIGNALS),
    {**_MODE, "value": "human_in_command"},
]
_EVENT_NAMES = [
    *(f"retrospective.{name}" for name in ("requested", "started", "completed", "skipped", "failed")),
    *(f"retrospective.proposal.{name}" for name in ("generated", "applied", "rejected", "odd")),
]
_retrospectives = st.fixed_dictionaries(
    {
        "event_id": ulids(pool=6),
        "event_name": st.just("retrospective.requested") | st.sampled_from(_EVENT_NAMES),
        "at": _moments,
    },
    optional={
        "payload": st.none()
        | st.fixed_dictionaries(
            {}, optional={"mode": st.sampled_from(MODES), "record_path": st.sampled_from((None, "", "a/b", 7))}
        )
    },
)
_slugs = st.sampled_from(
    (
        "034-feature",
        "feature",
        "",
        None,
        "../evil",
        "0000-x",
        "12-Grüße",
        " 7-x",
        "9-a..b",
        ".x",
        "_x",
        "1-x_y.z",
        "8-\n",
    )
)
_numbers: st.SearchStrategy[Any] = st.none() | st.sampled_from(
    (None, 0, 7, 42, -1, True, 1.5, "", " ", "0", "007", " 42 ", "1_0", "TBD", "pending", "x", [])
)
_metas = st.none() | st.builds(
    lambda number, values: json.dumps({"mission_number": number, **values}, ensure_ascii=False).encode(),
    _numbers,
    st.fixed_dictionaries(
        {},
        optional={
            "mission_type": st.sampled_from(("research", " software-dev ", "Grüße", "", None, 7)),
            "mission": st.just("legacy"),
            "mission_slug": _slugs,
        },
    ),
)
_slugged = st.builds(
    lambda record, slug: {**record, "mission_slug": slug, "feature_slug": "9-old"}, transitions(ulids(pool=6)), _slugs
)


def sample(strategy: st.SearchStrategy[Case], count: int) -> list[Case]:
    """Return `count` values of a strategy, the same ones every time."""
    found: list[Case] = []

    @settings(max_examples=count)
    @given(strategy)
    def collect(value: Case) -> None:
        found.append(value)

    collect()
    return found


ODD: dict[str, Case] = {
    "nothing at all": (b"", None),
    "no transition": (log_of([{"event_type": "MissionCreated", "event_id": "x"}]), meta_of(mission_number=34)),
    "meta that is empty": (b"", b""),
    "meta that is no object": (b"", b"[]"),
    "meta that is no JSON": (b"", b"{"),
    "meta that is not UTF-8": (b"", b'{"mission_type": "\xff"}'),
    "damage in the log": (b'{"torn', meta_of()),
    "an escaped lone surrogate": (b"", b'{"mission_type": "\\ud800"}'),
    "a slug longer than a directory name here": (
        log_of(
            [
                {
                    "event_id": "0" * 26,
                    "wp_id": "WP01",
                    "at": MOMENTS[0],
                    "actor": "x",
                    "force": False,
                    "execution_mode": "worktree",
                    "from_lane": "genesis",
                    "to_lane": "planned",
                    "mission_slug": "x" * 200,
                }
            ]
        ),
        meta_of(),
    ),
}


@pytest.fixture(scope="module")
def answers(peer_python: str, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, bytes | None]]:
    """Random logs and metas, and odd ones, with what the released client writes for them."""
    ids = ulids(pool=6)
    logs = st.lists(records(ids) | _slugged | bystanders(ids), max_size=8)
    cases = sample(st.tuples(logs.map(log_of), _metas), 500)
    cases += sample(st.tuples(st.lists(_retrospectives | _slugged, max_size=8).map(log_of), _metas), 300)
    cases += sample(st.tuples(st.lists(records(ids) | misfits(ids), max_size=4).map(log_of), _metas), 100)
    cases += ODD.values()
    cases += [(log_of([{"event_name": "retrospective.requested", "payload": {"mode": mode}}]), None) for mode in MODES]
    return list(zip(cases, ask_released(peer_python, tmp_path_factory.mktemp("home"), cases), strict=True))


def differences(answers: list[tuple[Case, bytes | None]]) -> list[Case]:
    return [case for case, theirs in answers if theirs is not None and render(case) != theirs]


@pytest.mark.peer
def test_random_logs_give_the_bytes_that_the_released_client_writes(answers: list[tuple[Case, bytes | None]]) -> None:
    written = [theirs for _case, theirs in answers if theirs is not None]
    assert len(written) > 500
    assert len(answers) - len(written) > 50
    assert sum(b'"retrospective"' in theirs for theirs in written) > 100
    assert sum(b'"source_signal"' in theirs for theirs in written) >= 6
    assert differences(answers) == []


@pytest.mark.peer
def test_real_logs_give_the_bytes_that_the_released_client_writes(
    peer_python: str, tmp_path: Path, corpus: Path
) -> None:
    places = sorted(path.parent for path in corpus.glob("kitty-specs/*/status.events.jsonl"))
    cases = [((place / "status.events.jsonl").read_bytes(), (place / "meta.json").read_bytes()) for place in places]
    theirs = ask_released(peer_python, tmp_path, [(log, meta) for log, meta in cases])
    assert len(theirs) > 50
    assert None not in theirs
    assert [
        place.name for place, case, bytes_ in zip(places, cases, theirs, strict=True) if render(case) != bytes_
    ] == []


def wrong_files(corpus: Path) -> list[str]:
    """Return the missions whose stored status.json is not what we would write."""
    paths = sorted(corpus.glob("kitty-specs/*/status.json"))
    assert len(paths) > 50
    return [
        path.parent.name
        for path in paths
        if render(((path.parent / "status.events.jsonl").read_bytes(), (path.parent / "meta.json").read_bytes()))
        != path.read_bytes()
    ]


def test_stored_files_of_real_missions_hold_the_bytes_that_we_would_write(corpus: Path) -> None:
    different = wrong_files(corpus)
    for name in different:  # older than an annotation or an event of their log (formats 3.1), never another lane
        place = corpus / "kitty-specs" / name
        ours = json.loads(
            render(((place / "status.events.jsonl").read_bytes(), (place / "meta.json").read_bytes())) or b""
        )
        stored = json.loads((place / "status.json").read_bytes())
        lanes = [{wp: entry["lane"] for wp, entry in one["work_packages"].items()} for one in (ours, stored)]
        assert lanes[0] == {wp: lane for wp, lane in lanes[1].items() if lane != "uninitialized"}
    assert len(different) <= 9


# -- without the released client and the corpus


_CLAIM = {
    "event_id": "0" * 26,
    "wp_id": "WP01",
    "at": MOMENTS[0],
    "actor": {"tool": "Grüße", "role": None, "profile": None, "model": None},
    "force": True,
    "execution_mode": "worktree",
    "from_lane": "planned",
    "to_lane": "claimed",
    "mission_slug": "034-feature",
    "policy_metadata": {"agent": "one", "shell_pid": 7},
}


def test_the_whole_file_of_one_claim() -> None:
    expected = """{
  "event_count": 1,
  "last_event_id": "00000000000000000000000000",
  "materialized_at": "2026-01-05T10:00:00+00:00",
  "mission_number": "34",
  "mission_slug": "034-feature",
  "mission_type": "software-dev",
  "summary": {
    "approved": 0,
    "blocked": 0,
    "canceled": 0,
    "claimed": 1,
    "done": 0,
    "for_review": 0,
    "in_progress": 0,
    "in_review": 0,
    "planned": 0
  },
  "work_packages": {
    "WP01": {
      "actor": "Grüße",
      "agent": "one",
      "force_count": 1,
      "lane": "claimed",
      "last_event_id": "00000000000000000000000000",
      "last_transition_at": "2026-01-05T10:00:00+00:00",
      "shell_pid": 7
    }
  }
}
"""
    assert render((log_of([_CLAIM]), meta_of())) == expected.encode()


@pytest.mark.parametrize("name", [name for name in ODD if name.startswith(("meta", "damage", "an escaped"))])
def test_what_can_be_read_is_rendered_where_the_client_refuses(name: str) -> None:
    log, meta = ODD[name]
    found = json.loads(render((log_of([_CLAIM]) + log, meta)))
    assert (found["event_count"], found["summary"]["claimed"]) == (1, 1)
    assert found["mission_type"] in ("", "software-dev", "\ud800")


@given(st.binary(max_size=60), st.none() | st.binary(max_size=60))
def test_no_bytes_make_it_raise(log: bytes, meta: bytes | None) -> None:
    assert json.loads(render((log, meta)))["event_count"] == 0


BROKEN: dict[str, tuple[str, Any]] = {
    "trusts any slug": (
        "_find_slug",
        lambda log: next((str(e.record.get("mission_slug") or "") for e in order_transitions(log)), ""),
    ),
    "never looks at the slug's number": ("_find_number", lambda number, _slug: "" if number is None else str(number)),
    "keeps blanks of the type": ("_strip", lambda value: value if isinstance(value, str) else ""),
    "knows no retrospective": ("_summarise_retrospective", lambda _events: None),
    "believes every mode": ("_read_mode", lambda mode: mode),
    "counts lanes that no board shows": ("BOARD", (*BOARD, "genesis")),
}


@pytest.mark.peer
@pytest.mark.parametrize("name", BROKEN)
def test_a_renderer_that_breaks_one_rule_is_found_out(
    answers: list[tuple[Case, bytes | None]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(statusjson, *BROKEN[name])
    assert differences(answers)
