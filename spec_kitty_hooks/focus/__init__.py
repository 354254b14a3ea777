"""The focused branch of a mission: the remote's target, and on top of it what is the mission's and nothing else.

`planning` works out in memory what would be in it, `making` writes that and makes the branch; neither ever touches an
index, a work tree or another branch.
"""

from __future__ import annotations

from spec_kitty_hooks.focus.making import ALREADY, CREATED, make_branch, require_room
from spec_kitty_hooks.focus.planning import name_branch, plan_focus

__all__ = ["ALREADY", "CREATED", "make_branch", "name_branch", "plan_focus", "require_room"]
