"""How a hook ends when it cannot answer: too slow, interrupted, or broken itself (design 5, exit codes)."""

from __future__ import annotations

import sys
from subprocess import CompletedProcess

import pytest
from support.hooks import hook, install_native, product_root
from support.judging import stage
from support.missions import Mission
from support.repo import Repo

_START = "from spec_kitty_hooks.__main__ import main; sys.argv[1:] = ['hook', 'pre-commit']; main()"
BROKEN = {
    "a bug": "runner.Judgement = None",
    # A suite in the background starts with interrupts ignored.
    "an interrupt": "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "runner.read_situation = lambda *_: os.kill(os.getpid(), signal.SIGINT)",
    "no end": "from spec_kitty_hooks import limits; limits.HOOK_SECONDS_STOP = 1\n"
    "def hang(*_):\n    while True: pass\nrunner.read_situation = hang",
}


def command(name: str) -> list[str]:
    """Return our hook with one part broken."""
    path = f"import sys; sys.path.insert(0, {str(product_root())!r})"
    return [sys.executable, "-I", "-c", f"{path}\nimport spec_kitty_hooks.runner as runner\n{BROKEN[name]}\n{_START}"]


def run(mission: Mission, name: str) -> tuple[Repo, CompletedProcess[str]]:
    place = mission.implement("WP01")
    stage(place, "src/a/x.py")
    return place, hook(place, "pre-commit", command=command(name))


def test_a_bug_of_ours_is_one_line_a_report_below_the_git_directory_and_exit_70(mission: Mission) -> None:
    place, done = run(mission, "a bug")
    (report,) = (place.common_dir() / "spec-kitty-hooks").glob("crash-*.txt")
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (70, "", False)
    told = f"spec-kitty-hooks: a bug in spec-kitty-hooks: TypeError; the report is in {report}"
    assert done.stderr.splitlines()[0] == told
    assert "Traceback" in report.read_text()


def test_an_interrupted_hook_is_exit_130(mission: Mission) -> None:
    _, done = run(mission, "an interrupt")
    assert (done.returncode, done.stderr) == (130, "spec-kitty-hooks: interrupted\n")


def test_a_hook_over_its_time_limit_cannot_judge(mission: Mission) -> None:
    _, done = run(mission, "no end")
    assert done.returncode == 3
    assert done.stderr.startswith("spec-kitty-hooks: cannot judge: REPOSITORY_UNSUPPORTED: the hook ran over 1 s")


@pytest.mark.parametrize("name", BROKEN)
def test_whatever_keeps_a_hook_from_answering_the_commit_is_refused(mission: Mission, name: str) -> None:
    place = mission.implement("WP01")
    install_native(mission.repo, command=command(name))
    stage(place, "src/a/x.py")
    before = place.head()
    assert place.try_commit().returncode
    assert place.head() == before
