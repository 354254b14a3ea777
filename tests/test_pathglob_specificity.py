"""Which of several patterns that own one path is named (design 4)."""

from __future__ import annotations

import pytest
from support.globs import owns

from spec_kitty_hooks.pathglob import PatternSet, specificity


@pytest.mark.parametrize(
    ("patterns", "path", "named"),
    [
        (["**", "src/*.py", "src", "src/a.py"], "src/a.py", "src/a.py"),
        (["**", "src/*.py", "src", "src/sub/"], "src/sub/a.py", "src/sub/"),
        (["src/**", "src/*.py"], "src/a.py", "src/**"),
        (["src/*.py", "src/**"], "src/a.py", "src/*.py"),
        (["src/**", "src/[id]"], "src/[id]/a.py", "src/[id]"),
        (["./src/a.py", "src/a.py"], "src/a.py", "./src/a.py"),
        (["a", "b"], "c", None),
        ([], "c", None),
    ],
)
def test_the_most_specific_pattern_is_named_as_written(patterns: list[str], path: str, named: str | None) -> None:
    assert PatternSet(patterns).match(path.encode()) == named


def test_specificity_orders_the_patterns_that_own_one_path() -> None:
    ordered = [
        "**",
        "**/a.py",
        "src/",
        "src",
        "src/**/a.py",
        "src/*/*.py",
        "src/cli/",
        "src/cli",
        "src/cli/*.py",
        "src/cli/a.py",
    ]
    assert all(owns(pattern, "src/cli/a.py") for pattern in ordered)
    keys = [specificity(pattern) for pattern in ordered]
    assert keys == sorted(set(keys))
    assert specificity("/src/cli/a.py") < specificity("**")


def test_an_escaped_character_is_as_specific_as_any_other() -> None:
    assert specificity("src/\\[id\\]/*") == specificity("src/(id)/*")
