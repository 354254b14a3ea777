"""Hypothesis strategies for event logs (formats 2): records, lines, whole logs, and damage done to them.

Values come from small pools on purpose: ties of `at`, repeated ids and rollbacks of the same moment must be common.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import Phase, find, settings
from hypothesis import strategies as st

Record = dict[str, Any]
T = TypeVar("T")

LANES = ("genesis", "planned", "claimed", "in_progress", "for_review", "in_review", "approved", "done", "canceled")
DAY = "2026-01-05T10:00:0"
#: Three moments, the second in three spellings that sort apart as text.
MOMENTS = (DAY + "0+00:00", DAY + "1Z", DAY + "1+00:00", DAY + "1.500000+00:00", DAY + "2.000001+00:00")

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WORDS = st.sampled_from(("", "x", "Grüße", "line\u2028separator", "tab\tand\nnewline", "\U0001f600"))


def ulid(number: int, first: str = "0") -> str:
    """Return the ULID-shaped id of a number below 32**25."""
    digits = []
    for _ in range(25):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return first + "".join(reversed(digits))


def ulids(pool: int = 1 << 40) -> st.SearchStrategy[str]:
    """Ids whose order is that of nothing else; a small `pool` makes them repeat."""
    return st.builds(ulid, st.integers(0, pool - 1), st.sampled_from("067"))


unique_ids = ulids()
moments = st.sampled_from(MOMENTS)
work_package_ids = st.sampled_from(("WP01", "WP02", "WP03"))
actors = st.one_of(
    st.sampled_from(("agent-one", "user", "", "tool:model:profile:implementer")),
    st.fixed_dictionaries(dict.fromkeys(("role", "profile", "tool", "model"), st.none() | st.sampled_from(("", "r1")))),
)
_verdicts = st.fixed_dictionaries(
    {"reviewer": _WORDS, "verdict": st.sampled_from(("approved", "changes_requested")), "reference": _WORDS},
    optional={"feedback_path": st.none() | _WORDS, "more": _WORDS},
)
_sidecars = st.fixed_dictionaries(
    {},
    optional={
        "agent": st.none() | _WORDS,
        "shell_pid": st.none() | st.integers(0, 99),
        "shell_pid_created_at": st.none() | _WORDS,
        "merge_phase": _WORDS,
    },
)
#: Edges on which a rule of its own hangs (claims, rollbacks, verdicts) come up as often as all others together.
_edges = st.one_of(
    st.tuples(st.sampled_from(LANES), st.sampled_from(LANES)),
    st.sampled_from((("planned", "claimed"), ("in_review", "in_progress"), ("for_review", "in_progress"))),
)
_reasons = st.none() | st.sampled_from(("", " ", "No longer needed", "Force move to canceled", "move-task: a -> b"))


def transitions(ids: st.SearchStrategy[str] = unique_ids) -> st.SearchStrategy[Record]:
    """Well-formed transitions, legal or not, with the legacy keys and without the optional ones."""
    rest = st.fixed_dictionaries(
        {
            "event_id": ids,
            "wp_id": work_package_ids,
            "at": moments,
            "actor": actors,
            "force": st.booleans(),
            "execution_mode": st.sampled_from(("worktree", "direct_repo", "code_change", "unknown")),
        },
        optional={
            "mission_slug": st.just("034-feature"),
            "feature_slug": st.just("034-feature"),
            "work_package_id": work_package_ids,
            "reason": _reasons,
            "reason_source": st.none() | st.sampled_from(("operator", "synthetic")),
            "review_ref": st.none() | _WORDS,
            "evidence": st.none() | st.fixed_dictionaries({"review": _verdicts}),
            "review_result": st.none() | st.just({}) | _verdicts,
            "policy_metadata": st.none() | _sidecars,
        },
    )
    return st.builds(lambda edge, record: {**record, "from_lane": edge[0], "to_lane": edge[1]}, _edges, rest)


_deltas = st.fixed_dictionaries(
    {},
    optional={
        "subtasks": st.none() | st.dictionaries(st.sampled_from(("T001", "T002")), st.sampled_from(LANES)),
        "note": st.none() | _WORDS,
        "tracker_refs": st.none() | st.lists(st.sampled_from(("#1", "#2", "#3")), max_size=4),
        "tracker_refs_replace": st.none() | st.lists(st.sampled_from(("#1", "#2", "#3")), max_size=4),
        "review": st.none()
        | st.just({"at": "", "actor": "", "wp_id": "", "reason": ""})
        | st.fixed_dictionaries(dict.fromkeys(("at", "actor", "wp_id", "reason"), _WORDS)),
        "review_result": _verdicts,
        "release_runtime_claim": st.booleans(),
        "shell_pid": st.none() | st.integers(0, 99) | st.just("17"),
        "unknown": _WORDS,
        **dict.fromkeys(
            ("shell_pid_created_at", "agent", "assignee", "role", "agent_profile", "model", "provider"),
            st.none() | _WORDS,
        ),
    },
)


def runtime_annotations(
    ids: st.SearchStrategy[str] = unique_ids, deltas: st.SearchStrategy[Record] = _deltas
) -> st.SearchStrategy[Record]:
    """Well-formed annotations."""
    return st.fixed_dictionaries(
        {
            "event_id": ids,
            "kind": st.just("annotation"),
            "wp_id": work_package_ids,
            "at": moments,
            "actor": actors,
            "delta": deltas,
        }
    )


def bystanders(ids: st.SearchStrategy[str] = unique_ids) -> st.SearchStrategy[Record]:
    """Records that readers keep and the reducer passes over: lifecycle, decision and retrospective ones."""
    return st.one_of(
        st.fixed_dictionaries(
            {"event_id": ids, "event_type": st.just("WPCreated"), "timestamp": moments, "payload": st.just({})}
        ),
        st.fixed_dictionaries({"event_id": ids, "event_type": st.none(), "at": moments, "payload": st.just({})}),
        st.fixed_dictionaries(
            {"type": st.just("RetrospectiveCaptured"), "at": moments, "wp_id": work_package_ids, "force": st.just(True)}
        ),
        st.fixed_dictionaries({"event_name": st.just("retrospective.completed"), "at": moments}),
    )


def misfits(ids: st.SearchStrategy[str] = unique_ids) -> st.SearchStrategy[Record]:
    """JSON objects that no reader understands: unknown kinds, transitions with something missing or wrong."""
    broken = transitions(ids).flatmap(
        lambda record: st.sampled_from(("event_id", "wp_id", "from_lane", "to_lane", "at", "actor", "force")).flatmap(
            lambda key: st.sampled_from(
                ({name: value for name, value in record.items() if name != key}, {**record, "to_lane": "reviewing"})
            )
        )
    )
    return st.one_of(
        st.fixed_dictionaries({"event_id": ids, "kind": st.sampled_from(("snapshot", 1, [])), "at": moments}),
        broken,
        st.fixed_dictionaries({}),
    )


def records(ids: st.SearchStrategy[str] = unique_ids) -> st.SearchStrategy[Record]:
    """Any record that a log can hold and every reader accepts."""
    return st.one_of(transitions(ids), transitions(ids), runtime_annotations(ids), bystanders(ids))


def line_of(record: Record, *, ascii_only: bool = True, sort_keys: bool = True) -> bytes:
    """Return one line as a writer would make it, without its newline."""
    return json.dumps(record, ensure_ascii=ascii_only, sort_keys=sort_keys).encode()


def log_of(found: list[Record]) -> bytes:
    """Return a whole log of records, sorted keys, one LF each."""
    return b"".join(line_of(record) + b"\n" for record in found)


def spellings(record: Record) -> st.SearchStrategy[bytes]:
    """Lines that hold the same record: key order and escapes differ."""
    return st.builds(
        lambda ascii_only, sort_keys: line_of(record, ascii_only=ascii_only, sort_keys=sort_keys),
        st.booleans(),
        st.booleans(),
    )


def histories(max_size: int = 12) -> st.SearchStrategy[list[Record]]:
    """Lists of readable records with no id in two contents."""
    return st.lists(records(), max_size=max_size, unique_by=lambda record: record.get("event_id", line_of(record)))


def logs(max_size: int = 8) -> st.SearchStrategy[bytes]:
    """Logs as files: ids from a pool of four, so that copies share, repeat and contradict; bad lines and CRLF too."""
    ids = ulids(pool=2)
    lines = st.one_of(
        records(ids).flatmap(spellings),
        misfits(ids).map(line_of),
        st.sampled_from((b"", b"<<<<<<< HEAD", b"=======", b"not json", b'{"event_id": "', b"[]", b"\xff\xfe")),
    )
    ends = st.sampled_from((b"\n", b"\n", b"\n", b"\r\n"))
    body = st.lists(st.builds(lambda line, end: line + end, lines, ends), max_size=max_size).map(b"".join)
    return st.builds(lambda mark, text, tail: mark + text + tail, st.sampled_from((b"", b"\xef\xbb\xbf")), body, lines)


def assert_caught(strategy: st.SearchStrategy[T], breaks: Callable[[T], bool]) -> None:
    """Fail unless some value of `strategy` breaks a law in a broken variant: then the law's own test would fail too."""
    find(strategy, breaks, settings=settings(max_examples=1_000, phases=(Phase.generate,)))
