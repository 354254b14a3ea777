"""Print what our hook costs under other hook managers, against the same manager running a no-op; never asserts.

Rows are whole `git commit`s, run interleaved and shuffled. Programs come from the package index, into --tools DIR.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import yaml  # noqa: E402
from support.hooks import cli  # noqa: E402 (the tests' builders are not installed)
from support.managers import PRE_COMMIT, get_program  # noqa: E402
from support.repo import Repo  # noqa: E402

from tools.bench import COMMIT, changer, measure  # noqa: E402
from tools.row import Row  # noqa: E402
from tools.scenery import Scenery  # noqa: E402

MANAGERS = ("pre-commit", "prek", "lefthook")
#: What each runs: nothing, and our hook as our manifest starts it.
ENTRIES = {"a no-op": "true", "our hook": f"{sys.executable} -I -m spec_kitty_hooks hook pre-commit"}


def configure(place: Repo, manager: str, entry: str) -> None:
    """Write the manager's configuration with one job into a worktree; it stays untracked."""
    if manager == "lefthook":
        place.write("lefthook.yml", yaml.safe_dump({"pre-commit": {"jobs": [{"name": "job", "run": entry}]}}))
        return
    hook = {"id": "job", "name": "job", "entry": entry, "language": "system", "always_run": True}
    hooks = [{**hook, "pass_filenames": False, "require_serial": True}]
    place.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))


def managed_rows(scenery: Scenery, tools: Path, manager: str) -> list[Row]:
    """Return one row for each entry, in a lane of its own with the manager's hook installed."""
    rows = []
    for kind, entry in ENTRIES.items():
        place = scenery.lane(f"{manager} {kind}", missions=40)
        configure(place, manager, entry)
        env = {"PRE_COMMIT_HOME": str(scenery.top / "pre-commit"), "PREK_HOME": str(scenery.top / "prek")}
        words: tuple[str, ...] = PRE_COMMIT
        if manager != "pre-commit":
            program = get_program(tools, manager)
            env["PATH"] = f"{program}{os.pathsep}{place.env['PATH']}"
            words = (str(program / manager),)
        subprocess.run([*words, "install"], cwd=place.path, env={**place.env, **env}, check=True, capture_output=True)
        rows.append(Row(f"{manager}, {kind}", COMMIT, place, env, changer(place)))
    return rows


def native_rows(scenery: Scenery) -> list[Row]:
    """Return the rows of git alone and of our hook as `install` puts it in place."""
    alone, native = (scenery.lane(name, missions=40) for name in ("git alone", "native"))
    if (done := cli(native, "install")).returncode:
        raise SystemExit(f"install: exit {done.returncode}\n{done.stderr}")
    rows = (("git, a no-op", alone), ("git, our hook", native))
    return [Row(name, COMMIT, place, {}, changer(place)) for name, place in rows]


def show(rows: list[Row]) -> None:
    """Print medians and minimums, and for each manager what our hook adds to a no-op."""
    times = {row.name: (median(row.seconds), min(row.seconds)) for row in rows}
    print(f"{'git commit through':24}{'no-op ms':>10}{'ours ms':>10}{'ratio':>8}{'ratio, min':>12}{'added ms':>10}")
    for manager in ("git", *MANAGERS):
        pair = [times.get(f"{manager}, {kind}") for kind in ENTRIES]
        if pair[0] and pair[1]:
            (idle, least_idle), (ours, least) = pair[0], pair[1]
            ratios = f"{ours / idle:8.2f}{least / least_idle:12.2f}{(ours - idle) * 1000:10.1f}"
            print(f"{manager:24}{idle * 1000:10.1f}{ours * 1000:10.1f}{ratios}")


def main() -> None:
    """Build what the chosen managers need, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds per row (default 15)")
    parser.add_argument("--managers", nargs="+", choices=MANAGERS, default=MANAGERS)
    parser.add_argument("--tools", type=Path, help="keep downloaded programs here (default: a temporary directory)")
    chosen = parser.parse_args()
    top = Path(tempfile.mkdtemp(prefix="spec-kitty-hooks-bench-"))
    try:
        scenery = Scenery(top)
        rows = native_rows(scenery)
        for manager in chosen.managers:
            print(f"building {manager}", file=sys.stderr)
            rows += managed_rows(scenery, chosen.tools or top / "tools", manager)
        measure(rows, chosen.rounds)
        show(rows)
    finally:
        shutil.rmtree(top)


if __name__ == "__main__":
    main()
