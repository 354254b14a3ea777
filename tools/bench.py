"""Print what commits and transitions cost, as ratios of whole processes in one run. Never asserts nor judges a machine.

Rows are run interleaved and shuffled, with warm caches; look at the ratios and the minimums, not at the third digit.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.clock import Clock  # noqa: E402 (the tests' builders are not installed)
from support.hooks import cli, exported, hook_command  # noqa: E402
from support.repo import Repo  # noqa: E402
from support.sealed import sealed_environment  # noqa: E402

from tools import histories, lookback, merging, reading, writing  # noqa: E402
from tools.row import Row  # noqa: E402
from tools.scenery import Scenery  # noqa: E402

BARE = [sys.executable, "-I", "-c", "pass"]
COMMIT = ["git", "commit", "-q", "-m", "work"]
GUARD = "specify_cli.policy.commit_guard_hook"


def hook_row(name: str, place: Repo, command: list[str] | None = None) -> Row:
    """Return the row of a hook as git would start it in `place`."""
    return Row(name, command or hook_command("pre-commit"), place, exported(place, "pre-commit"))


def commit_rows(scenery: Scenery) -> list[Row]:
    """Return rows of a whole `git commit` on a lane, without hooks and with ours installed."""
    rows = []
    for name, options in (("without hooks", ["-c", "core.hooksPath=/dev/null"]), ("with the hook", [])):
        place = scenery.lane(f"commit {name}", missions=400)
        if not options and (done := cli(place, "install")).returncode:
            raise SystemExit(f"install: exit {done.returncode}\n{done.stderr}")
        rows.append(Row(f"git commit {name}", ["git", *options, *COMMIT[1:]], place, {}, changer(place)))
    return rows


def changer(place: Repo) -> Callable[[], None]:
    """Return a function that stages one more change of the lane's own file."""

    def change() -> None:
        place.clock.tick()
        place.write("src/a/s0.py", f"x = {place.clock.git_date()!r}\n")
        place.stage("src/a/s0.py")

    return change


def guard_rows(scenery: Scenery) -> list[Row]:
    """Return the row of Spec Kitty's own guard, as its hook file starts it; none without the client."""
    client = os.environ.get("SPEC_KITTY_BIN", "")
    python = os.environ.get("SPEC_KITTY_PYTHON", "") or (client and str(Path(client).parent / "python"))
    if not python:
        print("Spec Kitty's own guard: skipped (SPEC_KITTY_BIN names no released client)")
        return []
    return [hook_row("Spec Kitty's guard", scenery.lane("missions 400", missions=400), [python, "-m", GUARD])]


def families(scenery: Scenery) -> dict[str, Callable[[], list[Row]]]:
    """Return the groups of rows by name; nothing is built before a group is asked for."""

    def sizes(option: str, values: tuple[int, ...]) -> Callable[[], list[Row]]:
        names = {value: f"{option} {value}" for value in values}
        return lambda: [hook_row(name, scenery.lane(name, **{option: value})) for value, name in names.items()]

    return {
        "empty": lambda: [hook_row("no kitty-specs", scenery.empty())],
        "missions": sizes("missions", (1, 40, 400)),
        "guard": lambda: guard_rows(scenery),
        "commit": lambda: commit_rows(scenery),
        "tracked": sizes("tracked", (1_000, 20_000, 100_000)),
        "staged": sizes("staged", (10, 100, 1_000, 10_000)),
        "events": sizes("events", (100, 1_000, 10_000, 100_000)),
        "real": lambda: reading.reading_rows(scenery),
        "transition": lambda: writing.transition_rows(scenery),
        "writers": lambda: writing.writer_rows(scenery),
        "log": lambda: writing.log_rows(scenery),
        "merge": lambda: merging.merge_rows(scenery),
        "look back": lambda: lookback.look_back_rows(scenery),
        "ranges": lambda: histories.range_rows(scenery),
        "refs": lambda: histories.ref_rows(scenery),
    }


def measure(rows: list[Row], rounds: int) -> None:
    """Time every row `rounds` times, shuffled anew in each round, after one checked round that warms the caches."""
    for row in rows:
        row.run(check=True)
    order = random.Random(0)  # noqa: S311 (a fair order, not a secret)
    for number in range(rounds):
        for row in order.sample(rows, len(rows)):
            row.run()
        if sys.stderr.isatty():
            print(f"\rround {number + 1} of {rounds} ", end="", file=sys.stderr, flush=True)


def show(rows: list[Row]) -> None:
    """Print all rows against the bare interpreter, then the ratios that the budgets speak of."""
    times = {row.name: (median(row.seconds), min(row.seconds)) for row in rows}
    bare = times["bare interpreter"]
    print(f"{'':24}{'median ms':>12}{'min ms':>12}{'x bare':>9}{'x bare, min':>13}")
    for name, (middle, least) in times.items():
        ratios = f"{middle / bare[0]:9.2f}{least / bare[1]:13.2f}"
        print(f"{name:24}{middle * 1000:12.1f}{least * 1000:12.1f}{ratios}")
    print()
    for upper, lower, budget in (
        ("missions 400", "bare interpreter", "budget 5"),
        ("no kitty-specs", "bare interpreter", "budget 2"),
        ("missions 400", "no kitty-specs", ""),
        ("missions 400", "missions 1", "budget: constant"),
        ("Spec Kitty's guard", "missions 400", ""),
        ("git commit with the hook", "git commit without hooks", ""),
        ("tracked 100000", "tracked 1000", ""),
        ("staged 10000", "staged 1000", "budget: linear"),
        ("events 100000", "events 10000", "budget: linear"),
        ("real logs, reduced", "real logs, json.loads", "budget 2"),
        ("transition", "bare interpreter", ""),
        ("Spec Kitty's move-task", "transition", ""),
        ("16 writers, each event", "1 writer, each event", ""),
        ("into a log of 10000", "into a log of 1000", ""),
        ("into a log of 100000", "into a log of 10000", "budget: linear"),
        ("merge of 1000 and 1000", "bare interpreter", "budget 10"),
        ("merge of 10000 and 10000", "merge of 1000 and 1000", "budget: linear"),
        ("after a merge of nothing", "bare interpreter", "budget 3"),
        ("after a merge in 400", "after a merge of nothing", "budget: the same"),
        ("after a pull of 1 event", "bare interpreter", ""),
        ("after 1000 and 1000", "bare interpreter", "budget 10"),
        ("plumbing, range of 1000", "log of 1000", "budget 3, plus start-up"),
        ("libgit2, range of 1000", "plumbing, range of 1000", ""),
        ("plumbing, range of 10000", "plumbing, range of 1000", "budget: linear"),
        ("refs 1000", "refs 1", ""),
    ):
        if upper in times and lower in times:
            ratio, least = (times[upper][place] / times[lower][place] for place in (0, 1))
            print(f"{upper} / {lower}: {ratio:.2f} (minimums {least:.2f})  {budget}".rstrip())


def main() -> None:
    """Build what the chosen rows need, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds per row (default 15)")
    parser.add_argument(
        "--rows", nargs="+", metavar="GROUP", help="only these: empty missions guard commit transition ..."
    )
    chosen = parser.parse_args()
    top = Path(tempfile.mkdtemp(prefix="spec-kitty-hooks-bench-"))
    try:
        groups = families(Scenery(top))
        if unknown := set(chosen.rows or ()) - set(groups):
            parser.error(f"no such rows: {' '.join(sorted(unknown))}; there are: {' '.join(groups)}")
        here = Repo(top, sealed_environment(top / "bare"), Clock())
        rows = [Row("bare interpreter", BARE, here, {})]
        for name, build in groups.items():
            if not chosen.rows or name in chosen.rows:
                print(f"building {name}", file=sys.stderr)
                rows += build()
        measure(rows, chosen.rounds)
        show(rows)
    finally:
        shutil.rmtree(top)


if __name__ == "__main__":
    main()
