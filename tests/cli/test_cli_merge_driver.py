"""`merge-driver` as git calls it, and as a person tries it by hand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from support.hooks import cli
from support.records import annotation, line
from support.repo import Repo

OURS = line(annotation("WP01", {"note": "ours"}, at="2026-01-05T10:00:02+00:00", event_id="01KE6P8K000000000000000002"))
THEIRS = line(
    annotation("WP01", {"note": "theirs"}, at="2026-01-05T10:00:01+00:00", event_id="01KE6P8K000000000000000001")
)
CALL = ("merge-driver", "O", "A", "B")


@pytest.fixture
def place(repo: Repo) -> Repo:
    for name, content in (("O", b""), ("A", OURS), ("B", THEIRS)):
        repo.write(name, content)
    return repo


def test_both_sides_come_to_stand_in_the_second_file_without_a_word(place: Repo) -> None:
    ran = cli(place, *CALL, "kitty-specs/x/status.events.jsonl")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert [place.read(name) for name in "OAB"] == [b"", THEIRS + OURS, THEIRS]


def test_without_a_fourth_argument_messages_name_the_file(place: Repo) -> None:
    place.write("B", b"damaged\n")
    ran = cli(place, *CALL)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("spec-kitty-hooks: cannot merge A: EVENT_LOG_UNREADABLE: ")


def test_a_name_from_the_repository_is_shown_escaped_and_quoted(place: Repo) -> None:
    place.write("B", b"damaged \x1b[2J\n")
    ran = cli(place, *CALL, "kitty-specs/a b\x1b/status.events.jsonl")
    assert "\x1b" not in ran.stderr
    assert "cannot merge kitty-specs/a b\\x1b/status.events.jsonl: " in ran.stderr
    assert "next: git add -- \"$(printf %b 'kitty-specs/a b\\0033/status.events.jsonl')\"" in ran.stderr


def test_of_many_lines_the_first_ten_are_shown(place: Repo) -> None:
    place.write("B", b"".join(b"damaged %d\n" % number for number in range(25)))
    ran = cli(place, *CALL)
    assert ran.stderr.count("EVENT_LOG_UNREADABLE") == 10
    assert "and 15 more" in ran.stderr
    assert place.read("A").count(b"damaged") == 25


def test_files_of_several_directories_are_refused(place: Repo) -> None:
    place.write("elsewhere/B", THEIRS)
    for words in (("O", "A", "elsewhere/B"), ("O", "A", "../B"), ("elsewhere/B", "A", "B"), ("O", "A", "A")):
        ran = cli(place, "merge-driver", *words)
        assert (ran.returncode, ran.stdout) == (2, ""), words
        assert "one directory" in ran.stderr
    assert place.read("A") == OURS


@pytest.mark.parametrize("kind", ["missing", "symlink", "directory", "fifo"])
def test_what_is_no_plain_file_is_refused(kind: str, place: Repo) -> None:
    file = place.path / "B"
    file.unlink()
    if kind == "symlink":
        file.symlink_to("O")
    elif kind == "directory":
        file.mkdir()
    elif kind == "fifo":
        os.mkfifo(file)
    ran = cli(place, *CALL)
    assert (ran.returncode, place.read("A")) == (2, OURS)
    assert f"theirs: {kind}" in ran.stderr or f"theirs: not a regular file ({kind})" in ran.stderr


def test_our_side_is_not_written_through_a_link(place: Repo) -> None:
    place.write("target", OURS)
    (place.path / "A").unlink()
    (place.path / "A").symlink_to("target")
    assert cli(place, *CALL).returncode == 2
    assert place.read("target") == OURS


@pytest.mark.parametrize("words", [(), ("O",), ("O", "A"), ("O", "A", "B", "path", "more"), ("O", "A", "B", "--what")])
def test_a_wrong_call_is_exit_2_with_the_usage(words: tuple[str, ...], place: Repo) -> None:
    ran = cli(place, "merge-driver", *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Usage: spec-kitty-hooks merge-driver" in ran.stderr
    assert place.read("A") == OURS


def test_outside_of_a_repository_it_works_as_well(place: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in "OAB":
        (outside / name).write_bytes(place.read(name))
    assert cli(place, *CALL, cwd=outside).returncode == 0
    assert (outside / "A").read_bytes() == THEIRS + OURS


def test_the_lines_that_help_prints_do_what_they_say(place: Repo) -> None:
    shown = cli(place, "merge-driver", "--help").stdout
    commands = re.findall(r"^ +((?:git config|echo) .*)$", shown, re.MULTILINE)
    assert len(commands) == 2
    (place.path / ".git/info").mkdir(exist_ok=True)
    for command in commands:
        subprocess.run(command, shell=True, cwd=place.path, env=place.env, check=True)
    driver = place.ask("config", "merge.spec-kitty-hooks-log.driver")
    assert shlex.split(driver) == ["spec-kitty-hooks", *CALL[:1], "%O", "%A", "%B", "%P"]
    answer = place.ask("check-attr", "merge", "--", "kitty-specs/x/status.events.jsonl")
    assert answer.endswith(": merge: spec-kitty-hooks-log")
