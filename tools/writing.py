"""Rows of the benchmark that write: one transition as a process, crowds of writers, logs of many lengths."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from support.crowd import crowd, crowded
from support.hooks import hook_command
from support.missions import Mission
from support.peer import Client
from support.repo import Repo

from tools.row import Row
from tools.scenery import Scenery

TARGET = "feat/export"  # the client refuses to commit to main
_OURS = hook_command("")[:-2]
_UNCOMMITTED = ("transition", "WP01", "--no-commit", "--to")


def transition_rows(scenery: Scenery) -> list[Row]:
    """Return rows of one transition back and forth as a whole process: ours, and the client's own for the same edge."""
    rows = [
        _swinging("transition", scenery.lane("transition", target=TARGET), *_OURS, "transition", "WP01", "--to"),
        _swinging("transition --no-commit", scenery.lane("uncommitted", target=TARGET), *_OURS, *_UNCOMMITTED),
    ]
    python = os.environ.get("SPEC_KITTY_PYTHON", "")
    if not python:
        print("Spec Kitty's own move-task: skipped (SPEC_KITTY_PYTHON names no released client)")
        return rows
    place = scenery.lane("move-task", target=TARGET)
    client = Client(python, place.env)
    primary = place.at(scenery.top / "move-task" / "repo")
    directory = os.listdir(primary.path / "kitty-specs")[0]
    options = ("--agent", "agent-one", "--note", "again", "--mission", directory)
    command = (str(client), "agent", "tasks", "move-task", "WP01", *options, "--to")
    return [*rows, _swinging("Spec Kitty's move-task", primary, *command, env=client.env)]


def _swinging(name: str, place: Repo, *command: str, env: dict[str, str] | None = None) -> Row:
    """Return the row of a command whose last word is blocked and in_progress by turns; WP01 is in progress."""
    words = [*command, "in_progress"]

    def swing() -> None:
        words[-1] = "in_progress" if words[-1] == "blocked" else "blocked"

    actor = {"SPEC_KITTY_ACTOR": "agent-one"}
    return Row(name, words, place, {**actor, **(env or {})}, swing)


def log_rows(scenery: Scenery) -> list[Row]:
    """Return rows of one transition into logs of many lengths."""
    return [
        _swinging(f"into a log of {events}", scenery.lane(f"log {events}", events=events), *_OURS, *_UNCOMMITTED)
        for events in (100, 1_000, 10_000, 100_000)
    ]


@dataclass
class Crowd(Row):
    """Writers in a process that has everything imported: the time from the start of all to the end of the last."""

    missions: tuple[Mission, ...] = ()
    writers: int = 1
    events: int = 8  # of each writer; all are back where they began after four
    commit: bool = False

    def run(self, check: bool = False) -> None:
        """Let all write, and keep the time that one event took."""
        self.prepare()
        total = self.writers * self.events
        story = crowd(self.place, "writers", self.missions, writers=self.writers, count=self.events, commit=self.commit)
        if len(story.acknowledged) != total:
            raise SystemExit(f"{self.name}: {story}")
        if not check:
            self.seconds.append(story.seconds / total)


def writer_rows(scenery: Scenery) -> list[Row]:
    """Return rows of what one event costs inside a process: one writer alone, many at once, and many that commit."""
    return [
        _crowd(scenery, "1 writer, each event", writers=1),
        _crowd(scenery, "1 writer, committed", writers=1, commit=True),
        _crowd(scenery, "16 writers, each event", writers=16),
        _crowd(scenery, "16 writers, committed", writers=16, events=4, commit=True),
    ]


def _crowd(scenery: Scenery, name: str, writers: int, events: int = 8, commit: bool = False) -> Row:
    repo = scenery.bare(name)
    missions = tuple(crowded(repo, 1, writers))
    return Crowd(
        name,
        [],
        repo,
        {},
        _back_to(repo, repo.head()),
        missions=missions,
        writers=writers,
        events=events,
        commit=commit,
    )


def _back_to(repo: Repo, commit: str) -> Callable[[], object]:
    return lambda: repo.git("reset", "-q", "--hard", commit)
