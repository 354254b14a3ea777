"""Repositories that show another history, lack parts of it, or have far too much of something."""

from __future__ import annotations

import json
import os

import pytest
from support.hostile import Scene, hostile
from support.repo import Repo

WIDE = '---\nwork_package_id: WP01\nowned_files: ["**"]\n---\n'


def _wide_commit(scene: Scene, name: str = "wide") -> str:
    """Return a commit in which WP01 owns everything, on a branch that no mission knows."""
    scene.repo.branch(name, "main")
    return scene.repo.commit_to(name, {scene.mission.wp_path("WP01"): WIDE})


@hostile()
def replaced_commits(scene: Scene) -> None:
    main = scene.repo.resolve("main")
    scene.repo.git("replace", main, _wide_commit(scene))


@hostile()
def replaced_blobs(scene: Scene) -> None:
    old = scene.repo.ask("rev-parse", f"main:{scene.mission.wp_path('WP01')}")
    scene.repo.git(
        "replace", "-f", old, scene.plainly("hash-object", "-w", "--stdin", input=WIDE.encode()).decode().strip()
    )


@hostile()
def replacements_below_another_name(scene: Scene) -> None:
    main, wide = scene.repo.resolve("main"), _wide_commit(scene)
    scene.repo.git("update-ref", f"refs/evil/{main}", wide)
    scene.env.update(GIT_REPLACE_REF_BASE="refs/evil/", GIT_NO_REPLACE_OBJECTS="")


@hostile()
def grafted_history(scene: Scene) -> None:
    main, wide = scene.repo.resolve("main"), _wide_commit(scene)
    scene.write_git("info/grafts", f"{main} {wide}\n{scene.lane.head()}\n")
    scene.env["GIT_GRAFT_FILE"] = str(scene.repo.path / ".git" / "info" / "grafts")


@hostile()
def a_shallow_file_of_somebody_s_choice(scene: Scene) -> None:
    shallow = scene.outside / "shallow"
    shallow.write_text(scene.lane.head() + "\n")
    scene.env["GIT_SHALLOW_FILE"] = str(shallow)


@hostile()
def a_repository_that_calls_itself_shallow(scene: Scene) -> None:
    scene.write_git("shallow", scene.lane.head() + "\n")


@hostile(
    own=3, foreign=3, context=3, explain=3, where=3, status=3, check_path=3, says="REPOSITORY_UNSUPPORTED", git=False
)
def a_shallow_file_that_is_broken(scene: Scene) -> None:
    scene.write_git("shallow", "\x1b[2Jnot an id\n")


@hostile()
def alternates_that_point_elsewhere(scene: Scene) -> None:
    other = Repo.init(scene.outside / "other", scene.repo.env, scene.repo.clock)
    other.commit("other", files={"x": "1"})
    lines = (
        f"{other.path}/.git/objects",
        "/dev/zero",
        "../../../../..",
        "\x1b[2J",
        str(scene.repo.path / ".git/objects"),
    )
    scene.write_git("objects/info/alternates", "\n".join(lines) + "\n")
    scene.env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(scene.outside)


@hostile(
    own=3, foreign=3, context=3, explain=3, where=3, status=3, check_path=3, says="REPOSITORY_UNSUPPORTED", git=False
)
def an_extension_from_the_future(scene: Scene) -> None:
    scene.configure(core__repositoryFormatVersion="1", extensions__evil="true")


@hostile(own=3, foreign=3, context=3, explain=3, where=3, status=3, check_path=3, says="safe.directory", git=False)
def a_repository_of_somebody_else(scene: Scene) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for place in (scene.repo.path, scene.repo.path / ".git", scene.lane.path, scene.lane.path / ".git"):
        os.chown(place, 65534, 65534)


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP")
def a_history_without_the_plan_s_objects(scene: Scene) -> None:
    for path in (scene.mission.wp_path("WP01"), scene.mission.log_path):
        oid = scene.repo.ask("rev-parse", f"main:{path}")
        (scene.repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    scene.repo.remove(scene.mission.log_path)


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_METADATA_INVALID")
def an_object_that_is_damaged(scene: Scene) -> None:
    oid = scene.repo.ask("rev-parse", f"main:{scene.mission.wp_path('WP01')}")
    path = scene.repo.path / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o600)
    path.write_bytes(b"\x1b[2Jnot an object")


@hostile()
def variables_that_change_what_git_prints(scene: Scene) -> None:
    names = ("GIT_ICASE_PATHSPECS", "GIT_DIFF_OPTS", "GIT_TRACE_SETUP", "GIT_TRACE_PACKET")
    scene.commit_env.update(dict.fromkeys(names, "1"), GIT_ATTR_SOURCE="main", GIT_TRACE="2", GIT_CURL_VERBOSE="1")
    scene.configure(
        diff__noprefix="true", diff__renames="copies", diff__ignoreSubmodules="all", core__quotePath="false"
    )
    scene.configure(diff__relative="true", core__abbrev="4", log__decorate="full")


@hostile()
def bits_that_hide_changes(scene: Scene) -> None:
    scene.plainly("update-index", "--assume-unchanged", "src/a/a.py")
    scene.plainly("update-index", "--skip-worktree", "src/b/b.py", "src/c/c.py")
    scene.configure(core__ignoreStat="true", core__trustctime="false", core__fileMode="false", core__symlinks="false")
    scene.foreign = b"src/b/b.py"


@hostile()
def attributes_that_hide_changes(scene: Scene) -> None:
    text = "* -diff binary export-ignore linguist-generated -text\nsrc/b/** diff=none merge=ours\n"
    scene.lane.write(".gitattributes", text)
    scene.write_git("info/attributes", text)


@hostile()
def two_thousand_missions(scene: Scene) -> None:
    _crowd(scene, 2_000)


@hostile()
def two_thousand_branches(scene: Scene) -> None:
    oid, other = scene.repo.resolve("main"), scene.repo.commit_to("main", {"kitty-specs/x/meta.json": "{}"})
    lines = [f"{(oid, other)[n % 2]} refs/heads/b{n:05}\n" for n in range(1_000)]
    lines += [f"{oid} refs/remotes/origin/r{n:05}\n" for n in range(1_000)]
    known = [f"{oid} {name}\n" for name, oid in scene.repo.refs().items() if name.startswith("refs/")]
    (scene.repo.path / ".git" / "packed-refs").write_text("".join(sorted(lines + known, key=lambda line: line[41:])))


def _crowd(scene: Scene, count: int) -> None:
    meta = json.dumps({"target_branch": "main", "mission_id": "01ZZZZZZ" + "0" * 18})
    files: dict[str | bytes, str | bytes] = {f"kitty-specs/{n:05}-x/meta.json": meta for n in range(count)}
    scene.repo.commit_to("main", files, "a crowd")
