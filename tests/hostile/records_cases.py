"""Missions whose files lie, and hold what a terminal obeys or a loader would run."""

from __future__ import annotations

import json
from typing import Any

from support import records
from support.hostile import Scene, hostile

TERMINAL = "\x1b[2J\x1b]0;evil\x07\r\u202e\u2066\u200b\u2028\u0085\x9b31m\x7f"
SURROGATES = "\ud800x\udfff\udc80"
COMMAND = "!!python/object/apply:os.system"


def _head(*lines: str) -> str:
    return "\n".join(("---", *lines, "---", ""))


def _speak(scene: Scene, text: str) -> None:
    """Put `text` wherever a mission's record has a place for words."""
    mission = scene.mission
    result = {"reviewer": text, "verdict": text, "reference": text}
    evidence = {"review": {"reviewer": text, "verdict": "approved", "reference": text}}
    names: dict[str, Any] = {"mission_slug": text, "mission_id": text, "actor": text, "reason": text}
    first = records.transition("WP02", "planned", "claimed", at=mission.clock.at(), event_id=text, **names)
    second = records.transition("WP02", "claimed", "blocked", at=f"9999{text}", event_id=f"7{text}", **names)
    third = records.transition(f"WP{text}", "planned", "claimed", at=mission.clock.at(), event_id=f"x{text}", **names)
    lines = [
        {**first, "review_result": result, "policy_metadata": {text: text}},
        {**second, "evidence": evidence},
        third,
    ]
    lines += [{"kind": text, "event_id": text}, {"event_type": text, text: text, "event_id": f"y{text}"}, {text: 1}]
    lines += [{**first, "to_lane": text, "event_id": f"z{text}"}, {**first, "reason": "another content"}]
    mission.raw_line(b"\n".join(json.dumps(line).encode() for line in lines), commit=True)
    lanes = json.loads(scene.repo.read(f"{mission.path}/lanes.json"))["lanes"]
    lanes += [
        {"lane_id": text, "wp_ids": ["WP02"]},
        {"lane_id": f"lane-{text}", "wp_ids": [text]},
        {"lane_id": "lane-b"},
    ]
    scene.plan_json("lanes.json", lanes=lanes, mission_slug=text, computed_from=text)
    scene.plan_json("meta.json", topology=text, mission_type=text, friendly_name=text, slug=text, change_mode=text)


@hostile()
def records_that_a_terminal_obeys(scene: Scene) -> None:
    _speak(scene, TERMINAL)
    quoted = json.dumps(TERMINAL)
    lines = ("work_package_id: WP01", f"title: {quoted}", f'owned_files: ["src/a/**", {quoted}]', f"{quoted}: {quoted}")
    scene.plan("tasks/WP01-part-01.md", _head(*lines))


@hostile()
def records_of_lone_surrogates(scene: Scene) -> None:
    _speak(scene, SURROGATES)


@hostile()
def records_of_bytes_that_are_no_text(scene: Scene) -> None:
    scene.mission.raw_line(b'{"event_id": "\xff\xfe\xed\xa0\x80"}\n\x1b[2J\xff\n\x00\n', commit=True)


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_METADATA_INVALID")
def a_head_that_a_loader_would_run(scene: Scene) -> None:
    canary = scene.canary()
    tags = (f"{COMMAND} ['{canary}']", "!!python/name:os.system", "!!python/module:evil", f"!include {canary}")
    lines = [f"k{number}: {tag}" for number, tag in enumerate(tags)]
    scene.plan("tasks/WP01-part-01.md", _head("work_package_id: WP01", 'owned_files: ["**"]', *lines))


@hostile(own=3, check_path=3, says="POLICY_INVALID")
def a_policy_that_a_loader_would_run(scene: Scene) -> None:
    text = f"policy:\n  commit_guard:\n    enabled: {COMMAND} ['{scene.canary()}']\n"
    scene.mission.edit(".kittify/config.yaml", text)


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_METADATA_INVALID")
def a_head_of_aliases_that_explode(scene: Scene) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    scene.plan("tasks/WP01-part-01.md", _head("work_package_id: WP01", *lines, "owned_files: *a8"))


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_METADATA_INVALID")
def a_head_that_complains_in_colour(scene: Scene) -> None:
    scene.plan("tasks/WP01-part-01.md", '---\nowned_files: ["**"\n\x1b[2J: \u202e\n\x9b: [\n---\n')


@hostile(own=3, check_path=3, says="POLICY_INVALID")
def a_policy_that_complains_in_colour(scene: Scene) -> None:
    keys = json.dumps(TERMINAL)
    text = f"policy:\n  hooks:\n    {keys}: 1\n    severity:\n      {keys}: {keys}\n    glob: {keys}\n"
    scene.mission.edit(".kittify/config.yaml", text)


@hostile()
def a_target_that_is_an_option(scene: Scene) -> None:
    _retarget(scene, "--upload-pack=x")


@hostile()
def a_target_outside(scene: Scene) -> None:
    _retarget(scene, "../../x")


@hostile()
def a_target_that_is_a_full_ref(scene: Scene) -> None:
    _retarget(scene, "refs/heads/main")


@hostile()
def a_target_that_is_head(scene: Scene) -> None:
    _retarget(scene, "HEAD")


@hostile()
def a_target_that_is_a_revision(scene: Scene) -> None:
    _retarget(scene, "main@{upstream}")


@hostile()
def a_target_that_is_a_list(scene: Scene) -> None:
    _retarget(scene, ["main"])


@hostile()
def a_target_that_is_the_lane_itself(scene: Scene) -> None:
    _retarget(scene, scene.mission.lane_branch("lane-a"))


@hostile()
def a_coordination_branch_that_is_an_option(scene: Scene) -> None:
    scene.plan_json("meta.json", coordination_branch="--output=x", topology="coord")


@hostile()
def a_coordination_branch_that_is_the_lane(scene: Scene) -> None:
    scene.plan_json("meta.json", coordination_branch=scene.mission.lane_branch("lane-a"), topology="coord")


@hostile()
def slugs_that_climb(scene: Scene) -> None:
    climbing = "../../../../etc"
    scene.plan_json("meta.json", slug=climbing, mission_slug=climbing, mission_id="../../x", friendly_name=climbing)
    scene.plan_json("lanes.json", mission_slug=climbing, mission_id=climbing)


@hostile()
def a_lane_that_climbs(scene: Scene) -> None:
    lanes = json.loads(scene.repo.read(f"{scene.mission.path}/lanes.json"))["lanes"]
    for lane_id in ("../../x", "-h", "@{-1}", "a..b", "x.lock", "", ".", "HEAD:x"):
        lanes.append({"lane_id": lane_id, "wp_ids": ["WP02", "WP01"]})
    scene.plan_json("lanes.json", lanes=lanes)


@hostile()
def another_mission_claims_the_lane(scene: Scene) -> None:
    _claim(scene, "aaa-evil-01ZZZZZZ", mission_branch=scene.mission.mission_branch)


@hostile(own=3, foreign=3, explain=3, check_path=3, says="ACTIVE_WP_CONTEXT_AMBIGUOUS")
def two_missions_record_one_branch(scene: Scene) -> None:
    scene.plan_json("lanes.json", mission_branch="work/shared")
    scene.plainly("branch", "-m", "work/shared-lane-a")
    _claim(scene, "aaa-evil-01ZZZZZZ", mission_branch="work/shared")


@hostile()
def a_mission_that_only_the_lane_carries_claims_it(scene: Scene) -> None:
    _widen(scene, {}, "kitty-specs/aaa-evil-01ZZZZZZ", lanes=_lanes(scene, scene.mission.mission_branch))


@hostile()
def a_lane_that_widens_itself(scene: Scene) -> None:
    _widen(scene, {".kittify/config.yaml": "policy:\n  commit_guard:\n    enabled: false\n"}, scene.mission.path)


@hostile()
def a_lane_that_is_its_own_target(scene: Scene) -> None:
    meta = json.loads(scene.repo.read(f"{scene.mission.path}/meta.json"))
    meta["target_branch"] = scene.mission.lane_branch("lane-a")
    _widen(scene, {f"{scene.mission.path}/meta.json": json.dumps(meta)}, scene.mission.path)


@hostile()
def a_lane_whose_target_is_a_branch_of_its_own(scene: Scene) -> None:
    meta = json.loads(scene.repo.read(f"{scene.mission.path}/meta.json"))
    meta["target_branch"] = "evil"
    _widen(scene, {f"{scene.mission.path}/meta.json": json.dumps(meta)}, scene.mission.path)
    scene.plainly("branch", "evil", "HEAD")


@hostile()
def a_lane_that_swaps_its_mission_for_another(scene: Scene) -> None:
    meta = json.loads(scene.repo.read(f"{scene.mission.path}/meta.json"))
    lanes = _lanes(scene, scene.mission.mission_branch)
    scene.plainly("rm", "-r", "-q", "kitty-specs")
    other = scene.mission.path[:-9]  # without the mid8 the branch proposes it as well
    _widen(scene, {f"{other}/meta.json": json.dumps({**meta, "target_branch": "evil"})}, other, lanes)
    scene.plainly("branch", "evil", "HEAD")


@hostile()
def a_lane_without_its_mission(scene: Scene) -> None:
    scene.plainly("rm", "-r", "-q", "kitty-specs")
    scene.plainly("commit", "-q", "-m", "nothing planned")


def _retarget(scene: Scene, target: Any) -> None:
    """Plan another target. Without a log, what any work package of the lane owns may change: WP03 is of another."""
    scene.foreign = b"src/c/new.py"
    scene.plan_json("meta.json", target_branch=target)


def _lanes(scene: Scene, mission_branch: str) -> str:
    lanes = [{"lane_id": "lane-a", "wp_ids": ["WP01", "WP02", "WP09"]}]
    return json.dumps({"version": 1, "mission_branch": mission_branch, "target_branch": "main", "lanes": lanes})


def _claim(scene: Scene, directory: str, *, mission_branch: str) -> None:
    """Plan another mission on main that records the lane's branch and owns everything."""
    meta = {"mission_id": "01ZZZZZZ" + "0" * 18, "target_branch": "main", "topology": "lanes"}
    base = f"kitty-specs/{directory}"
    owner = _head("work_package_id: WP09", 'owned_files: ["**"]')
    names: dict[str, Any] = {"mission_slug": directory, "mission_id": meta["mission_id"]}
    stamp: dict[str, Any] = {"at": scene.mission.clock.at(), "event_id": scene.mission.clock.ulid()}
    log = records.line(records.transition("WP09", "planned", "in_progress", **names, **stamp))
    files: dict[str, str | bytes] = {
        f"{base}/meta.json": json.dumps(meta),
        f"{base}/lanes.json": _lanes(scene, mission_branch),
        f"{base}/tasks/WP09-all.md": owner,
        f"{base}/status.events.jsonl": log,
    }
    for path, content in files.items():
        scene.mission.edit(path, content)


def _widen(scene: Scene, files: dict[str, str], base: str, lanes: str = "") -> None:
    """Commit on the lane itself, past the hook, that it owns everything."""
    lane = scene.lane
    wide = {f"{base}/tasks/WP01-part-01.md": _head("work_package_id: WP01", 'owned_files: ["**"]')}
    wide[f"{base}/tasks/WP09-all.md"] = _head("work_package_id: WP09", 'owned_files: ["**"]')
    if lanes:
        wide[f"{base}/lanes.json"] = lanes
    for path, content in {**wide, **files}.items():
        lane.write(path, content)
    scene.plainly("add", "-A")
    scene.plainly("commit", "-q", "-m", "mine, all mine")
