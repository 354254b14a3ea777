"""The looser rule of the released client (formats 5.1): `fnmatch` over a whole path, or else a leading directory."""

from __future__ import annotations

import fnmatch
import json
import random
import subprocess

import pytest
from support.globs import TABLE

from spec_kitty_hooks.pathglob import match_upstream


@pytest.mark.parametrize(("pattern", "path", "guard"), [(row[0], row[1], row[3]) for row in TABLE])
def test_the_looser_rule_answers_as_the_released_guard_was_seen_to(pattern: str, path: str, guard: bool) -> None:
    assert match_upstream(pattern, path.encode()) is guard


def released_rule(pattern: str, path: str) -> bool:
    prefix = pattern.replace("/**", "").replace("/*", "").rstrip("/")
    return fnmatch.fnmatchcase(path, pattern) or bool(prefix and path.startswith(prefix + "/"))


def generated_pairs(count: int) -> list[tuple[str, str]]:
    """Pairs of pattern and path that match about as often as not, rich in classes."""
    chance = random.Random(17)
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        path = "".join(chance.choices("aab./éc-]\\^[\n", k=chance.randrange(1, 9)))
        pattern = "".join(_vary(chance, letter) for letter in path)
        # fnmatch takes the `!` that follows an empty range, as in `[b-a!c]`, for a negation: a bug, and no one's rule.
        if "-" not in pattern or "!" not in pattern.split("-", 1)[1]:
            pairs.append((pattern, path))
    return pairs


def _vary(chance: random.Random, letter: str) -> str:
    roll = chance.random()
    if roll < 0.55:
        return letter
    if roll < 0.75:
        return chance.choice(("*", "?", "**", "/*", "/**", "", "/"))
    return (
        "[" + chance.choice(("", "!", "^", "]")) + "".join(chance.choices("abcé-]\\/&|~[", k=chance.randrange(4))) + "]"
    )


def test_the_looser_rule_is_fnmatch_over_the_whole_path_or_a_leading_directory() -> None:
    pairs = generated_pairs(30_000)
    expected = [released_rule(pattern, path) for pattern, path in pairs]
    assert 5_000 < sum(expected) < 25_000
    found = [match_upstream(pattern, path.encode()) for pattern, path in pairs]
    assert [pair for pair, ours, theirs in zip(pairs, found, expected, strict=True) if ours != theirs] == []


ASK_CLIENT = """
import json, sys
try:
    from specify_cli.policy.commit_guard import _matches_any_glob
except ImportError:
    sys.exit(7)
print(json.dumps([_matches_any_glob(path, [pattern]) for pattern, path in json.load(sys.stdin)]))
"""


@pytest.mark.peer
def test_the_looser_rule_answers_as_the_released_client(peer_python: str) -> None:
    pairs = generated_pairs(10_000) + [(row[0], row[1]) for row in TABLE]
    command = [peer_python, "-I", "-c", ASK_CLIENT]
    ran = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=False)
    if ran.returncode == 7:
        pytest.skip("SPEC_KITTY_PYTHON has no specify_cli.policy.commit_guard")
    assert ran.returncode == 0, ran.stderr
    found = [match_upstream(pattern, path.encode()) for pattern, path in pairs]
    assert found == json.loads(ran.stdout.splitlines()[-1])


def test_the_looser_rule_knows_every_character() -> None:
    assert match_upstream("?", chr(0x10FFFF).encode())


def test_the_looser_rule_takes_a_byte_that_is_not_utf8_for_a_character() -> None:
    pattern = b"src/\xff?.py".decode("utf-8", "surrogateescape")
    assert match_upstream(pattern, b"src/\xff\xfe.py")
    assert not match_upstream(pattern, b"src/\xfe\xff.py")
