"""The process behind `support.crowd`: reads a job, forks writers of ours, and prints what they said.

A writer says each thing in one write of its own, before and after: what it said is heard, however it ends.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NoReturn

from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.journal import LockedError
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.ids import new_ulid
from spec_kitty_hooks.model.mission import Mission
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.transitions import ACK, transition
from support import saboteurs
from support.crowd import CYCLE, Story
from support.ledger import Ledger

_PATIENCE = 3  # times that a writer may find the log locked before it calls the lock stuck
_LONGEST = 0.015  # seconds from something said to the next kill


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
        """Ask until the log is not locked, and return the outcome: ACK, ALREADY, a code, or STUCK."""
        self.say("TRY", json.dumps(asdict(wish)))
        if "early" in self.job.broken:
            self.say("ACK", wish.event_id)
        while True:
            try:
                mission, now = self.missions[wish.mission], datetime.now(UTC)
                done = transition(self.git, os.environ, mission, wish.request(), now=now, commit=self.job.commit)
            except LockedError:
                self.misses += 1
                if self.misses == _PATIENCE:
                    return "STUCK"
                self.say("LOCKED")
            except HooksError as error:
                return error.code
            else:
                return done.outcome

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
        if word != "LOCKED":
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


class Master:
    """Runs one job."""

    def __init__(self, job: Job) -> None:
        self.job, self.story, self.random = job, Story(), Random(job.seed)
        self.git = Git.open(os.fsencode(job.repo), os.environ, hook=False)
        with self.git.reopen() as git:
            found = {mission.directory: mission for mission, _plan in Overview(git).list_missions()}
        self.missions = {name: found[name] for name in job.missions}

    def fork(self, act: Callable[[Writer], None]) -> Child:
        """Start one writer."""
        return Child(self.job, self.git, self.missions, act)

    def listen(self, children: Iterable[Child], seconds: float | None) -> bool:
        """Hear whoever speaks first within some seconds; False if nobody does."""
        voices = {child.voice: child for child in children}
        ready = select.select(list(voices), [], [], seconds)[0]
        return sum(voices[voice].hear(self.story) for voice in ready) > 0  # all of them, whoever speaks

    # -- kills

    def kills(self) -> None:
        """Kill writers at random, one mission after another; each next one finishes what the killed one began."""
        share = self.job.count // len(self.missions)
        for name in self.missions:
            places = {number: self._live(name, number) for number in range(self.job.writers)}
            for _kill in range(share):
                for _word in range(self.random.randrange(4)):
                    self.listen(places.values(), None)
                end = time.monotonic() + self.random.random() * _LONGEST
                while (left := end - time.monotonic()) > 0:
                    self.listen(places.values(), left)
                if self._is_over():
                    break
                victim = self.random.choice(list(places))
                places[victim] = self._live(name, victim, self._kill(places[victim]))
            left_over = {number: self._kill(child) for number, child in places.items()}
            for number, unfinished in left_over.items():
                self._live(name, number, unfinished, last=True).bury(self.story)

    def _live(self, mission: str, number: int, unfinished: Wish | None = None, last: bool = False) -> Child:
        child = self.fork(lambda writer: writer.go_round(mission, number, unfinished, last))
        child.unfinished = unfinished
        return child

    def _kill(self, child: Child) -> Wish | None:
        os.kill(child.pid, signal.SIGKILL)
        child.bury(self.story)
        self.story.kills += 1
        return child.unfinished

    def _is_over(self) -> bool:
        """Tell whether something was answered that no kill explains."""
        return self.story.stuck or bool(self.story.answers.keys() - {ACK, "ALREADY", "LOCKED"})

    # -- writers and racers

    def writers(self) -> None:
        """Let all writers start together, and hear them to the end."""
        gate, opener = os.pipe()

        def act(number: int) -> Callable[[Writer], None]:
            def run(writer: Writer) -> None:
                os.close(opener)
                os.read(gate, 1)
                writer.go_through(number)

            return run

        children = [self.fork(act(number)) for number in range(self.job.writers)]
        os.close(opener)
        while children:
            ready = select.select([child.voice for child in children], [], [])[0]
            for child in [child for child in children if child.voice in ready]:
                if not child.hear(self.story):
                    child.bury(self.story)
                    children.remove(child)

    def racers(self) -> None:
        """Let all racers want the same transition of WP01 at the same moment, round by round."""
        racers = [Racer(self, number) for number in range(self.job.writers)]
        lane = "planned"
        for number in range(self.job.count):
            mission = self.job.missions[number % len(self.job.missions)]
            lane = lane if number % len(self.job.missions) else CYCLE[lane]
            before = next(start for start, end in CYCLE.items() if end == lane)
            for racer in racers:
                racer.order(f"{mission} {before} {lane}")
            self.story.rounds.append([racer.answer() for racer in racers])
        for racer in racers:
            racer.dismiss(self.story)


class Racer:
    """A writer that waits for its orders."""

    def __init__(self, master: Master, number: int) -> None:
        ear, self._mouth = os.pipe()
        os.set_inheritable(ear, False)
        self._story = master.story
        self._child = master.fork(lambda writer: self._race(writer, ear, number))
        os.close(ear)

    def _race(self, writer: Writer, ear: int, number: int) -> None:
        while order := os.read(ear, 4096).decode():
            mission, lane, to = order.split()
            event_id = new_ulid(time.time(), os.urandom(10))
            writer.settle(Wish(mission, "WP01", to, lane, event_id, f"racer-{number}"))

    def order(self, words: str) -> None:
        """Say what to want now."""
        os.write(self._mouth, words.encode())

    def answer(self) -> str:
        """Wait for the outcome."""
        before = Counter(self._story.answers)
        while not (said := Counter(self._story.answers) - before - Counter(LOCKED=1 << 30)):
            if not self._child.hear(self._story):
                return "GONE"
        return next(iter(said))

    def dismiss(self, story: Story) -> None:
        """Let it end."""
        os.kill(self._child.pid, signal.SIGTERM)
        self._child.bury(story)


def main() -> None:
    """Read a job from standard input, run it, print the story."""
    job = Job(**json.load(sys.stdin))
    saboteurs.SABOTEURS[job.broken]()
    master = Master(job)
    getattr(master, job.kind)()
    json.dump(asdict(master.story), sys.stdout)


if __name__ == "__main__":
    main()
