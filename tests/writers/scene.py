"""A place in which a command that writes refuses or reports something, and a person who follows what it says.

Commands are typed into a shell; of sentences each scene says what they come to.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.hooks import product_root
from support.missions import Mission
from support.repo import Repo

Act = Callable[[], object]
#: Builds a scene from a mission of which everything is planned; the path is for what lies beside its repository.
Build = Callable[[Mission, Path], "Scene"]

COMMANDS = ("git ", "spec-kitty-hooks ", "ls ", "df ", "mv ", "mkdir ")
#: These only tell: they change nothing, so that a person has to decide something afterwards.
INFORMING = (
    *("ls ", "df ", "git log ", "git fsck", "git worktree list"),
    *(f"spec-kitty-hooks {name}" for name in ("log", "status", "where", "transition --help")),
)
_STATUS = re.compile(r"git -C \S+ status")
_AGAIN = re.compile(r"(then )?run (this|the same command) again(: it goes on where it stopped|: it adds .*)?")
_CALL = "import sys; sys.path.insert(0, {root!r}); {prelude}\nfrom spec_kitty_hooks.__main__ import main; main()"


@dataclass
class Answer:
    """What a command said: its exit code, what went wrong as (code, steps) and the messages; all of it in `text`."""

    exit_code: int
    problems: list[tuple[str, list[str]]]
    text: str

    def steps(self, code: str) -> list[str] | None:
        """Return the steps for one code; None if it was not said."""
        return next((steps for found, steps in self.problems if found == code), None)


@dataclass
class Scene:
    """Where something is wrong. `words` are the command, `names` what a person puts for words in capitals.

    `acts` are what sentences come to, by their templates, and `decide` is what a person does who has read what commands
    tell. `fault` is run by the first call before ours, as Python; `always` by every call.
    """

    place: Repo
    words: list[str]
    names: Mapping[str, str] = field(default_factory=dict)
    acts: Mapping[str, Act] = field(default_factory=dict)
    decide: Act = lambda: None
    fault: str = ""
    always: str = ""
    env: dict[str, str] = field(default_factory=dict)
    done: Act = lambda: None

    def ask(self, *, first: bool = False) -> Answer:
        """Run the command."""
        call = _CALL.format(root=str(product_root()), prelude=f"{self.always}\n{self.fault if first else ''}")
        self.place.clock.tick()
        ran = subprocess.run(
            [sys.executable, "-I", "-c", call, *self.words, "--json"],
            cwd=self.place.path,
            env={**self.place.env, **self.place.clock.dates(), **(self.env if first else {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        found = json.loads(ran.stdout)
        return Answer(ran.returncode, list(_read(found)), ran.stdout + ran.stderr)

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        """Type a command, with a person's own words where it has capitals; our program is the one under test."""
        typed = " ".join(self.names.get(word, word) for word in command.split(" "))
        home = self.place.path.parent / ".bin"
        home.mkdir(exist_ok=True)
        shim = home / "spec-kitty-hooks"
        code = _CALL.format(root=str(product_root()), prelude=self.always)
        shim.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-I", "-c", code])} "$@"\n')
        shim.chmod(0o755)
        env = {
            "PATH": f"{home}{os.pathsep}{self.place.env['PATH']}",
            "GIT_EDITOR": "true",
            "GIT_ALLOW_PROTOCOL": "file",
        }
        self.place.clock.tick()
        return subprocess.run(
            ["sh", "-c", typed],
            cwd=self.place.path,
            env={**self.place.env, **self.place.clock.dates(), **env},
            capture_output=True,
            text=True,
            check=False,
        )

    def follow(self, step: str) -> bool:
        """Do what one step says; tell whether it was to run the command again, which is the caller's."""
        for template, act in self.acts.items():
            if fits(template, step):
                act()
                return "run this again" in step or "run the same command again" in step
        if _AGAIN.fullmatch(step):
            return True
        assert step.startswith(COMMANDS), f"nobody here can follow: {step}"
        ran = self.type(step)
        assert ran.returncode == 0, f"{step}\n{ran.stdout}{ran.stderr}"
        if step.startswith("spec-kitty-hooks recover "):
            self._recover(step)
        elif step.startswith("spec-kitty-hooks mission finalize "):
            self._commit_plan(ran.stdout)
        return False

    def _commit_plan(self, said: str) -> None:
        """Do what `mission finalize` says next, but for the start of work."""
        for line in said.splitlines():
            if line.startswith("  next: git "):
                assert self.type(line.removeprefix("  next: ")).returncode == 0, line

    def _recover(self, step: str) -> None:
        """Run what `recover` lists as the command for each thing that it found."""
        found = json.loads(self.type(f"{step} --json").stdout)
        listed = [*found["stranded"], *found["lost_events"], *([found["torn"]] if found["torn"] else [])]
        for command in dict.fromkeys(step for one in listed for step in one["remediation"]):
            ran = self.type(f"{command} --actor somebody")
            assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"


def is_informing(step: str) -> bool:
    """Tell whether a step changes nothing."""
    return step.startswith(INFORMING) or _STATUS.fullmatch(step) is not None


def fits(template: str, step: str) -> bool:
    """Tell whether a step is what a template of the source says, with something for each {}."""
    return re.fullmatch(re.escape(template).replace(r"\{\}", ".+"), step) is not None


def _read(found: dict[str, Any]) -> Any:
    """Yield (code, steps) of everything that an answer complains about."""
    if "diagnostic_code" in found:
        yield found["diagnostic_code"], found["remediation"]
    for one in found.get("stranded", ()):
        yield one["diagnostic_code"], one["remediation"]
    for what, listed in (("lost event", found.get("lost_events")), ("torn line", found.get("torn"))):
        for one in listed if isinstance(listed, list) else filter(None, [listed]):
            yield what, one["remediation"]
    for part in (found, *found.get("applied", ()), *found.get("transitions", ())):
        for diagnostic in part.get("diagnostics", ()):
            yield diagnostic["diagnostic_code"], diagnostic["remediation"]


SCENES: dict[str, list[tuple[tuple[str, ...], Build]]] = {}


def scene(code: str, *templates: str) -> Callable[[Build], Build]:
    """Say that a function builds a scene in which `code` is given, with these steps in this order."""

    def note(build: Build) -> Build:
        SCENES.setdefault(code, []).append((templates, build))
        return build

    return note


def move(mission: Mission, *words: str, wp_id: str = "WP01", to: str = "claimed", **options: Any) -> Scene:
    """Return the scene of a transition in the primary checkout."""
    return Scene(mission.repo, ["transition", wp_id, "--to", to, "--actor", "agent-one", *words], **options)


def start(mission: Mission, *words: str, wp_id: str = "WP01", **options: Any) -> Scene:
    """Return the scene of a start there."""
    return Scene(
        mission.repo, ["start", wp_id, "--actor", "agent-one", "--mission", mission.directory, *words], **options
    )
