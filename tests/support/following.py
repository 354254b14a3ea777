"""A person who follows remedies: types the commands, and does what the sentences say, to the letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from support.repo import Repo
from support.trouble import Trouble, event

Facts = Mapping[str, str]
Perform = Callable[[Trouble, Facts], None]


def on_target(trouble: Trouble, facts: Facts) -> Repo:
    """Return the checkout of the branch that a sentence names; it is the primary one in all of these."""
    branch = facts.get("target") or facts.get("log_branch") or facts["policy_branch"]
    assert trouble.primary.current_branch() == branch
    return trouble.primary


def widen(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    text = place.read(facts["head"]).replace(b"owned_files:\n", b"owned_files:\n- src/b/**\n- src/c/evil.py\n", 1)
    place.write(facts["head"], text)
    commit(place, facts["head"])


def move_to_target(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    patch = trouble.place.git("diff", "--cached", "--binary", binary=True).stdout
    trouble.place.git("reset", "-q", "--hard")
    place.git("apply", "--index", input=patch)
    assert place.git("commit", "-qm", "planning").stderr == ""


def commit(place: Repo, *paths: str) -> None:
    """Commit as a person does, hooks and all; nothing may be said. What was never committed is mended without."""
    place.stage(*paths)
    if place.git("diff", "--cached", "--quiet", check=False).returncode == 0:
        return
    done = place.try_commit()
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False), done.stderr


def write_log(trouble: Trouble, content: bytes) -> None:
    trouble.place.write(trouble.mission.log_path, content)
    trouble.place.stage(trouble.mission.log_path)


def find_plan(trouble: Trouble, facts: Facts) -> None:
    if "plan" in trouble.known:
        trouble.place.git("fetch", "-q", "origin", trouble.known["plan"])
    else:
        trouble.place.git("branch", "-m", facts["unrecorded"], "no-lane")


def fetch(trouble: Trouble, facts: Facts) -> None:
    branch = facts["unfetched"]
    trouble.place.git("fetch", "-q", "origin", f"{branch}:refs/remotes/origin/{branch}")


def put_log_back(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.git("checkout", "HEAD^", "--", facts["log"])
    assert place.try_commit().returncode == 0


def put_file(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    path = f"{facts['tasks']}{facts['wp']}-again.md"
    place.write(path, f"---\nwork_package_id: {facts['wp']}\nowned_files: [src/a/**]\n---\n")
    commit(place, path)


def mend_head(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.write(facts["head"], "---\nwork_package_id: WP01\nowned_files: [src/a/**]\n---\n")
    commit(place, facts["head"])


def mend_policy(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.write(".kittify/config.yaml", "policy:\n  commit_guard:\n    mode: block\n")
    commit(place, ".kittify/config.yaml")


def mend_staged_policy(trouble: Trouble, facts: Facts) -> None:
    trouble.place.write(facts["policy"], "policy: {}\n")
    commit(trouble.place, facts["policy"])


def put_lines_back(trouble: Trouble, facts: Facts) -> None:
    known = trouble.known["published"].splitlines(keepends=True)
    there = trouble.place.read(facts["lacking"])
    write_log(trouble, there + b"".join(line for line in known if line not in there))


def take_lines_out(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    place.write(facts["damaged"], place.read(facts["damaged"]).replace(b"\n{\n", b"\n"))
    commit(place, facts["damaged"])


def record_again(trouble: Trouble, _facts: Facts) -> None:
    at = datetime.now(UTC).isoformat()
    write_log(trouble, trouble.known["before"] + event(trouble.mission, "WP02", "planned", "claimed", at=at))


def merge_copies(trouble: Trouble, facts: Facts) -> None:
    place = on_target(trouble, facts)
    assert place.git("merge", "-q", facts["others"], check=False).returncode
    ours, theirs = (place.show(side, trouble.mission.log_path) for side in ("HEAD", facts["others"]))
    place.write(trouble.mission.log_path, ours + theirs.splitlines(keepends=True)[-1])
    commit(place, trouble.mission.log_path)


def materialize(trouble: Trouble, _facts: Facts) -> None:
    trouble.place.git("reset", "-q", "--hard")
    trouble.mission.transition("WP02", "claimed", commit=False)
    trouble.mission.commit_log()


PERFORMED: dict[str, Perform] = {
    "or add it to owned_files in {head} on branch {target}, and commit that there": widen,
    "make this change on branch {target} instead": move_to_target,
    "or have {wp} moved back to in_progress first, so that it is reviewed again": (
        lambda trouble, facts: void(trouble.mission.transition(facts["wp"], "in_progress"))
    ),
    "fetch the branch that plans the mission of {unrecorded}, or rename that branch if it is no lane": find_plan,
    "fetch branch {unfetched}, which has the event log": fetch,
    "put the event log back: {log} on branch {log_branch}": put_log_back,
    "put a file for {wp} into {tasks} on branch {target}, and commit that there": put_file,
    "list owned_files in {head} on branch {target}, and commit that there": mend_head,
    "mend {policy}, git add it and commit again": mend_staged_policy,
    "mend .kittify/config.yaml on branch {policy_branch}, and commit that there": mend_policy,
    "mend {head} on branch {target}, and commit that there": mend_head,
    "put the lost lines back into {lacking}, then git add it and commit again": put_lines_back,
    "take these lines out of {damaged} on branch {log_branch}, and commit that there": take_lines_out,
    "keep the lines of both sides in {united} and nothing else, then git add it and commit again": (
        lambda trouble, _facts: write_log(trouble, trouble.known["union"])
    ),
    "keep both lines in {twofold}, the unpublished one under a new event_id, then git add it and commit again": (
        lambda trouble, _facts: write_log(trouble, trouble.known["union"])
    ),
    "set the clock of this machine right, then record the event again": record_again,
    "merge {others} into branch {log_branch}, keeping every line of both logs": merge_copies,
    "let Spec Kitty write status.json anew: its next transition does": materialize,
    "cd into a git repository, or name one with -C DIR": (
        lambda trouble, _facts: setattr(trouble, "args", (*trouble.args, "-C", str(trouble.primary.path)))
    ),
}


def void(_made: object) -> None:
    """Forget what a builder returns."""


def perform(trouble: Trouble, step: str) -> None:
    """Do what a sentence says; a sentence that nobody here knows how to follow fails."""
    for template, action in PERFORMED.items():
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(template))
        if match := re.fullmatch(pattern, step):
            action(trouble, match.groupdict())
            return
    pytest.fail(f"nobody here can follow: {step}")


def shell(place: Repo, command: str) -> subprocess.CompletedProcess[bytes]:
    """Type a command in the work tree; an editor, where git wants one, writes one line."""
    editor = {"GIT_EDITOR": "echo message >", "GIT_ALLOW_PROTOCOL": "file"}
    path = {"PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{place.env['PATH']}"}
    place.clock.tick()
    env = {**place.env, **place.clock.dates(), **editor, **path}
    return subprocess.run(["sh", "-c", command], cwd=place.path, env=env, check=False, capture_output=True)
