"""Two clones of one mission: WP01 (src/a), WP02 (src/b) and WP03 (src/c) are planned, main is published."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.merges import Meeting, meet
from support.missions import Mission


@pytest.fixture
def meeting(mission: Mission, tmp_path: Path) -> Meeting:
    """This clone with all our hooks, on main; the colleague's clone without any."""
    return meet(mission, tmp_path)
