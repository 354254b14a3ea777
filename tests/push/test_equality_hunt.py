"""Law: one change gets the same verdict wherever it is judged (design 5, "Equality of entry points")."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.entries import FORMS, KINDS, LOG_KINDS, STANDINGS, Edit, Entries


@pytest.fixture(scope="module")
def scenes() -> Iterator[object]:
    with TemporaryDirectory() as root:
        yield cache(lambda standing: Entries(Path(root) / standing, standing))


@st.composite
def edits(draw: st.DrawFn, paths: tuple[str, ...], log: str) -> list[Edit]:
    chosen = draw(st.lists(st.sampled_from(paths), min_size=1, max_size=3, unique=True))
    return [Edit(path, draw(st.sampled_from(LOG_KINDS if path == log else KINDS))) for path in chosen]


@pytest.mark.parametrize("standing", STANDINGS)
def test_one_change_gets_one_verdict_at_every_entry_point(scenes, standing: str) -> None:
    entries = scenes(standing)
    paths = st.shared(edits(entries.paths(), entries.mission.log_path))

    @settings(max_examples=250)
    @given(where=st.sampled_from(("lane", "main")), form=st.sampled_from(FORMS), changed=paths)
    def law(where: str, form: str, changed: list[Edit]) -> None:
        with entries.change(where, form, changed) as place:
            staged = entries.judge_staged(place)
            entries.commit(place)
            found = entries.judge_committed(place, entries.branch if where == "lane" else "main")
        assert found == dict.fromkeys(found, staged)

    law()
