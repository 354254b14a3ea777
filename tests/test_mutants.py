"""The tool behind `make mutants`: what it changes, what it notices, and that its list of survivors is up to date."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import mutants
from tools.mutation import as_row, find_mutants, listed
from tools.swapping import swap

ROOT = mutants.ROOT
TOOL = ROOT / "tools" / "mutants.py"

SOURCE = '''\
"""Text that nobody runs."""
from os import path
TYPE_CHECKING = False
if TYPE_CHECKING:
    X = 1
LIMIT = 3

def f(a: int, b: "list[int]") -> bool:
    """More text."""
    if a < b and not a:
        print(a, b)
    return isinstance(a, int)
'''


def changes(source: str) -> list[str]:
    return [mutant.change for mutant in find_mutants("m.py", source)]


def test_every_part_that_runs_is_changed_and_nothing_else() -> None:
    assert changes(SOURCE) == [
        "LIMIT = 3 → LIMIT = 4",
        "LIMIT = 3 → LIMIT = 2",
        "if a < b and (not a): → if not (a < b and (not a)):",
        "if a < b and (not a): → if a < b or not a:",
        "if a < b and (not a): → if not a:",
        "if a < b and (not a): → if a < b:",
        "if a < b and (not a): → if a <= b and (not a):",
        "if a < b and (not a): → if a >= b and (not a):",
        "if a < b and (not a): → if a < b and a:",
        "print(a, b) → pass",
        "print(a, b) → print(b, a)",
        "return isinstance(a, int) → return None",
    ]


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("return a == b", ["return None", "return a != b"]),
        ("return a if b else c", ["return None", "return a", "return c"]),
        ("return a + -b", ["return None", "return a - -b", "return a + b"]),
        ("return 'x'", ["return None", "return '~x'"]),
        ("return b'x'", ["return None", "return b'~x'"]),
        ("return f'{a}'", ["return None", "return f'~{a}'"]),
        ("return False", ["return True"]),
        ("return [a for a in b if a]", ["return None", "return [a for a in b]"]),
        ("return any(a)", ["return None", "return all(a)"]),
        ("return a.find(b)", ["return None", "return a.rfind(b)"]),
        ("a += b", ["pass"]),
        ("raise a", ["pass"]),
        ("while a: continue", ["while not a:", "pass"]),
    ],
)
def test_each_kind_of_change_is_made(statement: str, changed: list[str]) -> None:
    found = find_mutants("m.py", f"def f(a, b, c):\n    {statement}\n")
    assert [mutant.change.partition(" → ")[2] for mutant in found] == changed
    assert [mutant.function for mutant in found] == ["f"] * len(changed)


def test_a_mutant_is_the_whole_module_with_one_change() -> None:
    (_, doubled, *_) = find_mutants("m.py", "A = 1\nB = 2\n")
    assert (doubled.source, doubled.line) == ("A = 0\nB = 2\n", 1)


@pytest.mark.parametrize("module", mutants.TESTS)
def test_every_mutant_of_the_package_is_python_and_differs(module: str) -> None:
    source = (ROOT / mutants.PACKAGE / module).read_text()
    found = find_mutants(module, source)
    assert len(found) > 30
    for mutant in found[::17]:
        compile(mutant.source, module, "exec")
        assert mutant.source != source
        assert " → " in mutant.change


def test_a_survivor_of_the_list_reads_back_as_it_was_written() -> None:
    for mutant in find_mutants("m.py", "def f(a):\n    return a | {'x': '`|`'}\n"):
        assert listed(as_row(mutant, "no effect")) == {mutant.key: "no effect"}


def test_the_list_names_mutants_that_exist_and_gives_each_a_reason() -> None:
    known = listed(mutants.LIST.read_text())
    made = {
        mutant.key
        for module in mutants.TESTS
        for mutant in find_mutants(module, (ROOT / mutants.PACKAGE / module).read_text())
    }
    assert set(known) - made == set(), "the code has moved on: take these out of docs/mutants.md"
    assert [key for key, reason in known.items() if len(reason.split()) < 3] == []


def test_the_tests_of_every_module_exist() -> None:
    assert [name for names in mutants.TESTS.values() for name in names if not (ROOT / name).exists()] == []


SWAPPED = """\
from contextlib import contextmanager
from functools import cache

LIMIT = 1

def plain(more=2):
    return LIMIT + more

class Things:
    FIRST = 3

    @property
    def count(self):
        return 4

    @staticmethod
    @cache
    def know():
        return 5

    @classmethod
    @contextmanager
    def held(cls):
        yield [each + 6 for each in (0,)]

    def name(self):
        return __class__.__name__ + "7"

def outer():
    def inner():
        return 8
    return inner()
"""


def test_only_what_a_function_does_when_it_is_called_is_swapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "swappable").mkdir()
    (tmp_path / "swappable" / "some.py").write_text(SWAPPED)
    monkeypatch.syspath_prepend(tmp_path)
    found = find_mutants("some.py", SWAPPED)
    swapped = {mutant.change for mutant in found if swap("swappable", mutant)}
    assert {mutant.function for mutant in found if mutant.change not in swapped} == {
        "",
        "plain",
        "Things",
        "Things.name",
    }
    assert [change for change in swapped if "more=" in change or "__class__" in change] == []
    some = importlib.import_module("swappable.some")
    assert (some.LIMIT, some.Things.FIRST, some.Things().name()) == (1, 3, "Things7")
    with some.Things.held() as held:  # the last mutant of each function is the one that stays
        assert (some.plain(), some.Things().count, some.Things.know(), held, some.outer()) == (-1, 3, 4, [5], None)


def run(*arguments: str, tool: Path = TOOL) -> tuple[int, str]:
    # What runs in a copy that is thrown away is nothing for the coverage of this tree.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, str(tool), *arguments], env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.soak  # it runs a part of the suite again and again, which a busy machine may cut short
def test_a_sample_is_tried_in_a_copy() -> None:
    module = ROOT / mutants.PACKAGE / "mission" / "active.py"
    before = module.read_bytes(), module.stat().st_mtime_ns
    status, said = run("mission/active.py", "--sample", "3", "--seed", "5")
    assert (status, module.read_bytes(), module.stat().st_mtime_ns) == (0, *before), said
    assert "   3 mutants     3 killed  100.0%" in said


def test_tests_that_notice_nothing_let_mutants_survive(tmp_path: Path) -> None:
    for name in ("tools", "docs", "tests/mission", mutants.PACKAGE, "hooks"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    tools = ("tools/mutants.py", "tools/mutation.py", "tools/swapping.py")
    for name in ("pyproject.toml", "README.md", "Makefile", "docs/mutants.md", *tools):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    package = tmp_path / mutants.PACKAGE
    (package / "mission").mkdir()
    for name in ("__init__.py", "mission/__init__.py"):
        (package / name).touch()
    (package / "mission" / "active.py").write_text("def f(a):\n    while a:\n        a -= 1\n    return a + 1\n")
    test = tmp_path / "tests" / "mission" / "test_active.py"
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")

    test.write_text(f"from {mutants.PACKAGE}.mission.active import f\n\ndef test_f():\n    assert f\n")
    status, said = run("mission/active.py", tool=tmp_path / "tools" / "mutants.py")
    assert status == 1
    assert "mission/active.py:3: a -= 1 → pass" in said
    assert " 8 mutants     0 killed    0.0%" in said

    # One mutant of this runs away: the limit on processor time kills it.
    test.write_text(
        f"from {mutants.PACKAGE}.mission.active import f\n\ndef test_f():\n    assert [f(0), f(1)] == [1, 1]\n"
    )
    status, said = run("mission/active.py", tool=tmp_path / "tools" / "mutants.py")
    assert (status, " 100.0%" in said) == (0, True), said


def test_a_module_that_is_not_watched_is_a_wrong_call() -> None:
    status, said = run("limits.py")
    assert status == 2
    assert "no such module: limits.py" in said
