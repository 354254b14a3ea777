"""In a merge only what differs from all its parents is the committer's own (design 5)."""

from __future__ import annotations

import os

import pytest
from support.judging import Outcome, printed_codes
from support.missions import Mission
from support.repo import Content, Repo

OWN, FOREIGN = "src/a/a.py", "src/b/b.py"
VIOLATION = ("ACTIVE_WP_SCOPE_VIOLATION",)


def run(place: Repo, *args: str) -> Outcome:
    """Run `git ARGS` and return what became of it."""
    done = place.git(*args, check=False)
    return Outcome(done.returncode == 0, tuple(printed_codes(done.stderr)), done.stderr)


@pytest.fixture
def target(working: Mission) -> Repo:
    """The target branch has moved on by foreign changes."""
    files: dict[str | bytes, Content] = {FOREIGN: "target\n", "src/new/x.py": "", "docs/x.md": ""}
    working.repo.commit_to("main", files, "target moves")
    return working.repo


def test_a_clean_merge_of_the_target_passes_in_silence(target: Repo, lane: Repo) -> None:
    lane.commit("own", files={OWN: "own\n"})
    assert run(lane, "merge", "--no-edit", "main").silent
    assert lane.show("HEAD", FOREIGN) == b"target\n"


def test_a_merge_without_commit_is_judged_when_it_is_committed(target: Repo, lane: Repo) -> None:
    lane.commit("own", files={OWN: "own\n"})
    lane.git("merge", "-q", "--no-commit", "main")
    assert run(lane, "commit", "--no-edit").silent


def test_a_fast_forward_is_no_commit(target: Repo, lane: Repo) -> None:
    lane.git("reset", "-q", "--hard", "main~1")
    assert run(lane, "merge", "--ff-only", "main").silent


def test_what_is_added_during_a_merge_is_refused(target: Repo, lane: Repo) -> None:
    lane.commit("own", files={OWN: "own\n"})
    lane.git("merge", "-q", "--no-commit", "main")
    lane.write("src/c/evil.py", "evil\n")
    lane.write("src/a/fine.py", "fine\n")
    lane.stage("src")
    refused = run(lane, "commit", "--no-edit")
    assert refused.codes == VIOLATION
    assert refused.text.count("ACTIVE_WP_SCOPE_VIOLATION") == 1
    assert "src/c/evil.py (added)" in refused.text
    lane.git("rm", "-qf", "src/c/evil.py")
    assert run(lane, "commit", "--no-edit").silent


def test_a_clean_merge_that_a_teams_hook_adds_to_is_refused_before_it_is_made(target: Repo, lane: Repo) -> None:
    lane.commit("own", files={OWN: "own\n"})
    directory = lane.ask("config", "core.hooksPath")
    with open(os.path.join(directory, "pre-merge-commit"), "r+") as shim:
        text = shim.read().replace("exec ", "echo evil >src/c/evil.py && git add src/c/evil.py\nexec ", 1)
        shim.seek(0)
        shim.write(text)
    before = lane.head()
    assert run(lane, "merge", "--no-edit", "main").codes == VIOLATION
    assert lane.head() == before


@pytest.fixture
def conflict(working: Mission, lane: Repo) -> Repo:
    """A merge of the target into the lane has stopped: one owned file conflicts, 900 foreign files are staged."""
    foreign: dict[str | bytes, Content] = {f"src/b/n{number:03}.py": "new\n" for number in range(900)}
    working.repo.commit_to("main", {OWN: "theirs\n", FOREIGN: "theirs\n", **foreign}, "target moves")
    lane.commit("own", files={OWN: "ours\n"})
    assert lane.git("merge", "main", check=False).returncode
    lane.write(OWN, "both\n")
    lane.stage(OWN)
    return lane


def test_a_resolved_conflict_passes_whatever_the_other_side_brings(conflict: Repo) -> None:
    assert run(conflict, "commit", "--no-edit").silent
    assert len(conflict.ask("rev-list", "--parents", "-1", "HEAD").split()) == 3


@pytest.mark.parametrize("content", ["mine\n", None])
def test_a_foreign_file_changed_in_the_resolution_is_refused(conflict: Repo, content: str | None) -> None:
    if content is None:
        conflict.remove(FOREIGN)
    else:
        conflict.write(FOREIGN, content)
    conflict.stage(FOREIGN)
    refused = run(conflict, "commit", "--no-edit")
    assert (refused.codes, refused.text.count("ACTIVE_WP_SCOPE_VIOLATION")) == (VIOLATION, 1)
    conflict.git("checkout", "MERGE_HEAD", "--", FOREIGN)
    assert run(conflict, "commit", "--no-edit").silent


def test_a_file_of_the_lane_that_both_sides_changed_needs_no_owner_to_be_merged(working: Mission, lane: Repo) -> None:
    lines = "".join(f"{number}\n" for number in range(20))
    working.repo.commit_to("main", {OWN: lines}, "long")
    assert run(lane, "merge", "-q", "--no-edit", "main").silent
    lane.commit("work of WP01", files={OWN: lines + "lane\n"})
    working.walk("WP01", "approved")
    working.walk("WP02", "in_progress")
    working.repo.commit("target", files={OWN: "target\n" + lines}, no_verify=True)
    assert run(lane, "merge", "-q", "--no-edit", "main").silent
    assert lane.show("HEAD", OWN) == f"target\n{lines}lane\n".encode()


def test_planning_that_a_merge_brings_is_not_the_lanes_change(working: Mission, lane: Repo) -> None:
    working.edit(f"{working.path}/spec.md", "# another\n")
    working.transition("WP02", "claimed")
    lane.commit("own", files={OWN: "own\n"})
    assert run(lane, "merge", "-q", "--no-edit", "main").silent


def test_a_log_that_both_sides_appended_to_may_be_united_on_a_lane(working: Mission, lane: Repo) -> None:
    lane.append(
        working.log_path, b'{"kind": "annotation", "event_id": "01KTESTTESTTESTTESTTESTTES", "wp_id": "WP01"}\n'
    )
    lane.git("add", "-A")
    lane.git("commit", "-qnm", "frozen copy")
    working.transition("WP02", "claimed")
    assert lane.git("merge", "main", check=False).returncode
    theirs = lane.show("MERGE_HEAD", working.log_path)
    lane.write(working.log_path, theirs + lane.show("HEAD", working.log_path).splitlines(keepends=True)[-1])
    lane.stage(working.log_path)
    assert run(lane, "commit", "--no-edit").silent


def test_an_octopus_is_judged_against_all_its_parents(target: Repo, working: Mission, lane: Repo) -> None:
    lane.commit("own", files={OWN: "own\n"})
    working.lane_worktree("lane-b").commit("other lane", files={"src/c/c.py": "c\n"})
    heads = ("main", working.lane_branch("lane-b"))
    assert run(lane, "merge", "-q", "--no-edit", *heads).silent
    assert len(lane.ask("rev-list", "--parents", "-1", "HEAD").split()) == 4
    lane.git("reset", "-q", "--hard", "HEAD^")
    lane.git("merge", "-q", "--no-commit", *heads)
    lane.write("src/c/c.py", "evil\n")
    lane.stage("src/c/c.py")
    assert run(lane, "commit", "--no-edit").codes == VIOLATION


def test_a_squash_merge_is_an_ordinary_change(working: Mission, lane: Repo) -> None:
    working.lane_worktree("lane-b").commit("other lane", files={"src/c/c.py": "c\n"})
    lane.git("merge", "-q", "--squash", working.lane_branch("lane-b"))
    refused = run(lane, "commit", "-qm", "squash")
    assert "src/c/c.py (modified)" in refused.text
    assert refused.codes == VIOLATION
    lane.git("reset", "-q", "--hard")
    lane.branch("side")
    side = lane.worktree("../side", "side")
    side.commit("own", files={OWN: "own\n"})
    lane.git("merge", "-q", "--squash", "side")
    assert run(lane, "commit", "-qm", "squash").silent


def test_a_merge_after_approval_without_a_change_of_its_own_passes(target: Repo, working: Mission, lane: Repo) -> None:
    lane.commit("own", files={OWN: "own\n"})
    working.walk("WP01", "approved")
    working.walk("WP02", "approved")
    assert run(lane, "merge", "-q", "--no-edit", "main").silent
    refused = run(lane, "commit", "--allow-empty", "-qm", "nothing")
    assert refused.silent
