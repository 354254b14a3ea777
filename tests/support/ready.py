"""Missions that are ready to be merged: implemented on their lanes, reviewed and approved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from support.hooks import cli
from support.missions import Mission
from support.repo import Repo


def work(mission: Mission, wp_id: str, to: str = "approved") -> None:
    """Bring a work package through its lane: one commit in a path that it owns, then the log up to `to`."""
    place = mission.implement(wp_id)
    path = mission.work_packages[wp_id].owned_files[0].replace("**", f"{wp_id}.py")
    place.commit(f"feat({wp_id})", files={path: f"# {wp_id} at {place.clock.at()}\n"}, no_verify=True)
    mission.walk(wp_id, to)


def make_ready(mission: Mission) -> Mission:
    """Bring every work package to approved."""
    for wp_id in mission.work_packages:
        work(mission, wp_id)
    return mission


def preflight(place: Repo, purpose: str = "merge", *args: str) -> Any:
    """Return what `preflight --json` says; `exit` is its exit code."""
    ran = cli(place, "preflight", purpose, "--json", *args)
    return {**json.loads(ran.stdout), "exit": ran.returncode}


def find(place: Repo, purpose: str, code: str, *args: str) -> list[Any]:
    """Return the findings of one code."""
    found = preflight(place, purpose, *args)["findings"]
    return [finding for finding in found if finding["diagnostic_code"] == code]


def leave_merge(mission: Mission, *remaining: str) -> Path:
    """Leave the client's record of a merge that still lacks some work packages; return the record."""
    directory = mission.repo.path / ".kittify/runtime/merge" / mission.mission_id
    directory.mkdir(parents=True, exist_ok=True)
    order = list(mission.work_packages)
    completed = [wp_id for wp_id in order if wp_id not in remaining]
    state = {"mission_id": mission.mission_id, "wp_order": order, "completed_wps": completed}
    (directory / "state.json").write_text(json.dumps(state))
    return directory / "state.json"


def shell(place: Repo, command: str) -> CompletedProcess[bytes]:
    """Run a command as a person would type it, with our own command on the path."""
    path = f"{os.path.dirname(sys.executable)}{os.pathsep}{place.env['PATH']}"
    place.clock.tick()
    env = {**place.env, **place.clock.dates(), "PATH": path}
    return subprocess.run(["sh", "-c", command], cwd=place.path, env=env, check=False, capture_output=True)
