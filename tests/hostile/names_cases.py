"""Refs, files and directories whose names are options, revisions, commands to a terminal, or no text at all."""

from __future__ import annotations

import os

from support.hostile import Scene, hostile

OPTIONS = ("-h", "--output=x", "--upload-pack=touch x", "-c", "--exec=x")
ODD = "kitty/\u202eevil\u200b\u0085\x9b31m-\U0001f408"


def _forge_ref(scene: Scene, name: bytes, oid: str = "") -> None:
    """Write a loose ref by hand: git would refuse the name."""
    path = os.fsencode(scene.repo.path) + b"/.git/" + name
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write((oid or scene.repo.resolve("main")).encode() + b"\n")


@hostile()
def branches_named_like_options(scene: Scene) -> None:
    for name in OPTIONS:
        _forge_ref(scene, b"refs/heads/" + name.encode())
        _forge_ref(scene, b"refs/remotes/" + name.encode() + b"/main")
        _forge_ref(scene, b"refs/tags/" + name.encode())
    _forge_ref(scene, b"refs/remotes/origin/-h")


@hostile()
def branches_named_like_revisions(scene: Scene) -> None:
    lax = scene.mission.path + "/tasks/WP01-part-01.md"
    scene.repo.branch("lax", "main")
    forged = scene.repo.commit_to("lax", {lax: '---\nwork_package_id: WP01\nowned_files: ["**"]\n---\n'})
    for name in (b"@{-1}", b"HEAD", b"main~1", b"main^{}", b"refs/heads/main", b"@", b"FETCH_HEAD", b"a..b"):
        _forge_ref(scene, b"refs/heads/" + name, forged)
    for name in (b"refs/tags/main", b"refs/main", b"refs/notes/main"):
        _forge_ref(scene, name, forged)


@hostile()
def branches_that_are_no_text(scene: Scene) -> None:
    for name in (b"\xff\xfe", b"\xe2\x80\xae", b"caf\xc3\xa9", b"\xed\xa0\x80"):
        _forge_ref(scene, b"refs/heads/" + name)
        _forge_ref(scene, b"refs/remotes/" + name + b"/main")


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_CONTEXT_MISSING")
def a_head_named_like_an_option(scene: Scene) -> None:
    _forge_ref(scene, b"refs/heads/--output=x", scene.lane.head())
    scene.plainly("symbolic-ref", "HEAD", "refs/heads/--output=x")


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_CONTEXT_MISSING")
def a_head_that_a_terminal_obeys(scene: Scene) -> None:
    scene.plainly("update-ref", f"refs/heads/{ODD}", "HEAD")
    scene.plainly("symbolic-ref", "HEAD", f"refs/heads/{ODD}")


@hostile()
def a_mission_branch_that_a_terminal_obeys(scene: Scene) -> None:
    scene.plan_json("lanes.json", mission_branch=ODD)
    scene.plainly("branch", "-m", f"{ODD}-lane-a")


@hostile()
def files_named_like_options(scene: Scene) -> None:
    scene.own, scene.foreign = b"src/a/--output=x", b"--output=x"


@hostile()
def a_file_named_like_the_help_option(scene: Scene) -> None:
    scene.own, scene.foreign = b"src/a/-h", b"-h"


@hostile()
def files_that_a_terminal_obeys(scene: Scene) -> None:
    scene.own = "src/a/\x1b[2J\n\u202e\x07.py".encode()
    scene.foreign = "src/b/\x1b]0;evil\x07\r\n\u202e\u2066\u2028\x9b31m.py".encode()


@hostile()
def files_that_are_no_text(scene: Scene) -> None:
    scene.own, scene.foreign = b"src/a/\xff\xed\xa0\x80", b"src/b/\xff\xc0\xaf"


@hostile()
def files_named_like_pathspecs(scene: Scene) -> None:
    scene.own, scene.foreign = b"src/a/:(glob)**", b":!src/b/*[a]\\"


@hostile()
def files_named_like_shell_commands(scene: Scene) -> None:
    scene.own, scene.foreign = b"src/a/$(touch x)", b"src/b/'; touch x; `touch y` #"


@hostile()
def a_file_with_a_very_long_name(scene: Scene) -> None:
    scene.own = b"src/a/" + b"/".join([b"d" * 200] * 15)
    scene.foreign = b"src/b/" + b"/".join([b"d" * 200] * 15)


@hostile()
def mission_directories_that_are_no_slugs(scene: Scene) -> None:
    meta = scene.repo.ask("rev-parse", f"main:{scene.mission.path}")
    names = (
        b"-h",
        b"...",
        b"a b",
        b"\x1b[2J",
        b"\xff",
        b"x" * 200,
        "e\u202e".encode(),
        b"a\nb",
        b"--output=x",
        b".git~1",
    )
    listing = scene.plainly("ls-tree", "-z", "main:kitty-specs")
    entries = b"".join(b"040000 tree %s\t%s\0" % (meta.encode(), name) for name in names)
    specs = scene.plainly("mktree", "-z", input=listing + entries).strip()
    rest = [
        line for line in scene.plainly("ls-tree", "-z", "main").split(b"\0")[:-1] if not line.endswith(b"kitty-specs")
    ]
    lines = b"".join(line + b"\0" for line in rest) + b"040000 tree " + specs + b"\tkitty-specs\0"
    tree = scene.plainly("mktree", "-z", input=lines).strip()
    oid = scene.plainly("commit-tree", "-p", "main", "-m", "odd names", tree).strip()
    scene.plainly("update-ref", "refs/heads/main", oid)


@hostile()
def a_tree_with_names_that_git_refuses(scene: Scene) -> None:
    specs = bytes.fromhex(scene.repo.ask("rev-parse", "main:kitty-specs"))
    raw = b"".join(b"40000 %s\0%s" % (name, specs) for name in (b".", b"..", b".git", b"a/b", b"kitty-specs"))
    args = ("hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    tree = scene.plainly(*args, input=raw).strip()
    oid = scene.plainly("commit-tree", "-p", "main", "-m", "refused", tree).strip()
    scene.plainly("update-ref", "refs/heads/other", oid)


@hostile()
def work_package_files_with_odd_names(scene: Scene) -> None:
    head = '---\nwork_package_id: WP02\nowned_files: ["**"]\n---\n'
    base = scene.mission.path + "/tasks/"
    names = ("WP01\x1b[2J.md", "WP01.md.bak", "WP1.md", "WP00001.md", "wp01.md", "WP02\n.md", "-h", "WP\u0661\u0662.md")
    scene.repo.commit_to("main", {base + name: head for name in names}, "odd names")


@hostile()
def people_that_a_terminal_obeys(scene: Scene) -> None:
    scene.configure(user__name="\x1b[2J\u202eEvil", user__email="-h@example.com")
    scene.commit_env.update(GIT_AUTHOR_NAME="\x1b]0;x\x07", GIT_AUTHOR_EMAIL="--output=x")
    scene.env["SPEC_KITTY_WP"] = "\x1b[2JWP02"
