"""What scaffolding writes is what the released client reads, and its lanes are the client's lanes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.repo import Repo

from spec_kitty_hooks.scaffold.lanes import build_lanes, check_lanes, group_packages
from spec_kitty_hooks.scaffold.plan import PackageFile
from spec_kitty_hooks.scaffold.relations import find_overlaps

pytestmark = pytest.mark.peer

ROOT = Path(__file__).resolve().parents[2]
HEAD = (
    "---\nwork_package_id: {}\ntitle: Part\ndependencies: [{}]\nexecution_mode: {}\nowned_files:\n{}\n---\n\n# Part\n"
)

READ = """
import json, sys
from pathlib import Path
from specify_cli.lanes.persistence import require_lanes_json
from specify_cli.mission_metadata import load_meta_strict, resolve_mission_identity, validate_meta
from specify_cli.status.reducer import materialize_snapshot
from specify_cli.status.wp_metadata import read_wp_frontmatter
place = Path(sys.argv[1])
heads = {path.name: read_wp_frontmatter(path)[0] for path in sorted(place.glob("tasks/WP*.md"))}
print(json.dumps({
    "meta_problems": validate_meta(load_meta_strict(place)),
    "mission_id": resolve_mission_identity(place).mission_id,
    "lanes": require_lanes_json(place).to_dict(),
    "owned": {head.work_package_id: list(head.owned_files) for head in heads.values()},
    "states": {name: state["lane"] for name, state in materialize_snapshot(place).work_packages.items()},
}))
"""

COMPUTE = """
import json, sys
from specify_cli.lanes.compute import LaneDependencyCycleError, compute_lanes
from specify_cli.ownership.models import OwnershipManifest
answers = []
for plan in json.load(sys.stdin):
    manifests = {wp: OwnershipManifest.from_frontmatter({"execution_mode": mode, "owned_files": owned})
                 for wp, (owned, _needs, mode) in plan.items()}
    try:
        found = compute_lanes({wp: needs for wp, (_owned, needs, _mode) in plan.items()}, manifests, "x-01KV3NGS")
        answers.append([lane.to_dict() for lane in found.lanes])
    except LaneDependencyCycleError:
        answers.append("cycle")
print(json.dumps(answers))
"""


def ask(python: str, code: str, *arguments: str, stdin: str = "") -> Any:
    ran = subprocess.run([python, "-c", code, *arguments], input=stdin, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.strip().splitlines()[-1])


def call(repo: Repo, *arguments: str) -> Any:
    command = [sys.executable, "-m", "spec_kitty_hooks", "mission", *arguments, "-C", str(repo.path), "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    return json.loads(ran.stdout)


def test_the_client_reads_every_file_and_reduces_the_log_to_planned(repo: Repo, peer_python: str) -> None:
    mission = call(repo, "new", "csv-export", "--name", "CSV – Export")
    place = f"{mission['path']}/tasks"
    example = f"{place}/WP01-first-work-package.md"
    repo.write(example, repo.read(example).replace(b"owned_files: []", b"owned_files:\n- src/a/**"))
    repo.write(f"{place}/WP02-more.md", HEAD.format("WP02", "WP01", "code_change", "- src/b/**"))
    repo.write(f"{place}/WP03-docs.md", HEAD.format("WP03", "", "planning_artifact", "- docs/**"))
    outcome = call(repo, "finalize")
    found = ask(peer_python, READ, str(repo.path / mission["path"]))
    assert found["meta_problems"] == []
    assert found["mission_id"] == mission["mission_id"]
    assert found["lanes"] == json.loads(repo.read(f"{mission['path']}/lanes.json"))
    assert found["owned"] == {"WP01": ["src/a/**"], "WP02": ["src/b/**"], "WP03": ["docs/**"]}
    assert found["states"] == dict.fromkeys(outcome["seeded"], "planned")
    assert outcome["seeded"] == ["WP01", "WP02", "WP03"]


def draw_plan(chance: random.Random) -> dict[str, tuple[list[str], list[str], str]]:
    """Return a plan in patterns that both dialects read alike; a work package needs only earlier ones."""
    plan: dict[str, tuple[list[str], list[str], str]] = {}
    for number in range(1, chance.randint(2, 9)):
        owned = chance.sample([f"src/{name}/{rest}" for name in "abcdefgh" for rest in ("**", "x.py", "y.py")], 2)
        needs = chance.sample(sorted(plan), min(len(plan), chance.randint(0, 2)))
        mode = "planning_artifact" if chance.random() < 0.15 else "code_change"
        plan[f"WP{number:02}"] = (owned, sorted(needs), mode)
    return plan


def compute(plan: dict[str, tuple[list[str], list[str], str]]) -> Any:
    packages = [
        PackageFile(
            f"kitty-specs/x/tasks/{wp_id}-part.md".encode(),
            HEAD.format(wp_id, ", ".join(needs), mode, "\n".join(f"- {name}" for name in owned)).encode(),
        )
        for wp_id, (owned, needs, mode) in plan.items()
    ]
    graph = {wp_id: needs for wp_id, (_owned, needs, _mode) in plan.items()}
    placed = group_packages(packages, find_overlaps(packages), {})
    if list(check_lanes(packages, graph, placed)):
        return "cycle"
    return [lane.model_dump() for lane in build_lanes(packages, graph, placed)]


def test_lanes_are_the_clients_lanes_over_many_plans(peer_python: str) -> None:
    chance = random.Random(20260105)
    plans = [draw_plan(chance) for _ in range(400)]
    ours = [compute(plan) for plan in plans]
    theirs = ask(peer_python, COMPUTE, stdin=json.dumps(plans))
    differing = [(plan, mine, other) for plan, mine, other in zip(plans, ours, theirs, strict=True) if mine != other]
    assert not differing, differing[0]
    assert 20 < ours.count("cycle") < 300, "plans of both kinds"
