"""Break the parts that decide, one small change at a time, and see whether their tests notice (reliability R20).

Works in a copy of the tree, never in place. A mutant is killed if a test fails, if it cannot be imported, or if it runs
away; one that survives either shows a missing test or changes nothing, and is listed with a reason in docs/mutants.md.
Most are noticed when their function is swapped (tools/swapping.py); what is not is tried as a whole module.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from tools.mutation import Mutant, find_mutants, listed  # noqa: E402
from tools.swapping import Swaps  # noqa: E402

PACKAGE = "spec_kitty_hooks"
LIST = ROOT / "docs" / "mutants.md"
WANTED = 0.9
MEMORY = 2 * 1024**3
_PRELOADED = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis is there before pytest can rewrite it
COPIED = (PACKAGE, "tests", "tools", "hooks", "docs", "pyproject.toml", "README.md", "Makefile")
OPTIONS = ("-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-W", _PRELOADED)

_EVENTLOG = tuple(f"tests/mission/test_eventlog{part}.py" for part in ("_details", "_lines", "", "_copies"))
_HISTORY, _LOG, _OWNERSHIP, _PLACEMENT, _PLANNING = (
    f"tests/checks/test_checks_{name}.py" for name in ("history", "log", "ownership", "placement", "planning")
)
_MERGES, _PREFLIGHT, _PUSH, _REVIEWS, _FINDINGS, _STALENESS = (
    f"tests/checks/test_checks_{name}.py"
    for name in ("log_merges", "preflight", "push", "reviews", "review_findings", "staleness")
)
_PATHGLOB = tuple(f"tests/test_pathglob{part}.py" for part in ("", "_specificity", "_limits", "_upstream", "_laws"))
#: Each module with the tests that can kill its mutants without starting a process, the quickest first.
TESTS: dict[str, tuple[str, ...]] = {
    "pathglob.py": _PATHGLOB,
    "spans.py": _PATHGLOB,
    "mission/reducer.py": ("tests/mission/test_reducer.py",),
    "mission/eventlog.py": _EVENTLOG,
    "mission/records.py": ("tests/mission/test_records.py", *_EVENTLOG),
    "mission/active.py": ("tests/mission/test_active.py",),
    "checks/finding.py": (_HISTORY, _OWNERSHIP, _PLANNING, _PLACEMENT, _LOG),
    "checks/log_integrity.py": (_LOG, _MERGES, _HISTORY),
    "checks/ownership.py": (_OWNERSHIP,),
    "checks/placement.py": (_PLACEMENT,),
    "checks/planning.py": (_PLANNING, _OWNERSHIP),
    "checks/preflight.py": (_PREFLIGHT,),
    "checks/push.py": (_PUSH,),
    "checks/review_consistency.py": (_FINDINGS, _REVIEWS, _STALENESS),
    "checks/staleness.py": (_STALENESS,),
}

Reasons = dict[tuple[str, str, str], str]


class Workshop:
    """A copy of the tree, and the processes that try mutants in it one after the other."""

    def __init__(self, directory: Path) -> None:
        self.tree = directory / "tree"
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.tree / name, ignore=shutil.ignore_patterns("__pycache__", "corpus"))
            else:
                self.tree.mkdir(exist_ok=True)
                shutil.copy(source, self.tree / name)
        self.output, self.verdicts, self.temporary = (directory / name for name in ("output", "verdicts", "temporary"))

    def prepare(self, module: str) -> float:
        """Run the tests on the code as it is, which fills their caches; return the processor seconds it took."""
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        if self._run(TESTS[module], to_keep=True):
            sys.exit(f"the tests of {module} fail before anything is changed:\n{self.output.read_text()[-3_000:]}")
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        # What is compiled from the original must not be taken for the mutant's: both have the same age and size.
        for directory in (self.tree / PACKAGE).rglob("__pycache__"):
            shutil.rmtree(directory)
        return ended.ru_utime - began.ru_utime

    def find_doubtful(self, module: str, mutants: Sequence[Mutant], seconds: float) -> list[Mutant]:
        """Return the mutants that the tests do not notice in a swapped function; they get `seconds` for each."""
        with self.verdicts.open("wb", buffering=0) as verdicts:
            self._run(TESTS[module], Swaps(PACKAGE, mutants, lambda: _limit(seconds), verdicts.fileno()))
        untouched, *noticed = self.verdicts.read_bytes() or b"\1"
        if untouched or len(noticed) != len(mutants):
            sys.exit(f"the tests of {module} fail in a fork of their session:\n{self.output.read_text()[-3_000:]}")
        return [mutant for mutant, verdict in zip(mutants, noticed, strict=True) if not verdict]

    def kills(self, mutant: Mutant, seconds: float) -> bool:
        """Tell whether the tests notice a mutant; they get `seconds` of processor time."""
        path = self.tree / PACKAGE / mutant.module
        original = path.read_bytes()
        path.write_text(mutant.source)
        try:
            return self._run(TESTS[mutant.module], seconds=seconds) != 0
        finally:
            path.write_bytes(original)

    def _run(self, tests: Sequence[str], *plugins: object, seconds: float = 0, to_keep: bool = False) -> int:
        """Run tests in a fork of this process, which has loaded what is slow to load and nothing of the package."""
        sys.stdout.flush()
        child = os.fork()
        if not child:
            try:
                sys.dont_write_bytecode = not to_keep
                if seconds:
                    _limit(seconds)
                os._exit(self._test(tests, plugins))
            except BaseException:  # noqa: BLE001 (whatever it is, this process must not go on as its parent)
                traceback.print_exc()
                os._exit(1)
        return os.waitpid(child, 0)[1]

    def _test(self, tests: Sequence[str], plugins: Sequence[object]) -> int:
        output = os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(self.tree)
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(self.tree / ".hypothesis")
        sys.path[:] = [entry for entry in sys.path if Path(entry) != ROOT]
        for name in [name for name in sys.modules if name.partition(".")[0] == "tools"]:
            del sys.modules[name]
        import pytest

        status = int(pytest.main([*OPTIONS, f"--basetemp={self.temporary}", *tests], plugins=plugins))
        sys.stdout.flush()  # os._exit does not
        return status


def _limit(seconds: float) -> None:
    """Hold this process to so much processor time, and to MEMORY."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def preload() -> None:
    """Load what every run needs, once; the package itself is loaded by each run from its copy."""
    import hypothesis.extra.pytestplugin  # noqa: F401
    import pytest  # noqa: F401
    import yaml  # noqa: F401


def try_module(module: str, mutants: list[Mutant], shop: Workshop, known: Reasons) -> tuple[int, list[Mutant]]:
    """Try the mutants of one module, print each that survives; return how many were killed, and the survivors."""
    began = time.monotonic()
    allowed = 5 * shop.prepare(module) + 2
    survivors = []
    for mutant in shop.find_doubtful(module, mutants, allowed):
        if not shop.kills(mutant, allowed):
            survivors.append(mutant)
            reason = known.get(mutant.key, "")
            print(
                f"  {PACKAGE}/{module}:{mutant.line}: {mutant.change}" + (f"  ({reason})" if reason else ""), flush=True
            )
    killed = len(mutants) - len(survivors)
    share = killed / max(len(mutants), 1)
    seconds = time.monotonic() - began
    print(f"{module:28} {len(mutants):4} mutants {killed:5} killed {share:7.1%} {seconds:6.0f} s", flush=True)
    return killed, survivors


def choose(modules: Sequence[str], sample: int, seed: int) -> dict[str, list[Mutant]]:
    """Return the mutants to try, by module: all, or a sample over all modules."""
    found = {module: find_mutants(module, (ROOT / PACKAGE / module).read_text()) for module in modules}
    if sample:
        every = [mutant for mutants in found.values() for mutant in mutants]
        kept = set(random.Random(seed).sample(range(len(every)), min(sample, len(every))))  # noqa: S311
        picked = [mutant for at, mutant in enumerate(every) if at in kept]
        found = {module: [mutant for mutant in picked if mutant.module == module] for module in modules}
    return found


def main() -> None:
    """Try mutants; exit 1 if too few are killed, or if one survives that is not listed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(TESTS)} (default: all)")
    parser.add_argument("--sample", type=int, default=0, help="try only so many, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    chosen = parser.parse_args()
    if unknown := set(chosen.modules) - set(TESTS):
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    preload()
    known = listed(LIST.read_text())
    total = killed = 0
    unlisted: list[Mutant] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        shop = Workshop(Path(directory))
        for module, mutants in choose(chosen.modules or tuple(TESTS), chosen.sample, chosen.seed).items():
            if not mutants:
                continue
            count, survivors = try_module(module, mutants, shop, known)
            unlisted += [mutant for mutant in survivors if mutant.key not in known]
            failed += [module] if count < WANTED * len(mutants) else []
            total, killed = total + len(mutants), killed + count
    print(f"{'all':28} {total:4} mutants {killed:5} killed {killed / max(total, 1):7.1%}")
    print(f"survivors that {LIST.relative_to(ROOT)} does not list: {len(unlisted)}")
    # A sample of one module is too small to say much about it.
    if unlisted or killed < WANTED * total or (failed and not chosen.sample):
        sys.exit(1)


if __name__ == "__main__":
    main()
