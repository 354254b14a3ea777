"""Every form in which git brings two histories together, with nothing lost: what is new is told, once and briefly."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support import records
from support.merges import Meeting, broken, run
from support.repo import Repo

import spec_kitty_hooks

CLAIMED = ("WP02: planned → claimed by codex",)
PULL = ("pull", "-q", "--no-edit")


def goes_on_in_silence(meeting: Meeting) -> None:
    """Require that the next commit of an event, and the push of all of it, are made without a word."""
    meeting.mission.transition("WP03", "claimed", commit=False)
    meeting.repo.stage()
    assert run(meeting.repo, "commit", "-qm", "chore: claim").silent
    assert run(meeting.repo, "push", "-q", "origin", "main").silent


def of_mine(meeting: Meeting) -> None:
    meeting.repo.commit("work", files={"docs/mine.md": "mine\n"}, no_verify=True)


def a_fast_forward(meeting: Meeting) -> tuple[str, ...]:
    meeting.theirs()
    return (*PULL, "--ff-only")


def a_true_merge(meeting: Meeting) -> tuple[str, ...]:
    meeting.theirs()
    meeting.repo.git("fetch", "-q")
    return ("merge", "-q", "--no-edit", "--no-ff", "origin/main")


def a_pull_that_merges(meeting: Meeting) -> tuple[str, ...]:
    meeting.theirs()
    of_mine(meeting)
    return (*PULL, "--no-rebase")


def a_pull_that_rebases(meeting: Meeting) -> tuple[str, ...]:
    meeting.theirs()
    of_mine(meeting)
    return (*PULL, "--rebase")


def a_rebase_by_patches(meeting: Meeting) -> tuple[str, ...]:
    meeting.theirs()
    of_mine(meeting)
    meeting.repo.git("fetch", "-q")
    return ("rebase", "-q", "--apply", "origin/main")


def an_octopus(meeting: Meeting) -> tuple[str, ...]:
    meeting.theirs()
    meeting.repo.git("fetch", "-q")
    meeting.repo.branch("side")
    meeting.repo.commit_to("side", {"docs/side.md": "side\n"})
    of_mine(meeting)
    return ("merge", "-q", "--no-edit", "origin/main", "side")


def a_union_of_both_logs(meeting: Meeting) -> tuple[str, ...]:
    meeting.unite()
    meeting.theirs()
    meeting.mine()
    return (*PULL, "--no-rebase")


def a_union_with_lines_that_come_out_twice(meeting: Meeting) -> tuple[str, ...]:
    """The same event is on both sides, as a client that resumed has it, among others of their own."""
    meeting.unite()
    same = records.line(meeting.event("WP02", "planned", "claimed"))
    for place, wp_id in ((meeting.other, "WP03"), (meeting.repo, "WP01")):
        own = records.line(meeting.event(wp_id, "planned", "blocked", actor="user"))
        place.append(meeting.mission.log_path, own + same if wp_id == "WP01" else same + own)
        place.commit_quietly("chore: events", (meeting.mission.log_path,))
    meeting.other.push("main")
    meeting.mission.stands["WP03"] = "blocked"
    return (*PULL, "--no-rebase")


def a_criss_cross(meeting: Meeting) -> tuple[str, ...]:
    """Both sides have merged each other's first event already, each in its own order."""
    meeting.unite()
    meeting.unite(meeting.other)
    meeting.mine()
    meeting.theirs("WP03")
    meeting.repo.push("main:refs/heads/mine")
    meeting.repo.git("-c", "core.hooksPath=/dev/null", *PULL, "--no-rebase")
    meeting.other.git(*PULL, "--no-rebase", "origin", "mine")
    meeting.theirs()
    of_mine(meeting)
    meeting.mission.stands["WP03"] = "claimed"
    return (*PULL, "--no-rebase")


FORMS = (
    a_fast_forward,
    a_true_merge,
    a_pull_that_merges,
    a_pull_that_rebases,
    a_rebase_by_patches,
    an_octopus,
    a_union_of_both_logs,
    a_criss_cross,
)
Form = Callable[[Meeting], tuple[str, ...]]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_what_others_did_is_told_and_nothing_else(meeting: Meeting, form: Form) -> None:
    said = run(meeting.repo, *form(meeting))
    assert (said.code, said.codes, said.news) == (0, (), CLAIMED), said.text
    assert " ago\n" in said.text
    if form is not a_criss_cross:
        goes_on_in_silence(meeting)


def test_events_that_come_out_twice_are_told_once_and_are_no_conflict(meeting: Meeting) -> None:
    said = run(meeting.repo, *a_union_with_lines_that_come_out_twice(meeting))
    ids = meeting.ids()
    assert len(ids) > len(set(ids)), "git has doubled nothing"
    assert (said.code, said.codes) == (0, ()), said.text
    assert said.news == ("WP03: planned → blocked by user",)
    assert run(meeting.repo, "push", "-q", "origin", "main").silent


@pytest.mark.parametrize("diverged", [False, True])
def test_a_squash_says_nothing_before_it_is_committed(meeting: Meeting, diverged: bool) -> None:
    meeting.theirs()
    meeting.repo.git("fetch", "-q")
    if diverged:
        of_mine(meeting)
    assert run(meeting.repo, "merge", "-q", "--squash", "origin/main").silent
    assert run(meeting.repo, "commit", "-qm", "squashed").silent


def test_a_merge_that_brings_nothing_of_a_mission_says_nothing(meeting: Meeting) -> None:
    meeting.other.commit("work", files={"docs/theirs.md": "theirs\n"})
    meeting.other.push("main")
    assert run(meeting.repo, *PULL, "--ff-only").silent
    assert run(meeting.repo, *PULL, "--ff-only").silent, "already up to date"


def test_an_amend_says_nothing(meeting: Meeting) -> None:
    meeting.mine()
    assert run(meeting.repo, "commit", "-q", "--amend", "-m", "better words").silent


def test_a_repository_without_missions_hears_nothing(repo: Repo, tmp_path: Path) -> None:
    from support.hooks import install_native
    from support.merges import HOOKS

    install_native(repo, HOOKS)
    repo.branch("side")
    repo.commit_to("side", {"README.md": "other\n"})
    repo.commit("work", files={"src/a/a.py": "a\n"})
    assert run(repo, "merge", "-q", "--no-edit", "side").silent
    repo.branch("side2", "HEAD~1")
    repo.commit_to("side2", {"src/c/c.py": "c\n"})
    assert run(repo, "rebase", "-q", "side2").silent


@pytest.mark.unmeasured  # a copy of the package
@pytest.mark.parametrize("form", [a_fast_forward, a_true_merge, a_pull_that_rebases], ids=lambda form: form.__name__)
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("news.py", "News.find_moved = lambda *_rest: ()"),
        ("git/passage.py", "_explore = lambda _git, found, _place: found"),
        ("git/passage.py", "read_merged = read_rebased = lambda *_rest: None"),
    ],
)
def test_a_hook_that_is_blind_is_caught(meeting: Meeting, form: Form, module: str, line: str, tmp_path: Path) -> None:
    package = Path(spec_kitty_hooks.__file__).parent
    shutil.copytree(package, tmp_path / "broken" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "broken" / package.name / module).open("a") as file:
        file.write(f"\n{line}\n")
    command = form(meeting)
    with broken(meeting.repo, tmp_path / "broken"):
        assert run(meeting.repo, *command).news != CLAIMED
