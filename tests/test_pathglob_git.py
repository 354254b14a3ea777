"""The matcher against the real git: `git ls-files ':(glob)PATTERN'` over one index, whole answers compared.

The shared subset, where design 4 and git's pathspecs say the same:

* patterns of literal bytes, `*`, `?`, closed classes, escapes of one byte, and `**` as a whole segment;
* literal directories, with a `/` at the end or without, and the text of any pattern standing for itself;
* `./`, doubled slashes and `.` segments, which git normalises away.

Left out, because git means something else or the contract says more:

* an empty pattern and `.` (git: everything), a leading `/` (git: an error), `..` (git resolves it): ours match nothing;
* a wildcard pattern with a `/` at its end (git: submodules only; ours: the subtree);
* an unclosed `[` and a lone backslash at the end (git: only its own text; ours: literal characters);
* a `/` or `[:alpha:]` inside a class (not in the contract);
* a literal with escapes (git: that file; ours: its subtree as well);
* `**` right behind literal text in one segment, as in `ab**` (git cuts the text off first, takes the rest for a whole
  segment and lets it cross `/`), and `**` before an escaped slash.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

import pytest
from support.clock import Clock
from support.repo import Repo
from support.sealed import sealed_environment

from spec_kitty_hooks.pathglob import PatternSet, match_upstream

PLAIN = ("a", "b", "ab", "abc", "A", "a.py", "b.py", "c-d", "test_a.py", ".hidden", "é", "ä.py", "]", "!a", "{a,b}")
ODD = ("[ab]", "x*y", "a?", "a\\b", "**", "a\nb", "z z")  # file names that would be wildcards in a pattern
WILD = (
    *("*", "?", "??", "*.py", "a*", "*b", "*b*", "?b", "*?", "?*", "a*b*c", "*a*b*", "test_?.py", "**b", "*a**", "***"),
    *("[ab]", "[!a]", "[^ab]", "[a-c]*", "[]a]", "[!]a]", "[a-]*", "[-a]", "[z-a]", "[a-c-e]*", "[!é]?", "[à-ü]*"),
    *("[[]ab]", "[[a]*", "x[*]y", "[a-c][a-c]", "*[!.]py"),
)
ESCAPED = ("\\*\\*", "\\[ab\\]", "x\\*y", "a\\?", "a\\\\b", "\\a", "[\\]a]", "[\\a-c]", "\\a*", "[a\\-c]*", "*\\\\b")
PATHS, PATTERNS = 400, 900
Matcher = Callable[[str, bytes], bool]
Answers = tuple[list[bytes], dict[str, set[bytes]]]


def make_paths(chance: random.Random) -> list[bytes]:
    """Make distinct paths, none of them a leading directory of another: an index cannot hold both."""
    paths: set[str] = set()
    directories: set[str] = set()
    while len(paths) < PATHS:
        names = chance.choices(
            PLAIN + ODD, weights=[6] * len(PLAIN) + [2] * len(ODD), k=chance.choice((1, 2, 3, 3, 4, 5))
        )
        path = "/".join(names)
        above = {"/".join(names[:depth]) for depth in range(1, len(names))}
        if path not in directories and not above & paths:
            paths.add(path)
            directories |= above
    return sorted(path.encode() for path in paths)


def make_pattern(chance: random.Random, paths: Sequence[bytes]) -> str:
    """Make a pattern of the shared subset by changing segments of a real path."""
    names = chance.choice(paths).decode().split("/")
    names = names[: chance.randrange(1, len(names) + 1)]
    for at in range(len(names)):
        roll = chance.random()
        if roll < 0.25:
            names[at] = chance.choice(WILD)
        elif roll < 0.35:
            names[at] = chance.choice(ESCAPED)
        elif roll < 0.4:
            names[at] = chance.choice(PLAIN)
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
        at = chance.randrange(len(names) + 1)
        names[at : at + chance.randrange(2)] = ["**"]
    pattern = chance.choice(("", "", "", "./")) + chance.choice(("/", "/", "/", "//", "/./")).join(names)
    has_wildcard = any(name in WILD or name in ODD or (name in ESCAPED and name[-1:] in "]*") for name in names)
    return pattern + "/" if not has_wildcard and "\\" not in pattern and chance.random() < 0.3 else pattern


def is_shared(pattern: str) -> bool:
    """Tell whether a generated pattern is no literal with escapes."""
    unescaped = pattern.replace("\\\\", "").replace("\\*", "").replace("\\?", "").replace("\\[", "")
    return "\\" not in pattern or any(special in unescaped for special in "*?[")


def ask_git(repo: Repo, pattern: str) -> set[bytes]:
    listed = repo.git("ls-files", "-z", "--", f":(glob){pattern}", binary=True).stdout
    return set(listed.split(b"\0")[:-1])


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """All paths of one index, and for each pattern those that git lists."""
    root = tmp_path_factory.mktemp("glob")
    repo = Repo.init(root / "repo", sealed_environment(root / "sealed"), Clock())
    chance = random.Random(951)
    paths = make_paths(chance)
    blob = repo.git("hash-object", "-w", "--stdin", input="").stdout.strip().encode()
    repo.git(
        "update-index", "-z", "--index-info", input=b"".join(b"100644 %s 0\t%s\0" % (blob, path) for path in paths)
    )
    patterns: set[str] = set()
    while len(patterns) < PATTERNS:
        pattern = make_pattern(chance, paths)
        if is_shared(pattern):
            patterns.add(pattern)
    return paths, {pattern: ask_git(repo, pattern) for pattern in sorted(patterns)}


@cache
def only(pattern: str) -> PatternSet:
    return PatternSet([pattern])


def ours(pattern: str, path: bytes) -> bool:
    return only(pattern).match(path) is not None


def disagreements(answers: Answers, matches: Matcher) -> list[tuple[str, bytes]]:
    paths, listed = answers
    return [
        (pattern, path) for pattern in listed for path in paths if matches(pattern, path) != (path in listed[pattern])
    ]


def test_git_and_the_matcher_agree_on_every_pair(answers: Answers) -> None:
    paths, listed = answers
    assert len(paths) * len(listed) >= 100_000
    assert sum(map(len, listed.values())) > 5_000, "too few matches to mean anything"
    assert sum(0 < len(found) < len(paths) for found in listed.values()) > PATTERNS // 2
    assert disagreements(answers, ours) == []


def test_a_set_of_all_patterns_owns_exactly_what_git_lists_for_any_of_them(answers: Answers) -> None:
    paths, listed = answers
    chance = random.Random(3)
    for _ in range(50):
        some = chance.sample(sorted(listed), 12)
        together = PatternSet(some)
        owned = {path: together.match(path) for path in paths}
        assert {path for path, pattern in owned.items() if pattern} == set().union(
            *(listed[pattern] for pattern in some)
        )
        assert all(path in listed[pattern] for path, pattern in owned.items() if pattern)


def one_character_is_one(pattern: str, path: bytes) -> bool:
    spelt = str.maketrans("éä", "ea")
    return ours(pattern.translate(spelt), path.decode().translate(spelt).encode())


def literal_owns_itself_only(pattern: str, path: bytes) -> bool:
    return ours(pattern, path) and (any(special in pattern for special in "*?[") or ours(f"{pattern}*", path))


BROKEN: dict[str, Matcher] = {
    "a star crosses slashes": match_upstream,
    "** needs a segment": lambda pattern, path: ours(pattern.replace("**/", "**/*/"), path),
    "** is one segment": lambda pattern, path: ours(pattern.replace("**", "*"), path),
    "** owns the directory itself": lambda pattern, path: ours(pattern, path) or ours(pattern, path + b"/"),
    "a negated class is a plain one": lambda pattern, path: ours(pattern.replace("[!", "[").replace("[^", "["), path),
    "a question mark takes a character": one_character_is_one,
    "case does not count": lambda pattern, path: ours(pattern.lower(), path.lower()),
    "a backslash is a character": lambda pattern, path: ours(pattern.replace("\\", "\\\\"), path),
    "a literal owns nothing below": literal_owns_itself_only,
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_comparison_catches_a_broken_matcher(answers: Answers, name: str) -> None:
    paths, listed = answers
    sample = dict(random.Random(1).sample(sorted(listed.items()), 150))
    assert disagreements((paths, sample), BROKEN[name]) != []
