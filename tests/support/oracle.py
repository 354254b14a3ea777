"""What the released client's own code says about event logs: its reader, its reducer, its validators and its guards.

One process for many logs, because its imports take seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_FRAME = """
import json, logging, sys, tempfile
from pathlib import Path
logging.disable(logging.CRITICAL)
{code}
with tempfile.TemporaryDirectory() as folder:
    place = Path(folder) / "kitty-specs" / "034-feature"
    place.mkdir(parents=True)
    sys.stdout.write(json.dumps([answer(value) for value in json.load(sys.stdin)]))
"""
_JUDGE = """
from specify_cli.status.reducer import reduce
from specify_cli.status.store import read_event_stream_from_text
from specify_cli.status.transition_context import TransitionContext
from specify_cli.status.transitions import validate_transition
from specify_cli.status.validate import validate_done_evidence, validate_event_schema, validate_transition_legality

def judge_guards(event):
    context = TransitionContext(
        actor=str(event.actor),
        workspace_context=event.execution_mode,
        subtasks_complete=True,
        evidence=event.evidence,
        review_ref=event.review_ref,
        review_result=event.review_result,
        reason=event.reason,
        force=event.force,
        implementation_evidence_present=True,
    )
    fine, problem = validate_transition(str(event.from_lane), str(event.to_lane), context)
    return [] if fine else [f"{event.event_id}: {problem}"]

def answer(text):
    stream = read_event_stream_from_text(place, text)
    records = [record for record in map(json.loads, text.splitlines()) if "to_lane" in record]
    found = reduce(stream.transitions, stream.annotations)
    return {
        "complaints": [
            *(problem for record in records for problem in validate_event_schema(record)),
            *validate_transition_legality(records),
            *validate_done_evidence(records),
            *(problem for event in stream.transitions for problem in judge_guards(event)),
        ],
        "transitions": len(stream.transitions),
        "work_packages": found.work_packages,
    }
"""


def ask(python: str, home: Path, code: str, values: Sequence[Any]) -> list[Any]:
    """Return what the client's own code makes of each value, which goes there and back as JSON.

    `code` defines `answer(value)`; it finds `json`, `sys`, `Path`, and in `place` an empty directory of a mission.
    """
    child = subprocess.run(
        [python, "-I", "-c", _FRAME.replace("{code}", code)],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(home), "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
    )
    assert child.returncode == 0, child.stderr
    answers: list[Any] = json.loads(child.stdout)
    return answers


def ask_client(python: str, home: Path, texts: list[str]) -> list[dict[str, Any]]:
    """Return for each log the released client's complaints, its count of transitions, and its work packages."""
    return ask(python, home, _JUDGE, texts)
