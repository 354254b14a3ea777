"""The released client's whole mission, init to merge, with our hooks in block mode and a team's hook beside them.

Held against the same mission with nothing but upstream's guard, which our hooks switch off: its warnings are the one
difference that is wanted.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.clock import Clock
from support.installing import bytes_of, inspect, uninstall
from support.judging import json_of
from support.pair import Pair
from support.peer import GUARD, OURS, Client, Whole
from support.repo import Repo

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]

CALLS = {"lanes": 30, "coord": 39}


@pytest.fixture
def hooked(pair: Pair, sealed: dict[str, str]) -> Repo:
    """The primary checkout of the finished mission that had our hooks; only to be looked at."""
    return Repo(pair.hooked.top / "repo", sealed, Clock())


def history(whole: Whole, env: dict[str, str]) -> dict[str, list[str]]:
    """Return the subjects of each branch's commits, without the names of this one run."""
    repo = Repo(whole.top / "repo", env, Clock())
    branches = repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").stdout.split()
    subjects = {name: repo.git("log", "--topo-order", "--format=%s", name, "--").stdout for name in branches}
    return {whole.anonymous(name): sorted(whole.anonymous(text).splitlines()) for name, text in subjects.items()}


def transitions(whole: Whole) -> list[tuple[Any, ...]]:
    """Return every transition that the finished mission's log holds, in file order, without times and ids."""
    log = whole.top / "repo/kitty-specs" / whole.mission / "status.events.jsonl"
    keys = ("wp_id", "from_lane", "to_lane", "actor", "force", "kind", "event_type", "reason")
    events = [json_of(line) for line in log.read_text().splitlines()]
    return [tuple(whole.anonymous(str(event.get(key))) for key in keys) for event in events]


def files(whole: Whole, env: dict[str, str]) -> set[str]:
    """Return the names of all files on the target branch."""
    repo = Repo(whole.top / "repo", env, Clock())
    return {whole.anonymous(name.decode()) for name in repo.tree("feat/csv-export")}


def test_every_call_of_the_client_ends_as_without_us(pair: Pair) -> None:
    plain, hooked = ([(call.words, call.code) for call in whole.calls] for whole in (pair.plain, pair.hooked))
    assert hooked == plain, pair.hooked.story()
    assert len(hooked) == CALLS[pair.topology]
    assert hooked[-1][1] == 0
    assert pair.hooked.stages == pair.plain.stages
    assert pair.hooked.stages[-1] == "06-merged"


def test_the_same_commits_events_and_files_come_out(pair: Pair, sealed: dict[str, str]) -> None:
    assert history(pair.hooked, sealed) == history(pair.plain, sealed)
    assert transitions(pair.hooked) == transitions(pair.plain)
    assert files(pair.hooked, sealed) == files(pair.plain, sealed)


def test_the_client_prints_word_for_word_the_same(pair: Pair) -> None:
    plain, hooked = pair.plain.words(), pair.hooked.words()
    for said in (plain, hooked):
        del said["git-commit.err"]  # of the script's own commits: all that upstream's guard has to say
    assert sum(map(len, hooked.values())) > 3_000
    assert hooked == plain


def test_every_work_package_is_done_at_the_end(pair: Pair, hooked: Repo, client: Client) -> None:
    assert client.lanes(hooked, pair.hooked.mission) == dict.fromkeys(("WP01", "WP02", "WP03", "WP04"), "done")


def test_not_one_line_of_ours_is_printed(pair: Pair) -> None:
    assert [name for name, text in pair.hooked.said().items() if OURS in text] == []


def test_every_run_of_our_hooks_passed_without_a_word(pair: Pair) -> None:
    runs = Counter(pair.witness.runs())
    assert set(runs) == {"pre-commit 0 <>", "pre-merge-commit 0 <>", "pre-push 0 <>", "post-merge 0 <>"}
    assert runs["pre-commit 0 <>"] > len(pair.hooked.calls)


def test_the_teams_own_hook_runs_every_time(pair: Pair) -> None:
    assert pair.team_runs() == sum(run.startswith("pre-commit ") for run in pair.witness.runs())


def test_upstreams_guard_is_there_and_never_runs(pair: Pair, hooked: Repo) -> None:
    assert b"specify_cli.policy.commit_guard_hook" in hooked.read(".git/hooks/pre-commit")
    assert [name for name, text in pair.hooked.said().items() if GUARD in text] == []
    assert [name for name, text in pair.plain.said().items() if GUARD in text], "or the line above proves nothing"


def test_after_the_mission_uninstalling_gives_the_team_its_hook_back(pair: Pair, hooked: Repo, tmp_path: Path) -> None:
    assert inspect(hooked).problems == []
    copy = hooked.at(tmp_path / "copy")
    shutil.copytree(hooked.path, copy.path, symlinks=True)
    assert uninstall(copy).ok
    left = bytes_of(copy.path / ".git/hooks")
    assert left["pre-commit"] == (0o755, pair.team)
    assert not copy.git("config", "--get", "core.hooksPath", check=False).stdout
