"""R10: transitions, retries, crashes, git and clocks in any order, held against a dictionary (reliability 6)."""

from __future__ import annotations

import inspect
import itertools
import shlex
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from support.hooks import cli, cli_json
from support.logmachine import LogMachine
from support.missions import Mission, build_mission
from support.repo import Repo
from support.tally import Tally

from spec_kitty_hooks import recorder, transitions
from spec_kitty_hooks.git import checkouts
from spec_kitty_hooks.mission import journal, proposal, reducer, surfaces

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def machine(repo: Repo, tmp_path: Path) -> type[LogMachine]:
    """A machine whose worlds are copies of one repository, counted for itself."""
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-b": {"WP02": ["src/b/**"]}})
    repo.commit("so that the commit before the last has the same log", allow_empty=True)
    repo.git("gc", "-q")
    words = {"template": mission, "place": tmp_path, "count": Tally("R10", "any order"), "numbers": itertools.count()}
    return type("Machine", (LogMachine,), words)


def run(machine: type[LogMachine], examples: int, steps: int, **options: Any) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps, **options))


@pytest.mark.parametrize("number", range(4))
def test_the_log_is_what_the_model_says(
    machine: type[LogMachine], tally: Callable[[str, str], Tally], pytestconfig: pytest.Config, number: int
) -> None:
    machine.count = tally("R10", "any order of writers, crashes, git and clocks")
    run(seed(number)(machine), 75 if pytestconfig.getoption("--soak") else 30, 50)
    machine.count.check()


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("number", range(10))
def test_the_log_is_what_the_model_says_for_an_hour(
    machine: type[LogMachine], tally: Callable[[str, str], Tally], number: int
) -> None:
    machine.count = tally("R10", "any order of writers, crashes, git and clocks")
    run(seed(100 + number)(machine), 1_000, 100)
    machine.count.check()


def _rewrite(function: Callable[..., Any], old: str, new: str) -> Callable[..., Any]:
    """Return a function of the product with one place of its text changed."""
    text = textwrap.dedent(inspect.getsource(function))
    assert text.count(old) == 1
    found: dict[str, Any] = {}
    exec(f"from __future__ import annotations\n{text.replace(old, new)}", function.__globals__, found)
    return found[function.__name__]  # type: ignore[no-any-return]


BROKEN: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "knows no id again": (
        transitions._Transition,
        "run",
        _rewrite(transitions._Transition.run, "event.event_id == request.event_id", "False"),
    ),
    "gives a lost id a second content": (transitions._Transition, "_check_lost", lambda _self: None),
    "goes by the clock alone": (proposal, "choose_time", lambda _log, _wp_id, now: proposal._spell(now)),
    "goes by ids alone": (reducer, "_sort_key", lambda event: ("", event.event_id)),
    "lets two records share a line": (
        journal.OpenLog,
        "append",
        _rewrite(journal.OpenLog.append, 'guard = b"\\n" if', 'guard = b"" if'),
    ),
    "keeps no copy": (recorder.Recorder, "keep", lambda _self, _lines: None),
    "does not miss what was committed": (surfaces, "_find_withdrawn", lambda *_about: ()),
    "leaves the index behind": (checkouts.Checkout, "stage", lambda _self, _entries: (False, ())),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_product_that_breaks_one_rule_is_found_out(
    machine: type[LogMachine], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(*BROKEN[name])
    with pytest.raises(Exception):  # noqa: B017, PT011 (each fails another assertion)
        run(machine, 100, 50, phases=[Phase.generate], report_multiple_bugs=False)


# -- what the refusals that the model knows tell a person to do


def move(repo: Repo, *args: str, code: int = 0) -> Any:
    return cli_json(repo, "transition", "WP01", "--to", "claimed", "--actor", "agent", *args, code=code)


def follow(repo: Repo, step: str, **names: str) -> None:
    """Do what a remediation says, with the words in capitals replaced, and then what that says in its turn."""
    program, *words = [names.get(word, word) for word in shlex.split(step)]
    if program == "git":
        repo.git(*words)
        return
    found = cli_json(repo, *words)
    for one in [*found["lost_events"], *([found["torn"]] if found["torn"] else [])]:
        assert cli(repo, *shlex.split(one["remediation"][0])[1:]).returncode == 0


def test_an_id_whose_event_git_took_away_is_there_again_after_the_command_that_is_named(mission: Mission) -> None:
    made = move(mission.repo, "--no-commit")
    mission.repo.git("checkout", "--", mission.log_path)
    refused = move(mission.repo, "--event-id", made["event_id"], code=1)
    assert refused["diagnostic_code"] == "EVENT_LOG_SURFACES_DISAGREE"
    follow(mission.repo, refused["remediation"][0])
    again = move(mission.repo, "--event-id", made["event_id"])
    assert (again["outcome"], again["at"]) == ("ALREADY", made["at"])


def test_half_a_line_that_was_committed_is_mended_by_the_commands_that_are_named(
    mission: Mission, tmp_path: Path
) -> None:
    repo = mission.repo
    repo.append(mission.log_path, b'{"half": ')
    repo.commit_quietly("half a line", (mission.log_path,))
    repo.checkout("elsewhere", "-b")
    refused = move(repo, code=1)
    assert refused["diagnostic_code"] == "EVENT_LOG_UNREADABLE"
    for step in refused["remediation"]:
        follow(repo, step, DIR=str(tmp_path / "main"))
    assert move(repo)["outcome"] == "ACK"
