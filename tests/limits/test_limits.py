"""Each limit at the limit and one beyond, in a child process with a bound on processor time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.hooks import product_root
from support.repo import Repo

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.registry import list_directories

SECONDS = 2  # of processor time: alone each row takes half a second; a core shared with others doubles that
MEGABYTES = 256

_FRAME = """import gc, resource, sys
gc.disable()  # as every run of the program does
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]),) * 2)
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[4]) << 20,) * 2)
sys.path.insert(0, sys.argv[1])
data = open(sys.argv[2], "rb").read()
"""
_LOG = """from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import reduce_log
log = parse_log(data); reduce_log(log); print(len(log.events), *(item.reason for item in log.damage[:1]))"""
_JSON = "from spec_kitty_hooks.mission.jsontext import parse; print(parse(data)[1])"
_META = "from spec_kitty_hooks.mission.identity import read_mission; print(*read_mission('m', data, None).problems)"
_HEAD = """from spec_kitty_hooks.mission.frontmatter import read_work_package
head = read_work_package(b'tasks/WP01-x.md', data); print(len(head.owned_files), head.problem)"""
_POLICY = """from spec_kitty_hooks.mission.policy import read_policy
print(*(problem.message for problem in read_policy(data, ()).problems))"""
_GLOB = """from spec_kitty_hooks.pathglob import PatternSet
patterns = PatternSet([data.decode()]); print(bool(patterns.problems), patterns.match(b'd/' * 127 + b'd' * 700))"""
_RAW = """from spec_kitty_hooks.git.changes import parse_changes
from spec_kitty_hooks.errors import RepositoryError
try: print(len(parse_changes(data)))
except RepositoryError as error: print(error.message)"""


_TRANSITION = (
    b'{"actor": "agent", "at": "2026-01-05T%05d.%03d+00:00", "event_id": "01KE%022d", "evidence": null, '
    b'"execution_mode": "worktree", "force": false, "from_lane": "claimed", "mission_slug": "csv-export-01KE6P8K", '
    b'"mission_id": "01KE6P8K000000000000000001", "policy_metadata": null, "reason": null, "review_ref": null, '
    b'"to_lane": "in_progress", "wp_id": "WP%02d"}\n'
)


@dataclass(frozen=True)
class Bound:
    """One limit: content of a size, what reads it, and what that says at the limit and one beyond."""

    name: str
    limit: int
    make: Callable[[int], bytes]
    read: str
    within: str
    beyond: str
    megabytes: int = MEGABYTES


def _head(*lines: str) -> bytes:
    return "\n".join(("---", "work_package_id: WP01", *lines, "---", "")).encode()


def _line(size: int) -> bytes:
    return b'{"x":"' + b"y" * (size - 8) + b'"}'


def _log(size: int) -> bytes:
    full = (_line(limits.LINE_BYTES - 1) + b"\n") * 15
    return full + _line(size - len(full) - 1) + b"\n"


def _transitions(commas: int) -> bytes:
    """Return a log of so many commas in transitions as short as the client's."""
    count, rest = divmod(commas, _TRANSITION.count(b","))
    rows = (_TRANSITION % (n // 1000 % 86400, n % 1000, n, n % 90) for n in range(count))
    return b"".join(rows) + b'{"x":[' + b"0," * rest + b"0]}\n"


def _numbers(commas: int) -> bytes:
    """Return a log of so many commas between numbers, of the kind that a function of ours has to read."""
    rows = [b'{"x":[' + b"1e1," * 100 + b"0]}\n"] * (commas // 100)
    return b"".join(rows) + b'{"x":[' + b"0," * (commas % 100) + b"0]}\n"


def _list(nodes: int) -> bytes:
    """Return a head with so many nodes: six of its own, and the items of a list."""
    return _head("x:", *["- y"] * (nodes - 5))


def _deep(depth: int) -> bytes:
    return _head("x: " + "[" * (depth - 1) + "]" * (depth - 1))


def _sized_head(size: int) -> bytes:
    fixed = _head("x: ").find(b"---", 3) - len(b"---\n")
    return _head("x: " + "y" * (size - fixed))


def _sized_policy(size: int) -> bytes:
    return b"#" * (size - 1) + b"\n"


def _changes(count: int) -> bytes:
    return b"".join(b":100644 100644 %s %s M\0src/%d\0" % (b"1" * 40, b"2" * 40, number) for number in range(count))


BOUNDS = (
    Bound("line", limits.LINE_BYTES, _line, _LOG, "1\n", "0 longer than"),
    Bound("log bytes", limits.LOG_BYTES, _log, _LOG, "16\n", "0 longer than"),
    Bound("log values", limits.LOG_VALUES, _transitions, _LOG, "115385\n", "0 more than 1500000 commas"),
    Bound("log values, numbers", limits.LOG_VALUES, _numbers, _LOG, "15001\n", "0 more than 1500000 commas"),
    Bound("log lines", limits.LOG_EVENTS, lambda n: b"{}\n" * n, _LOG, "200000\n", "200000 more than 200000 lines"),
    Bound("JSON depth", limits.JSON_DEPTH, lambda n: b"[" * n + b"]" * n, _JSON, "\n", "nested deeper"),
    Bound(
        "JSON depth, unclosed", limits.JSON_DEPTH * 1000, lambda n: b"[" * n, _JSON, "nested deeper", "nested deeper"
    ),
    Bound("JSON integer", limits.JSON_DIGITS, lambda n: b"1" * n, _JSON, "\n", "digits"),
    Bound("JSON float", limits.JSON_DIGITS, lambda n: b"0." + b"1" * (n - 2), _JSON, "\n", "digits"),
    Bound("JSON file", limits.JSON_FILE_BYTES, lambda n: b"{}" + b" " * (n - 2), _META, "\n", "the limit is"),
    Bound("head bytes", limits.HEAD_BYTES, _sized_head, _HEAD, "0 \n", "the limit is"),
    Bound("YAML depth", limits.YAML_DEPTH, _deep, _HEAD, "0 \n", "nested deeper than 16"),
    Bound("YAML nodes", limits.YAML_NODES, _list, _HEAD, "0 \n", "more than 10000 values"),
    Bound(
        "pattern bytes",
        limits.PATTERN_BYTES,
        lambda n: _head(f"owned_files: [{'p' * n}]"),
        _HEAD,
        "1 \n",
        "longer than",
    ),
    Bound("patterns", limits.PATTERNS, lambda n: _head("owned_files:", *["- p"] * n), _HEAD, "2000 \n", "the limit is"),
    Bound("pattern segments", limits.PATTERN_SEGMENTS, lambda n: b"/".join([b"*"] * n), _GLOB, "False */", "True None"),
    Bound("policy bytes", limits.POLICY_BYTES, _sized_policy, _POLICY, "\n", "the limit is"),
    Bound(
        "path bytes", limits.PATH_BYTES, lambda n: _changes(1)[:-6] + b"p" * n + b"\0", _RAW, "1\n", "longer than 4096"
    ),
    Bound("changed paths", limits.CHANGED_PATHS, _changes, _RAW, "200000\n", "more than 200000 paths"),
)
#: What is broken may cost twice as much: each line of it has a reason of its own.
BOMBS = (
    ("aliases", _HEAD, _head("a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)))),
    ("flow of sequences", _HEAD, _head("x: " + "[" * 100_000)),
    ("flow of mappings", _HEAD, _head("x: " + "{a: " * 50_000)),
    ("block of sequences", _HEAD, _head(*("  " * n + "- " for n in range(400)))),
    ("one key", _HEAD, _head("k" * 200_000 + ": x")),
    ("quotes", _HEAD, _head('x: "' + "\\" * 200_000)),
    ("anchors", _HEAD, _head(*(f"k{n}: &a{n} x" for n in range(9_000)))),
    ("conflict markers", _HEAD, _head(*["<<<<<<< "] * 20_000)),
    ("fences", _HEAD, b"---\n" + b" ---x\n" * 40_000),
    ("unterminated strings", _LOG, b'{"x":"\n' * 200_000),
    ("brackets in every line", _LOG, (b"[" * 30 + b"\n") * 190_000),
    ("nothing but newlines", _LOG, b"\n" * limits.LOG_BYTES),
    ("keys", _JSON, b"{" + b",".join(b'"%d":0' % n for n in range(300_000)) + b"}"),
    ("escapes", _JSON, b'"' + b"\\u0000" * 600_000 + b'"'),
    ("brackets in a string", _JSON, b'"' + b"[" * 4_000_000 + b'"'),
    ("policy keys", _POLICY, b"policy:\n  hooks:\n" + b"".join(b"    k%d: 1\n" % n for n in range(2_000))),
)


def run(code: str, data: bytes, place: Path, megabytes: int = MEGABYTES, seconds: int = SECONDS) -> str:
    """Run code on data in an interpreter of its own, which gets no more than so much processor time and memory."""
    file = place / "data"
    file.write_bytes(data)
    words = [sys.executable, "-I", "-c", _FRAME + code, str(product_root()), str(file), str(seconds), str(megabytes)]
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    ran = subprocess.run(words, env=unmeasured, capture_output=True, text=True, check=False)
    assert not ran.returncode, f"exit {ran.returncode}: {ran.stderr[-2000:]}"
    return ran.stdout


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_what_is_at_the_limit_is_read_and_what_is_beyond_is_named(bound: Bound, tmp_path: Path) -> None:
    within = run(bound.read, bound.make(bound.limit), tmp_path, bound.megabytes)
    assert within.startswith(bound.within)
    beyond = run(bound.read, bound.make(bound.limit + 1), tmp_path, bound.megabytes)
    assert bound.beyond in beyond


@pytest.mark.parametrize(("code", "data"), [bomb[1:] for bomb in BOMBS], ids=[bomb[0] for bomb in BOMBS])
def test_a_bomb_costs_hardly_more_than_what_is_whole(code: str, data: bytes, tmp_path: Path) -> None:
    assert run(code, data, tmp_path, seconds=2 * SECONDS)


def test_the_bound_stops_what_does_not_end(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="exit -"):
        run("while True: pass", b"", tmp_path)
    with pytest.raises(AssertionError, match="MemoryError"):
        run("data = b'x' * (300 << 20); print()", b"", tmp_path)


def _pack_refs(repo: Repo, count: int) -> None:
    oid = repo.head()
    lines = "".join(f"{oid} refs/heads/b{number:06}\n" for number in range(count - 1))
    (repo.path / ".git" / "packed-refs").write_text(lines)


def test_as_many_branches_as_allowed_are_read_and_one_more_is_refused(repo: Repo) -> None:
    _pack_refs(repo, limits.REFS)
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        assert len(git.refs()) == limits.REFS
    _pack_refs(repo, limits.REFS + 1)
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git, pytest.raises(RepositoryError, match="20000"):
        git.refs()


@pytest.mark.slow
def test_missions_beyond_the_limit_are_not_looked_at(repo: Repo) -> None:
    names = [f"m{number:05}" for number in range(limits.MISSIONS + 1)]
    repo.commit_to("main", {f"kitty-specs/{name}/meta.json": "{}" for name in names})
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        assert list_directories(git, repo.resolve("main")) == tuple(names[:-1])
