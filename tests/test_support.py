"""The builders build what they say: deterministic, clean for git, readable for the released client."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.clock import Clock, encode_ulid
from support.lives import TOPOLOGIES, TWO_LANES, lived
from support.missions import Mission, build_mission, seed
from support.repo import GitError, Repo
from support.sealed import ROOT_VARIABLE, sealed_environment

from spec_kitty_hooks.model.ids import is_ulid


class TestDeterminism:
    @pytest.mark.parametrize("topology", TOPOLOGIES)
    def test_two_builds_have_the_same_commits(self, tmp_path: Path, topology: str) -> None:
        first, second = (lived(tmp_path / name, topology) for name in ("one", "two"))
        assert first.repo.refs() == second.repo.refs()
        assert first.read_log() == second.read_log()
        assert len(set(first.repo.refs().values())) >= 2

    def test_another_start_of_the_clock_gives_other_commits(self, tmp_path: Path) -> None:
        env = sealed_environment(tmp_path / ".sealed")
        heads = set()
        for days in (0, 1):
            clock = Clock()
            clock.advance(days=days)
            heads.add(seed(Repo.init(tmp_path / str(days), env, clock)).head())
        assert len(heads) == 2

    def test_every_commit_has_a_date_of_its_own(self, mission: Mission) -> None:
        mission.implement("WP01").commit(files={"src/a/x.py": "x\n"})
        for form in ("%at", "%ct"):
            dates = mission.repo.ask("log", "--all", f"--format={form}").split("\n")
            assert len(dates) == len(set(dates))

    def test_a_clock_moves_only_when_asked(self) -> None:
        clock = Clock()
        assert clock.git_date() == clock.git_date() == "1767603600 +0000"
        assert clock.at() == "2026-01-05T09:01:00.000000+00:00"
        clock.advance(minutes=-1)
        assert clock.dates() == {"GIT_AUTHOR_DATE": "1767603600 +0000", "GIT_COMMITTER_DATE": "1767603600 +0000"}

    def test_ids_are_ulids_of_the_clocks_time_and_all_distinct(self) -> None:
        clock = Clock()
        made = [clock.ulid() for _ in range(3)] + [Clock().ulid()]
        assert len(set(made)) == 3
        assert all(is_ulid(name) and name[0] == "0" for name in made)
        assert encode_ulid((1 << 48) - 1, (1 << 80) - 1) == "7" + "Z" * 25


class TestSealedEnvironment:
    def test_nothing_of_the_machine_gets_in(self, tmp_path: Path) -> None:
        outside = {
            "PATH": "/bin",
            "COVERAGE_PROCESS_CONFIG": "x",
            "GIT_DIR": "/elsewhere",
            "GIT_CONFIG_COUNT": "1",
            "PYTHONPATH": "/x",
            "SPEC_KITTY_WP": "WP01",
            "GITHUB_REF": "r",
            "CI": "1",
            "CI_X": "1",
            "LANG": "de",
            "HOME": "/root",
            "PRE_COMMIT_FROM_REF": "a",
            "SKIP": "all",
            "NO_COLOR": "1",
        }
        env = sealed_environment(tmp_path, outside)
        assert set(env) & set(outside) == {"PATH", "COVERAGE_PROCESS_CONFIG", "HOME"}
        assert env["HOME"].startswith(str(tmp_path))

    def test_every_test_runs_in_it(self, sealed: dict[str, str]) -> None:
        inside = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        assert inside == sealed

    def test_git_reads_no_configuration_but_the_sealed_one(self, repo: Repo) -> None:
        scopes = {text.split("\t")[0] for text in repo.ask("config", "--list", "--show-scope").split("\n")}
        assert scopes == {"global", "local"}
        assert repo.git("config", "core.hooksPath", check=False).returncode == 1
        assert repo.ask("config", "--show-origin", "user.name").startswith(f"file:{repo.env[ROOT_VARIABLE]}")


class TestRepo:
    def test_names_may_hold_any_byte_that_the_file_system_takes(self, repo: Repo) -> None:
        names = (b"src/new\nline", b"src/\x1b[31m", b"src/\xff\xfe", 'src/é".py'.encode(), b"src/ blank ", b"-h")
        repo.commit(files=dict.fromkeys(names, "x"))
        assert set(names) <= repo.tree().keys()
        repo.branch("aside")
        repo.commit_to("aside", dict.fromkeys((name + b"2" for name in names), b"\0"))
        assert {name + b"2" for name in names} <= repo.tree("aside").keys()
        assert repo.show("aside", names[2] + b"2") == b"\0"

    def test_commit_takes_everything_or_the_named_paths_or_the_index(self, repo: Repo) -> None:
        repo.write("one", "1")
        repo.write("two", "2")
        repo.commit("named", paths=["one"])
        assert b"one" in repo.tree()
        assert b"two" not in repo.tree()
        with pytest.raises(GitError, match="nothing added"):
            repo.commit("index", paths=[])
        repo.commit("all")
        assert b"two" in repo.tree()

    def test_a_failing_call_says_what_failed(self, repo: Repo) -> None:
        with pytest.raises(GitError, match=r"exit 128\nfatal: .*nowhere"):
            repo.git("log", "nowhere", "--")
        assert repo.try_commit().returncode == 1

    def test_amend_keeps_the_author_date_and_cherry_pick_does_too(self, repo: Repo) -> None:
        repo.checkout("aside", "-b")
        picked = repo.commit(files={"x": "1"})
        author = repo.ask("log", "-1", "--format=%at", picked)
        amended = repo.commit("again", amend=True, files={"x": "2"})
        repo.checkout("main")
        repo.git("cherry-pick", amended)
        assert repo.ask("log", "-1", "--format=%at") == author
        assert repo.ask("log", "-1", "--format=%ct") > author

    def test_clones_of_every_kind_know_their_origin(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit(files={"x": "1"})
        bare = repo.clone(tmp_path / "origin.git", "--bare")
        repo.add_remote("origin", bare)
        repo.branch("kitty/mission-x-lane-a")
        repo.push()
        shallow = bare.clone(tmp_path / "shallow", "--depth=1")
        partial = bare.clone(tmp_path / "partial", "--filter=blob:none", "--no-checkout")
        single = bare.clone(tmp_path / "single", "--single-branch", "--branch=kitty/mission-x-lane-a")
        assert (shallow.path / ".git" / "shallow").is_file()
        assert partial.ask("config", "remote.origin.promisor") == "true"
        assert [name for name in single.refs() if name.startswith("refs/remotes/")] == [
            "refs/remotes/origin/kitty/mission-x-lane-a"
        ]
        assert {place.head() for place in (repo, shallow, partial, single)} == {repo.head()}

    def test_the_current_branch_is_what_git_says(self, repo: Repo) -> None:
        lane = repo.worktree(".worktrees/x", "kitty/x", "main")
        for place in (repo, lane):
            assert place.current_branch() == place.ask("branch", "--show-current") != ""
        lane.checkout("HEAD", "--detach")
        assert lane.current_branch() == ""

    def test_sha256_repositories_can_be_made(self, sealed: dict[str, str], tmp_path: Path, clock: Clock) -> None:
        repo = seed(Repo.init(tmp_path / "long", sealed, clock, "--object-format=sha256"))
        build_mission(repo, TWO_LANES, topology="coord").implement("WP01")
        assert len(repo.head()) == 64
