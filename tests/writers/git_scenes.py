"""Scenes around what git is asked to write, and what a person gave the command to do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from support.missions import Mission, build_mission
from writers.log_scenes import ULID, say
from writers.place_scenes import chained
from writers.scene import Scene, move, scene, start

AGAIN = "run the same command again"
THEN = "then run the same command again"
_NAME, _MAIL = "git config user.name 'Your Name'", "git config user.email you@example.com"
_RUNNING = "if no git is running: rm {}"
_QUICK = 'import spec_kitty_hooks.git.writing as w; w._PATIENCE = ("-c", "core.filesRefLockTimeout=50")'


def nobody() -> dict[str, str]:
    """Return variables with which git knows nobody."""
    who = {f"GIT_{who}_{what}": "" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {
        **who,
        "EMAIL": "",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.useConfigOnly",
        "GIT_CONFIG_VALUE_0": "true",
    }


def apart(mission: Mission) -> Mission:
    """Build another mission, whose log's branch is checked out nowhere."""
    made = build_mission(mission.repo, {"lane-a": {"WP01": ["src/x/**"]}}, slug="apart", topology="coord")
    made.remove_coordination_worktree()
    return made


@scene("IDENTITY_MISSING", _NAME, _MAIL, AGAIN)
def by_nobody(mission: Mission, _beside: Path) -> Scene:
    made = apart(mission)
    return move(made, "--mission", made.directory, env=nobody())


@scene("EVENT_NOT_COMMITTED", _NAME, _MAIL, "{} add -- {}", "{} commit -m {} -- {}")
def appended_by_nobody(mission: Mission, _beside: Path) -> Scene:
    return move(mission, "--event-id", ULID, env=nobody())


@scene("EVENT_NOT_COMMITTED", _RUNNING, "{} add -- {}", "{} commit -m {} -- {}")
def appended_while_the_branch_is_locked(mission: Mission, _beside: Path) -> Scene:
    lock = mission.repo.path / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    return move(mission, "--event-id", ULID, always=_QUICK, acts={_RUNNING: lock.unlink})


@scene("EVENT_NOT_COMMITTED", "{} add -- {}", "{} merge --continue")
def appended_in_the_middle_of_a_merge(mission: Mission, _beside: Path) -> Scene:
    mission.repo.branch("side")
    mission.repo.commit_to("side", {"x.txt": "side\n"})
    mission.repo.git("merge", "-q", "--no-ff", "--no-commit", "side")
    return move(mission, "--event-id", ULID)


@scene("BRANCH_LOCKED", AGAIN, _RUNNING)
def while_another_git_holds_the_branch(mission: Mission, _beside: Path) -> Scene:
    made = apart(mission)
    lock = mission.repo.path / ".git" / "refs" / "heads" / f"{made.coordination_branch}.lock"
    lock.touch()
    return move(made, "--mission", made.directory, always=_QUICK, acts={_RUNNING: lock.unlink})


@scene("BRANCH_MOVED", AGAIN)
def while_somebody_moves_the_branch(mission: Mission, _beside: Path) -> Scene:
    fault = """
import spec_kitty_hooks.git.writing as w
def move(self, branch, new, expected, reason): raise w.RefMovedError(branch, new)
import spec_kitty_hooks.workplaces as p
p.Writer = type("Writer", (w.Writer,), {"move_branch": move})"""
    return start(mission, fault=fault)


@scene("BRANCH_BUSY", "git -C {} rebase --continue", THEN)
def while_the_branch_is_rebased(mission: Mission, _beside: Path) -> Scene:
    repo = mission.repo
    repo.branch("onto")
    repo.commit_to("onto", {"x.txt": "theirs\n"})
    repo.commit("ours", files={"x.txt": "ours\n"}, no_verify=True)
    repo.git("rebase", "-q", "onto", check=False)
    repo.write("x.txt", "both\n")
    repo.stage("x.txt")
    return move(mission)


@scene("INDEX_NOT_MOVED")
def while_another_git_holds_the_index(mission: Mission, _beside: Path) -> Scene:
    """The step stands in the message: a person waits for the other git, and then takes it."""
    lock = mission.repo.path / ".git" / "index.lock"
    lock.touch()
    found = move(mission, "--event-id", ULID, always="import spec_kitty_hooks.git.checkouts as c; c._SECONDS = 0.1")

    def restore() -> None:
        lock.unlink()
        paths = [f"{mission.path}/{name}" for name in ("status.events.jsonl", "status.json")]
        mission.repo.git("restore", "--staged", "--", *paths)

    found.decide = restore
    return found


@scene("REPOSITORY_UNSUPPORTED", "git log -- {}")
def with_a_link_for_status_json_in_the_commit(mission: Mission, _beside: Path) -> Scene:
    made = apart(mission)
    branch, name = made.coordination_branch, f"{made.path}/status.json"
    before = made.repo.resolve(branch)
    place = made.repo.worktree(made.repo.path.parent / "there", branch)
    (place.path / name).unlink(missing_ok=True)
    os.symlink("elsewhere", place.path / name)
    place.commit("a link", no_verify=True)
    place.git("checkout", "-q", "--detach")
    decide = lambda: made.repo.git("update-ref", f"refs/heads/{branch}", before)  # noqa: E731
    return move(made, "--mission", made.directory, decide=decide)


@scene("REPOSITORY_UNSUPPORTED", "df .")
def with_no_room_for_objects(mission: Mission, _beside: Path) -> Scene:
    made = apart(mission)
    fault = """
import spec_kitty_hooks.git.program as p
def run(self, *words, real=p.Program.run, **more):
    done = real(self, *words, **more)
    return done.replace(rc=128, err=b"no space") if "hash-object" in words else done
p.Program.run = run"""
    return move(made, "--mission", made.directory, fault=fault)


@scene("REPOSITORY_UNSUPPORTED", "git -C {} checkout HEAD -- .", THEN)
def in_a_partial_clone(mission: Mission, beside: Path) -> Scene:
    clone = mission.repo.clone(beside / "clone", "--filter=blob:none", "--no-checkout")
    for name in ("meta.json", "lanes.json", "status.events.jsonl"):
        clone.git("cat-file", "-p", f"origin/main:{mission.path}/{name}")
    return Scene(clone, start(mission).words)


@scene("REPOSITORY_UNSUPPORTED", "git -C {} status")
def over_a_file_that_is_in_the_way(mission: Mission, _beside: Path) -> Scene:
    """The work tree was clean a moment ago; what somebody wrote since then is in the way of what it needs."""
    made = chained(mission)
    place = made.start_lane("lane-b")
    made.start_lane("lane-a").commit("work", files={"src/a/x.py": "x\n"}, no_verify=True)
    made.walk("WP01", "done")
    place.write("src/a/x.py", "mine\n")
    fault = "import spec_kitty_hooks.git.worktrees as w; w.Worktrees.is_clean = lambda self, path: True"
    return start(made, wp_id="WP02", fault=fault, decide=(place.path / "src/a/x.py").unlink)


@scene("REPOSITORY_UNSUPPORTED", "git worktree list")
def where_git_cannot_add_a_work_tree(mission: Mission, _beside: Path) -> Scene:
    blocked = mission.repo.common_dir() / "worktrees"
    blocked.write_text("")
    return start(mission, decide=blocked.unlink)


@scene("REPOSITORY_UNSUPPORTED", "git fsck")
def with_a_directory_that_cannot_be_read(mission: Mission, _beside: Path) -> Scene:
    made = apart(mission)
    fault = """
import spec_kitty_hooks.git.recording as r
class Blind:
    def __init__(self, git): self.git = git
    def __getattr__(self, name): return getattr(self.git, name)
    def tree(self, oid): return None
def make(self, git, writer, real=r._Trees.__init__): real(self, Blind(git), writer)
r._Trees.__init__ = make"""
    return move(made, "--mission", made.directory, fault=fault)


@scene("SHALLOW_HISTORY", "git fetch --unshallow")
def in_a_shallow_clone(mission: Mission, beside: Path) -> Scene:
    made = chained(mission)
    made.implement("WP01").commit("work", files={"src/a/x.py": "x\n"}, no_verify=True)
    made.walk("WP01", "approved")
    clone = made.repo.clone(beside / "clone", "--depth=1", "--no-single-branch")
    return Scene(clone, start(made, wp_id="WP02").words)


# -- what a person gave it


@scene("ACTOR_MISSING", "say who you are with --actor NAME", 'git config user.name "Your Name"')
def without_a_name(mission: Mission, _beside: Path) -> Scene:
    found = move(mission, env=nobody())
    found.words[found.words.index("--actor") :] = []
    found.acts = {"say who you are with --actor NAME": say(found, "--actor", "agent-one")}
    return found


def wrong(mission: Mission, step: str, *words: str, right: Sequence[str] = ()) -> Scene:
    """Return the scene of a transition with wrong words, which a person leaves out or replaces."""
    found = move(mission, *words)

    def mend() -> None:
        found.words[-len(words) :] = right

    found.acts = {step: mend}
    return found


@scene("USAGE", "use one of {}")
def to_no_lane(mission: Mission, _beside: Path) -> Scene:
    return wrong(mission, "use one of {}", "--expect", "nowhere", right=("--expect", "planned"))


@scene("USAGE", "leave it out, or give 26 characters of 0-9 and A-Z without I, L, O and U")
def with_no_id(mission: Mission, _beside: Path) -> Scene:
    return wrong(mission, "leave it out, or give {}", "--event-id", "short")


@scene("USAGE", "--evidence KEY=VALUE, where KEY is one of {}")
def with_no_evidence(mission: Mission, _beside: Path) -> Scene:
    return wrong(mission, "--evidence KEY=VALUE, where KEY is one of {}", "--evidence", "x")


@scene("USAGE", "shorten it")
def with_too_long_a_reason(mission: Mission, _beside: Path) -> Scene:
    return wrong(mission, "shorten it", "--reason", "a" * 16_385, right=("--reason", "a"))


@scene("USAGE", "write it in plain text")
def with_a_bell_in_the_reason(mission: Mission, _beside: Path) -> Scene:
    return wrong(mission, "write it in plain text", "--reason", "a\x07b", right=("--reason", "ab"))


@scene("USAGE", "say why with --reason TEXT")
def forced_without_a_reason(mission: Mission, _beside: Path) -> Scene:
    found = start(mission, "--force")
    found.acts = {"say why with --reason TEXT": say(found, "--reason", "because")}
    return found
