"""Ways round the commit hook: a change that WP01 does not own gets onto its lane, past or through our commit hooks.

Each way is a function over a `Road`; where the commit hook refuses, it is switched off and the way goes on.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from support.hooks import COMMIT_HOOKS, hook_command, install_native
from support.judging import printed_codes
from support.missions import Mission
from support.place import Arg
from support.pushing import PUSH_HOOKS, push
from support.repo import Repo

FOREIGN, KNOWN = "src/c/x.py", "src/c/c.py"
_WITHOUT_HOOKS = ("-c", f"core.hooksPath={os.devnull}")


class Road:
    """WP01 (src/a/**) is in progress on lane-a, everything is published, all hooks are installed here and there.

    `seen` are the codes that our commit hooks printed on the way. `sent` is what is pushed, the lane unless a way
    says otherwise; `sender` is the clone that pushes.
    """

    def __init__(self, mission: Mission, tmp_path: Path) -> None:
        self.mission = mission
        self.tmp_path = tmp_path
        self.server = _make_server(mission, tmp_path / "server.git")
        self.lane = self.sender = mission.implement("WP01")
        self.branch = mission.lane_branch("lane-a")
        self.lane.commit(files={"src/a/x.py": "x = 1\n"}, no_verify=True)
        mission.repo.push("main", self.branch)
        install_native(mission.repo, (*COMMIT_HOOKS, *PUSH_HOOKS))
        self.seen: list[str] = []
        self.sent: tuple[str, ...] = (self.branch,)

    def run(self, *args: Arg) -> bool:
        """Run git on the lane under our commit hooks; tell whether it went through."""
        ran = self.lane.git(*args, check=False)
        self.seen += (code for code in printed_codes(ran.stderr) if code not in self.seen)
        if ran.returncode:
            assert "spec-kitty-hooks: " in ran.stderr, f"git {args}: {ran.stderr}"
        return not ran.returncode

    def commit(self, *options: Arg) -> None:
        """Commit what is staged; with -n if our hook refuses."""
        if not self.run("commit", "-qm", "work", *options):
            self.lane.git("commit", "-qnm", "work", *options)

    def make_aside(self, path: str = FOREIGN, branch: str = "aside") -> str:
        """Commit a foreign change onto a branch that no mission records, beside the lane; return the commit."""
        self.lane.branch(branch)
        return self.lane.commit_to(branch, {path: "aside\n"})


def _make_server(mission: Mission, place: Path) -> Repo:
    server = Repo.init(place, mission.repo.env, mission.clock, "--bare", "-b", "main")
    mission.repo.add_remote("origin", server)
    mission.repo.push("main")
    guard_server(server)
    return server


def guard_server(server: Repo) -> Path:
    """Make our `pre-receive` the hook of a bare repository; return its file."""
    command = [*hook_command("pre-receive")[:-2], "pre-receive"]
    shim = server.path / "hooks" / "pre-receive"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f"#!/bin/sh\nexec {shlex.join(command)}\n")
    shim.chmod(0o755)
    return shim


# -- what is changed


def add(road: Road) -> None:
    road.lane.write(FOREIGN, "x = 1\n")
    road.lane.stage()
    road.commit()


def delete_only(road: Road) -> None:
    road.lane.git("rm", "-q", KNOWN)
    road.commit()


def rename_out(road: Road) -> None:
    road.lane.git("mv", "src/a/a.py", FOREIGN)
    road.commit()


def rename_in(road: Road) -> None:
    road.lane.git("mv", KNOWN, "src/a/c.py")
    road.commit()


def change_mode_only(road: Road) -> None:
    road.lane.git("update-index", "--chmod=+x", KNOWN)
    road.commit()


def link(road: Road) -> None:
    road.lane.symlink("src/c/link", "../a/a.py")
    road.lane.stage()
    road.commit()


def replace_by_link(road: Road) -> None:
    road.lane.remove(KNOWN)
    road.lane.symlink(KNOWN, "../a/a.py")
    road.lane.stage()
    road.commit()


def embed(road: Road) -> None:
    road.lane.git("update-index", "--add", "--cacheinfo", f"160000,{road.lane.head()},src/c/sub")
    road.commit()


def grant_itself(road: Road) -> None:
    path = road.mission.wp_path("WP01")
    road.lane.write(path, road.lane.read(path).replace(b"src/a/**", b"src/**"))
    road.lane.stage()
    road.commit()


# -- how it is committed


def switch_hooks_off(road: Road) -> None:
    road.lane.write(FOREIGN, "x = 1\n")
    road.lane.stage()
    road.lane.git(*_WITHOUT_HOOKS, "commit", "-qm", "work")


def commit_only(road: Road) -> None:
    road.lane.write("src/a/y.py", "y = 1\n")
    road.lane.write(KNOWN, "changed\n")
    road.lane.stage("src/a/y.py")
    road.commit("--only", "--", KNOWN)


def amend(road: Road) -> None:
    road.lane.write("src/a/y.py", "y = 1\n")
    road.lane.stage()
    road.commit()
    road.lane.write(FOREIGN, "x = 1\n")
    road.lane.stage()
    road.commit("--amend")


def build_by_hand(road: Road) -> None:
    lane = road.lane
    lane.write(FOREIGN, "x = 1\n")
    lane.stage()
    oid = lane.ask("commit-tree", "-p", "HEAD", "-m", "work", lane.ask("write-tree"))
    lane.git("update-ref", f"refs/heads/{road.branch}", oid)


def import_fast(road: Road) -> None:
    road.lane.commit_to(road.branch, {FOREIGN: "x = 1\n"})


def date_back(road: Road) -> None:
    _commit_dated(road, "2001-01-01T00:00:00+0000")


def date_forward(road: Road) -> None:
    _commit_dated(road, "2040-01-01T00:00:00+0000")


def _commit_dated(road: Road, date: str) -> None:
    road.lane.write(FOREIGN, "x = 1\n")
    road.lane.stage()
    road.commit(f"--date={date}")


def rename_branch_here(road: Road) -> None:
    road.lane.git("branch", "-m", "private")
    add(road)
    road.sent = (f"private:{road.branch}",)


def commit_detached(road: Road) -> None:
    road.lane.checkout("--detach")
    add(road)
    road.sent = (f"HEAD:refs/heads/{road.branch}",)


# -- how it is brought in


def cherry_pick(road: Road) -> None:
    road.run("cherry-pick", road.make_aside())


def revert(road: Road) -> None:
    main = road.mission.repo
    main.commit(files={KNOWN: "of the target\n"}, no_verify=True)
    road.lane.git("merge", "-q", "--no-edit", "main")
    main.push("--no-verify", "main")
    road.run("revert", "--no-edit", main.head())


def rebase(road: Road) -> None:
    road.make_aside()
    road.lane.commit(files={"src/a/y.py": "y = 1\n"})
    road.run("rebase", "-q", "aside")


def rebase_and_take_over(road: Road) -> None:
    road.lane.branch("aside", f"{road.branch}~1")
    road.lane.commit_to("aside", {FOREIGN: "aside\n"})
    road.lane.checkout("aside")
    road.run("rebase", "-q", road.branch)
    road.lane.git("checkout", "-q", "-B", road.branch)


def apply_mail(road: Road) -> None:
    patch = road.lane.git("format-patch", "--stdout", "-1", road.make_aside(), binary=True).stdout
    (road.tmp_path / "patch").write_bytes(patch)
    road.run("am", "-q", road.tmp_path / "patch")


def fast_forward(road: Road) -> None:
    road.make_aside()
    road.run("merge", "-q", "--ff-only", "aside")


def merge(road: Road) -> None:
    road.make_aside()
    road.lane.commit(files={"src/a/y.py": "y = 1\n"})
    road.run("merge", "-q", "--no-edit", "aside")


def merge_tag(road: Road) -> None:
    road.lane.git("tag", "-a", "-m", "aside", "v1", road.make_aside())
    road.lane.git("branch", "-qD", "aside")
    road.lane.commit(files={"src/a/y.py": "y = 1\n"})
    road.run("merge", "-q", "--no-edit", "v1")


def merge_many(road: Road) -> None:
    road.make_aside()
    road.make_aside("src/c/y.py", "beside")
    road.lane.commit(files={"src/a/y.py": "y = 1\n"})
    road.run("merge", "-q", "--no-edit", "aside", "beside")


def merge_squashed(road: Road) -> None:
    road.make_aside()
    road.lane.git("merge", "-q", "--squash", "aside")
    road.commit()


def merge_with_more(road: Road) -> None:
    road.mission.repo.commit(files={"README.md": "of the target\n"}, no_verify=True)
    road.mission.repo.push("--no-verify", "main")
    road.lane.git("merge", "-q", "--no-commit", "main")
    add(road)


def merge_the_wrong_way_round(road: Road) -> None:
    bad = road.lane.commit_to(road.branch, {FOREIGN: "x = 1\n"})
    road.lane.checkout("main", "--detach")
    road.lane.git(*_WITHOUT_HOOKS, "merge", "-q", "--no-ff", "--no-edit", bad)
    road.lane.git("checkout", "-q", "-B", road.branch)


# -- how it is hidden, and how it is sent


def hide_by_replacement(road: Road) -> None:
    import_fast(road)
    lane = road.lane
    tree = lane.ask("rev-parse", f"{road.branch}~1^{{tree}}")
    innocent = lane.ask("commit-tree", "-p", f"{road.branch}~1", "-m", "work", tree)
    lane.git("replace", lane.resolve(road.branch), innocent)


def hide_by_graft(road: Road) -> str:
    """Leave the foreign commit out of history as git tells it here, and return it; the push lacks it then."""
    import_fast(road)
    lane = road.lane
    bad = lane.resolve(road.branch)
    skipped = lane.resolve(f"{road.branch}~1")
    tip = lane.commit_to(road.branch, {"src/a/y.py": "y = 1\n"})
    grafts = lane.common_dir() / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(f"{tip} {skipped}\n")
    return bad


def send_second(road: Road) -> None:
    import_fast(road)
    road.lane.branch("good", "main")
    road.sent = ("good:refs/heads/good", road.branch)


def send_as_head(road: Road) -> None:
    import_fast(road)
    road.sent = (f"HEAD:{road.branch}",)


def send_by_id(road: Road) -> None:
    import_fast(road)
    road.sent = (f"{road.lane.resolve(road.branch)}:refs/heads/{road.branch}",)


def send_by_force(road: Road) -> None:
    road.lane.git("reset", "-q", "--hard", "HEAD~1")
    road.lane.commit(files={"src/a/x.py": "otherwise\n"})
    import_fast(road)
    road.sent = (f"+{road.branch}",)


def send_from_elsewhere(road: Road) -> None:
    clone = road.server.clone(road.tmp_path / "clone")
    clone.checkout(road.branch)
    clone.commit(files={FOREIGN: "x = 1\n"})
    road.sender = clone


def launder(road: Road) -> None:
    """Publish the change under another name first, where nobody is held to it."""
    road.make_aside()
    assert push(road.lane, "aside").silent
    road.run("merge", "-q", "--ff-only", "aside")


def forge_tracking(road: Road) -> None:
    """Let this clone believe that the remote has it; the server knows better, and is left out here."""
    import_fast(road)
    road.lane.git("update-ref", "refs/remotes/origin/aside", road.branch)
    (road.server.path / "hooks" / "pre-receive").unlink()


Act = Callable[[Road], object]


def codes_that_block(findings: Sequence[dict[str, str]]) -> tuple[str, ...]:
    """Return the codes of a report's findings that block, each once, in order."""
    blocking = [finding["diagnostic_code"] for finding in findings if finding["severity"] == "block"]
    return tuple(dict.fromkeys(blocking))
