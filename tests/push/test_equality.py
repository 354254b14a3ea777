"""Law: one change gets the same verdict wherever it is judged (design 5, "Equality of entry points")."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.entries import FORMS, KINDS, LOG_KINDS, STANDINGS, Edit, Entries

from spec_kitty_hooks import laneaudit, logrange
from spec_kitty_hooks.model.context import LogChange

pytestmark = pytest.mark.unmeasured

Build = Callable[[str], Entries]
PLACES = ("lane", "main")


@pytest.fixture(scope="module")
def scenes() -> Iterator[Build]:
    """Missions by the standing of their work packages, each built once."""
    with TemporaryDirectory() as root:
        yield cache(lambda standing: Entries(Path(root) / standing, standing))


@st.composite
def edits(draw: st.DrawFn, paths: tuple[str, ...], log: str) -> list[Edit]:
    """Up to three changed paths; the event log gets contents of its own."""
    chosen = draw(st.lists(st.sampled_from(paths), min_size=1, max_size=3, unique=True))
    return [Edit(path, draw(st.sampled_from(LOG_KINDS if path == log else KINDS))) for path in chosen]


def require_equal(entries: Entries, where: str, form: str, changed: Sequence[Edit]) -> None:
    with entries.change(where, form, changed) as place:
        staged = entries.judge_staged(place)
        entries.commit(place)
        found = entries.judge_committed(place, entries.branch if where == "lane" else "main")
    assert found == dict.fromkeys(found, staged)


@pytest.mark.parametrize("standing", STANDINGS)
def test_one_change_gets_one_verdict_at_every_entry_point(scenes: Build, standing: str) -> None:
    entries = scenes(standing)

    @settings(max_examples=10)
    @given(
        where=st.sampled_from(("lane", *PLACES)),
        form=st.sampled_from(FORMS),
        changed=edits(entries.paths(), entries.mission.log_path),
    )
    def law(where: str, form: str, changed: list[Edit]) -> None:
        require_equal(entries, where, form, changed)

    law()


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("kind", LOG_KINDS)
def test_what_happens_to_a_log_gets_one_verdict_at_every_entry_point(scenes: Build, where: str, kind: str) -> None:
    entries = scenes("one at work")
    require_equal(entries, where, FORMS[0], [Edit(entries.mission.log_path, kind)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["src/a/a.py", "src/b/b.py", "src/c/c.py", "lanes.json", "WP01"])
def test_what_happens_to_a_path_gets_one_verdict_at_every_entry_point(scenes: Build, path: str, kind: str) -> None:
    entries = scenes("one at work")
    name = next(name for name in entries.paths() if path in name)
    require_equal(entries, "lane", FORMS[0], [Edit(name, kind)])


def test_a_gate_that_overlooks_commits_is_caught(scenes: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = scenes("one at work")
    monkeypatch.setattr(laneaudit.LaneAudit, "judge", lambda _self, _commit: [])
    with pytest.raises(AssertionError):
        require_equal(entries, "lane", FORMS[0], [Edit("src/c/c.py", "deleted")])


def test_a_gate_that_overlooks_logs_is_caught(scenes: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def gather(_self: object, _commits: object, _past: object) -> tuple[LogChange, ...]:
        return ()

    monkeypatch.setattr(logrange.LogRange, "gather", gather)
    entries = scenes("one at work")
    with pytest.raises(AssertionError):
        require_equal(entries, "main", FORMS[0], [Edit(entries.mission.log_path, "damage")])
