"""File systems of one's own, in a mount namespace that ends with the process: one to fill, one to cut the power of.

Both run as a program, `unshare -m` before it, and print one JSON value; only root may do that.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.journal import append_events
from support.acts import prepare
from support.forks import leave_unmeasured
from support.variants import VARIANTS

_ROOT = Path(__file__).resolve().parents[2]
_MAIN = "import sys; sys.path[:0] = sys.argv[1:3]; from support.mounts import main; main(sys.argv[3], sys.argv[4])"
_APART = ("unshare", "-m", "--propagation", "private")
#: Nothing is flushed by itself while a proof runs.
_LAZY = "loop,commit=600"


@cache
def why_not(*programs: str) -> str:
    """Return why file systems cannot be mounted here; "" if they can."""
    for program in ("unshare", "mount", *programs):
        if not shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"):
            return f"{program} is not here"
    if os.geteuid():
        return "only root may mount a file system"
    ran = subprocess.run([*_APART, "true"], capture_output=True, text=True, check=False)
    return f"no mount namespace can be made here: {ran.stderr.strip()}" if ran.returncode else ""


def run_apart(scene: str, place: Path, env: Mapping[str, str], **words: Any) -> Any:
    """Run a function of this module in a mount namespace of its own, and return its answer.

    Raises OSError with what was said if nothing can be mounted there.
    """
    python = [sys.executable, "-I", "-B", "-c", _MAIN, str(_ROOT), str(_ROOT / "tests")]
    words = {"place": str(place), **words}
    command = [*_APART, *python, scene, json.dumps(words)]
    environ = {**leave_unmeasured(env), "PATH": f"{env['PATH']}:/usr/sbin:/sbin"}
    ran = subprocess.run(command, env=environ, capture_output=True, check=False)
    if ran.returncode == 77:
        raise OSError(ran.stderr.decode("utf-8", "replace"))
    assert not ran.returncode, ran.stderr.decode("utf-8", "replace")
    return json.loads(ran.stdout)


def main(scene: str, words: str) -> None:
    """Run one scene; exit code 77 says that nothing can be mounted."""
    scenes: dict[str, Callable[..., dict[str, int]]] = {"fill": fill, "cut": cut, "cut_commits": cut_commits}
    print(json.dumps(scenes[scene](**json.loads(words))))  # noqa: T201 (the answer)


def fill(place: str, rounds: int, variant: str = "") -> dict[str, int]:
    """Append to a log on a disk of 16 kB until it is full, again and again, with lines of other lengths."""
    top = Path(place)
    _mount("-t", "tmpfs", "-o", "size=16k", "none", place)
    if variant:
        VARIANTS[variant](lambda _text: None)
    log, other = top / "log", top / "other"
    found = {"runs": 0, "refused": 0, "lost": 0}
    for number in range(rounds):
        log.unlink(missing_ok=True)
        other.write_bytes(b"x" * (4096 * (number % 4)))
        _fill_once(log, [b'{"n": "%s"}' % (b"y" * (37 * number % 997 + 1))], found)
        other.unlink()
        before = log.read_bytes() if log.exists() else b""
        try:
            append_events(os.fsencode(log), [b"{}"])
        except OSError:
            found["refused"] += 1
        found["lost"] += log.read_bytes() != before + b"{}\n"
    return found


def _fill_once(log: Path, lines: list[bytes], found: dict[str, int]) -> None:
    while True:
        before = log.read_bytes() if log.exists() else b""
        found["runs"] += 1
        try:
            append_events(os.fsencode(log), lines)
        except OSError:
            found["refused"] += 1
            found["lost"] += log.read_bytes() != before
            return
        found["lost"] += log.read_bytes() != before + lines[0] + b"\n"


def cut(place: str, cuts: int, variant: str = "", options: str = "", kind: str = "ext4") -> dict[str, int]:
    """Cut the power right after each acknowledgement: copy the disk as it is then, and read the log on the copy.

    What was not flushed is not in the image: it is in memory still. Every tenth log is a new one.
    """
    top = Path(place)
    image, copy, live, dead = top / "image", top / "copy", top / "live", top / "dead"
    for directory in (live, dead):
        directory.mkdir()
    _make(image, kind, 8 if kind == "ext4" else 320)
    _mount("-o", f"{_LAZY}{options}", str(image), str(live))
    if variant:
        VARIANTS[variant](lambda _text: None)
    found = {"runs": 0, "lost": 0, "damaged": 0}
    lines: list[bytes] = []
    for number in range(cuts):
        name = f"log-{number // 10}"
        lines = [] if number % 10 == 0 else lines
        lines.append(
            json.dumps({"event_id": f"{number:026}", "kind": "annotation", "note": "n" * (number % 700)}).encode()
        )
        append_events(os.fsencode(live / name), lines[-1:])
        _run("cp", "--sparse=always", str(image), str(copy))
        _mount("-o", "loop", str(copy), str(dead))
        content = (dead / name).read_bytes() if (dead / name).exists() else b""
        _run("umount", str(dead))
        found["runs"] += 1
        found["lost"] += any(line not in content.split(b"\n") for line in lines)
        found["damaged"] += bool(parse_log(content).damage)
    _run("umount", str(live))
    return found


def cut_commits(place: str, repository: str, cuts: int, variant: str = "") -> dict[str, int]:
    """Cut the power after transitions of a mission whose log is checked out nowhere: only git has the events."""
    top = Path(place)
    image, copy, live, dead = top / "image", top / "copy", top / "live", top / "dead"
    for directory in (live, dead):
        directory.mkdir()
    _make(image, "ext4", 32)
    _mount("-o", _LAZY, str(image), str(live))
    shutil.copytree(repository, live / "repo", symlinks=True)
    os.sync()
    found = {"runs": 0, "lost": 0, "damaged": 0}
    for number in range(cuts):
        said: list[str] = []
        event_id = f"{number:026}"
        words = {"repo": str(live / "repo"), "wp": "WP01", "to": ("claimed", "blocked")[number % 2], "commit": True}
        prepare("transition", {**words, "event_id": event_id, "variant": variant if not number else ""}, said.append)()
        assert said == [f"ACK {event_id}"], said
        os.chdir("/")
        _run("cp", "--sparse=always", str(image), str(copy))
        _mount("-o", "loop", str(copy), str(dead))
        git = ["git", "-C", str(dead / "repo")]
        log = subprocess.run([*git, "log", "-p", "main"], capture_output=True, text=True, check=False).stdout
        sound = subprocess.run([*git, "fsck", "--strict"], capture_output=True, check=False).returncode == 0
        _run("umount", str(dead))
        found["runs"] += 1
        found["lost"] += event_id not in log
        found["damaged"] += not sound
    _run("umount", str(live))
    return found


def _make(image: Path, kind: str, megabytes: int) -> None:
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    _run(*(("mkfs.ext4", "-q", "-b", "1024") if kind == "ext4" else (f"mkfs.{kind}", "-q")), str(image))


def _mount(*words: str) -> None:
    ran = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.stderr.write(ran.stderr)
        sys.exit(77)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
