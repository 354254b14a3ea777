"""What a focused branch makes of files: kinds, deletions, renames, event logs, and histories that met before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.diverging import land, plan, publish, share
from support.focusing import branch_of, build, refuse
from support.focusing import plan as work_out
from support.missions import Mission, build_mission
from support.repo import Repo

TEXT = "".join(f"{number}\n" for number in range(1, 7))
IDENTITY = "01KE6P8K000000000000000000"


def planned(repo: Repo, place: Path, files: dict[str, str] | None = None) -> tuple[Mission, Repo]:
    """Plan a mission that the remote has, with files that both sides have."""
    repo.commit("files", files=files or {"src/a/x": TEXT, "src/b/y": TEXT})
    return plan(repo, place)


def contents(repo: Repo, mission: Mission) -> dict[bytes, tuple[str, str]]:
    return repo.tree(branch_of(mission))


def test_contents_that_both_sides_changed_apart_are_merged(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    repo.commit("mine", files={"src/a/x": TEXT.replace("1", "one")})
    publish(repo, remote, {"src/a/x": TEXT.replace("6", "six")})
    build(mission)
    assert repo.show(branch_of(mission), "src/a/x") == b"one\n2\n3\n4\n5\nsix\n"


def test_every_kind_of_change_is_carried(repo: Repo, tmp_path: Path) -> None:
    files = {f"src/a/{name}": f"{name}\n" for name in ("gone", "moved", "program", "tolink", "todir")}
    mission, remote = planned(repo, tmp_path / "remote", files)
    (repo.path / "src/a/program").chmod(0o755)
    (repo.path / "src/a/tolink").unlink()
    (repo.path / "src/a/tolink").symlink_to("program")
    (repo.path / "src/a/todir").unlink()
    repo.write("src/a/todir/inside", "1\n")
    repo.git("mv", "src/a/moved", "src/b/moved")
    repo.git("rm", "-q", "src/a/gone")
    repo.write("src/a/sp ace\nand\x1b[1m", "1\n")
    repo.stage()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},src/a/sub")
    repo.git("commit", "-q", "-m", "all kinds")
    theirs = publish(repo, remote, {"lib/x": "1\n"})
    made = build(mission)
    assert contents(repo, mission) == {**repo.tree("main"), b"lib/x": repo.tree(theirs)[b"lib/x"]}
    assert {path["path"].removeprefix("src/"): path["change"] for path in made["paths"]} == {
        "a/gone": "deleted",
        "a/moved": "deleted",
        "b/moved": "added",
        "a/program": "mode changed",
        "a/sp ace\nand\x1b[1m": "added",
        "a/sub": "added",
        "a/todir": "deleted",
        "a/todir/inside": "added",
        "a/tolink": "type changed",
    }


def test_names_of_any_bytes_are_carried(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = planned(repo, tmp_path / "remote")
    repo.commit("odd", files={b"src/a/\xff\xfe": "1\n"})
    build(mission)
    assert b"src/a/\xff\xfe" in contents(repo, mission)


def test_a_rename_of_ours_that_upstream_changed_is_left_to_a_person(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    repo.git("mv", "src/a/x", "src/a/z")
    repo.git("commit", "-q", "-m", "renamed")
    publish(repo, remote, {"src/a/x": TEXT.replace("1", "one")})
    found = refuse(mission, 1, "FOCUSED_BRANCH_CONFLICT")
    assert [(one["path"], one["reason"]) for one in found["conflicts"]] == [
        ("src/a/x", "one side deleted it, the other one changed it")
    ]


def test_a_rename_on_both_sides_keeps_both_names(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    repo.git("mv", "src/a/x", "src/a/z")
    repo.git("commit", "-q", "-m", "renamed")
    theirs = repo.ask("hash-object", "-w", "src/a/z")
    remote.git("fetch", "-q", str(repo.path), "main")
    repo.git("checkout", "-q", "-b", "theirs", "origin/main")
    repo.git("mv", "src/a/x", "lib")
    repo.git("commit", "-q", "-m", "renamed too")
    repo.git("push", "-q", "origin", "theirs:main")
    repo.git("checkout", "-q", "main")
    build(mission)
    files = contents(repo, mission)
    assert b"src/a/x" not in files
    assert files[b"lib"] == files[b"src/a/z"] == ("100644", theirs)


def test_a_directory_where_upstream_has_a_file_is_a_conflict(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    repo.commit("mine", files={"src/a/place/x": "1\n"})
    publish(repo, remote, {"src/a/place": "a file\n"})
    found = refuse(mission, 1, "FOCUSED_BRANCH_CONFLICT")
    assert [(one["path"], one["reason"]) for one in found["conflicts"]] == [
        ("src/a/place", "a file stands where the other side has a directory")
    ]


# -- the event log


def append(mission: Mission, repo: Repo, remote: Repo, line: bytes) -> bytes:
    """Publish one more line of the log, as another clone did it; return the published log."""
    log = repo.show("origin/main", mission.log_path) + line + b"\n"
    publish(repo, remote, {mission.log_path: log})
    return log


def event(number: int, **changes: object) -> bytes:
    record = {
        "event_id": f"{IDENTITY[:-3]}{number:03}",
        "at": f"2026-01-07T00:00:{number:02}+00:00",
        "kind": "annotation",
    }
    return json.dumps({**record, "actor": "x", "delta": {}, "wp_id": "WP01", **changes}, sort_keys=True).encode()


def test_the_events_of_both_sides_are_kept_and_no_published_byte_moves(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    mission.transition("WP01", "claimed")
    published = append(mission, repo, remote, event(1))
    mine = repo.read(mission.log_path)
    made = build(mission)
    log = repo.show(branch_of(mission), mission.log_path)
    assert log.startswith(published)
    assert set(log.splitlines()) == {*published.splitlines(), *mine.splitlines()}
    assert len(log.splitlines()) == len(set(log.splitlines()))
    assert made["outcome"] == "CREATED"


def test_status_json_agrees_with_the_united_log(repo: Repo, tmp_path: Path) -> None:
    share(repo, tmp_path / "early")
    repo.git("remote", "remove", "origin")
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}, status_json=True)
    remote = share(repo, tmp_path / "remote")
    other = remote.clone(tmp_path / "other")
    mission.transition("WP01", "claimed")
    ours = repo.read(mission.log_path)
    line = ours.splitlines()[-1]
    theirs = json.loads(line) | {"wp_id": "WP02", "event_id": "01KE6P9Z000000000000000000"}
    log = other.read(mission.log_path) + json.dumps(theirs, sort_keys=True).encode() + b"\n"
    status = json.loads(other.read(f"{mission.path}/status.json"))
    status["work_packages"]["WP02"]["lane"] = "claimed"
    publish(repo, remote, {mission.log_path: log, f"{mission.path}/status.json": json.dumps(status).encode()})
    build(mission)
    made = json.loads(repo.show(branch_of(mission), f"{mission.path}/status.json"))
    assert {wp_id: one["lane"] for wp_id, one in made["work_packages"].items()} == {
        "WP01": "claimed",
        "WP02": "claimed",
    }
    assert made["event_count"] == 4


def test_status_json_follows_a_united_log_even_if_only_upstream_has_a_new_one(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    mission.transition("WP01", "claimed")
    append(mission, repo, remote, event(1))
    publish(repo, remote, {f"{mission.path}/status.json": "{}\n"})
    made = build(mission)
    status = json.loads(repo.show(branch_of(mission), f"{mission.path}/status.json"))
    assert status["work_packages"]["WP01"]["lane"] == "claimed"
    assert [one["basis"] for one in made["paths"] if one["path"].endswith("status.json")] == ["planning"]


def test_one_event_id_with_two_contents_is_a_conflict(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    mission.raw_line(event(1, actor="me"))
    append(mission, repo, remote, event(1, actor="somebody else"))
    found = refuse(mission, 1, "FOCUSED_BRANCH_CONFLICT")
    assert [one["reason"] for one in found["conflicts"]] == [
        f"one event id stands for two contents: {IDENTITY[:-3]}001"
    ]


def test_a_log_without_its_last_newline_gets_one_before_more_follows(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    mission.raw_line(event(2))
    append(mission, repo, remote, event(1))
    log = repo.show("origin/main", mission.log_path).rstrip(b"\n")
    publish(repo, remote, {mission.log_path: log})
    build(mission)
    assert repo.show(branch_of(mission), mission.log_path) == log + b"\n" + event(2) + b"\n"


def test_a_log_that_one_side_deleted_is_left_to_a_person(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    append(mission, repo, remote, event(1))
    repo.git("rm", "-q", mission.log_path)
    repo.git("commit", "-q", "-m", "gone")
    found = refuse(mission, 1, "FOCUSED_BRANCH_CONFLICT")
    assert found["conflicts"][0]["mission"]["object_id"] is None


# -- histories that met before


def test_after_a_part_was_merged_by_upstream_only_the_rest_is_in_it(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    first = land(mission, {"src/a/x": TEXT.replace("1", "one")})
    repo.push(f"{first}:refs/heads/part")
    other = remote.clone(tmp_path / "other")
    other.git("merge", "-q", "--no-ff", "-m", "Merge part", "origin/part")
    other.git("push", "-q", "origin", "main")
    land(mission, {"src/a/x": TEXT.replace("1", "one").replace("6", "six")})
    repo.git("fetch", "-q", "origin")
    made = build(mission)
    assert [path["path"] for path in made["paths"]] == ["src/a/x"]
    assert repo.show(branch_of(mission), "src/a/x") == b"one\n2\n3\n4\n5\nsix\n"


@pytest.fixture
def crossed(repo: Repo, tmp_path: Path) -> tuple[Mission, Repo]:
    """A mission whose main and the remote's have merged each other at the same time, so that there are two bases."""
    mission, remote = planned(repo, tmp_path / "remote", {"src/a/x": TEXT, "src/b/y": TEXT, "lib/z": TEXT})
    mine = repo.commit("mine", files={"src/a/x": TEXT.replace("1", "one"), "lib/z": TEXT.replace("1", "one")})
    theirs = publish(repo, remote, {"src/a/x": TEXT.replace("6", "six"), "lib/z": TEXT.replace("6", "six")})
    tree = repo.git("merge-tree", "--write-tree", mine, theirs).stdout.split("\n")[0]
    ours = repo.ask("commit-tree", "-m", "Merge theirs", "-p", mine, "-p", theirs, tree)
    other = repo.ask("commit-tree", "-m", "Merge mine", "-p", theirs, "-p", mine, tree)
    repo.git("push", "-q", "origin", f"{other}:main")
    repo.git("reset", "-q", "--hard", ours)
    assert len(repo.ask("merge-base", "--all", "main", "origin/main").split()) == 2
    return mission, remote


def test_with_two_bases_the_sides_are_held_against_what_these_come_to(crossed: tuple[Mission, Repo]) -> None:
    mission, remote = crossed
    repo = mission.repo
    assert build(mission, "--dry-run")["outcome"] == "NOTHING"
    text = TEXT.replace("1", "one").replace("6", "six")
    repo.commit("more", files={"src/a/x": text.replace("3", "three"), "lib/z": "nobody's\n"})
    publish(repo, remote, {"src/b/y": "theirs\n", "lib/z": text.replace("2", "two")})
    made = build(mission)
    assert repo.show(branch_of(mission), "src/a/x").decode() == text.replace("3", "three")
    assert made["left_out"] == ["lib/z"]
    assert len(work_out(mission).bases) == 2


def test_with_two_bases_both_sides_may_still_change_one_file(crossed: tuple[Mission, Repo]) -> None:
    mission, remote = crossed
    repo = mission.repo
    text = TEXT.replace("1", "one").replace("6", "six")
    repo.commit("more", files={"src/a/x": text.replace("one", "ONE")})
    publish(repo, remote, {"src/a/x": text.replace("six", "SIX")})
    build(mission)
    assert repo.show(branch_of(mission), "src/a/x").decode() == text.replace("one", "ONE").replace("six", "SIX")


def test_bases_that_conflict_make_no_base(repo: Repo, tmp_path: Path) -> None:
    mission, remote = planned(repo, tmp_path / "remote")
    mine = repo.commit("mine", files={"src/a/x": "mine\n"})
    theirs = publish(repo, remote, {"src/a/x": "theirs\n"})
    tree = repo.ask("rev-parse", f"{mine}^{{tree}}")
    ours = repo.ask("commit-tree", "-m", "Merge theirs", "-p", mine, "-p", theirs, tree)
    other = repo.ask("commit-tree", "-m", "Merge mine", "-p", theirs, "-p", mine, f"{theirs}^{{tree}}")
    repo.git("push", "-q", "origin", f"{other}:main")
    repo.git("reset", "-q", "--hard", ours)
    found = refuse(mission, 1, "FOCUSED_BRANCH_CONFLICT")
    assert [(one["path"], one["reason"]) for one in found["conflicts"]] == [("src/a/x", "both sides added it")]
