"""The released guard's 58 cases on the repositories that our own builders make (`support.cases`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cases import CASES, Case, Scene
from support.nursery import Nursery


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_case(case: Case, nursery: Nursery, tmp_path: Path) -> None:
    case.require(Scene(nursery(case.stage), tmp_path))


def test_the_table_has_all_58_cases_once() -> None:
    assert len({case.number for case in CASES}) == len(CASES) == 58
