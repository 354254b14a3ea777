"""The seven ways in for bytes that somebody else wrote, each with the laws that hold for every input (reliability R13).

A target raises nothing but AssertionError, and that only where the product is wrong. The tests run them, and so does
`make fuzz`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import strategies
from hypothesis import strategies as st
from pydantic import ValidationError
from support import records

from spec_kitty_hooks import catalog, limits
from spec_kitty_hooks.git.pushlines import parse_push_lines
from spec_kitty_hooks.mission import plainyaml, strictyaml
from spec_kitty_hooks.mission.eventlog import changed_events, duplicates, parse_line, parse_log, same_content, union
from spec_kitty_hooks.mission.frontmatter import read_work_package
from spec_kitty_hooks.mission.logchange import compare
from spec_kitty_hooks.mission.policy import read_policy
from spec_kitty_hooks.mission.policy_model import Configuration, resolve
from spec_kitty_hooks.mission.reducer import reduce_log, render_entry
from spec_kitty_hooks.mission.reviews import cycle_number, latest_cycle, read_cycle
from spec_kitty_hooks.model.events import Damage, Event
from spec_kitty_hooks.model.transition import find_problem, seconds_ahead
from spec_kitty_hooks.pathglob import PatternSet, match_upstream, specificity
from spec_kitty_hooks.text import escape, quote_shell

CORPUS = Path(__file__).resolve().parent / "corpus"

_PATH = b"kitty-specs/034-feature/status.events.jsonl"
_TASK = b"kitty-specs/034-feature/tasks/WP01-build.md"
_CYCLE = b"kitty-specs/034-feature/tasks/WP01-build/review-cycle-2.md"
_NEVER = ()  # the specificity of a pattern that matches nothing


@dataclass(frozen=True)
class Target:
    """One way in: inputs that look real, words that mean something there, and what every input must satisfy.

    `inputs` makes structured inputs; they are mixed with plain bytes.
    """

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]
    inputs: st.SearchStrategy[bytes]

    @property
    def name(self) -> str:
        """Name the target as its corpus directory is called."""
        return self.run.__name__

    def corpus(self) -> list[Path]:
        """Return the inputs that once broke something, or were written to."""
        return sorted(path for path in (CORPUS / self.name).iterdir() if path.is_file())


def _say(*texts: str) -> None:
    """Hold what would be shown to a person to the promise that a terminal only shows it."""
    for text in texts:
        shown = escape(text)
        assert shown.isprintable()
        assert len(shown) <= limits.SHOWN_CHARACTERS


def _count_lines(data: bytes) -> int:
    """Return at least as many lines as an editor, or YAML, may count: what is beyond them names no place."""
    return len(data.decode("utf-8", "replace").splitlines()) + 2


def line(data: bytes) -> None:
    """One line of an event log is an event that reads back as itself, or damage with a reason."""
    found = parse_line(data, 7)
    assert (found.line, found.raw) == (7, data)
    if isinstance(found, Damage):
        assert found.reason
        _say(found.reason)
        return
    _say(found.problem, find_problem(found))
    assert seconds_ahead(found.at, 0.0) == seconds_ahead(found.at, 0.0)
    again = parse_line(json.dumps(found.record).encode(), 7)
    assert isinstance(again, Event)
    assert same_content(found, again)
    assert (found.kind, found.problem, found.wp_id) == (again.kind, again.problem, again.wp_id)


def log(data: bytes) -> None:
    """A log compared with itself shows nothing, with a part of itself exactly the rest, and copies unite to one."""
    found = parse_log(data)
    numbers = [event.line for event in found.events] + [item.line for item in found.damage]
    assert len(set(numbers)) == len(numbers)
    for state in reduce_log(found).work_packages.values():
        assert json.dumps(render_entry(state))
    _say(*(item.reason for item in found.damage))

    same = compare(_PATH, "034-feature", new=found, parents=[found], published={"tip": found}, merge_bases=[found])
    told = (same.lost, same.taken_back, same.merge_lost, same.added, same.conflicts, same.broken, same.new_damage)
    assert told == ((), (), (), (), (), (), ())
    assert changed_events(found, found) == ()

    part = parse_log(data[len(data) // 2 :])
    grown = compare(_PATH, "034-feature", new=found, parents=[part])
    assert {event.event_id for event in grown.added} >= {e.event_id for e in found.events} - {
        e.event_id for e in part.events
    }
    compare(_PATH, "034-feature", new=part, parents=[found], published={"tip": found})
    compare(_PATH, "034-feature", new=part, parents=[found, part], merge_bases=[found])

    united, conflicts = union((found, part))
    swapped, conflicts_swapped = union((part, found))
    assert [event.raw for event in united.events] == [event.raw for event in swapped.events]
    assert len(conflicts) == len(conflicts_swapped)
    assert [event.raw for event in union((united, united))[0].events] == [event.raw for event in united.events]
    assert len(duplicates(united)) == 0


def head(data: bytes) -> None:
    """A work-package file gives a work package, whose patterns compile; plain YAML is read as PyYAML reads it."""
    found = read_work_package(_TASK, data)
    assert found.wp_id == "WP01"
    _say(found.problem, found.title, *found.owned_files[:5])
    assert found.problem or len(found.owned_files) <= limits.PATTERNS
    patterns = PatternSet(found.owned_files)
    assert patterns.match(_TASK) in (None, *found.owned_files)
    loaded = strictyaml.load(data, limits.HEAD_BYTES)
    assert (loaded.values is None) == bool(loaded.problem)
    _say(loaded.problem)
    if loaded.values is not None:
        text = data.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n")
        plain = plainyaml.parse(text)
        assert plain is None or _typed(plain) == _typed(strictyaml._load_any(text, "").values)


def _typed(value: object) -> object:
    """Return a value with the type of each scalar, which `==` of texts does not compare."""
    if isinstance(value, dict):
        return [(str(key), _typed(item)) for key, item in value.items()]
    return [_typed(item) for item in value] if isinstance(value, list) else (type(value), value)


def review(data: bytes) -> None:
    """Any bytes are a review artifact; without a head it has no verdict and no problem."""
    found = read_cycle(_CYCLE, data)
    assert (found.number, found.wp_dir) == (2, "WP01-build")
    _say(found.problem, found.verdict, found.reviewer, found.override_reason)
    assert found.has_head or not (found.verdict or found.problem)
    assert found.line <= _count_lines(data)
    first = read_cycle(_CYCLE.replace(b"-2", b"-1"), data)
    assert latest_cycle((found, first)) is latest_cycle((first, found)) is found
    number = cycle_number(data)
    assert number is None or number > 0


def pattern(data: bytes) -> None:
    """Patterns (lines, then NUL) against a path (the rest): the answer is one of them, and a path owns itself."""
    text, _, path = data.partition(b"\0")
    patterns = text.decode("utf-8", "surrogateescape").split("\n")
    owner = PatternSet(patterns)
    found = owner.match(path)
    assert found is None or found in patterns
    for one in patterns[:8]:
        match_upstream(one, path)
        alone = PatternSet([one]).match(path)
        assert alone is None or specificity(one) > _NEVER
        assert alone is None or found is not None or one not in patterns[: limits.PATTERNS]
        _quote(one)
    name = path.decode("utf-8", "surrogateescape")
    _quote(name)
    _quote(path)
    itself = PatternSet([name])
    if not itself.problems and not {b"", b".", b".."} & {*path.split(b"/")}:
        assert itself.match(path) == name
        assert itself.match(path + b"/below") == name


def _quote(value: str | bytes) -> None:
    text = value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")
    shown = escape(value)
    assert shown.isprintable()
    assert len(shown) <= limits.SHOWN_CHARACTERS
    if "\0" in text:
        return
    word = quote_shell(value)
    assert escape(word, len(word) + 1) == word
    if not word.startswith('"$(printf %b '):
        assert shlex.split(word) == [text]


def push(data: bytes) -> None:
    """Every line of a push is read or named, and what is read prints back to lines that read the same."""
    lines = [piece for piece in data.split(b"\n") if piece and not piece.isspace()]
    for hash_hex in (40, 64):
        found = parse_push_lines(data, hash_hex)
        assert len(found.lines) + len(found.problems) == len(lines) or len(lines) > limits.PUSHED_REFS
        _say(*(problem.reason for problem in found.problems))
        rows = (
            (item.local_ref, item.local_oid or "0" * 40, item.remote_ref, item.remote_oid or "0" * 64)
            for item in found.lines
        )
        again = "".join(" ".join(row) + "\n" for row in rows).encode("utf-8", "surrogateescape")
        assert parse_push_lines(again, hash_hex).lines == found.lines


def policy(data: bytes) -> None:
    """The reader of the commit path and the published models accept the same files, and problems never loosen."""
    found = read_policy(data, catalog.DIAGNOSTICS)
    _say(*(problem.message for problem in found.problems))
    assert all(1 <= problem.line <= _count_lines(data) for problem in found.problems)
    loaded = strictyaml.load(data, limits.POLICY_BYTES, section="policy")
    assert (found.problems == ()) == (loaded.values is not None and _model_accepts(loaded.values))


def _model_accepts(values: object) -> bool:
    try:
        Configuration.model_validate(resolve(values), context={"known_codes": catalog.DIAGNOSTICS})
    except ValidationError:
        return False
    return True


# -- inputs that look real

_SLUG = "034-feature"
_ID = "01KEXAMPLE0000000000000001"


def _event(wp_id: str, step: int, **more: object) -> bytes:
    from_lane, to_lane = records.ROAD[step], records.ROAD[step + 1]
    at, event_id = f"2026-01-05T10:0{step}:00.000001+00:00", strategies.ulid(1000 + step)
    record = records.transition(
        wp_id,
        from_lane,
        to_lane,
        at=at,
        event_id=event_id,
        mission_slug=_SLUG,
        mission_id=_ID,
        reference="review://1",
    )
    return records.line({**record, **more})[:-1]


_ROAD = tuple(_event("WP01", step) for step in range(len(records.ROAD) - 1))
_NOTE = records.annotation(
    "WP02",
    {"note": "x", "shell_pid": 17, "subtasks": {"T001": "done"}, "tracker_refs": ["#1"], "release_runtime_claim": True},
    at="2026-01-05T10:01:00Z",
    event_id=strategies.ulid(7),
)
_OTHERS = (
    records.line(_NOTE)[:-1],
    records.line(
        records.lifecycle("WPCreated", {}, timestamp="2026-01-05T10:01:00Z", event_id=_ID, aggregate_id="WP01")
    )[:-1],
    records.line(records.decision("DecisionPointOpened", {}, at="2026-01-05T10:01:00Z", event_id=_ID))[:-1],
    records.line(
        records.retrospective(
            "RetrospectiveCaptured", at="2026-01-05T10:01:00Z", event_id=_ID, mission_slug=_SLUG, mission_id=_ID
        )
    )[:-1],
    _event("WP02", 1, from_lane="doing", actor={"role": "r", "profile": None, "tool": "t", "model": None}),
)
_JSON_WORDS = (
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 300, b"1e-400", b"-0", b"true", b"null", b'""', b"{}", b"[]", b"[" * 70),
    *(
        b'"\\ud800"',
        b'"\\u0000"',
        b"\\u2028",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\x1c",
        b"\\",
        b'\\"',
    ),
    *(b'"event_id":', b'"kind":"annotation",', b'"kind":', b'"event_type":', b'"type":"RetrospectiveCaptured",'),
    *(b'"force":true,', b'"evidence":', b'"review_result":', b'"delta":', b'"shell_pid":', b'"subtasks":', b'"at":'),
    *(b'"doing"', b'" Planned "', b'"genesis"', b'"uninitialized"', b"{" + b'"a":{' * 70, b'"tracker_refs":["#2",1]'),
)
_LOG_WORDS = (*_JSON_WORDS, b"\n", b"\r\n", b"\n\n", b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> x\n", *_ROAD[:2])

_HEAD = b"""---
work_package_id: WP01
title: "Build: the thing"
owned_files:
- src/a/**
- 'src/[id]/page.tsx'
-   docs/*.md  # the manual
dependencies: []
subtasks: [T001, "T002"]
execution_mode: code_change
history:
- {at: 2026-01-05, agent: x}
---
# Text
"""
_SHORT_HEADS = (
    b"---\nowned_files: [a/**, b]\n---\n",
    b"---\r\nwork_package_id: WP01\r\nowned_files:\r\n  - a\r\n---\r\n",
    b"\xef\xbb\xbf---\ntitle: |\n  two\n  lines\n---\n",
    b"---\na: {b: [1, 'x''y']}\n---\n",
    b"---\nsubtasks:\n- id: T1\n  x: 1\n- T2\n---\n",
    b"work_package_id: WP01\nowned_files:\n- a\n",
    b'a: "\\x41\\u00e9"\nb: >-\n  folded\n? c\n: d\n',
)
_YAML_WORDS = (
    *(b"&a ", b"*a", b"!!python/object:os.system ", b"!x ", b"<<: ", b"? ", b": ", b"- ", b"-", b"|\n", b">-\n", b"#"),
    *(
        b" #",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b", ",
        b"'",
        b'"',
        b"''",
        b"---\n",
        b"...\n",
        b"%YAML 1.2\n",
        b"\t",
        b"\n  ",
    ),
    *(
        b"\\U00110000",
        b"\\ud800",
        b"\\x0",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
        b"\x00",
        b"\xff",
        b"~",
        b"null",
    ),
    *(
        b"[" * 20,
        b"{a: " * 20,
        b"- " * 20,
        b"yes",
        b"0o17",
        b"2026-01-05",
        b"<<<<<<< a\n",
        b"=======\n",
        b"\r",
        b"\r\n",
    ),
)
_REVIEWS = (
    b"---\nverdict: approved\nreviewer_agent: agent-two\nreviewed_at: 2026-01-05T10:00:00Z\n---\nFine.\n",
    b"---\nverdict: changes_requested\ncycle_number: 2\nreviewer: x\nfindings: [a, b]\n---\n",
    b"---\nreview_artifact_override_actor: user\nreview_artifact_override_reason: 'why'\nreviewed_at: ~\n---\n",
    b"# no head\n",
    _CYCLE,
)
_PATTERNS = (
    b"src/a/**\nsrc/*.py\0src/a/b.py",
    b"src/[id]/page.tsx\0src/[id]/page.tsx",
    b"**/test_*.py\n!x\n./lib/\0lib/x/test_a.py",
    b"a?c/[!a-c]*[]x]\\*\0abc/dxx*",
    b"**/**/*a*a*a*\0" + b"a/" * 20 + b"aaaa",
    "grün/*/ß\0grün/x/ß".encode(),
    b"--output=x\n$(id)\n`a`'b\"c\0-rf ~/$HOME !\x1b[2J",
)
_PATTERN_WORDS = (
    *(
        b"**",
        b"**/",
        b"/**",
        b"*",
        b"?",
        b"[",
        b"]",
        b"[!",
        b"[^",
        b"[]",
        b"[z-a]",
        b"[a-",
        b"[[:alpha:]]",
        b"\\",
        b"\\/",
    ),
    *(
        b"/",
        b"//",
        b"./",
        b"../",
        b"..",
        b".",
        b"{a,b}",
        b"!",
        b"\n",
        b"\0",
        b"\x1b[0m",
        b"\xff",
        b"\xc3",
        b"\xe2\x80\xae",
    ),
    *(
        b"\xed\xa0\x80",
        b"*" * 60,
        b"*a" * 30,
        b"a/" * 30,
        b"**/" * 30,
        b"'",
        b'"',
        b"$(",
        b"`",
        b"\xf3\xa0\x84\x80",
        b"\r",
    ),
)
_IDS = (b"a" * 40, b"0" * 40, b"a" * 64, b"0" * 64)
_PUSHES = (
    b"refs/heads/main " + _IDS[0] + b" refs/heads/main " + _IDS[1] + b"\n",
    b"(delete) " + _IDS[1] + b" refs/heads/x " + _IDS[0] + b"\nHEAD~0 " + _IDS[0] + b" refs/tags/v " + _IDS[0] + b"\n",
    b"HEAD^{/two words} " + _IDS[2] + b" refs/heads/\xc3\xbc " + _IDS[3] + b"\n",
)
_PUSH_WORDS = (
    *(
        b" ",
        b"  ",
        b"\n",
        b"\r\n",
        b"\0",
        b"\t",
        b"-h",
        b"@{-1}",
        b"refs/heads/",
        b"refs/heads/-x",
        b"..",
        b".lock",
        b"0",
    ),
    *(b"(delete) ", b"HEAD", b"\xff", b"\x1b", b"\x0b", b"\x1c", b"\xc2\xa0", *_IDS, *_PUSHES[:1]),
)
_POLICIES = (
    b"policy:\n  commit_guard:\n    enabled: true\n    mode: block\n    enforce_ownership: false\n",
    b"policy:\n  hooks:\n    severity:\n      WP_NOT_STARTED: off\n    glob: strict\n    stale_claim_minutes: 60\n",
    b"policy:\n  hooks:\n    cannot_judge: {commit: warn, push: block}\n    post_merge:\n      record_done: auto\n",
    b"agents: &x [a]\nmore: *x\npolicy:\n  hooks: {sync: 'off'}\n",
    b"policy:\n  merge_gates:\n    mode: warn\n  hooks:\n    judge_from: "
    + _IDS[0]
    + b"\n    ownership_on_target: true\n",
)
_POLICY_WORDS = (
    *_YAML_WORDS,
    *(
        b"policy:\n",
        b"  hooks:\n",
        b"    severity:\n",
        b"commit_guard:",
        b"mode: ",
        b"WARN",
        b"True",
        b"'true'",
        b"FALSE",
    ),
    *(b"EVENT_ID_CONFLICT: warn", b"POLICY_INVALID: off", b"0060", b"9" * 30, b"-1", b"1e3", b"null", b"unknown: 1\n"),
)

_texts = st.text(st.characters(max_codepoint=0x2FFF), max_size=12)
_keys = st.sampled_from(("work_package_id", "owned_files", "verdict", "policy", "hooks", "severity", "mode", "title"))
_yaml = st.recursive(
    st.booleans() | st.integers() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys | _texts, inner, max_size=3),
    max_leaves=8,
)
_documents = st.dictionaries(_keys, _yaml, max_size=3).map(lambda value: json.dumps(value, indent=1).encode())


def _mixed(seeds: tuple[bytes, ...], words: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Join pieces of seeds, words and bytes."""
    pieces = st.sampled_from(seeds + words) | st.binary(max_size=12)
    return st.lists(pieces, max_size=6).map(b"".join)


def _make(
    run: Callable[[bytes], None],
    seeds: tuple[bytes, ...],
    words: tuple[bytes, ...],
    *inputs: st.SearchStrategy[bytes],
) -> Target:
    return Target(run, seeds, words, st.one_of(st.binary(max_size=200), _mixed(seeds, words), *inputs))


TARGETS = (
    _make(line, (*_ROAD, *_OTHERS), _JSON_WORDS, strategies.records().flatmap(strategies.spellings)),
    _make(
        log,
        (b"\n".join(_ROAD[:4]) + b"\n", b"\n".join(_OTHERS), b"\r\n".join((_ROAD[3], _OTHERS[0], _ROAD[5], _ROAD[5]))),
        _LOG_WORDS,
        strategies.logs(max_size=4),
    ),
    _make(head, (_HEAD, *_SHORT_HEADS), _YAML_WORDS, _documents, _documents.map(lambda d: b"---\n" + d + b"\n---\n")),
    _make(review, _REVIEWS, _YAML_WORDS, _documents.map(lambda d: b"---\n" + d + b"\n---\n")),
    _make(pattern, _PATTERNS, _PATTERN_WORDS),
    _make(push, _PUSHES, _PUSH_WORDS),
    _make(policy, _POLICIES, _POLICY_WORDS, _documents),
)
