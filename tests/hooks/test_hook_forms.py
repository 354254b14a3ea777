"""Every form of `git commit` is judged by what the commit would hold, and by nothing else (design 7)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.judging import Outcome, commit, printed_codes, stage
from support.missions import Mission
from support.repo import Repo

OWN, FOREIGN = "src/a/a.py", "src/b/b.py"
VIOLATION = ("ACTIVE_WP_SCOPE_VIOLATION",)


def run(place: Repo, *args: str, **options: object) -> Outcome:
    """Run `git ARGS` and return what became of it."""
    done = place.git(*args, check=False, **options)  # type: ignore[call-overload]
    return Outcome(done.returncode == 0, tuple(printed_codes(done.stderr)), done.stderr)


def touch(place: Repo, *paths: str) -> None:
    for path in paths:
        place.append(path, f"changed {place.clock.at()}\n".encode())


def test_a_plain_commit(lane: Repo) -> None:
    assert commit(lane, OWN, "src/a/deep/er/x.py").silent
    refused = commit(lane, OWN, FOREIGN)
    assert (refused.allowed, refused.codes) == (False, VIOLATION)
    assert "src/b/b.py (modified) is outside what WP01 owns (WP01 is active on lane-a)" in refused.text
    assert "it belongs to WP02 (planned)" in refused.text
    assert "src/a/a.py (modified)" not in refused.text


def test_commit_all_is_judged_by_the_index_that_git_is_about_to_commit(lane: Repo) -> None:
    touch(lane, OWN)
    assert run(lane, "commit", "-qam", "own").silent
    touch(lane, OWN, FOREIGN)
    assert run(lane, "commit", "-qam", "both").codes == VIOLATION
    assert lane.git("diff", "--cached", "--quiet", check=False).returncode == 0


def test_a_pathspec_commits_and_judges_only_what_it_names(lane: Repo) -> None:
    stage(lane, FOREIGN)
    touch(lane, OWN)
    assert run(lane, "commit", "-qm", "own", "--", OWN).silent
    assert lane.ask("diff", "--cached", "--name-only") == FOREIGN
    touch(lane, OWN)
    assert run(lane, "commit", "-qm", "foreign", "--only", "--", FOREIGN).codes == VIOLATION
    lane.git("reset", "-q", "--hard")
    stage(lane, OWN)
    touch(lane, FOREIGN)
    assert run(lane, "commit", "-qm", "foreign", "--", FOREIGN).codes == VIOLATION
    assert run(lane, "commit", "-qm", "both", "--include", "--", FOREIGN).codes == VIOLATION


def test_a_patch_is_judged_by_the_hunks_that_were_taken(lane: Repo) -> None:
    for path in (OWN, FOREIGN):
        lane.write(path, "0\n" + "\n" * 20 + "1\n")
    lane.git("add", "-A")
    lane.git("commit", "-qnm", "long files")
    for path in (OWN, FOREIGN):
        lane.write(path, "one\n" + "\n" * 20 + "two\n")
    assert run(lane, "commit", "-pqm", "one hunk", input="y\nn\nn\nn\n").silent
    assert lane.show("HEAD", OWN).startswith(b"one\n")
    assert lane.show("HEAD", OWN).endswith(b"1\n")
    assert run(lane, "commit", "-pqm", "foreign hunk", input="n\ny\nn\n").codes == VIOLATION


def test_intent_to_add_is_no_part_of_the_commit(lane: Repo) -> None:
    lane.write("src/b/later.py", "later\n")
    lane.git("add", "-N", "src/b/later.py")
    assert commit(lane, OWN).silent
    assert run(lane, "commit", "-qam", "now it is").codes == VIOLATION


def test_an_empty_commit_touches_nothing(lane: Repo) -> None:
    assert commit(lane, args=("--allow-empty",)).silent


class TestAmend:
    """An amend is judged with all that the new commit holds, against the parent of the old one."""

    @pytest.fixture
    def clean(self, lane: Repo) -> Repo:
        lane.commit("own", files={OWN: "own\n"})
        return lane

    @pytest.fixture
    def smuggled(self, lane: Repo) -> Repo:
        lane.commit("smuggled", files={OWN: "own\n", FOREIGN: "smuggled\n"}, no_verify=True)
        return lane

    @pytest.mark.parametrize("args", [(), ("--reset-author",), ("--only",), ("--date", "2026-01-01T00:00:00Z")])
    def test_of_a_clean_commit_passes(self, clean: Repo, args: tuple[str, ...]) -> None:
        assert run(clean, "commit", "-q", "--amend", "-m", "another word", *args).silent

    @pytest.mark.parametrize("args", [("--no-edit",), ("--no-edit", "--reset-author"), ("--only", "-m", "word")])
    def test_of_a_smuggled_commit_is_refused_though_nothing_is_staged(
        self, smuggled: Repo, args: tuple[str, ...]
    ) -> None:
        refused = run(smuggled, "commit", "-q", "--amend", *args)
        assert (refused.allowed, refused.codes) == (False, VIOLATION)
        assert f"git restore --staged --source={smuggled.resolve('HEAD^')[:12]} -- {FOREIGN}" in refused.text

    def test_of_a_smuggled_commit_is_refused_with_owned_files_staged(self, smuggled: Repo) -> None:
        stage(smuggled, OWN)
        assert run(smuggled, "commit", "-q", "--amend", "--no-edit").codes == VIOLATION

    def test_that_takes_a_foreign_change_back_passes(self, smuggled: Repo) -> None:
        smuggled.git("restore", "--staged", "--worktree", "--source=HEAD^", "--", FOREIGN)
        assert run(smuggled, "commit", "-q", "--amend", "--no-edit").silent
        assert FOREIGN not in smuggled.ask("diff", "--name-only", "HEAD^", "HEAD")

    def test_with_owned_files_staged_passes_and_with_foreign_ones_is_refused(self, clean: Repo) -> None:
        stage(clean, "src/a/more.py")
        assert run(clean, "commit", "-q", "--amend", "--no-edit").silent
        stage(clean, FOREIGN)
        assert run(clean, "commit", "-q", "--amend", "--no-edit").codes == VIOLATION

    def test_through_an_alias_is_an_amend_too(self, smuggled: Repo) -> None:
        smuggled.git("config", "alias.fix", "commit --amend --no-edit")
        smuggled.git("config", "alias.again", "!git commit --amend --no-edit")
        assert run(smuggled, "fix").codes == VIOLATION
        assert run(smuggled, "again").codes == VIOLATION

    def test_of_a_root_commit_is_judged_against_nothing(self, working: Mission) -> None:
        lane = working.lane_worktree("lane-a")
        lane.checkout("fresh", "--orphan")
        lane.git("commit", "-qnm", "root")
        lane.git("branch", "-M", "fresh", working.lane_branch("lane-a"))
        refused = run(lane, "commit", "-q", "--amend", "--no-edit")
        assert not refused.allowed
        assert "ACTIVE_WP_SCOPE_VIOLATION: README.md (added)" in refused.text
        lane.git("rm", "-rqf", "--cached", ".")
        lane.git("add", "-f", OWN)
        assert run(lane, "commit", "-q", "--amend", "--no-edit").silent

    def test_two_commits_of_one_author_within_a_second_are_no_amend(self, smuggled: Repo) -> None:
        second = {"GIT_AUTHOR_DATE": smuggled.ask("show", "-s", "--format=%ad", "--date=raw", "HEAD")}
        stage(smuggled, OWN)
        assert run(smuggled, "commit", "-qm", "the same second", env=second).silent


class TestPlaces:
    """Where the person stands, and how git was told about the repository, makes no difference."""

    def test_a_subdirectory(self, lane: Repo) -> None:
        inside = lane.path / "src" / "a"
        stage(lane, OWN)
        assert run(lane, "commit", "-qm", "own", cwd=inside).silent
        stage(lane, FOREIGN)
        refused = run(lane, "commit", "-qm", "foreign", cwd=inside)
        assert refused.codes == VIOLATION
        assert "git restore --staged -- ../b/b.py" in refused.text
        assert "spec-kitty-hooks explain ../b/b.py" in refused.text

    def test_all_and_a_pathspec_from_a_subdirectory(self, lane: Repo) -> None:
        inside = lane.path / "src" / "a"
        touch(lane, OWN, FOREIGN)
        assert run(lane, "commit", "-qm", "own", "--", "a.py", cwd=inside).silent
        assert run(lane, "commit", "-qam", "all", cwd=inside).codes == VIOLATION

    def test_exported_git_dir_and_work_tree_from_the_root_directory(self, lane: Repo) -> None:
        env = {"GIT_DIR": str(lane.git_dir()), "GIT_WORK_TREE": str(lane.path)}
        stage(lane, OWN)
        assert run(lane, "commit", "-qm", "own", cwd=Path("/"), env=env).silent
        stage(lane, FOREIGN)
        assert run(lane, "commit", "-qm", "foreign", cwd=Path("/"), env=env).codes == VIOLATION

    def test_git_dir_and_work_tree_on_the_command_line(self, lane: Repo, tmp_path: Path) -> None:
        options = (f"--git-dir={lane.git_dir()}", f"--work-tree={lane.path}")
        stage(lane, FOREIGN)
        assert run(lane, *options, "commit", "-qm", "foreign", cwd=tmp_path).codes == VIOLATION
        assert run(lane, "-C", os.fspath(lane.path), "commit", "-qm", "foreign", cwd=tmp_path).codes == VIOLATION

    def test_another_index_file_of_the_callers_choice(self, lane: Repo) -> None:
        stage(lane, FOREIGN)
        env = {"GIT_INDEX_FILE": str(lane.path.parent / "other-index")}
        lane.git("read-tree", "HEAD", env=env)
        lane.write(OWN, "other\n")
        lane.git("add", OWN, env=env)
        assert run(lane, "commit", "-qm", "own", env=env).silent
        assert run(lane, "commit", "-qm", "foreign").codes == VIOLATION
