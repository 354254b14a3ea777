"""What git cannot settle without a person: little to look at, everything else united, and a way out that works."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from support.judging import printed_codes
from support.merging import Clones, read_records, unite
from support.records import Record, line

REPAIR = "give one of two different events with the same id"
MEND = "mend or delete the lines between the conflict markers"
UNMARK = "delete the marker lines"
MARKERS = (b"<<<<<<< ", b"||||||| ", b"=======", b">>>>>>> ")


def steps_of(done: CompletedProcess[str]) -> list[str]:
    return [step.removeprefix("  next: ") for step in done.stderr.splitlines() if step.startswith("  next: ")]


def without_markers(data: bytes) -> list[bytes]:
    return [row for row in data.splitlines(keepends=True) if not row.startswith(MARKERS)]


def follow(clones: Clones, steps: list[str], mended: bytes) -> CompletedProcess[str]:
    """Do what a driver's steps say; the sentences among them come to `mended` in the log."""
    assert clones.run("add", "--", clones.log_path).returncode == 0
    kept_back = clones.run("commit", "--no-edit")
    assert kept_back.returncode != 0, "with its markers the log must not be committed"
    clones.repo.write(clones.log_path, mended)
    done = kept_back
    for step in steps:
        if step.startswith("git "):
            done = clones.run(*shlex.split(step)[1:], *(["--no-edit"] if step == "git commit" else []))
            assert done.returncode == 0, f"{step}: {done.stderr}"
    return done


def contradict(clones: Clones) -> tuple[Record, Record]:
    """Let both sides use one event id for something else; return both records."""
    theirs = clones.theirs.annotate("WP03", note="theirs\x1b[2J")
    ours = {**theirs, "delta": {"note": "ours"}}
    clones.ours.write_log(clones.ours.read_log() + line(ours))
    clones.publish()
    return ours, theirs


def test_one_id_with_two_contents_is_shown_settled_by_hand_and_passes_the_hook(clones: Clones) -> None:
    ours, theirs = contradict(clones)
    done = clones.run("merge", "--no-edit", "origin/main")
    assert done.returncode == 1
    assert clones.unmerged() == [clones.log_path], "status.json is no matter for a person"
    assert f"cannot merge {clones.log_path}: EVENT_ID_CONFLICT: two contents of {ours['event_id']}" in done.stderr
    assert '"note": "ours"' in done.stderr
    assert '"note": "theirs\\\\u001b[2J"' in done.stderr
    assert "\x1b" not in done.stderr
    assert clones.log.endswith(b"<<<<<<< ours\n" + line(ours) + b"=======\n" + line(theirs) + b">>>>>>> theirs\n")
    steps = steps_of(done)
    assert [REPAIR in steps[0], UNMARK in steps[1], steps[2:]] == [
        True,
        True,
        [f"git add -- {clones.log_path}", "git commit"],
    ]
    mended = b"".join(without_markers(clones.log)).replace(
        line(ours), line({**ours, "event_id": clones.ours.clock.ulid()})
    )
    done = follow(clones, steps, mended)
    assert printed_codes(done.stderr) == []
    assert len(read_records(clones.log)) == len(read_records(unite(*without_markers(clones.log))))
    assert len(clones.repo.ask("rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_of_two_contents_one_alone_is_refused_by_the_hook(clones: Clones) -> None:
    ours, theirs = contradict(clones)
    clones.run("merge", "--no-edit", "origin/main")
    for dropped in (ours, theirs):
        kept = [row for row in without_markers(clones.log) if row != line(dropped)]
        clones.repo.write(clones.log_path, b"".join(kept))
        clones.repo.stage(clones.log_path)
        refused = clones.run("commit", "--no-edit")
        assert refused.returncode != 0
        assert "EVENT_ID_CONFLICT" in printed_codes(refused.stderr)
        assert clones.run("checkout", "--merge", "--", clones.log_path).returncode == 0


@pytest.mark.parametrize("torn", [True, False])
def test_a_line_that_cannot_be_read_is_named_and_mended_by_hand(torn: bool, clones: Clones) -> None:
    expected = clones.expect()
    clones.theirs.raw_line(b'{"event_id": "01', newline=not torn)
    clones.publish()
    number = clones.theirs.read_log().count(b"\n") + torn
    done = clones.run("merge", "--no-edit", "origin/main")
    assert done.returncode == 1
    assert f"cannot merge {clones.log_path}: EVENT_LOG_UNREADABLE: " in done.stderr
    assert ("cut off" in done.stderr) == torn
    assert f"theirs, line {number}: " + '{"event_id": "01' in done.stderr
    steps = steps_of(done)
    assert MEND in steps[0]
    assert clones.log == expected + b'<<<<<<< ours\n=======\n{"event_id": "01\n>>>>>>> theirs\n'
    done = follow(clones, steps, expected)
    assert printed_codes(done.stderr) == []
    assert clones.log == expected


def test_in_a_rebase_the_same_steps_lead_on(clones: Clones) -> None:
    expected = clones.expect()
    clones.theirs.raw_line(b"damaged")
    clones.publish()
    done = clones.run("rebase", "-q", "origin/main")
    assert done.returncode == 1
    follow(clones, steps_of(done), expected)
    assert clones.run("rebase", "--continue").returncode == 0
    assert clones.log == expected


def test_a_result_that_cannot_be_written_is_a_conflict_and_the_step_merges_again(clones: Clones) -> None:
    expected = clones.expect()
    driver = clones.repo.ask("config", "merge.spec-kitty-hooks-log.driver")
    clones.repo.git("config", "merge.spec-kitty-hooks-log.driver", f"chmod a-w %A; ulimit -f 0; {driver}")
    done = clones.run("merge", "--no-edit", "origin/main")
    assert done.returncode == 1
    assert clones.log_path in clones.unmerged()
    assert "the result cannot be written" in done.stderr
    (again,) = steps_of(done)
    clones.repo.git("config", "merge.spec-kitty-hooks-log.driver", driver)
    assert clones.run(*shlex.split(again)[1:]).returncode == 0
    assert clones.log == expected


def test_a_log_beyond_the_limits_stays_ours_and_is_united_by_hand(clones: Clones, environment: Path) -> None:
    expected = clones.expect()
    script = clones.repo.path.parent / "limited.py"
    script.write_text(
        "from spec_kitty_hooks import limits\nlimits.LOG_EVENTS = 3\n"
        "from spec_kitty_hooks.__main__ import main\nmain()\n"
    )
    words = shlex.join([os.fspath(environment), "-I", os.fspath(script)]).replace("%", "%%")
    clones.repo.git("config", "merge.spec-kitty-hooks-log.driver", f"{words} merge-driver %O %A %B %P")
    before = clones.log
    done = clones.run("merge", "--no-edit", "origin/main")
    assert (done.returncode, clones.log, clones.unmerged()) == (1, before, [clones.log_path])
    assert "more than 3 lines" in done.stderr
    first, *steps = steps_of(done)
    command = first.partition("`")[2].partition("`")[0]
    other = clones.repo.git(*shlex.split(command)[1:], binary=True).stdout
    clones.repo.write(clones.log_path, unite(before, other))
    for step in steps:
        assert clones.run(*shlex.split(step)[1:], *(["--no-edit"] if step == "git commit" else [])).returncode == 0
    assert clones.log == expected


@pytest.mark.parametrize("gone", ["interpreter", "package"])
def test_without_its_python_or_package_git_merges_as_text_and_says_what_mends_it(
    gone: str, clones: Clones, environment: Path, tmp_path: Path
) -> None:
    driver = clones.repo.ask("config", "merge.spec-kitty-hooks-log.driver")
    python = tmp_path / "python"
    if gone == "package":
        python.write_text('#!/bin/sh\necho "No module" >&2\nexit 1\n')
        python.chmod(0o755)
    clones.repo.git("config", "merge.spec-kitty-hooks-log.driver", driver.replace(quoted(environment), str(python)))
    done = clones.run("merge", "--no-edit", "origin/main")
    assert done.returncode == 1
    assert "To mend it: spec-kitty-hooks install" in done.stderr
    assert clones.unmerged() == [clones.log_path]
    assert b"<<<<<<< ours\n" in clones.log
    assert {json.dumps(one) for one in read_records(clones.expect())} == {
        json.dumps(one) for one in read_records(b"".join(without_markers(clones.log)))
    }


def quoted(environment: Path) -> str:
    return shlex.quote(str(environment)).replace("%", "%%")
