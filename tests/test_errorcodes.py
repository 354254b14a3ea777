"""Every code that a command gives is documented, in the catalog or among the codes of commands that write."""

from __future__ import annotations

import ast
from pathlib import Path

import spec_kitty_hooks
from spec_kitty_hooks import catalog, errorcodes

PACKAGE = Path(spec_kitty_hooks.__file__).parent
WRITERS = (
    *("recorder.py", "recovery.py", "starting.py", "transitions.py", "workplaces.py", "holding.py", "cli/actor.py"),
    *("git/checkouts.py", "git/merging.py"),
    *("cli/prbranch.py", "focus/belongings.py", "focus/making.py", "focus/planning.py"),
    *("git/recording.py", "git/worktrees.py", "git/writing.py", "mission/destination.py", "mission/journal.py"),
)
#: Errors take their code first; these are constants that are no codes.
NO_CODES = {"GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT", "GIT_CONFIG_COUNT", "GIT_INDEX_FILE", "SPEC_KITTY_ACTOR"}


def codes_in(path: Path) -> set[str]:
    texts = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
    words = {text for text in texts if isinstance(text, str) and "_" in text and not text.startswith("O_")}
    return {word for word in words if word.replace("_", "").isalpha() and word.isupper()} - NO_CODES


def test_every_code_of_a_writer_is_documented() -> None:
    found = {code: name for name in WRITERS for code in codes_in(PACKAGE / name)}
    assert len(found) > 15
    known = {*catalog.DIAGNOSTICS, *errorcodes.INVARIANTS}
    assert {code: name for code, name in found.items() if code not in known} == {}


def test_a_code_is_documented_once() -> None:
    assert not set(errorcodes.INVARIANTS) & set(catalog.DIAGNOSTICS)
    assert len(errorcodes.INVARIANTS) == len(errorcodes.ERRORS)
