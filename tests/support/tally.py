"""What the proofs of durability counted, and the table of it that is printed at the end of a run.

The counts travel in a test's report, so that they arrive from the workers of a parallel run too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

PROPERTY = "tally"
_COLUMNS = ("row", "kind", "runs", "lost", "doubled", "tracebacks", "seconds")


@dataclass
class Tally:
    """What one test counted: `row` is R1 to R10 (reliability 6), `kind` says in a few words what was done."""

    row: str
    kind: str
    runs: int = 0
    lost: int = 0
    doubled: int = 0
    tracebacks: int = 0
    seconds: float = 0.0

    def check(self) -> None:
        """Fail if nothing was run, an acknowledged event was lost or doubled, or anything ended in a traceback."""
        assert self.runs
        assert (self.lost, self.doubled, self.tracebacks) == (0, 0, 0), self


def collect(reports: Iterable[Any]) -> list[Tally]:
    """Return what the reports of a run bring, added up by row and kind; a report may bring nothing."""
    sums: dict[tuple[str, str], Tally] = {}
    for report in reports:
        if getattr(report, "when", "") != "teardown":
            continue
        for values in (value for name, value in report.user_properties if name == PROPERTY):
            found = sums.setdefault((values["row"], values["kind"]), Tally(values["row"], values["kind"]))
            for name in _COLUMNS[2:]:
                setattr(found, name, getattr(found, name) + values[name])
    return sorted(sums.values(), key=lambda found: (len(found.row), found.row, found.kind))


def write_table(found: Iterable[Tally]) -> list[str]:
    """Return the table as lines of text, its headings first."""
    rows = [[str(value) for value in asdict(tally).values()] for tally in found]
    cells = [list(_COLUMNS), *([*row[:-1], f"{float(row[-1]):.1f}"] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(_COLUMNS))]
    return ["  ".join(_place(at, cell, widths[at]) for at, cell in enumerate(row)).rstrip() for row in cells]


def _place(at: int, cell: str, width: int) -> str:
    return cell.ljust(width) if at < 2 else cell.rjust(width)
