"""Whatever a path is called and whatever happens to it, it is judged by its bytes and shown harmlessly (design 4.5)."""

from __future__ import annotations

import os

import pytest
from support.hooks import install_native
from support.judging import Outcome, commit, printed_codes
from support.missions import Mission, build_mission
from support.repo import Repo

OWN, FOREIGN = "src/a/a.py", "src/b/b.py"
VIOLATION = ("ACTIVE_WP_SCOPE_VIOLATION",)
ODD = (
    "é.py",
    "with space.py",
    'quo"te.py',
    "ta\tb.py",
    "new\nline.py",
    "es\x1b[31mc.py",
    "-dash",
    "[id].py",
    "*",
    "\\x",
)


def run(place: Repo, *args: str) -> Outcome:
    """Commit what is staged, with a message."""
    done = place.git("commit", "-qm", "work", *args, check=False)
    if done.returncode:
        place.git("reset", "-q", "--hard")
    return Outcome(done.returncode == 0, tuple(printed_codes(done.stderr)), done.stderr)


def test_any_name_below_an_owned_directory_passes(lane: Repo) -> None:
    assert commit(lane, *(f"src/a/{name}" for name in ODD), b"src/a/\xff\xfe.py").silent


def test_a_foreign_name_is_shown_without_a_control_character(lane: Repo) -> None:
    refused = commit(lane, *(f"src/b/{name}" for name in ODD[:6]), b"src/b/\xff.py")
    assert refused.codes == VIOLATION
    assert not [char for char in refused.text if ord(char) < 32 and char != "\n"]
    shown = (r"é.py", "with space.py", 'quo"te.py', r"ta\x09b.py", r"new\x0aline.py", r"es\x1b[31mc.py", r"\xff.py")
    assert all(f"src/b/{name} (added)" in refused.text for name in shown)
    assert refused.text.count("ACTIVE_WP_SCOPE_VIOLATION") == 7
    assert not [line for line in refused.text.splitlines() if line.startswith("[")]


def test_many_foreign_paths_are_counted_and_the_first_ten_named(lane: Repo) -> None:
    refused = commit(lane, *(f"src/b/n{number:02}.py" for number in range(25)))
    assert refused.text.count("ACTIVE_WP_SCOPE_VIOLATION") == 10
    assert "and 15 more of the same" in refused.text
    command = next(line for line in refused.text.splitlines() if "git restore --staged -- " in line)
    assert command.split(" -- ")[1].split() == [f"src/b/n{number:02}.py" for number in range(10)]


def test_a_deletion_counts(lane: Repo) -> None:
    lane.git("rm", "-q", OWN)
    assert run(lane).silent
    lane.git("rm", "-q", FOREIGN)
    refused = run(lane)
    assert (refused.codes, "src/b/b.py (deleted)" in refused.text) == (VIOLATION, True)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (OWN, "src/a/moved.py", ()),
        (OWN, "src/b/moved.py", ("src/b/moved.py (added)",)),
        (FOREIGN, "src/a/taken.py", ("src/b/b.py (deleted)",)),
        (FOREIGN, "src/c/both.py", ("src/b/b.py (deleted)", "src/c/both.py (added)")),
    ],
)
def test_both_sides_of_a_rename_count(lane: Repo, old: str, new: str, shown: tuple[str, ...]) -> None:
    lane.git("config", "diff.renames", "copies")
    lane.git("mv", old, new)
    done = run(lane)
    assert done.allowed is not bool(shown)
    assert [f"{part} is outside" in done.text for part in shown] == [True] * len(shown)
    assert done.text.count("is outside") == len(shown)


def test_a_rename_out_of_another_work_packages_files_names_its_owner(lane: Repo) -> None:
    lane.git("mv", FOREIGN, "src/a/taken.py")
    assert (
        "src/b/b.py (deleted) is outside what WP01 owns (WP01 is active on lane-a); it belongs to WP02"
        in run(lane).text
    )


def test_a_change_of_mode_counts(lane: Repo) -> None:
    lane.git("update-index", "--chmod=+x", OWN)
    assert run(lane).silent
    lane.git("update-index", "--chmod=+x", FOREIGN)
    refused = run(lane)
    assert (refused.codes, "src/b/b.py (mode changed)" in refused.text) == (VIOLATION, True)


def test_a_change_of_type_counts(lane: Repo) -> None:
    for path in (OWN, FOREIGN):
        lane.remove(path)
        lane.symlink(path, "README.md")
    lane.git("add", OWN)
    assert run(lane).silent
    lane.remove(FOREIGN) if lane.exists(FOREIGN) else None
    lane.symlink(FOREIGN, "README.md")
    lane.git("add", FOREIGN)
    refused = run(lane)
    assert (refused.codes, "src/b/b.py (type changed)" in refused.text) == (VIOLATION, True)


def test_a_link_is_judged_by_its_own_place_and_never_followed(lane: Repo) -> None:
    lane.symlink("src/a/out", "/etc/passwd")
    lane.symlink("src/a/loop", "loop")
    lane.symlink("src/a/other", "../b")
    lane.git("add", "-A")
    assert run(lane).silent
    lane.symlink("src/b/in", "../a/a.py")
    lane.git("add", "-A")
    assert run(lane).codes == VIOLATION


@pytest.mark.parametrize("ignored", [False, True])
def test_a_submodule_counts_whatever_gitmodules_says(lane: Repo, ignored: bool) -> None:
    text = "".join(
        f'[submodule "{path}"]\n\tpath = {path}\n\turl = ../{path}\n' + ("\tignore = all\n" if ignored else "")
        for path in ("src/a/sub", "src/b/sub")
    )
    lane.commit("modules", files={".gitmodules": text}, no_verify=True)
    head = lane.head()
    lane.git("update-index", "--add", "--cacheinfo", f"160000,{head},src/a/sub")
    assert run(lane).silent
    lane.git("update-index", "--add", "--cacheinfo", f"160000,{head},src/b/sub")
    refused = lane.git("commit", "-qm", "foreign submodule", check=False)
    assert "src/b/sub (added) is outside" in refused.stderr
    lane.git("commit", "-qnm", "smuggled")
    lane.git("update-index", "--cacheinfo", f"160000,{lane.resolve('HEAD^')},src/b/sub")
    assert "src/b/sub (submodule changed) is outside" in lane.git("commit", "-qm", "x", check=False).stderr


def test_another_case_is_another_file(lane: Repo) -> None:
    assert commit(lane, "SRC/a/x.py").codes == VIOLATION
    assert commit(lane, "src/A/x.py").codes == VIOLATION


def test_another_normal_form_is_another_file(working: Mission, lane: Repo) -> None:
    working.edit(".kittify/note", "")
    composed, decomposed = "src/a/\u00e9.py", "src/a\u0301/x.py"
    assert commit(lane, composed).silent
    assert commit(lane, decomposed).codes == VIOLATION


def test_a_name_beside_an_owned_directory_is_not_in_it(lane: Repo) -> None:
    assert commit(lane, "src/a.py").codes == VIOLATION
    assert commit(lane, "src/ab/x.py").codes == VIOLATION
    assert commit(lane, "lib/src/a/x.py").codes == VIOLATION


def test_a_directory_that_becomes_a_file(lane: Repo) -> None:
    lane.git("rm", "-rq", "src/b")
    lane.write("src/b", "a file now\n")
    lane.git("add", "src/b")
    refused = run(lane)
    assert "src/b (added)" in refused.text
    assert "src/b/b.py (deleted)" in refused.text


def test_a_deep_path(lane: Repo) -> None:
    deep = "/".join(["d" * 100] * 30)
    assert commit(lane, f"src/a/{deep}/x.py").silent
    assert commit(lane, f"src/b/{deep}/x.py").codes == VIOLATION
    assert os.fspath(lane.path) not in deep


@pytest.mark.parametrize("pattern", ["vendor/lib", "vendor/lib/", "vendor/lib/**", "vendor/**"])
def test_a_submodule_is_a_directory_that_patterns_of_its_subtree_own(repo: Repo, pattern: str) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": [pattern]}})
    install_native(repo)
    place = mission.implement("WP01")
    place.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},vendor/lib")
    assert run(place).silent
    place.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},vendored")
    assert run(place).codes == VIOLATION


def test_a_pattern_over_the_limits_is_said_not_silently_dropped(repo: Repo) -> None:
    endless = "/".join(["**"] * 130)
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**", endless]}})
    install_native(repo)
    place = mission.implement("WP01")
    assert commit(place, OWN).silent
    unsure = commit(place, FOREIGN)
    assert unsure.codes == ("ACTIVE_WP_METADATA_INVALID",)
    assert "over the limits of a pattern" in unsure.text
