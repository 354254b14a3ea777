"""Every code of a plan is in the catalog, and so in the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from spec_kitty_hooks import catalog, errorcodes, scaffold
from spec_kitty_hooks.catalog.plan import PLAN
from spec_kitty_hooks.scaffold.models import PlanCode

ROOM = Path(scaffold.__file__).parent
CODES = {code for code, _meaning in PLAN}


def test_the_codes_of_a_plan_are_those_of_the_catalog() -> None:
    found = {code for file in ROOM.glob("*.py") for code in re.findall(r'"((?:PLAN|LANE)_[A-Z_]+)"', file.read_text())}
    assert found == CODES
    assert {*get_args(PlanCode)} - CODES == {"EVENT_LOG_UNREADABLE"}


def test_no_code_means_two_things() -> None:
    assert len(CODES) == len(PLAN)
    assert not CODES & {*catalog.DIAGNOSTICS, *errorcodes.INVARIANTS}
