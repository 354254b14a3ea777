"""Look for inputs that break a reader, with atheris, for a share of the given minutes for each target of tests/fuzz.

What is found is written to tests/fuzz/corpus/<target>/, where the tests run it from then on; the fuzzer's own corpus
stays in build/fuzz/. A target ends with its first finding: mend that, then look again.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Ours first: the directory of this script, which Python put there, has a `fuzz` as well.
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

BUILD = ROOT / "build" / "fuzz"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
INSTRUMENTED = ["spec_kitty_hooks"]
RSS_MIB = 512  # the product's own peak stays below 256; atheris, hypothesis and its tables come on top
SECONDS = 5.0  # for one input: what is watched is several times slower; the tests then allow one
HANG_SECONDS = 60  # by the clock, for a call into C that never ends
_STATISTIC = re.compile(r"^stat::(\w+):\s+(\d+)$", re.MULTILINE)


def fuzz(name: str, seconds: int) -> None:
    """Run one target in this process, which ends with it (libFuzzer does that)."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=INSTRUMENTED):
        targets = importlib.import_module("fuzz.targets")
    guard = importlib.import_module("fuzz.guard")
    target = next(target for target in targets.TARGETS if target.name == name)
    seeds, grown = BUILD / f"{name}-seeds", BUILD / name
    for directory in (seeds, grown):
        directory.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds):
        (seeds / f"{number:02}").write_bytes(data)
    words = BUILD / f"{name}.dict"
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in target.words if word))
    options = (
        f"-max_total_time={seconds}",
        f"-artifact_prefix={CORPUS / name}{os.sep}",
        f"-dict={words}",
        f"-rss_limit_mb={RSS_MIB}",
        f"-timeout={HANG_SECONDS}",
        "-max_len=4096",
        "-print_final_stats=1",
        "-verbosity=1",
    )
    with guard.stopwatch():
        atheris.Setup(
            ["fuzz", *options, str(grown), str(CORPUS / name), str(seeds)],
            lambda data: guard.fire(target, data, SECONDS),
        )
        atheris.Fuzz()


def run(name: str, seconds: int) -> list[Path]:
    """Run one target in a process of its own, print its figures, and return the files that it wrote as findings."""
    before = set((CORPUS / name).iterdir())
    BUILD.mkdir(parents=True, exist_ok=True)
    output = BUILD / f"{name}.log"
    command = [sys.executable, __file__, "--target", name, "--seconds", str(seconds)]
    with output.open("wb") as file:
        ended = subprocess.run(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, check=False).returncode
    found = sorted(set((CORPUS / name).iterdir()) - before)
    figures = dict(_STATISTIC.findall(output.read_text(errors="replace")))
    executed, speed, peak = (
        figures.get(key, "?") for key in ("number_of_executed_units", "average_exec_per_sec", "peak_rss_mb")
    )
    print(f"{name:8} {executed:>10} inputs  {speed:>7}/s  peak {peak} MiB  findings: {len(found)}", flush=True)
    if found or ended or "number_of_executed_units" not in figures:
        print(f"  ended with status {ended}; see {output.relative_to(ROOT)}")
        for path in found:
            print(f"  {path.relative_to(ROOT)}")
        return found or [output]
    return []


def main() -> None:
    """Run all targets, or those named; exit 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="targets to run (default: all)")
    parser.add_argument("--minutes", type=float, default=30, help="for all targets together (default 30)")
    parser.add_argument("--target", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=60, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.target:
        fuzz(chosen.target, chosen.seconds)
        return
    known = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())
    names = chosen.names or known
    if unknown := set(names) - set(known):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    seconds = max(int(chosen.minutes * 60 / len(names)), 1)
    found = [path for name in names for path in run(name, seconds)]
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
