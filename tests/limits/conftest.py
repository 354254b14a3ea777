"""The mission at work of the hostile repositories serves the tests of bad input too."""

from __future__ import annotations

from hostile.conftest import scene, template

__all__ = ["scene", "template"]
