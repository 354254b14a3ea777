"""What a merge lost although git could not be stopped: told at once, repeated until it is back, then forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support import records
from support.merges import Meeting, broken, obey, run

import spec_kitty_hooks

LOST = ("MERGE_LOST_EVENTS",)
RECOVER = "spec-kitty-hooks recover --events"
QUIETLY = ("-c", "core.hooksPath=/dev/null")


def both_append(meeting: Meeting) -> tuple[str, str]:
    """Let both sides append, and return the ids of my event and of theirs; theirs is fetched."""
    theirs, mine = meeting.theirs(), meeting.mine()
    meeting.repo.git("fetch", "-q")
    return mine["event_id"], theirs["event_id"]


def next_commit(meeting: Meeting) -> tuple[int, tuple[str, ...]]:
    """Commit one more event in this clone."""
    meeting.mission.annotate("WP01", note="one more", commit=False)
    meeting.repo.stage()
    said = run(meeting.repo, "commit", "-qm", "chore: one more")
    return said.code, said.codes


def is_repeated_until_recovered(meeting: Meeting, lost: str) -> None:
    """Require a warning at the next commit, a refused push, the repair that is advised, and then silence."""
    assert lost not in meeting.ids()
    assert next_commit(meeting) == (0, LOST)
    refused = run(meeting.repo, "push", "-q", "origin", "main")
    assert (refused.code, refused.codes[-1:]) == (1, LOST), refused.text
    assert "1 event" in refused.text
    if refused.codes == LOST:  # nothing that is published is missing: then only the log's own branch is stopped
        meeting.repo.branch("topic")
        assert run(meeting.repo, "push", "-q", "origin", "topic").code == 0
    obey(meeting.repo, refused.step(RECOVER))
    assert lost in meeting.ids()
    assert next_commit(meeting) == (0, ())
    assert run(meeting.repo, "push", "-q", "origin", "main").silent


@pytest.mark.parametrize(("side", "kept"), [("ours", 0), ("theirs", 1)])
def test_a_merge_that_takes_one_side_is_refused_or_told(meeting: Meeting, side: str, kept: int) -> None:
    ids = both_append(meeting)
    before = meeting.repo.head()
    merge = ("merge", "-q", "--no-edit", "-X", side, "origin/main")
    refused = run(meeting.repo, *merge)
    assert (refused.code, refused.codes, meeting.repo.head()) == (1, LOST, before)
    meeting.repo.git("merge", "--abort")
    said = run(meeting.repo, *merge, "--no-verify")
    assert (said.code, said.codes) == (0, LOST), said.text
    assert ids[1 - kept] in said.text
    assert meeting.mission.directory in said.step(RECOVER)
    is_repeated_until_recovered(meeting, ids[1 - kept])


def test_a_conflict_finished_by_hand_is_repeated_until_it_is_recovered(meeting: Meeting) -> None:
    mine, theirs = both_append(meeting)
    assert run(meeting.repo, "merge", "-q", "origin/main").code
    meeting.repo.write(meeting.mission.log_path, meeting.repo.show("HEAD", meeting.mission.log_path))
    meeting.repo.stage()
    assert run(meeting.repo, "commit", "-q", "--no-edit").codes == LOST
    meeting.repo.git("commit", "-q", "--no-edit", "--no-verify")
    assert mine in meeting.ids()
    is_repeated_until_recovered(meeting, theirs)


def test_a_conflict_finished_with_both_sides_passes_in_silence(meeting: Meeting) -> None:
    _mine, theirs = both_append(meeting)
    assert run(meeting.repo, "merge", "-q", "origin/main").code
    last = meeting.repo.show("origin/main", meeting.mission.log_path).splitlines(keepends=True)[-1]
    meeting.repo.write(meeting.mission.log_path, meeting.repo.show("HEAD", meeting.mission.log_path) + last)
    meeting.repo.stage()
    assert run(meeting.repo, "commit", "-q", "--no-edit").silent
    assert theirs in meeting.ids()
    assert next_commit(meeting) == (0, ())
    assert run(meeting.repo, "push", "-q", "origin", "main").silent


def test_the_commit_that_brings_everything_back_by_hand_passes_in_silence(meeting: Meeting) -> None:
    _mine, theirs = both_append(meeting)
    run(meeting.repo, "merge", "-q", "--no-edit", "--no-verify", "-X", "ours", "origin/main")
    last = meeting.repo.show("origin/main", meeting.mission.log_path).splitlines(keepends=True)[-1]
    assert theirs.encode() in last
    meeting.repo.append(meeting.mission.log_path, last)
    meeting.repo.stage()
    assert run(meeting.repo, "commit", "-qm", "put back").silent
    assert run(meeting.repo, "push", "-q", "origin", "main").silent


def on_the_forge(meeting: Meeting, *options: str) -> str:
    """Let the colleague merge a branch that drops events on one side, and publish that; return what it lost."""
    meeting.other.branch("feature")
    theirs = meeting.theirs()
    meeting.other.checkout("feature")
    kept = meeting.append(meeting.other, "WP03", "planned", "claimed")
    meeting.other.checkout("main")
    meeting.other.git("merge", "-q", "--no-edit", "--no-ff", *options, "feature")
    meeting.other.push("main")
    return str((theirs if options[1] == "theirs" else kept)["event_id"])


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize("seen", [False, True])
def test_a_merge_made_elsewhere_is_told_at_the_next_pull(meeting: Meeting, side: str, seen: bool) -> None:
    if seen:  # the log is at the end what it was here before: the loss is in between
        meeting.repo.git(*QUIETLY, "pull", "-q")
    lost = on_the_forge(meeting, "-X", side)
    said = run(meeting.repo, "pull", "-q", "--ff-only")
    assert (said.code, said.codes) == (0, LOST), said.text
    assert lost in said.text
    is_repeated_until_recovered(meeting, lost)


def test_a_loss_that_others_have_repaired_is_not_told(meeting: Meeting) -> None:
    on_the_forge(meeting, "-X", "theirs")
    log = meeting.other.show("HEAD^1", meeting.mission.log_path).splitlines(keepends=True)[-1]
    meeting.other.append(meeting.mission.log_path, log)
    meeting.other.commit_quietly("chore: put back", (meeting.mission.log_path,))
    meeting.other.push("main")
    said = run(meeting.repo, "pull", "-q", "--ff-only")
    assert (said.code, said.codes) == (0, ()), said.text


def test_a_rebase_that_drops_an_event_of_mine_is_told_with_the_commit_that_has_it(meeting: Meeting) -> None:
    mine, _theirs = both_append(meeting)
    meeting.repo.commit("work", files={"docs/mine.md": "mine\n"}, no_verify=True)
    before = meeting.repo.head()
    assert run(meeting.repo, "pull", "-q", "--rebase").code
    meeting.repo.git("checkout", "--ours", "--", meeting.mission.log_path)
    meeting.repo.stage()
    meeting.repo.git(*QUIETLY, "-c", "core.editor=true", "rebase", "--skip", check=False)
    meeting.repo.git("update-ref", "refs/heads/main", before)
    meeting.repo.git("reset", "-q", "--hard")
    said = run(meeting.repo, "rebase", "-q", "-X", "ours", "origin/main")  # in a rebase, ours is theirs
    assert (said.code, said.codes) == (0, LOST), said.text
    assert "the rebase drops 1 event" in said.text
    assert mine in said.text
    shown = said.step("git show ").split()
    lines = meeting.repo.git(*shown[1:], binary=True).stdout.splitlines(keepends=True)
    assert "put the lost lines back" in said.step("put ")
    meeting.repo.append(meeting.mission.log_path, next(line for line in lines if mine.encode() in line))
    meeting.repo.stage()
    assert run(meeting.repo, "commit", "-qm", "put back").silent
    assert run(meeting.repo, "push", "-q", "origin", "main").silent


def test_a_rebase_that_drops_an_event_of_theirs_names_it_as_published(meeting: Meeting) -> None:
    _mine, theirs = both_append(meeting)
    said = run(meeting.repo, "rebase", "-q", "-X", "theirs", "origin/main")
    assert (said.code, said.codes) == (0, ("EVENT_LOG_NOT_APPEND_ONLY",)), said.text
    assert theirs in said.text
    assert theirs in meeting.repo.git(*said.step("git show ").split()[1:]).stdout
    refused = run(meeting.repo, "push", "-q", "origin", "main")
    assert (refused.code, refused.codes) == (1, ("EVENT_LOG_NOT_APPEND_ONLY",))


def test_a_side_that_rewrote_the_log_is_told_at_the_pull(meeting: Meeting) -> None:
    gone = meeting.mine()
    meeting.repo.push("main")
    meeting.other.git("pull", "-q")
    log = meeting.other.read(meeting.mission.log_path).splitlines(keepends=True)
    meeting.other.write(meeting.mission.log_path, b"".join(log[:-1]))
    meeting.other.commit("rewrite")
    meeting.other.push("main")
    said = run(meeting.repo, "pull", "-q", "--ff-only")
    assert (said.code, said.codes) == (0, ("EVENT_LOG_NOT_APPEND_ONLY",)), said.text
    assert gone["event_id"] in said.text
    assert said.news == ("WP01: claimed → planned by finalize-tasks",), said.text
    assert gone["event_id"] in meeting.repo.git(*said.step("git diff ").split()[1:]).stdout
    meeting.repo.write(meeting.mission.log_path, meeting.repo.git(*said.step("git show ").split()[1:]).stdout)
    assert "put the lost lines back" in said.step("put ")
    meeting.repo.stage()
    assert run(meeting.repo, "commit", "-qm", "put back").silent
    assert run(meeting.repo, "push", "-q", "origin", "main").silent


def test_an_event_without_a_final_newline_is_not_glued_unseen(meeting: Meeting) -> None:
    """Git's union puts the next line behind one that has no end: two events, and neither can be read."""
    meeting.unite()
    meeting.theirs()
    mine = records.line(meeting.event("WP01", "planned", "claimed"))
    meeting.repo.append(meeting.mission.log_path, mine.rstrip(b"\n"))
    meeting.repo.commit_quietly("chore: no newline", (meeting.mission.log_path,))
    said = run(meeting.repo, "pull", "-q", "--no-rebase", "--no-edit")
    text = meeting.repo.show("HEAD", meeting.mission.log_path)
    glued = b"}{" in text
    assert (said.codes == ()) is not glued, said.text
    assert (said.code == 0) is not glued


def test_conflict_markers_that_a_forge_committed_are_told(meeting: Meeting) -> None:
    mine, theirs = (records.line(meeting.event(wp_id, "planned", "claimed")) for wp_id in ("WP01", "WP02"))
    marked = b"<<<<<<< ours\n" + mine + b"=======\n" + theirs + b">>>>>>> theirs\n"
    meeting.other.append(meeting.mission.log_path, marked)
    meeting.other.commit("merged by a click")
    meeting.other.push("main")
    said = run(meeting.repo, "pull", "-q", "--ff-only")
    assert (said.code, said.codes) == (0, ("EVENT_LOG_UNREADABLE",)), said.text
    assert "conflict marker" in said.text


def test_one_id_with_two_contents_is_told(meeting: Meeting) -> None:
    event_id = meeting.mine()["event_id"]
    meeting.repo.push("main")
    meeting.other.git("pull", "-q")
    other = records.line(meeting.event("WP02", "planned", "claimed", event_id=event_id))
    meeting.other.append(meeting.mission.log_path, other)
    meeting.other.commit("a copied id")
    meeting.other.push("main")
    said = run(meeting.repo, "pull", "-q", "--ff-only")
    assert (said.code, said.codes) == (0, ("EVENT_ID_CONFLICT",)), said.text


Lossy = Callable[[Meeting], object]
BLIND = "_find_merge_lost = lambda *_rest: ()"


def on_a_forge(meeting: Meeting) -> None:
    on_the_forge(meeting, "-X", "theirs")


@pytest.mark.unmeasured  # a copy of the package
@pytest.mark.parametrize(
    ("merge", "module", "line"),
    [
        (both_append, "mission/logchange.py", BLIND),
        (on_a_forge, "mission/logchange.py", BLIND),
        (on_a_forge, "mergelosses.py", "MergeLosses._read_lines = lambda *_rest: frozenset()"),
    ],
)
def test_a_hook_that_overlooks_losses_is_caught(
    meeting: Meeting, merge: Lossy, module: str, line: str, tmp_path: Path
) -> None:
    package = Path(spec_kitty_hooks.__file__).parent
    shutil.copytree(package, tmp_path / "broken" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "broken" / package.name / module).open("a") as file:
        file.write(f"\n{line}\n")
    merge(meeting)
    meeting.repo.git("fetch", "-q")
    with broken(meeting.repo, tmp_path / "broken"):
        said = run(meeting.repo, "merge", "-q", "--no-edit", "--no-verify", "-X", "ours", "origin/main")
    assert said.code == 0, said.text
    assert LOST[0] not in said.codes
