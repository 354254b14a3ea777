"""Bytes that nobody meant break nothing, take no time and no memory (reliability R13).

Each target gets 50,000 inputs in every run: 48,000 seeded mutations of real-looking seeds, which are cheap, and 2,000
that Hypothesis makes from the structure of the format, which are not (1 to 2 ms each). The same inputs every time;
`make fuzz` looks for new ones, and what it finds is a file below corpus/ from then on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from fuzz import targets
from fuzz.guard import FindingError, fire, stopwatch
from fuzz.mutation import MAX_BYTES, mutations
from fuzz.targets import TARGETS, Target
from spec_kitty_hooks.git.pushlines import PushLine, PushLines
from spec_kitty_hooks.mission.policy import Policy
from spec_kitty_hooks.mission.reviews import ReviewCycle
from spec_kitty_hooks.mission.strictyaml import Loaded
from spec_kitty_hooks.model.events import Event, EventLog

MUTATED, GENERATED = 48_000, 2_000
PEAK_MIB = 256

BY_NAME = {target.name: target for target in TARGETS}
FILES = [(target, path) for target in TARGETS for path in target.corpus()]


def volley(name: str, mutated: int, generated: int) -> dict[str, int]:
    command = [sys.executable, "-I", str(Path(__file__).with_name("volley.py")), name, str(mutated), str(generated)]
    # An empty environment: coverage is not told to measure this child.
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    told: dict[str, int] = json.loads(done.stdout)
    return told


def test_there_are_seven_ways_in_and_each_has_a_corpus() -> None:
    assert list(BY_NAME) == ["line", "log", "head", "review", "pattern", "push", "policy"]
    assert {path.name for path in targets.CORPUS.iterdir() if path.is_dir()} == set(BY_NAME)
    assert all(target.corpus() for target in TARGETS)


@pytest.mark.unmeasured
@pytest.mark.parametrize(("target", "path"), FILES, ids=lambda value: getattr(value, "name", ""))
def test_what_was_once_found_stays_mended(target: Target, path: Path) -> None:
    with stopwatch():
        fire(target, path.read_bytes())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BY_NAME)
def test_fifty_thousand_inputs_break_nothing(name: str) -> None:
    told = volley(name, MUTATED, GENERATED)
    assert told["inputs"] >= 50_000
    assert told["peak_kib"] < PEAK_MIB * 1024


def test_the_same_inputs_are_made_in_every_run() -> None:
    one, same, other = (list(mutations((b"first seed", b"second"), (b"x",), 200, seed)) for seed in (1, 1, 2))
    assert one == same != other
    assert one[:2] == [b"first seed", b"second"]
    assert max(map(len, one)) <= MAX_BYTES
    assert len(set(one)) > 150


# Broken variants: what a reader does that trusts its input, or the library that it stands on.


def trusting_line(raw: bytes, line: int) -> Event:
    return Event("lifecycle", json.loads(raw), raw, line)


def naive_log(data: bytes) -> EventLog:
    try:
        found = [
            Event("lifecycle", json.loads(raw), raw.encode(), n) for n, raw in enumerate(data.decode().splitlines())
        ]
    except json.JSONDecodeError:
        return EventLog()
    return EventLog(events=tuple(found))


def trusting_yaml(data: bytes, limit: int, section: str = "") -> Loaded:
    return Loaded(values=yaml.safe_load(data.decode("utf-8", "replace")) or {})


def hasty_cycle(path: bytes, data: bytes) -> ReviewCycle:
    verdict = data.decode("utf-8", "replace").partition("verdict: ")[2].partition("\n")[0]
    return ReviewCycle(path=path, wp_dir="WP01-build", number=2, verdict=verdict, has_head=data.startswith(b"---"))


def raw_text(data: bytes | str, limit: int = 200) -> str:
    return str(data)[:limit]


def split_lines(data: bytes, hash_hex: int) -> PushLines:
    found = []
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        local_ref, local_oid, remote_ref, remote_oid = line.split(" ")
        found.append(PushLine(local_ref=local_ref, local_oid=local_oid, remote_ref=remote_ref, remote_oid=remote_oid))
    return PushLines(lines=tuple(found))


def kind_policy(data: bytes | None, known: object) -> Policy:
    return Policy()


@pytest.mark.parametrize(
    ("name", "replaced", "variant"),
    [
        ("line", "parse_line", trusting_line),
        ("log", "parse_log", naive_log),
        ("head", "strictyaml.load", trusting_yaml),
        ("review", "read_cycle", hasty_cycle),
        ("pattern", "escape", raw_text),
        ("push", "parse_push_lines", split_lines),
        ("policy", "read_policy", kind_policy),
    ],
)
def test_a_reader_that_trusts_its_input_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, replaced: str, variant: Callable[..., object]
) -> None:
    target = BY_NAME[name]
    inputs = list(mutations(target.seeds, target.words, 300, seed=1))
    monkeypatch.setattr(f"fuzz.targets.{replaced}", variant)
    with pytest.raises(FindingError, match=f"^{name}: (?s:.*)\ninput: b"), stopwatch():
        any(fire(target, data) for data in inputs)  # type: ignore[func-returns-value]


def test_an_input_that_takes_too_long_is_found() -> None:
    def spin(_data: bytes) -> None:
        while True:
            pass

    with pytest.raises(FindingError, match="SlowInputError"), stopwatch():
        fire(Target(spin, (), (), BY_NAME["line"].inputs), b"")


def test_an_input_that_takes_much_memory_shows_in_the_peak() -> None:
    small = volley("push", 10, 0)["peak_kib"]
    hog = "import resource; x = bytearray(2**28); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-I", "-c", hog], capture_output=True, text=True, check=True)
    assert small < PEAK_MIB * 1024 < int(done.stdout)
