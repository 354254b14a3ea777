"""Feeds one target with its share of inputs in a process of its own, and prints what that took as JSON.

Called by the tests: a process of its own is not measured for coverage, which would make it three times slower, its
memory is nobody else's, and the system stops it should a single call into C never come back.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402

from fuzz import targets  # noqa: E402 (the tests are not installed)
from fuzz.guard import fire, stopwatch  # noqa: E402
from fuzz.mutation import mutations  # noqa: E402

CPU_SECONDS = 300  # for all of it; the usual share is five to fifteen


def main(name: str, mutated: int, generated: int) -> None:
    """Run `mutated` inputs made from seeds and `generated` ones made by Hypothesis."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    target = next(target for target in targets.TARGETS if target.name == name)
    executed = 0

    def run(data: bytes) -> None:
        nonlocal executed
        executed += 1
        fire(target, data)

    with stopwatch():
        for data in mutations(target.seeds, target.words, mutated, seed=len(name)):
            run(data)
        seconds = time.process_time()
        profile = settings(
            max_examples=max(generated, 1),
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        if generated:
            profile(given(target.inputs)(run))()
    told = {"inputs": executed, "peak_kib": peak_kib(), "mutated_per_second": round(mutated / seconds)}
    print(json.dumps(told))  # noqa: T201 (the caller reads it)


def peak_kib() -> int:
    """Return the most memory this program ever held; getrusage would count what its parent held at the fork as well."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
