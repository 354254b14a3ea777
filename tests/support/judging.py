"""Changes, the verdict that a real `git commit` gets for them, and what the command line says about the same change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from support.hooks import cli, cli_json
from support.place import Arg
from support.repo import Repo


@dataclass(frozen=True)
class Outcome:
    """What became of one `git commit`: `codes` are the diagnostic codes that the hook printed, in order."""

    allowed: bool
    codes: tuple[str, ...]
    text: str

    @property
    def silent(self) -> bool:
        """Tell whether the commit was made and the hook said nothing."""
        return self.allowed and "spec-kitty-hooks" not in self.text


def stage(place: Repo, *paths: Arg) -> None:
    """Change each path so that it differs from every earlier content, and stage exactly these paths."""
    for path in paths:
        place.clock.tick()
        place.append(path, f"changed {place.clock.at()}\n".encode())
        place.git("add", "--sparse", "-f", "--", path)


def commit(place: Repo, *paths: Arg, args: tuple[str, ...] = (), env: Mapping[str, str] | None = None) -> Outcome:
    """Change and stage `paths`, and try to commit them; what was refused is unstaged and forgotten afterwards."""
    stage(place, *paths)
    ran = place.try_commit(*args, env=env)
    if ran.returncode:
        place.git("reset", "-q", "--hard")
    return Outcome(ran.returncode == 0, tuple(printed_codes(ran.stderr)), ran.stderr)


def printed_codes(text: str) -> list[str]:
    """Return the diagnostic codes of the lines that a hook printed, each once."""
    parts = [line.split(": ") for line in text.splitlines() if line.startswith("spec-kitty-hooks: ")]
    return list(dict.fromkeys(part[2] for part in parts if len(part) > 2 and part[2].isupper()))


def context(place: Repo, **options: Any) -> Any:
    """Return what `context --json` says here."""
    return cli_json(place, "context", **options)


def active(place: Repo, **options: Any) -> tuple[str | None, list[str]]:
    """Return how the active work packages were found, and who they are."""
    found = context(place, **options)
    return found["basis"], [candidate["work_package_id"] for candidate in found["candidates"]]


def answer(found: Any, question: str) -> str:
    """Return the answer of the step whose question contains `question`; fails if there is none."""
    steps = [step["answer"] for step in found["steps"] if question in step["question"]]
    assert steps, f"no step asks {question!r}: {found['steps']}"
    return str(steps[0])


def check(place: Repo, *paths: Arg) -> Any:
    """Change and stage `paths`, return what `check --staged --json` says, and put the work tree back."""
    stage(place, *paths)
    ran = cli(place, "check", "--staged", "--json")
    place.git("reset", "-q", "--hard")
    return json_of(ran.stdout)


def json_of(text: str) -> Any:
    """Return the one JSON value in a text."""
    return json.loads(text)


def valid(place: Repo, name: str, value: Any) -> Any:
    """Require that a value validates against the published schema `name`, and return it."""
    jsonschema.validate(value, json_of(cli(place, "schema", name).stdout))
    return value


def codes_of(report: Any) -> list[tuple[str, str]]:
    """Return code and severity of each finding of a report or an explanation."""
    return [(finding["diagnostic_code"], finding["severity"]) for finding in report["findings"]]
