"""Codes about what a push publishes (design 5, "push")."""

from __future__ import annotations

from spec_kitty_hooks.catalog.diagnostic import PUSH, rows

PUSH_ROWS = rows(PUSH)
