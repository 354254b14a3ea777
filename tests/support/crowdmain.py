"""The process behind `support.crowd`: reads a job, forks writers of ours, kills or races them, prints the story."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from random import Random

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.ids import new_ulid
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.transitions import ACK
from support import saboteurs
from support.crowd import CYCLE, Story
from support.crowdwriter import GOING_ON, Child, Job, Wish, Writer

_LONGEST = 0.015  # seconds from something said to the next kill


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
        return self.story.stuck or bool(self.story.answers.keys() - {ACK, "ALREADY", *GOING_ON})

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
        start = time.perf_counter()
        os.close(opener)
        while children:
            ready = select.select([child.voice for child in children], [], [])[0]
            for child in [child for child in children if child.voice in ready]:
                if not child.hear(self.story):
                    child.bury(self.story)
                    children.remove(child)
        self.story.seconds = time.perf_counter() - start

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
        while not (said := Counter(self._story.answers) - before - Counter(dict.fromkeys(GOING_ON, 1 << 30))):
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
