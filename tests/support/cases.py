"""The released guard's 58 cases (Spec Kitty 3.2.7): what is done, and what common sense says of each.

`guard` is what the released guard made of it; where design decides between several sensible answers, `why` says so.
The stages build the same mission as the measured one; a `Mission` that stands on the client's own repository will do.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.hooks import install_native, product_root
from support.judging import Outcome, printed_codes
from support.missions import Mission, WorkPackage, build_mission, seed
from support.place import Arg
from support.repo import Repo

LANES = {
    "lane-a": {
        "WP01": ["src/csvx/writer.py", "tests/test_writer.py"],
        "WP02": ["src/csvx/cli/**", "tests/test_cli.py"],
        "WP03": ["src/csvx/**"],
    },
    "lane-b": {"WP04": ["src/stats/*.py"]},
}
SOURCES = {
    f"{name}": "one\n"
    for name in (
        "src/csvx/writer.py",
        "src/csvx/cli/main.py",
        "src/app/main.py",
        "src/stats/mean.py",
        "tests/test_cli.py",
    )
}
OWN, FOREIGN = "src/csvx/cli/main.py", "src/app/main.py"
SCOPE = ("ACTIVE_WP_SCOPE_VIOLATION",)


def stage_03(repo: Repo) -> Mission:
    """WP01 is in progress in lane-a; the mission is planned on a branch of its own."""
    seed(repo)
    repo.commit("sources", files=SOURCES, no_verify=True)
    mission = build_mission(repo, LANES, slug="csvx", target_branch="feat/csvx", policy={"commit_guard": {}})
    mission.implement("WP01")
    return mission


def stage_04(repo: Repo) -> Mission:
    """WP01 is approved, WP02 in progress in the same lane."""
    mission = stage_03(repo)
    mission.walk("WP01", "approved")
    mission.implement("WP02")
    return mission


def stage_05(repo: Repo) -> Mission:
    """Lane-a is approved, WP04 is in progress in lane-b."""
    mission = stage_04(repo)
    mission.walk("WP02", "approved")
    mission.walk("WP03", "approved")
    mission.implement("WP04")
    return mission


class Scene:
    """One case's own repository; `place` is the worktree of the lane at work, on `branch`."""

    def __init__(self, mission: Mission, tmp_path: Path) -> None:
        self.mission = mission
        self.repo = mission.repo
        self.tmp_path = tmp_path
        active = next(wp_id for wp_id, lane in mission.stands.items() if lane == "in_progress")
        lane_id = mission.lane_of(active)
        self.branch, self.place = mission.lane_branch(lane_id), mission.lane_worktree(lane_id)

    def change(self, *paths: Arg) -> None:
        for path in paths:
            self.place.append(path, b"changed\n")
            self.place.git("add", "-f", "--", path)

    def run(self, *args: Arg, cwd: Path | None = None, env: dict[str, str] | None = None) -> Outcome:
        done = self.place.git(*args, check=False, cwd=cwd, env=env)
        return Outcome(done.returncode == 0, tuple(printed_codes(done.stderr)), done.stderr)

    def commit(self, *args: Arg) -> Outcome:
        return self.run("commit", "-qm", "work", *args)

    def smuggle(self, *paths: str) -> None:
        self.change(*paths)
        self.place.git("commit", "-qnm", "smuggled")


Act = Callable[[Scene], Outcome]


@dataclass(frozen=True)
class Case:
    """One row: what is done, whether it may pass, and the codes and the text that are printed."""

    number: str
    act: Act
    allowed: bool
    codes: tuple[str, ...] = ()
    guard: str = "ok"
    stage: Callable[[Repo], Mission] = stage_04
    shown: str = ""
    why: str = ""

    def require(self, scene: Scene) -> Outcome:
        """Do it, require that this row holds, and return what became of it."""
        done = self.act(scene)
        assert (done.allowed, done.codes) == (self.allowed, self.codes), (done.allowed, done.codes, done.text)
        assert self.shown.format(branch=scene.branch) in done.text, done.text
        assert not self.allowed or self.codes or done.silent, done.text
        return done


def change(*paths: Arg) -> Act:
    """Change paths of the lane and commit them."""

    def act(scene: Scene) -> Outcome:
        scene.change(*paths)
        return scene.commit()

    return act


def change_planning(name: str, content: bytes = b"x\n") -> Act:
    """Change a file of the mission on the lane."""

    def act(scene: Scene) -> Outcome:
        path = name if name.startswith(".") else f"{scene.mission.path}/{name}"
        before = scene.place.read(path) if scene.place.exists(path) else b""
        scene.place.write(path, before + content)
        scene.place.git("add", "-f", "--", path)
        return scene.commit()

    return act


def rename(old: str, new: str) -> Act:
    def act(scene: Scene) -> Outcome:
        scene.place.git("mv", old.format(path=scene.mission.path), new)
        return scene.commit()

    return act


def delete(path: str) -> Act:
    def act(scene: Scene) -> Outcome:
        scene.place.git("rm", "-q", path)
        return scene.commit()

    return act


def detached(scene: Scene) -> Outcome:
    scene.place.checkout("HEAD", "--detach")
    return change(FOREIGN)(scene)


def another_branch(scene: Scene) -> Outcome:
    scene.place.checkout("topic", "-b")
    return change(FOREIGN)(scene)


def rebase_stop(scene: Scene) -> Outcome:
    scene.change(OWN)
    assert scene.commit().silent
    scene.place.git("rebase", "-q", "-i", "HEAD^", env={"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/"})
    scene.change(FOREIGN)
    return scene.run("commit", "-q", "--amend", "--no-edit")


def rebase(scene: Scene) -> Outcome:
    scene.change(OWN)
    assert scene.commit().silent
    scene.repo.commit_to(scene.mission.target_branch, {"docs/x.md": ""}, "target moves")
    return scene.run("rebase", "-q", scene.mission.target_branch)


def cherry_pick(scene: Scene) -> Outcome:
    scene.repo.branch("side", scene.place.head())
    commit = scene.repo.commit_to("side", {FOREIGN: "picked\n"})
    return scene.run("cherry-pick", commit)


def spoil_log(content: bytes | None, *paths: str) -> Act:
    """Leave the working log of the main checkout broken (None: deleted), then commit on the lane."""

    def act(scene: Scene) -> Outcome:
        if content is None:
            scene.repo.remove(scene.mission.log_path)
        else:
            scene.repo.append(scene.mission.log_path, content)
        return change(*paths)(scene)

    return act


def two_at_once(scene: Scene) -> Outcome:
    scene.mission.walk("WP03", "in_progress")
    return change(OWN)(scene)


def replan(*paths: str, owned: tuple[str, ...] = (), head: str | None = None, gone: bool = False) -> Act:
    """Change WP02's file on the target branch, then commit on the lane."""

    def act(scene: Scene) -> Outcome:
        if gone:
            scene.repo.git("rm", "-q", scene.mission.wp_path("WP02"))
            scene.repo.git("commit", "-qnm", "gone")
        else:
            scene.mission.replan(WorkPackage(wp_id="WP02", owned_files=owned, head=head))
        return change(*paths)(scene)

    return act


def widen_uncommitted(scene: Scene) -> Outcome:
    path = scene.mission.wp_path("WP02")
    planned = scene.repo.read(path)
    assert b"src/csvx/cli/**" in planned
    scene.repo.write(path, planned.replace(b"src/csvx/cli/**", b"src/**"))
    return change(FOREIGN)(scene)


def commit_all(scene: Scene) -> Outcome:
    for path in (OWN, FOREIGN):
        scene.place.append(path, b"changed\n")
    return scene.commit("-a")


def commit_pathspec(scene: Scene) -> Outcome:
    scene.change(OWN, FOREIGN)
    return scene.commit("--", OWN)


def amend_smuggled(scene: Scene) -> Outcome:
    scene.smuggle(OWN, FOREIGN)
    return scene.run("commit", "-q", "--amend", "--no-edit")


def amend_own(scene: Scene) -> Outcome:
    scene.smuggle(OWN)
    scene.change(OWN)
    return scene.run("commit", "-q", "--amend", "--no-edit")


def amend_back(scene: Scene) -> Outcome:
    scene.smuggle(OWN, FOREIGN)
    scene.place.git("restore", "--staged", "--worktree", "--source=HEAD^", "--", FOREIGN)
    return scene.run("commit", "-q", "--amend", "--no-edit")


def inside(path: str) -> Act:
    def act(scene: Scene) -> Outcome:
        scene.change(path)
        return scene.run("commit", "-qm", "work", cwd=scene.place.path / "src" / "csvx")

    return act


def outside(scene: Scene) -> Outcome:
    scene.change(FOREIGN)
    where = {"GIT_DIR": str(scene.place.git_dir()), "GIT_WORK_TREE": str(scene.place.path)}
    return scene.run("commit", "-qm", "work", cwd=Path("/"), env=where)


def resolve_planning(scene: Scene) -> None:
    """Resolve conflicts in the mission's own files, which a coordinated lane of the client's has with its target.

    The log keeps the events of both sides; the rest becomes the target's.
    """
    place, log = scene.place, scene.mission.log_path
    for path in place.ask("diff", "--name-only", "--diff-filter=U", "--", scene.mission.path).splitlines():
        ours, theirs = place.show(":2", path), place.show(":3", path)
        lines = dict.fromkeys((ours + theirs).splitlines(keepends=True))
        place.write(path, b"".join(lines) if path == log else theirs)
        place.git("add", "--sparse", "--", path)


def merge_conflict(scene: Scene) -> Outcome:
    scene.change(OWN)
    assert scene.commit().silent
    target = scene.mission.target_branch
    scene.repo.commit_to(target, {OWN: "theirs\n", FOREIGN: "theirs\n", "docs/x.md": ""}, "target moves")
    assert not scene.run("merge", target).allowed
    resolve_planning(scene)
    scene.place.write(OWN, "both\n")
    scene.place.stage(OWN)
    return scene.commit()


def in_review(scene: Scene) -> Outcome:
    scene.mission.walk("WP02", "for_review")
    return change(OWN)(scene)


def fresh_clone(scene: Scene) -> Outcome:
    origin = scene.repo.clone(scene.tmp_path / "origin.git", "--bare")
    clone = origin.clone(scene.tmp_path / "clone")
    install_native(clone)
    clone.checkout(scene.mission.lane_branch("lane-a"))
    scene.place = clone
    return change(FOREIGN)(scene)


def policy(text: str) -> Act:
    """Put a policy on the target branch, then commit a foreign path on the lane."""

    def act(scene: Scene) -> Outcome:
        scene.mission.edit(".kittify/config.yaml", text)
        return change(FOREIGN)(scene)

    return act


def on_target(scene: Scene) -> Outcome:
    scene.place = scene.repo
    return change(FOREIGN)(scene)


def main_checked_out(scene: Scene) -> Outcome:
    scene.repo.checkout("main")
    assert not scene.repo.exists(scene.mission.path)
    return change(FOREIGN)(scene)


def no_workspaces(scene: Scene) -> Outcome:
    shutil.rmtree(scene.repo.path / ".kittify" / "workspaces")
    return change(FOREIGN)(scene)


def interpreter_gone(scene: Scene) -> Outcome:
    shim = scene.tmp_path / "shims" / "pre-commit"
    shim.parent.mkdir()
    text = (product_root() / "hooks" / "pre-commit").read_text()
    shim.write_text(text.replace("python=''", f"python='{scene.tmp_path}/gone/bin/python'", 1))
    shim.chmod(0o755)
    scene.repo.git("config", "core.hooksPath", str(shim.parent))
    return on_target(scene)


def empty(scene: Scene) -> Outcome:
    return scene.commit("--allow-empty")


def change_mode(scene: Scene) -> Outcome:
    scene.place.git("update-index", "--chmod=+x", FOREIGN)
    return scene.commit()


def link_outside(scene: Scene) -> Outcome:
    scene.place.symlink("src/csvx/cli/link", "/etc/passwd")
    scene.place.git("add", "-A")
    return scene.commit()


BROKEN = "policy:\n  commit_guard:\n    mode: block\n   bad: [\n"
MODE = "policy:\n  commit_guard:\n    mode: {}\n"
FALSE = 'policy:\n  commit_guard:\n    enabled: "false"\n    mode: block\n'
BOTH = ("POLICY_INVALID", *SCOPE)
PLANNING = ("PLANNING_PATH_ON_LANE",)
FORGED = (*PLANNING, "EVENT_TRANSITION_ILLEGAL")
UNREADABLE = ("EVENT_LOG_UNREADABLE",)
MARKERS = b"<<<<<<< HEAD\n=======\n>>>>>>> other\n"

CASES = (
    Case("01", change("src/csvx/cli/new.py"), True),
    Case("02", change("src/csvx/writer.py"), False, SCOPE, shown="it belongs to WP01 (approved), WP03 (planned)"),
    Case("02b", change("src/csvx/writer.py"), True, stage=stage_03),
    Case("03", change(FOREIGN), False, SCOPE, shown="outside what WP02 owns (WP02 is active on lane-a)"),
    Case("04", change("src/csvx/cli/é.py"), True, guard="false refusal"),
    Case("04b", change("src/app/é.py"), False, SCOPE, guard="name shown as octal", shown="src/app/é.py (added)"),
    Case("04c", change_planning("research/é.md"), False, PLANNING, guard="right by luck"),
    Case("05", change("src/csvx/cli/a b.py"), True),
    Case("05b", change("src/app/a b.py"), False, SCOPE),
    Case("05c", change('src/csvx/cli/a"b.py'), True, guard="false refusal"),
    Case("05d", change("src/csvx/cli/a\tb.py"), True, guard="false refusal"),
    Case("06", rename(OWN, "src/app/moved.py"), False, SCOPE, shown="src/app/moved.py (added)"),
    Case("07", rename(FOREIGN, "src/csvx/cli/x.py"), False, SCOPE, guard="missed", shown=f"{FOREIGN} (deleted)"),
    Case("07b", rename("{path}/spec.md", "src/csvx/cli/x.py"), False, PLANNING, guard="missed"),
    Case("08", delete(FOREIGN), False, SCOPE, shown=f"{FOREIGN} (deleted)"),
    Case("09", change_planning("spec.md"), False, PLANNING),
    Case("09b", change_planning("occurrence_map.yaml"), False, PLANNING, guard="missed"),
    Case("09c", change_planning("status.events.jsonl", b'{"event_id": "01", "wp_id": "WP02"}\n'), False, FORGED),
    Case(
        "09d",
        change_planning(".kittify/config.yaml", b"policy: {commit_guard: {enabled: false}}\n"),
        False,
        ("OWNERSHIP_SELF_GRANT",),
    ),
    Case("10", detached, True, ("DETACHED_HEAD",), guard="missed, silent", shown="git switch {branch}"),
    Case("10b", another_branch, True, ("ACTIVE_WP_CONTEXT_MISSING",), guard="silent"),
    Case("11", rebase_stop, False, SCOPE, guard="missed, silent"),
    Case("11b", rebase, True),
    Case("11c", cherry_pick, True, guard="no hook point in git", why="git runs no pre-commit for it; push is its gate"),
    Case("12", spoil_log(b"garbage\n", OWN), True, UNREADABLE, shown="the others were used"),
    Case("12b", spoil_log(b"garbage\n", FOREIGN), False, (*SCOPE, *UNREADABLE)),
    Case("12c", spoil_log(None, OWN), True, UNREADABLE, shown="its committed copy was used"),
    Case("12d", spoil_log(MARKERS, OWN), True, UNREADABLE, shown="conflict marker"),
    Case("13", two_at_once, True, why="design 4.4: a candidate that owns the whole change is enough"),
    Case("14", replan(OWN), True, ("ACTIVE_WP_OWNERSHIP_MISSING",)),
    Case("14b", replan(OWN, head="---\nowned_files: [\n---\n"), True, ("ACTIVE_WP_METADATA_INVALID",)),
    Case("14c", replan(OWN, gone=True), True, ("ACTIVE_WP_METADATA_MISSING",)),
    Case("14d", widen_uncommitted, False, SCOPE, guard="missed"),
    Case("15", commit_all, False, SCOPE),
    Case("15b", commit_pathspec, True),
    Case("16", amend_smuggled, False, SCOPE, guard="missed"),
    Case("16b", amend_own, True),
    Case("16c", amend_back, True, guard="false refusal"),
    Case("17", inside(FOREIGN), False, SCOPE),
    Case("17b", inside(OWN), True),
    Case("17c", outside, False, SCOPE),
    Case("18", change("src/stats/sub/x.py"), False, SCOPE, guard="missed", stage=stage_05, shown="looser rule"),
    Case("18b", change("src/stats/y.py"), True, stage=stage_05),
    Case("19", merge_conflict, True, guard="false refusal"),
    Case("20", in_review, True, why="design 4.4: a fix during review is normal work"),
    Case("21", fresh_clone, False, SCOPE, guard="missed, silent"),
    Case("22", policy(BROKEN), False, BOTH, guard="block quietly became warn"),
    Case("22b", policy(MODE.format("BLOCK")), False, BOTH, guard="block quietly became warn"),
    Case("22c", policy(MODE.format("'off'")), True),
    Case("22d", policy(FALSE), False, BOTH, guard='"false" read as true', shown="commit_guard.enabled must be"),
    Case("23", on_target, True, guard="silent", why="design 4.2: not judged unless ownership_on_target asks for it"),
    Case("24", main_checked_out, False, SCOPE),
    Case("25", no_workspaces, False, SCOPE, guard="missed, silent"),
    Case("26", interpreter_gone, False, guard="cryptic", shown="To mend it: spec-kitty-hooks install"),
    Case("27", empty, True),
    Case("28", change_mode, False, SCOPE, shown="mode changed"),
    Case("29", link_outside, True),
    Case("30", change("SRC/csvx/cli/x.py"), False, SCOPE),
)
