"""Every next step that a finding offers is taken, and shown to help: commands by a shell, sentences to the letter."""

from __future__ import annotations

import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from support import lanetroubles, logtroubles
from support.following import PERFORMED, perform, shell
from support.hooks import cli
from support.nursery import Nursery, build_working
from support.trouble import Build, Trouble

from spec_kitty_hooks import catalog

_ANSWERING = ("check", "context", "explain", "log", "recover", "status", "where")
INFORMING = ("git show ", "git status", *(f"spec-kitty-hooks {name}" for name in _ANSWERING))
COMMANDS = ("git ", "spec-kitty-hooks ")
TABLES = (lanetroubles.SITUATIONS, logtroubles.SITUATIONS)
SITUATIONS = [(code, build) for table in TABLES for code, builds in table.items() for build in builds]
CASES = [pytest.param(code, build, id=f"{code}-{build.__name__}") for code, build in SITUATIONS]


@pytest.mark.parametrize(("code", "build"), CASES)
def test_every_step_of_a_remedy_works(code: str, build: Build, nursery: Nursery, tmp_path: Path) -> None:
    trouble = arrange(build, nursery, tmp_path)
    findings = trouble.judge(code)
    assert findings, cli(trouble.place, *trouble.args).stdout
    steps = findings[0]["remediation"]
    assert steps
    for step in steps:
        if step.startswith(INFORMING):
            done = shell(trouble.place, step)
            assert done.returncode == 0 or (step.startswith("spec-kitty-hooks explain") and done.returncode == 1), step
    fresh = True
    for step in steps:
        if step.startswith(INFORMING):
            continue
        if not fresh:
            trouble = arrange(build, nursery, tmp_path)
        fresh = False
        if step.startswith(COMMANDS):
            done = shell(trouble.place, step)
            assert done.returncode == 0, f"{step}\n{done.stderr!r}"
        else:
            perform(trouble, step)
        assert trouble.judge(code) == [], step


def arrange(build: Build, nursery: Nursery, tmp_path: Path) -> Trouble:
    """Build a situation in a place of its own."""
    for old in tmp_path.iterdir():
        if old.name != ".sealed":
            shutil.rmtree(old)
    return build(nursery(build_working), tmp_path)


def taken_elsewhere(name: str) -> Any:
    """Load the module of another table of remedies; what it says of itself is held to by its own tests."""
    path = Path(__file__).parent.parent / name
    spec = spec_from_file_location(f"elsewhere_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PREFLIGHT = taken_elsewhere("cli/test_cli_preflight_remedies.py")
PUSH = taken_elsewhere("push/test_push_remedies.py")


def test_every_code_has_a_situation_that_emits_it() -> None:
    assert set(catalog.DIAGNOSTICS) == {*dict(SITUATIONS), *PREFLIGHT.SCENES, *PUSH.CODES}


def test_every_sentence_of_the_catalog_is_performed_and_every_command_is_one_of_ours() -> None:
    steps = {step for diagnostic in catalog.DIAGNOSTICS.values() for step in diagnostic.remedies}
    taken = {step for code in PREFLIGHT.SCENES for step in catalog.DIAGNOSTICS[code].remedies}  # there
    sentences = {step for step in steps - taken if not step.startswith(COMMANDS)}
    assert sentences <= {*PERFORMED, *PUSH.SENTENCES}
    assert set(PERFORMED) - sentences == {"cd into a git repository, or name one with -C DIR"}
    words = {word for step in steps for word in step.split() if step.startswith(COMMANDS)}
    assert words.isdisjoint(("reset", "rebase", "--force", "-f", "--no-verify", "push"))
