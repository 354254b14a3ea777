"""Bypass closure: for every way round the commit hook, the push gate, the range check and the server see the change.

A row is a way, what our commit hooks said on it, and what refuses it afterwards (reliability R17).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import bypass
from support.bypass import Act, Road, codes_that_block
from support.hooks import cli
from support.judging import json_of
from support.missions import Mission
from support.pushing import Pushed, push
from support.repo import Repo

pytestmark = pytest.mark.unmeasured

SCOPE = ("ACTIVE_WP_SCOPE_VIOLATION",)
GRANT = ("OWNERSHIP_SELF_GRANT",)
MOVED = ("ACTIVE_WP_CONTEXT_MISSING",)  # warns: a branch that is no lane in a lane's work tree
LOOSE = ("DETACHED_HEAD",)


@dataclass(frozen=True)
class Way:
    """One way: what commit hooks said of it, and the codes with which a push, a CI job and a server refuse it.

    An empty `pushed` is a clone without our hooks.
    """

    act: Act
    seen: tuple[str, ...] = ()
    pushed: tuple[str, ...] = SCOPE
    ranged: tuple[str, ...] = SCOPE
    received: tuple[str, ...] = SCOPE


WAYS = (
    # The commit hook refuses these, and is switched off (-n).
    Way(bypass.add, SCOPE),
    Way(bypass.delete_only, SCOPE),
    Way(bypass.rename_out, SCOPE),
    Way(bypass.rename_in, SCOPE),
    Way(bypass.change_mode_only, SCOPE),
    Way(bypass.link, SCOPE),
    Way(bypass.replace_by_link, SCOPE),
    Way(bypass.embed, SCOPE),
    Way(bypass.grant_itself, GRANT, GRANT, GRANT, GRANT),
    Way(bypass.commit_only, SCOPE),
    Way(bypass.amend, SCOPE),
    Way(bypass.merge_squashed, SCOPE),
    Way(bypass.merge_with_more, SCOPE),
    Way(bypass.date_back, SCOPE),
    Way(bypass.date_forward, SCOPE),
    # It cannot tell whose these are, and warns.
    Way(bypass.rename_branch_here, MOVED),
    Way(bypass.commit_detached, LOOSE),
    # It does not run for these (E10), or not here.
    Way(bypass.switch_hooks_off),
    Way(bypass.build_by_hand),
    Way(bypass.import_fast),
    Way(bypass.cherry_pick),
    Way(bypass.revert),
    Way(bypass.rebase),
    Way(bypass.rebase_and_take_over),
    Way(bypass.apply_mail),
    Way(bypass.fast_forward),
    Way(bypass.merge),
    Way(bypass.merge_tag),
    Way(bypass.merge_many),
    Way(bypass.merge_the_wrong_way_round),
    Way(bypass.hide_by_replacement),
    Way(bypass.send_second),
    Way(bypass.send_as_head),
    Way(bypass.send_by_id),
    Way(bypass.send_by_force),
    Way(bypass.send_from_elsewhere, pushed=()),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.act.__name__)
def test_what_gets_round_the_commit_hook_is_refused_by_the_push_the_range_and_the_server(
    mission: Mission, tmp_path: Path, way: Way
) -> None:
    road = Road(mission, tmp_path)
    way.act(road)
    before = road.server.refs()
    assert tuple(road.seen) == way.seen
    if way.pushed:
        assert send(road).refused == way.pushed
    assert received(road) == way.received
    assert road.server.refs() == before, "something was published"
    assert ranged(road, tmp_path) == way.ranged


def test_a_graft_hides_nothing_from_the_push_and_the_range(mission: Mission, tmp_path: Path) -> None:
    road = Road(mission, tmp_path)
    bad = bypass.hide_by_graft(road)
    assert bad not in road.lane.git("rev-list", f"main..{road.branch}").stdout
    pushed = send(road)
    assert pushed.refused == SCOPE
    assert f"commit {bad[:12]} by" in pushed.text
    assert judge_range(road.lane, road.branch) == SCOPE


@pytest.mark.parametrize("way", [bypass.launder, bypass.forge_tracking])
def test_what_the_remote_seems_to_have_already_is_left_to_the_range_check(
    mission: Mission, tmp_path: Path, way: Act
) -> None:
    road = Road(mission, tmp_path)
    way(road)
    assert send(road).silent
    assert judge_range(road.server.clone(tmp_path / "job"), f"origin/{road.branch}") == SCOPE


def test_without_a_foreign_change_nothing_refuses(mission: Mission, tmp_path: Path) -> None:
    road = Road(mission, tmp_path)
    road.lane.write("src/a/y.py", "y = 1\n")
    road.lane.stage()
    road.commit()
    assert road.seen == []
    assert send(road).silent
    assert judge_range(road.lane, road.branch) == ()


def send(road: Road, *options: str) -> Pushed:
    return push(road.sender, *options, *road.sent)


def received(road: Road) -> tuple[str, ...]:
    """Return what the server's own hook refuses of a push past those of the clone."""
    said = send(road, "--no-verify").text
    return tuple(dict.fromkeys(re.findall(r"^remote: spec-kitty-hooks: refused: (\w+):", said, re.MULTILINE)))


def ranged(road: Road, tmp_path: Path) -> tuple[str, ...]:
    """Return what a CI job refuses that has a fresh clone of a server which takes everything."""
    (road.server.path / "hooks" / "pre-receive").unlink()
    assert send(road, "--no-verify").allowed
    return judge_range(road.server.clone(tmp_path / "job"), f"origin/{road.branch}")


def judge_range(repo: Repo, tip: str) -> tuple[str, ...]:
    ran = cli(repo, "check", "--from-ref", "origin/main", "--to-ref", tip, "--json")
    codes = codes_that_block(json_of(ran.stdout)["findings"])
    assert ran.returncode == bool(codes)
    return codes
