"""One writer of a crowd: what it says, in the process that was forked for it, and how it is heard from outside.

A writer says each thing in one write of its own, before and after: what it said is heard, however it ends.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from spec_kitty_hooks import recovery
from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.journal import LockedError
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.ids import new_ulid
from spec_kitty_hooks.model.mission import Mission
from spec_kitty_hooks.transitions import ACK, transition
from support.crowd import CYCLE, Story
from support.ledger import Ledger

#: What a writer says before it asks again.
GOING_ON = ("LOCKED", "MENDED")
_PATIENCE = 3  # times that a writer may find the log locked by nobody before it calls the lock stuck


@dataclass
class Job:
    """`kind` is kills, writers or racers; `count` is how many kills, transitions of each writer, or rounds.

    `commit` commits each event; `broken` names one of `support.saboteurs`.
    """

    kind: str
    repo: str
    missions: list[str]
    writers: int
    count: int
    commit: bool = False
    broken: str = ""
    seed: int = 0


@dataclass
class Wish:
    """One transition that a writer wants, the same again in every retry."""

    mission: str
    wp_id: str
    to_lane: str
    expect: str
    event_id: str
    actor: str

    def request(self) -> Request:
        """Return what the product is asked for."""
        return Request(
            work_package_id=self.wp_id,
            to_lane=self.to_lane,
            expect=self.expect,
            actor=self.actor,
            event_id=self.event_id,
            reason="as agreed",
        )


class Writer:
    """What runs in a forked process: asks the product for transitions and says how that went."""

    def __init__(self, job: Job, git: Git, missions: dict[str, Mission], voice: int) -> None:
        self.job, self.git, self.missions, self.voice = job, git, missions, voice
        self.misses = 0

    def say(self, word: str, *about: str) -> None:
        """Say one line."""
        os.write(self.voice, (" ".join((word, *about)) + "\n").encode())

    def ask(self, wish: Wish) -> str:
        """Ask until the log is not locked, and return the outcome: ACK, ALREADY, a code, or STUCK.

        What a kill in the middle of a write left behind is mended as the refusal says.
        """
        self.say("TRY", json.dumps(asdict(wish)))
        if "early" in self.job.broken:
            self.say("ACK", wish.event_id)
        mission = self.missions[wish.mission]
        while True:
            try:
                now = datetime.now(UTC)
                done = transition(self.git, os.environ, mission, wish.request(), now=now, commit=self.job.commit)
            except LockedError as error:
                self.misses += "cannot be named" in error.message
                if self.misses == _PATIENCE:
                    return "STUCK"
                self.say("LOCKED")
            except HooksError as error:
                if not self.mend(mission):
                    return error.code
                self.say("MENDED")
            else:
                return done.outcome

    def mend(self, mission: Mission) -> bool:
        """Move a torn last line out of the way, if that is all that is wrong with a log."""
        found = recovery.find(self.git, mission, time.time(), None)
        if found.torn is None or found.lost:
            return False
        return recovery.restore(self.git, os.environ, mission).kept != b""

    def settle(self, wish: Wish) -> bool:
        """Ask, say how it went, and tell whether to go on."""
        outcome = self.ask(wish)
        self.say(outcome, wish.event_id)
        return outcome in (ACK, "ALREADY")

    def lane_of(self, mission: str, wp_id: str) -> str:
        """Read where a work package is, without the product."""
        return Ledger.read(Path(self.job.repo, log_path(mission))).lanes()[wp_id]

    def wish(self, mission: str, number: int, lane: str) -> Wish:
        """Return the next wish of a writer for its own work package."""
        event_id = new_ulid(time.time(), os.urandom(10))
        return Wish(mission, f"WP{number + 1:02}", CYCLE[lane], lane, event_id, f"writer-{number}")

    def go_round(self, mission: str, number: int, unfinished: Wish | None, last: bool) -> None:
        """Finish what a killed writer began, and (unless it is the `last` life) go on until killed."""
        if (unfinished is not None and not self.settle(unfinished)) or last:
            return
        lane = self.lane_of(mission, f"WP{number + 1:02}")
        while self.settle(self.wish(mission, number, lane)):
            lane = CYCLE[lane]

    def go_through(self, number: int) -> None:
        """Make as many transitions as the job says, in all missions by turns."""
        lanes = dict.fromkeys(self.job.missions, "planned")
        for turn in range(self.job.count):
            mission = self.job.missions[turn % len(lanes)]
            if not self.settle(self.wish(mission, number, lanes[mission])):
                return
            lanes[mission] = CYCLE[lanes[mission]]


class Child:
    """A forked writer, seen from outside: its process, its voice, and the wish that is not answered yet."""

    def __init__(self, job: Job, git: Git, missions: dict[str, Mission], act: Callable[[Writer], None]) -> None:
        self.voice, voice = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            _act(Writer(job, git, missions, voice), act)
        os.close(voice)
        self.unfinished: Wish | None = None  # to begin with, what it was given to finish
        self._heard = b""

    def hear(self, story: Story) -> bool:
        """Take down what was said since the last time; False once there is nothing more to come."""
        said = os.read(self.voice, 1 << 16)
        *lines, self._heard = (self._heard + said).split(b"\n")
        for line in lines:
            self._note(*line.decode().split(" ", 1), story=story)
        return bool(said)

    def _note(self, word: str, about: str = "", *, story: Story) -> None:
        if word == "TRY":
            self.unfinished = Wish(**json.loads(about))
            story.tried.append(self.unfinished.event_id)
            return
        if word in ("ACK", "ALREADY"):
            story.acknowledged.append(about)
            story.present += word == "ALREADY"
        elif word == "TRACEBACK":
            story.tracebacks.append(json.loads(about))
        story.stuck = story.stuck or word == "STUCK"
        story.answers[word] = story.answers.get(word, 0) + 1
        if word not in GOING_ON:
            self.unfinished = None

    def bury(self, story: Story) -> None:
        """Hear the rest, and let the process go."""
        while self.hear(story):
            pass
        os.close(self.voice)
        os.waitpid(self.pid, 0)


def _act(writer: Writer, act: Callable[[Writer], None]) -> NoReturn:
    try:
        act(writer)
    except BaseException:  # noqa: BLE001 (whatever it is, somebody has to hear of it)
        writer.say("TRACEBACK", json.dumps(traceback.format_exc()))
    finally:
        os._exit(0)
