"""Rows of the benchmark that read: every real log reduced, against the interpreter's own parser on the same bytes.

Each row is a process that reads the files first, and says itself how much processor time the rest took.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.corpus import MISSING, find_corpus, list_logs
from support.hooks import product_root

from tools.row import Row
from tools.scenery import Scenery

_FRAME = """import gc, json, sys, time
gc.disable()  # as every run of the program does
sys.path.insert(0, sys.argv[1])
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import reduce_log
logs = [open(name, "rb").read() for name in sys.argv[2:]]
began = time.process_time()
for data in logs:
    %s
print(time.process_time() - began)
"""
_REDUCED = "reduce_log(parse_log(data))"
_PARSED = 'list(map(json.loads, filter(None, data.split(b"\\n"))))'


@dataclass
class Reading(Row):
    """A process that prints how many seconds it took for what counts."""

    def run(self, check: bool = False) -> None:
        """Run once and keep the time that was said."""
        said = subprocess.run(self.command, env=dict(self.place.env), capture_output=True, text=True, check=True).stdout
        if not check:
            self.seconds.append(float(said))


def reading_rows(scenery: Scenery) -> list[Row]:
    """Return rows of all real logs, reduced and only parsed; none where there is no corpus of them."""
    corpus = find_corpus(os.environ.get("SPEC_KITTY_CORPUS", ""))
    if corpus is None:
        print(f"real logs: skipped ({MISSING})")
        return []
    return [
        _reading(scenery, corpus, "real logs, reduced", _REDUCED),
        _reading(scenery, corpus, "real logs, json.loads", _PARSED),
    ]


def _reading(scenery: Scenery, corpus: Path, name: str, work: str) -> Row:
    words = [sys.executable, "-I", "-c", _FRAME % work, str(product_root()), *map(str, list_logs(corpus))]
    return Reading(name, words, scenery.bare(name), {})
