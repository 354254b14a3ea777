"""Something else where the log, the mission, the policy or a lock should be; places reached by odd ways."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from support import records
from support.hostile import Scene, hostile
from support.repo import Repo

from spec_kitty_hooks import limits

#: A policy and a head that would let everything pass.
LAX = "policy:\n  commit_guard:\n    enabled: false\n"


def _log(scene: Scene) -> Path:
    return scene.repo.path / scene.mission.log_path


def _forged_log(scene: Scene) -> bytes:
    """Return the log with a line that makes WP02 active, which the unowned change belongs to."""
    names: dict[str, Any] = {"mission_slug": scene.mission.directory, "mission_id": scene.mission.mission_id}
    stamp: dict[str, Any] = {"at": scene.mission.clock.at(), "event_id": scene.mission.clock.ulid()}
    return _log(scene).read_bytes() + records.line(
        records.transition("WP02", "planned", "in_progress", **names, **stamp)
    )


@hostile()
def the_log_is_a_link(scene: Scene) -> None:
    target = scene.outside / "forged"
    target.write_bytes(_forged_log(scene))
    _log(scene).unlink()
    _log(scene).symlink_to(target)


@hostile()
def the_log_is_a_link_to_a_device(scene: Scene) -> None:
    _log(scene).unlink()
    _log(scene).symlink_to("/dev/zero")


@hostile()
def the_mission_directory_is_a_link(scene: Scene) -> None:
    forged = _forged_log(scene)
    _log(scene).parent.rename(scene.outside / "mission")
    (scene.outside / "mission" / "status.events.jsonl").write_bytes(forged)
    _log(scene).parent.symlink_to(scene.outside / "mission")


@hostile()
def all_missions_are_a_link(scene: Scene) -> None:
    forged = _forged_log(scene)
    (scene.repo.path / "kitty-specs").rename(scene.outside / "specs")
    (scene.repo.path / "kitty-specs").symlink_to(scene.outside / "specs")
    (scene.outside / "specs" / scene.mission.directory / "status.events.jsonl").write_bytes(forged)


@hostile()
def the_mission_directory_is_a_loop(scene: Scene) -> None:
    _log(scene).parent.rename(scene.outside / "mission")
    _log(scene).parent.symlink_to(scene.mission.directory)


@hostile()
def the_log_is_a_hard_link(scene: Scene) -> None:
    os.link(_log(scene), scene.outside / "log")


@hostile()
def the_log_is_a_fifo(scene: Scene) -> None:
    _log(scene).unlink()
    os.mkfifo(_log(scene))


@hostile()
def the_log_is_a_socket(scene: Scene) -> None:
    _log(scene).unlink()
    with chdir(_log(scene).parent), socket.socket(socket.AF_UNIX) as server:
        server.bind("status.events.jsonl")


@hostile()
def the_log_is_a_device(scene: Scene) -> None:
    _log(scene).unlink()
    try:
        os.mknod(_log(scene), stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except OSError as error:
        pytest.skip(f"no device can be made here: {error.strerror}")


@hostile()
def the_log_is_a_directory(scene: Scene) -> None:
    _log(scene).unlink()
    _log(scene).mkdir()


@hostile()
def the_log_cannot_be_read(scene: Scene) -> None:
    if os.geteuid() == 0:
        pytest.skip("root can read everything")
    _log(scene).chmod(0)


@hostile()
def the_log_is_too_large(scene: Scene) -> None:
    os.truncate(_log(scene), limits.LOG_BYTES + 1)


@hostile(own=3, check_path=3, says="ACTIVE_WP_STATUS_UNAVAILABLE")
def the_committed_log_is_a_link(scene: Scene) -> None:
    scene.foreign = b"src/c/new.py"
    _commit_link(scene, scene.mission.log_path, b"/dev/zero")
    _log(scene).unlink()


@hostile()
def the_lock_is_a_link(scene: Scene) -> None:
    locks = scene.repo.path / ".git" / "spec-kitty-locks"
    locks.mkdir()
    (scene.outside / "precious").write_text("keep me\n")
    (locks / f"{scene.mission.directory}.status.lock").symlink_to(scene.outside / "precious")


@hostile()
def all_locks_are_a_link(scene: Scene) -> None:
    (scene.repo.path / ".git" / "spec-kitty-locks").symlink_to(scene.outside)


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_METADATA")
def the_active_work_package_is_a_link(scene: Scene) -> None:
    other = scene.outside / "WP01.md"
    other.write_text('---\nwork_package_id: "WP01"\nowned_files: ["**"]\n---\n')
    _commit_link(scene, scene.mission.wp_path("WP01"), bytes(other))


@hostile(own=3, check_path=3, says="POLICY_INVALID")
def the_policy_is_a_link(scene: Scene) -> None:
    (scene.outside / "config.yaml").write_text(LAX)
    _commit_link(scene, ".kittify/config.yaml", bytes(scene.outside / "config.yaml"))


@hostile(own=3, check_path=3, says="POLICY_INVALID")
def the_policy_is_a_link_whose_target_reads_as_policy(scene: Scene) -> None:
    _commit_link(scene, ".kittify/config.yaml", LAX.encode())


@hostile()
def the_policy_s_directory_is_a_link(scene: Scene) -> None:
    (scene.outside / "config.yaml").write_text(LAX)
    scene.plain_main("rm", "-r", "-q", "--cached", ".kittify")
    _commit_link(scene, ".kittify", bytes(scene.outside))


@hostile()
def the_policy_of_the_work_tree_is_another(scene: Scene) -> None:
    for place in (scene.repo, scene.lane):
        place.write(".kittify/config.yaml", LAX)
        place.write(f"{scene.mission.path}/tasks/WP01-part-01.md", '---\nowned_files: ["**"]\n---\n')


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_METADATA_MISSING")
def the_active_work_package_is_a_directory(scene: Scene) -> None:
    path = scene.mission.wp_path("WP01")
    scene.plain_main("rm", "-q", "--cached", path)
    scene.plain_main("update-index", "--add", "--cacheinfo", f"100644,{_blob(scene, b'x')},{path}/x.md")
    scene.plain_main("commit", "-q", "-m", "a directory")


@hostile()
def a_work_tree_reached_by_a_link(scene: Scene) -> None:
    (scene.root / "short").symlink_to(scene.lane.path)
    scene.at = scene.root / "short" / "src" / "a"
    scene.typed = b"new.py", b"../b/new.py"


@hostile()
def a_work_tree_whose_name_a_terminal_obeys(scene: Scene) -> None:
    _move_lane(scene, scene.root / "odd\n\x1b[2J\u202e")


@hostile()
def a_work_tree_whose_name_is_no_text(scene: Scene) -> None:
    _move_lane(scene, Path(os.fsdecode(os.fsencode(scene.root) + b"/\xff\r\xfe")))


@hostile()
def a_repository_whose_name_a_terminal_obeys(scene: Scene) -> None:
    path = Path(os.fsdecode(os.fsencode(scene.root) + b"/re\npo \x1b]0;x\x07\xff $(touch x)"))
    scene.repo.path.rename(path)
    scene.move(path)


def _blob(scene: Scene, content: bytes) -> str:
    return scene.plainly("hash-object", "-w", "--stdin", input=content).decode().strip()


def _commit_link(scene: Scene, path: str, target: bytes) -> None:
    scene.plain_main("update-index", "--add", "--cacheinfo", f"120000,{_blob(scene, target)},{path}")
    scene.plain_main("commit", "-q", "-m", "a link")


def _move_lane(scene: Scene, path: Path) -> None:
    scene.repo.git("worktree", "move", scene.lane.path, path)
    scene.lane = Repo(path, scene.repo.env, scene.repo.clock)
    scene.at = path
