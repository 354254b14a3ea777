"""Patterns and paths with what ought to come of them; asks the matcher about one pattern at a time."""

from __future__ import annotations

from spec_kitty_hooks.pathglob import PatternSet

#: Pattern, path, what common sense says (None: either will do), what the released client's guard says.
TABLE: tuple[tuple[str, str, bool | None, bool], ...] = (
    ("src/*.py", "src/x.py", True, True),
    ("src/*.py", "src/sub/x.py", False, True),
    ("src/**", "src/a/b/c.py", True, True),
    ("src/**", "src", None, False),
    ("src/*", "src/a.py", True, True),
    ("src/*", "src/sub/deep/a.py", False, True),
    ("*.py", "a.py", True, True),
    ("*.py", "src/deep/a.py", False, True),
    ("**/*.py", "a.py", True, False),
    ("**/*.py", "src/a.py", True, True),
    ("src/**/test_*.py", "src/test_a.py", True, False),
    ("src/**/test_*.py", "src/a/b/test_a.py", True, True),
    ("src/**/api/*.py", "src/api/x.py", True, False),
    ("src/a?c.py", "src/abc.py", True, True),
    ("src/a?c.py", "src/a/c.py", False, True),
    ("src/[ab].py", "src/a.py", True, True),
    ("src/[!a].py", "src/b.py", True, True),
    ("src/[!a].py", "src/a.py", False, False),
    ("src/{a,b}.py", "src/a.py", None, False),
    ("./src/a.py", "src/a.py", True, False),
    ("src/dir/", "src/dir/x.py", True, True),
    ("src/dir", "src/dir/x.py", True, True),
    ("src/dir", "src/dir2/x.py", False, False),
    ("/src/a.py", "src/a.py", None, False),
    ("src/a.py", "src/a.py/evil.py", None, True),  # the contract decides: a literal covers what is below it
    ("src/[id]/page.tsx", "src/[id]/page.tsx", True, False),
    ("src/foo/*/bar", "src/foo/bar/evil.py", False, True),
    ("src/*/models/**", "src/models/x.py", False, True),
    ("SRC/**", "src/a.py", False, False),
    ("src/*.py", "src/.hidden.py", None, True),
    ("**", "any/thing.py", True, True),
    ("*", "deep/any/thing.py", False, True),
    ("", "src/a.py", False, False),
    ("src/**/*", "src/a.py", True, True),
    ("!src/a.py", "src/a.py", False, False),
    ("src/*.py", "src.py/x", False, True),
    ("src~", "src/a.py", False, False),
    ("src/\\*", "src/\\a", False, True),
    ("src/[^a].py", "src/b.py", True, False),
    ("src/[z-a].py", "src/z.py", True, False),
    ("/", "/src/a.py", None, False),
)


def owns(pattern: str, path: bytes | str) -> bool:
    return PatternSet([pattern]).match(path.encode() if isinstance(path, str) else path) is not None
