"""Pushes that a stranger made up: nothing raw reaches the terminal, nothing crashes, is written or let through."""

from __future__ import annotations

import shlex
import zlib
from hashlib import sha1
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from support.hooks import judge
from support.hostile import complaints
from support.missions import Mission
from support.pushing import publish, push
from support.repo import Repo
from support.scene import Said

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"
#: Right-to-left override, zero width, the C1 bytes that start a line and a command, and bytes that are no text.
ODD = "\u202eevil\u200b\u0085\x9b31m-\U0001f408".encode() + b"\xff"
ZEROS = "0" * 40


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    return publish(mission, tmp_path / "remote.git")


@pytest.fixture
def bad(mission: Mission, remote: Repo) -> Repo:
    """A lane with one commit that went past the commit hook."""
    lane = mission.implement("WP01")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    return lane


def ask(repo: Repo, *lines: bytes, remote: str = "origin", url: str = "url") -> CompletedProcess[str]:
    """Run the hook on these lines as git would; fail if it changes, crashes or prints anything that it must not."""
    ran = judge(repo, "pre-push", remote, url, stdin=b"".join(line + b"\n" for line in lines))
    text = (ran.stdout + ran.stderr).encode("utf-8", "surrogateescape")
    assert not complaints(Said(ran.returncode, b"", text))
    return ran


def line(name: bytes, new: str, old: str = ZEROS) -> bytes:
    return b"%s %s %s %s" % (name, new.encode(), name, old.encode())


@pytest.mark.parametrize("name", [ODD, b"-h", b"--output=x", b"$(x)", b"`x`", b"a;touch${IFS}x", b"'\""])
def test_a_branch_of_any_name_is_judged(mission: Mission, bad: Repo, name: bytes) -> None:
    ran = ask(bad, line(b"refs/heads/" + name, bad.head()))
    assert SCOPE in ran.stderr
    assert ran.returncode == 1
    named = ask(bad, line(b"refs/heads/kitty/mission-x-lane-" + name, bad.head()))
    assert named.returncode == 1


@pytest.mark.parametrize(
    "name", [b"src/c/\x1b[2J\x1b]0;x\x07", b"src/c/a\nspec-kitty-hooks: x", b"src/c/" + ODD, b"src/c/-h"]
)
def test_a_path_of_any_name_is_shown_escaped(mission: Mission, remote: Repo, name: bytes) -> None:
    lane = mission.implement("WP01")
    lane.commit_to(mission.lane_branch("lane-a"), {b"src/c/" + name: "1"})
    ran = ask(lane, line(f"refs/heads/{mission.lane_branch('lane-a')}".encode(), lane.head()))
    assert ran.returncode == 1
    assert ran.stderr.count(f"refused: {SCOPE}") == 1


def test_an_author_of_any_name_is_shown_escaped(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    author = {"GIT_AUTHOR_NAME": "\x1b[31m\u202eevil", "GIT_AUTHOR_EMAIL": "x\x07@\x9b"}
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True, env=author)
    assert SCOPE in ask(lane, line(f"refs/heads/{mission.lane_branch('lane-a')}".encode(), lane.head())).stderr


@pytest.mark.parametrize(
    "ref", [b"refs/notes/commits", b"refs/for/main", b"refs/stash", b"refs/pull/1/head", b"refs/tags/v1", b"refs/x/y"]
)
def test_a_ref_outside_of_branches_carries_no_lane_past_the_gate(mission: Mission, bad: Repo, ref: bytes) -> None:
    assert ask(bad, line(ref, bad.head())).returncode == 1


def test_notes_are_no_business_of_ours(mission: Mission, remote: Repo) -> None:
    mission.repo.git("notes", "add", "-m", "seen")
    assert push(mission.repo, "refs/notes/commits").silent


@pytest.mark.parametrize("depth", [1, 2, 40])
def test_a_tag_of_tags_is_judged_by_its_commit(mission: Mission, bad: Repo, depth: int) -> None:
    bad.git("tag", "-a", "-m", "x", "t0")
    for number in range(1, depth):
        bad.git("tag", "-a", "-m", "x", f"t{number}", f"t{number - 1}")
    assert push(bad, f"refs/tags/t{depth - 1}").refused == (SCOPE,)


def test_a_tag_of_a_tag_of_a_file_goes_out_in_silence(mission: Mission, remote: Repo) -> None:
    mission.repo.git("tag", "-a", "-m", "x", "inner", "HEAD:README.md")
    mission.repo.git("tag", "-a", "-m", "x", "outer", "inner")
    assert push(mission.repo, "outer").silent


def test_a_tag_behind_too_many_tags_is_not_let_through(mission: Mission, remote: Repo) -> None:
    repo, tip = mission.repo, mission.repo.head()
    for number in range(1_001):
        kind = "tag" if number else "commit"
        tip = _write_tag(repo, f"object {tip}\ntype {kind}\ntag t\ntagger T <t@example.com> 1 +0000\n\nx\n".encode())
    ran = ask(repo, line(b"refs/tags/t1000", tip))
    assert ran.returncode == 3
    assert "a tag stands for a tag" in ran.stderr


def _write_tag(repo: Repo, text: bytes) -> str:
    data = b"tag %d\0%s" % (len(text), text)
    oid = sha1(data).hexdigest()
    place = repo.path / ".git" / "objects" / oid[:2]
    place.mkdir(exist_ok=True)
    (place / oid[2:]).write_bytes(zlib.compress(data))
    return oid


def test_a_forged_tag_is_not_let_through(mission: Mission, remote: Repo) -> None:
    text = b"object --all\ntype commit\ntag x\ntagger x <x> 1 +0000\n\nx\n"
    oid = mission.repo.git("hash-object", "-w", "-t", "tag", "--literally", "--stdin", input=text).stdout.strip()
    assert ask(mission.repo, line(b"refs/tags/x", oid)).returncode == 3


@pytest.mark.parametrize(
    "text",
    [
        b"\x1b[2J",
        b"refs/heads/main \x1b[2J refs/heads/main \x1b[2J",
        b"refs/heads/x " + b"0" * 40 + b" refs/heads/../x " + b"0" * 40,
        b"refs/heads/x " + b"f" * 40 + b" refs/heads/x " + b"0" * 40,
        b"\0" * 100,
        b"x" * 100_000,
    ],
)
def test_lines_that_git_does_not_write_are_not_let_through(mission: Mission, remote: Repo, text: bytes) -> None:
    assert ask(mission.repo, text).returncode == 3


@pytest.mark.parametrize("name", ["odd name", "$(touch x)", "a'b\"c", "-x", "\u202eevil", "a.url"])
def test_a_remote_of_any_name_is_quoted_in_what_to_type(mission: Mission, remote: Repo, name: str) -> None:
    mission.repo.git("config", f"remote.{name}.url", str(remote.path))
    gone = "1" * 40
    ran = ask(mission.repo, line(b"refs/heads/main", mission.repo.head(), gone), remote=name, url=str(remote.path))
    assert ran.returncode == 3
    assert "REMOTE_STATE_UNKNOWN" in ran.stderr
    typed = next(text for text in ran.stderr.splitlines() if "git fetch" in text).removeprefix("  next: ")
    assert len(shlex.split(typed)) in (3, 4)


def test_a_thousand_refs_are_judged_in_one_push(mission: Mission, bad: Repo) -> None:
    head, main = bad.head(), bad.resolve("refs/remotes/origin/main")
    lines = [line(b"refs/heads/b%d" % number, main) for number in range(999)]
    ran = ask(bad, *lines, line(f"refs/heads/{mission.lane_branch('lane-a')}".encode(), head))
    assert ran.returncode == 1
    assert SCOPE in ran.stderr


def test_a_thousand_release_tags_go_to_an_empty_remote(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    repo = mission.repo
    oids = [repo.commit(files={"README.md": str(number)}, no_verify=True) for number in range(20)]
    tags = [line(b"refs/tags/v%d" % number, oids[number % 20]) for number in range(999)]
    url = str(tmp_path / "empty.git")
    ran = ask(repo, *tags, line(b"refs/heads/main", repo.head()), remote=url, url=url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ask(repo, *tags, remote=url, url=url).returncode == 0


def test_beyond_the_limit_of_refs_nothing_is_let_through(mission: Mission, remote: Repo) -> None:
    lines = [line(b"refs/heads/b%d" % number, mission.repo.head()) for number in range(1_001)]
    over = ask(mission.repo, *lines)
    assert over.returncode == 3
    assert "more than 1000 refs in one push" in over.stderr
    assert "next: push them in parts, at most 1000 at a time: git push REMOTE REF..." in over.stderr


def test_a_mission_directory_that_becomes_a_link_is_refused(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.git("rm", "-rq", mission.path)
    lane.symlink(mission.path, "/etc")
    lane.git("add", "-A", "-f")
    lane.git("commit", "-qnm", "work")
    ran = ask(lane, line(f"refs/heads/{mission.lane_branch('lane-a')}".encode(), lane.head()))
    assert ran.returncode == 1
    assert "OWNERSHIP_SELF_GRANT" in ran.stderr


def test_all_planning_that_becomes_a_link_on_the_target_is_refused(mission: Mission, remote: Repo) -> None:
    repo = mission.repo
    repo.git("rm", "-rq", "kitty-specs")
    repo.symlink("kitty-specs", "/etc")
    repo.git("add", "-A", "-f")
    repo.git("commit", "-qnm", "work")
    old = repo.resolve("refs/remotes/origin/main")
    ran = ask(repo, line(b"refs/heads/main", repo.head(), old))
    assert ran.returncode == 1
    assert "EVENT_LOG_NOT_APPEND_ONLY" in ran.stderr


def test_ten_thousand_commits_are_judged(mission: Mission, bad: Repo) -> None:
    branch = mission.lane_branch("lane-a")
    date = bad.clock.git_date()
    bad.git("fast-import", "--quiet", "--force", input=b"".join(_commits(f"refs/heads/{branch}", bad.head(), date)))
    ran = ask(bad, line(f"refs/heads/{branch}".encode(), bad.resolve(branch)))
    assert ran.returncode == 1
    assert ran.stderr.count(f"refused: {SCOPE}") == 1


def _commits(ref: str, start: str, date: str) -> list[bytes]:
    made = [f"blob\nmark :{mark}\ndata 1\n{mark}\n" for mark in (1, 2)]
    for number in range(10_000):
        parent = "" if number else f"from {start}\n"
        who = f"commit {ref}\ncommitter C <c@example.com> {date}\ndata 1\nx\n"
        made.append(f"{who}{parent}M 100644 :{number % 2 + 1} src/a/x.py\n")
    return [text.encode() for text in made]


def test_a_huge_log_is_judged(mission: Mission, remote: Repo) -> None:
    repo = mission.repo
    log = repo.read(mission.log_path)
    last = log.splitlines(keepends=True)[-1]
    more = (last.replace(b'"event_id": "01KE', b'"event_id": "1%03d' % number) for number in range(1_000))
    repo.write(mission.log_path, log + b"".join(more) + b'{"x": "' + b"x" * (8 << 20) + b"\n")
    repo.commit_quietly("work", (mission.log_path,))
    ran = ask(repo, line(b"refs/heads/main", repo.head(), repo.resolve("refs/remotes/origin/main")))
    assert ran.returncode == 1
    assert "EVENT_LOG_UNREADABLE" in ran.stderr
