"""The interpreter that the hooks of these tests are pinned to."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.installing import StandIn


@pytest.fixture
def python(tmp_path: Path) -> StandIn:
    """An interpreter that passes everything and takes notes."""
    return StandIn(tmp_path / "interpreter")
