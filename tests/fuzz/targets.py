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

from fuzz.seeds import (
    CYCLE,
    HEAD,
    JSON_WORDS,
    LOG_WORDS,
    OTHERS,
    PATTERN_WORDS,
    PATTERNS,
    POLICIES,
    POLICY_WORDS,
    PUSH_WORDS,
    PUSHES,
    REVIEWS,
    ROAD,
    SHORT_HEADS,
    YAML_WORDS,
)
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
    found = read_cycle(CYCLE, data)
    assert (found.number, found.wp_dir) == (2, "WP01-build")
    _say(found.problem, found.verdict, found.reviewer, found.override_reason)
    assert found.has_head or not (found.verdict or found.problem)
    assert found.line <= _count_lines(data)
    first = read_cycle(CYCLE.replace(b"-2", b"-1"), data)
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
    _make(line, (*ROAD, *OTHERS), JSON_WORDS, strategies.records().flatmap(strategies.spellings)),
    _make(
        log,
        (b"\n".join(ROAD[:4]) + b"\n", b"\n".join(OTHERS), b"\r\n".join((ROAD[3], OTHERS[0], ROAD[5], ROAD[5]))),
        LOG_WORDS,
        strategies.logs(max_size=4),
    ),
    _make(head, (HEAD, *SHORT_HEADS), YAML_WORDS, _documents, _documents.map(lambda d: b"---\n" + d + b"\n---\n")),
    _make(review, REVIEWS, YAML_WORDS, _documents.map(lambda d: b"---\n" + d + b"\n---\n")),
    _make(pattern, PATTERNS, PATTERN_WORDS),
    _make(push, PUSHES, PUSH_WORDS),
    _make(policy, POLICIES, POLICY_WORDS, _documents),
)
