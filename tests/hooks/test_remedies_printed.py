"""The next step that a hook prints helps wherever it is typed, and whatever the names of the paths are."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.following import shell
from support.nursery import Nursery, build_working
from support.trouble import OWN, on_lane


def printed(text: str) -> list[str]:
    """Return the steps that a hook printed."""
    return [line.removeprefix("  next: ") for line in text.splitlines() if line.startswith("  next: ")]


@pytest.mark.parametrize("inside", ["", "src/a", "src/b"])
def test_one_printed_command_takes_all_foreign_paths_out_wherever_it_is_typed(
    nursery: Nursery, tmp_path: Path, inside: str
) -> None:
    names = ("src/b/b.py", "src/b/[id].py", "src/b/a b'c.py", "README.md", "src/c/\x1b[2J\n.py", "src/b/:colon")
    trouble = on_lane(nursery(build_working), OWN, *names)
    there = trouble.place.at(trouble.place.path / inside)
    refused = there.git("commit", "-qm", "work", check=False)
    command = printed(refused.stderr)[0]
    done = shell(there, command)
    assert (done.returncode, done.stderr) == (0, b"")
    assert trouble.place.ask("diff", "--cached", "--name-only") == OWN
    assert there.git("commit", "-qm", "work").stderr == ""
    assert shell(there, printed(refused.stderr)[1]).returncode in (0, 1)


@pytest.mark.parametrize("inside", ["", "src/a"])
def test_the_printed_command_takes_a_foreign_path_out_of_an_amended_commit(
    nursery: Nursery, tmp_path: Path, inside: str
) -> None:
    place = on_lane(nursery(build_working), OWN, "src/b/b.py", "src/b/new.py").place
    place.git("commit", "-qnm", "smuggled")
    there = place.at(place.path / inside)
    refused = there.git("commit", "-q", "--amend", "--no-edit", check=False)
    assert refused.returncode
    assert shell(there, printed(refused.stderr)[0]).returncode == 0
    amended = there.git("commit", "-q", "--amend", "--no-edit")
    assert amended.stderr == ""
    assert place.ask("diff", "--name-only", "HEAD^", "HEAD") == OWN


def test_a_split_change_in_an_amend_is_told_what_to_take_out(nursery: Nursery, tmp_path: Path) -> None:
    mission = nursery(build_working)
    mission.walk("WP02", "in_progress")
    place = on_lane(mission, "src/a/one.py", "src/b/two.py", "src/a/three.py").place
    place.git("commit", "-qnm", "split")
    told = place.git("commit", "-q", "--amend", "--no-edit", check=False)
    assert "ACTIVE_WP_CONTEXT_AMBIGUOUS" in told.stderr
    place.git("commit", "-qnm", "as it was", "--allow-empty", "--amend")
    command = f"git restore --staged --source={place.resolve('HEAD^')[:12]} -- src/b/two.py"
    assert printed(told.stderr)[0] == command
    assert shell(place, command).returncode == 0
    assert place.git("commit", "-q", "--amend", "--no-edit").stderr == ""
