"""The builders build what they say: deterministic, clean for git, readable for the released client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import pytest
from support.clock import Clock, encode_ulid
from support.hooks import COMMIT_HOOKS, exported, hook, install_native, judge
from support.missions import Mission, WorkPackage, build_mission, many_missions, seed
from support.records import LANES, ROAD, line, transition
from support.repo import GitError, Repo
from support.sealed import ROOT_VARIABLE, sealed_environment
from support.trace import traces

from spec_kitty_hooks.model.ids import is_ulid
from spec_kitty_hooks.model.lanes import EDGES

TOPOLOGIES = ("lanes", "single_branch", "coord", "lanes_with_coord")
TWO_LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
Untouched = Callable[[Repo], AbstractContextManager[None]]


def lived(place: Path, topology: str) -> Mission:
    """Build a mission that has been worked on, in a place and an environment of its own."""
    repo = seed(Repo.init(place / "repo", sealed_environment(place / ".sealed"), Clock()))
    mission = build_mission(repo, TWO_LANES, topology=topology, status_json=True)
    lane = mission.implement("WP01")
    lane.commit("feat(WP01): a", files={"src/a/new.py": "a = 1\n"})
    mission.walk("WP01", "done")
    mission.annotate("WP02", note="next")
    mission.retrospective()
    many_missions(repo, 2)
    return mission


def records_of(content: bytes) -> list[dict[str, object]]:
    return [json.loads(text) for text in content.split(b"\n")[:-1]]


def moves(mission: Mission) -> list[tuple[object, object, object]]:
    found = records_of(mission.read_log())
    return [(record["wp_id"], record["from_lane"], record["to_lane"]) for record in found if "to_lane" in record]


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


class TestMission:
    @pytest.mark.parametrize("topology", TOPOLOGIES)
    def test_git_finds_nothing_wrong(self, tmp_path: Path, topology: str) -> None:
        repo = lived(tmp_path, topology).repo
        ran = repo.git("fsck", "--strict", "--no-dangling")
        assert ran.stdout + ran.stderr == ""
        assert repo.ask("status", "--porcelain", "-uno") == ""

    def test_every_work_package_starts_planned_and_walks_the_legal_way(self, mission: Mission) -> None:
        assert moves(mission) == [(name, "genesis", "planned") for name in ("WP01", "WP02", "WP03")]
        mission.walk("WP01", "done")
        assert moves(mission)[3:] == [("WP01", *edge) for edge in pairwise(ROAD[1:])]
        assert mission.stands["WP01"] == "done"

    @pytest.mark.parametrize("edge", sorted(EDGES), ids=">".join)
    def test_an_unforced_edge_carries_what_its_guards_ask_for(self, edge: tuple[str, str]) -> None:
        cited = "review-cycle://m/WP01/1"
        made = transition("WP01", *edge, at="t", event_id="E", mission_slug="m", mission_id="M", reference=cited)
        guards = EDGES[edge]
        result, review = made.get("review_result"), (made["evidence"] or {}).get("review", {})
        assert made["actor"]
        assert "reason" not in guards or made["reason"]
        assert "review_ref" not in guards or made["review_ref"]
        assert ("review_result" in guards) == (result is not None)
        if result is not None:
            assert all(result.values())
            assert made["review_ref"] == result["reference"]
            assert review in ({}, result)
        if "evidence" in guards:
            assert review["verdict"] == "approved"
            assert review["reviewer"]
            assert review["reference"]

    def test_a_forced_edge_carries_a_reason_and_no_proof(self, mission: Mission) -> None:
        made = mission.transition("WP01", "done", force=True, actor="operator")
        assert (made["force"], made["actor"], made["from_lane"]) == (True, "operator", "planned")
        assert made["reason"]
        assert made["evidence"] is made["review_ref"] is None

    def test_subtasks_are_done_before_review(self, repo: Repo) -> None:
        package = WorkPackage(wp_id="WP01", owned_files=["src/**"], subtasks=("T001", "T002"))
        mission = build_mission(repo, {"lane-a": [package]})
        mission.walk("WP01", "for_review")
        found = [record for record in records_of(mission.read_log()) if record.get("kind") == "annotation"]
        assert [record["delta"] for record in found] == [{"subtasks": {"T001": "done", "T002": "done"}}]

    def test_a_verdict_comes_with_its_file(self, mission: Mission) -> None:
        mission.walk("WP01", "in_review")
        first = mission.transition("WP01", "in_progress")
        second = mission.walk("WP01", "approved")[-1]
        assert first["review_result"]["verdict"] == "changes_requested"
        assert second["review_ref"].endswith("/review-cycle-2.md")
        tree = mission.repo.tree()
        assert {mission.review_path("WP01", number).encode() for number in (1, 2)} <= tree.keys()

    def test_events_are_committed_alone(self, mission: Mission) -> None:
        mission.repo.write("src/a/other.py", "x\n")
        mission.repo.stage()
        mission.walk("WP01", "in_progress")
        shown = mission.repo.ask("show", "--format=", "--name-only").split("\n")
        assert shown == [mission.log_path]
        assert mission.repo.ask("diff", "--cached", "--name-only") == "src/a/other.py"

    def test_an_event_can_be_left_uncommitted(self, mission: Mission) -> None:
        before = mission.repo.head()
        mission.transition("WP01", "claimed", commit=False)
        assert mission.repo.head() == before
        assert mission.repo.ask("diff", "--name-only") == mission.log_path

    def test_damage_lies_in_the_log_as_given(self, mission: Mission) -> None:
        mission.raw_line(b"<<<<<<< HEAD\r")
        mission.raw_line(b'{"torn', newline=False)
        assert mission.read_log().endswith(b'}\n<<<<<<< HEAD\r\n{"torn')
        assert mission.repo.show("HEAD", mission.log_path) == mission.read_log()

    def test_other_records_are_the_classes_of_the_client(self, mission: Mission) -> None:
        mission.decision(question="which")
        mission.retrospective()
        mission.lifecycle("TasksCompleted")
        mission.annotate("WP01", note="n")
        found = records_of(mission.read_log())[-4:]
        keys = ("event_type", "type", "event_type", "kind")
        assert [record[key] for record, key in zip(found, keys, strict=True)] == [
            *("DecisionPointOpened", "RetrospectiveCaptured"),
            *("TasksCompleted", "annotation"),
        ]
        assert all(is_ulid(record["event_id"]) for record in found)

    def test_a_line_is_what_the_client_writes(self) -> None:
        assert line({"b": "é", "a": None}) == b'{"a": null, "b": "\\u00e9"}\n'

    def test_the_written_status_agrees_with_the_log(self, tmp_path: Path) -> None:
        mission = lived(tmp_path, "lanes")
        written = json.loads(mission.repo.read(f"{mission.path}/status.json"))
        assert {name: slot["lane"] for name, slot in written["work_packages"].items()} == mission.stands
        assert set(written["summary"]) == set(LANES)
        assert written["event_count"] == len(moves(mission))


class TestNames:
    def test_a_lane_is_a_linked_worktree_where_the_client_puts_it(self, mission: Mission) -> None:
        lane = mission.start_lane("lane-a")
        name = f"{mission.directory}-lane-a"
        assert lane.path == mission.repo.path / ".worktrees" / name
        assert lane.current_branch() == f"kitty/mission-{name}"
        assert mission.repo.exists(f".kittify/workspaces/{name}.json")
        assert mission.repo.ask("status", "--porcelain") == ""

    @pytest.mark.parametrize("lane_id", ["lane-aa", "lane-{", "lane-a.b"])
    def test_any_lane_id_that_git_takes_can_be_a_lane(self, repo: Repo, lane_id: str) -> None:
        mission = build_mission(repo, {lane_id: {"WP01": ["src/**"]}})
        assert mission.implement("WP01").current_branch().endswith(lane_id)

    def test_the_planning_lane_is_the_primary_checkout(self, repo: Repo) -> None:
        mission = build_mission(repo, {"lane-planning": {"WP01": ["docs/**"]}}, target_branch="feat/x")
        assert mission.start_lane("lane-planning").path == repo.path
        assert mission.lane_branch("lane-planning") == repo.current_branch() == "feat/x"

    def test_names_are_free(self, repo: Repo) -> None:
        shared = "01KE6P8K0000000000000000"
        odd = build_mission(repo, TWO_LANES, slug="mission-lane-a", mission_id=shared + "01")
        twin = build_mission(repo, TWO_LANES, slug="fix-lane-b", mission_id=shared + "02")
        old = build_mission(repo, TWO_LANES, directory="012-old", meta={"mission_slug": "old"})
        doubled = build_mission(
            repo, TWO_LANES, directory="x-01KE6P8K", mission_branch="kitty/mission-x-01KE6P8K-01KE6P8K"
        )
        assert odd.directory == "mission-lane-a-01KE6P8K"
        assert twin.directory[-8:] == odd.directory[-8:]
        assert old.lane_branch("lane-a") == "kitty/mission-012-old-lane-a"
        assert json.loads(repo.read(f"{old.path}/meta.json"))["mission_slug"] == "old"
        assert json.loads(repo.read(f"{doubled.path}/lanes.json"))["mission_branch"] == doubled.mission_branch
        assert doubled.implement("WP03").current_branch() == "kitty/mission-x-01KE6P8K-01KE6P8K-lane-b"

    def test_meta_has_every_key_that_all_real_missions_have(self, mission: Mission) -> None:
        common = {"created_at", "friendly_name", "mission_id", "mission_slug", "slug", "mission_type", "target_branch"}
        assert (
            common | {"flattened", "mission_number"}
            <= json.loads(mission.repo.read(f"{mission.path}/meta.json")).keys()
        )

    def test_a_key_of_meta_can_be_removed(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, meta={"topology": None, "mission_number": 7})
        written = json.loads(repo.read(f"{mission.path}/meta.json"))
        assert "topology" not in written
        assert written["mission_number"] == 7

    def test_heads_can_be_broken(self, repo: Repo) -> None:
        package = WorkPackage(wp_id="WP01", head=b"---\n<<<<<<< HEAD\n---\n")
        mission = build_mission(repo, {"lane-a": [package]}, policy={"commit_guard": {"mode": "block"}})
        assert repo.read(mission.wp_path("WP01")).startswith(b"---\n<<<<<<< HEAD\n---\n")
        assert b"\npolicy:\n  commit_guard:\n    mode: block\n" in repo.read(".kittify/config.yaml")
        mission.replan(WorkPackage(wp_id="WP01", owned_files=["docs/**"]))
        assert b"\n- docs/**\n" in repo.read(mission.wp_path("WP01"))


class TestCoordination:
    def test_events_go_to_the_coordination_branch_only(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, topology="coord")
        mission.walk("WP01", "in_progress")
        assert b'"to_lane"' not in repo.show("main", mission.log_path)
        assert repo.show(mission.coordination_branch, mission.log_path) == mission.read_log()
        assert mission.coordination_worktree.read(mission.log_path) == mission.read_log()
        assert json.loads(repo.read(f"{mission.path}/meta.json"))["coordination_branch"] == mission.coordination_branch

    def test_a_lane_hides_the_log_and_still_has_the_plan(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, topology="coord")
        lane = mission.implement("WP01")
        assert not lane.exists(mission.log_path)
        assert mission.log_path.encode() in lane.tree()
        assert lane.exists(mission.wp_path("WP01"))
        assert lane.ask("status", "--porcelain") == ""

    def test_without_its_worktree_the_branch_alone_takes_the_events(self, repo: Repo) -> None:
        mission = build_mission(repo, TWO_LANES, topology="coord")
        mission.remove_coordination_worktree()
        tip = repo.resolve(mission.log_branch)
        mission.walk("WP01", "approved")
        assert mission.surface is None
        assert repo.resolve(f"{mission.log_branch}~1") == tip
        assert moves(mission)[-1] == ("WP01", "in_review", "approved")
        assert mission.review_path("WP01", 1).encode() in repo.tree(mission.log_branch)

    def test_with_the_target_not_checked_out_the_branch_takes_the_events(self, mission: Mission) -> None:
        mission.repo.checkout("elsewhere", "-b")
        before = mission.repo.head()
        mission.walk("WP01", "claimed")
        assert mission.repo.head() == before
        assert moves(mission)[-1] == ("WP01", "planned", "claimed")
        assert mission.repo.ask("status", "--porcelain") == ""


def test_a_crowd_of_missions_is_one_commit(repo: Repo) -> None:
    before = repo.head()
    names = many_missions(repo, 20, packages=3)
    assert repo.resolve("HEAD~1") == before
    assert {path.name for path in (repo.path / "kitty-specs").iterdir()} == set(names)
    assert len({name[-8:] for name in names}) == 20
    assert repo.ask("status", "--porcelain") == ""
    assert repo.git("fsck", "--strict").stderr == ""


class TestNoTrace:
    @pytest.mark.parametrize(
        "harm",
        [
            ("add", "new"),
            ("commit", "--allow-empty", "-mx"),
            ("config", "a.b", "c"),
            ("stash",),
            ("update-index", "--chmod=+x", "README.md"),
            ("checkout", "-b", "x"),
        ],
        ids=" ".join,
    )
    def test_every_kind_of_change_is_seen(self, repo: Repo, untouched: Untouched, harm: tuple[str, ...]) -> None:
        repo.write("new", "x")
        repo.append("README.md", b"more\n")
        with pytest.raises(AssertionError, match="changed:"), untouched(repo):
            repo.git(*harm)

    def test_a_mode_and_a_name_are_seen(self, repo: Repo, untouched: Untouched) -> None:
        with pytest.raises(AssertionError, match=r"changed: .*README.md"), untouched(repo):
            (repo.path / "README.md").chmod(0o600)
        with pytest.raises(AssertionError, match="came: "), untouched(repo):
            repo.write(b"\xff", "")
        with pytest.raises(AssertionError, match="went: "), untouched(repo):
            repo.remove(b"\xff")

    def test_reading_and_objects_and_our_own_directory_are_free(self, mission: Mission, untouched: Untouched) -> None:
        lane = mission.start_lane("lane-a")
        for place in (mission.repo, lane):
            with untouched(place):
                place.git("--no-optional-locks", "status")
                place.git("hash-object", "-w", "--stdin", input="x")
                place.write(place.common_dir() / "spec-kitty-hooks" / "journal", "x")

    def test_a_hook_that_writes_is_caught(self, repo: Repo) -> None:
        with pytest.raises(AssertionError, match="came: "):
            judge(repo, command=["sh", "-c", "echo x > left"])
        assert judge(repo, command=["sh", "-c", "exit 3"]).returncode == 3

    def test_a_watched_hook_that_writes_in_a_real_commit_is_caught(self, repo: Repo) -> None:
        install_native(repo, command=["sh", "-c", "git config a.b c; git add -A"])
        repo.write("staged", "x")
        repo.stage("staged")
        repo.write("smuggled", "x")
        assert repo.try_commit().returncode == 0
        found = traces(Path(repo.env[ROOT_VARIABLE]))
        assert [text for text in found if text.endswith("/.git/config'")] == [found[0]]
        assert any("index" in text for text in found)
        for file in (Path(repo.env[ROOT_VARIABLE]) / "traces").iterdir():
            file.unlink()  # this test meant it

    @pytest.mark.parametrize("place", ["home", "primary checkout"])
    def test_a_watched_hook_of_a_lane_that_writes_outside_the_lane_is_caught(
        self, mission: Mission, place: str
    ) -> None:
        lane = mission.start_lane("lane-a")
        left = {"home": Path(lane.env["HOME"]), "primary checkout": mission.repo.path}[place] / "left"
        install_native(lane, command=["sh", "-c", f"echo x > '{left}'"])
        lane.commit(files={"src/a/x.py": "x"})
        assert traces(Path(lane.env[ROOT_VARIABLE])) == [f"pre-commit: came: {str(left)!r}"]
        for file in (Path(lane.env[ROOT_VARIABLE]) / "traces").iterdir():
            file.unlink()  # this test meant it

    def test_git_itself_leaves_no_trace_while_a_hook_runs(self, mission: Mission) -> None:
        repo = mission.repo
        lane = mission.start_lane("lane-a")
        install_native(repo, command=["sh", "-c", "exit 0"])
        for place in (repo, lane):
            place.commit(files={"src/a/x.py": f"{place.path}\n"})
            place.write("src/a/x.py", "again\n")
            place.git("commit", "-q", "-a", "-m", "all")
        repo.git("merge", "-q", "--no-edit", "-X", "ours", lane.current_branch())
        assert traces(Path(repo.env[ROOT_VARIABLE])) == []


DUMP = """\
import json, os, sys
with open(sys.argv[1], "w") as file:
    json.dump({name: value for name, value in os.environ.items() if name.startswith("GIT_")}, file)
"""


class TestHooks:
    @pytest.mark.parametrize("linked", [False, True], ids=["main", "linked"])
    def test_we_export_what_git_exports(self, mission: Mission, linked: bool, tmp_path: Path) -> None:
        place = mission.start_lane("lane-a") if linked else mission.repo
        seen = []
        for way in ("real", "ours"):
            command = [sys.executable, "-c", DUMP, str(tmp_path / way)]
            if way == "real":
                install_native(place, command=command, watched=False)
                place.commit(files={"src/a/x.py": "x\n"})
            else:
                assert hook(place, "pre-commit", command=command).returncode == 0
            seen.append(json.loads((tmp_path / way).read_text()))
        real, ours = seen
        for names in seen:
            assert names.pop("GIT_AUTHOR_DATE").startswith("@")
            names.pop("GIT_COMMITTER_DATE", None)  # ours to step the clock
        assert ours == real

    def test_hooks_get_arguments_and_input(self, repo: Repo) -> None:
        ran = hook(repo, "pre-push", "origin", "url", stdin=b"a b c d\n", command=["sh", "-c", 'echo "$@"; cat', "sh"])
        assert ran.stdout == "origin url\na b c d\n"

    def test_an_installed_hook_can_refuse_a_real_commit_and_scenery_passes_it(self, mission: Mission) -> None:
        install_native(mission.repo, command=["sh", "-c", "echo refused >&2; exit 1"])
        mission.repo.write("src/a/x.py", "x\n")
        mission.repo.stage()
        ran = mission.repo.try_commit()
        assert (ran.returncode, ran.stderr) == (1, "refused\n")
        with pytest.raises(GitError, match="refused"):
            mission.repo.commit(files={"y": ""})
        mission.walk("WP01", "in_progress")

    def test_only_commit_hooks_see_an_index(self, repo: Repo) -> None:
        assert all("GIT_INDEX_FILE" in exported(repo, name) for name in COMMIT_HOOKS)
        assert "GIT_INDEX_FILE" not in exported(repo, "pre-push")


PEER = """\
import json, sys
from pathlib import Path
from specify_cli.lanes.persistence import require_lanes_json
from specify_cli.status.store import read_event_stream
from specify_cli.status.reducer import materialize_snapshot
from specify_cli.status.wp_metadata import read_authored_wp_frontmatter
log, plan = map(Path, sys.argv[1:])
snapshot = materialize_snapshot(log).to_dict()
manifest = require_lanes_json(plan)
heads = [read_authored_wp_frontmatter(path)[0] for path in sorted((plan / "tasks").glob("WP*.md"))]
print(json.dumps({
    "lanes": {name: slot["lane"] for name, slot in snapshot["work_packages"].items()},
    "count": snapshot["event_count"],
    "branch": manifest.mission_branch,
    "wp_ids": [list(lane.wp_ids) for lane in manifest.lanes],
    "owned": {str(head.work_package_id): list(head.owned_files) for head in heads},
}))
"""


@pytest.mark.peer
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_released_client_reads_what_we_build(tmp_path: Path, peer_python: str, topology: str) -> None:
    mission = lived(tmp_path, topology)
    log = (mission.surface or mission.repo).path / mission.path
    ran = subprocess.run(
        [peer_python, "-I", "-c", PEER, log, mission.repo.path / mission.path],
        env=mission.repo.env,
        cwd=mission.repo.path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    read = json.loads(ran.stdout.splitlines()[-1])
    assert read["lanes"] == mission.stands
    assert read["count"] == len(moves(mission))
    assert read["branch"] == mission.mission_branch
    assert read["wp_ids"] == [["WP01", "WP02"], ["WP03"]]
    assert read["owned"] == {"WP01": ["src/a/**"], "WP02": ["src/b/**"], "WP03": ["src/c/**"]}
