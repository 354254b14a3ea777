"""What post-merge costs: with nothing to tell, with one event among many missions, after a merge of two long logs."""

from __future__ import annotations

from support import records
from support.hooks import hook_command
from support.missions import Mission, build_mission, many_missions
from support.repo import Repo

from tools.row import Row
from tools.scenery import Scenery

_EVENTS = 1_000
_UNION = "*.jsonl merge=union\n"


def look_back_rows(scenery: Scenery) -> list[Row]:
    """Return a row for each kind of merge; git has made it already, and the hook looks back at it every time."""
    places = {
        "after a merge of nothing": _merge_nothing(_build(scenery, "nothing")),
        "after a merge in 400": _merge_nothing(_build(scenery, "crowd", 400)),
        "after a pull of 1 event": _forward(_build(scenery, "forward", 100)),
        "after 1000 and 1000": _unite(_build(scenery, "logs"), scenery),
    }
    command = [*hook_command("post-merge"), "0"]
    return [Row(name, command, place, {}) for name, place in places.items()]


def _build(scenery: Scenery, name: str, missions: int = 0) -> Mission:
    mission = build_mission(scenery.bare(f"look back {name}"), {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}})
    if missions:
        many_missions(mission.repo, missions)
    return mission


def _merge_nothing(mission: Mission) -> Repo:
    repo = mission.repo
    repo.branch("side")
    repo.commit_to("side", {"docs/side.md": "side\n"})
    repo.commit("work", files={"docs/main.md": "main\n"}, no_verify=True)
    repo.git("merge", "-q", "--no-edit", "side")
    return repo


def _forward(mission: Mission) -> Repo:
    repo, before = mission.repo, mission.repo.head()
    mission.transition("WP01", "claimed")
    after = repo.head()
    repo.git("reset", "-q", "--hard", before)
    repo.git("merge", "-q", "--ff-only", after)
    return repo


def _unite(mission: Mission, scenery: Scenery) -> Repo:
    """Merge two logs of so many events, half of them in common."""
    repo = mission.repo
    _append(mission, repo, _EVENTS // 2)
    repo.branch("side")
    side = repo.worktree(scenery.top / "side", "side")
    for place in (repo, side):
        _append(mission, place, _EVENTS // 2)
    info = repo.common_dir() / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text(_UNION)
    repo.git("merge", "-q", "--no-edit", "side")
    return repo


def _append(mission: Mission, place: Repo, count: int) -> None:
    def next_line() -> bytes:
        stamp = {"at": mission.clock.at(), "event_id": mission.clock.ulid()}
        return records.line(records.annotation("WP01", {"note": "work"}, **stamp))

    place.append(mission.log_path, b"".join(next_line() for _number in range(count)))
    place.commit_quietly("chore: events", (mission.log_path,))
