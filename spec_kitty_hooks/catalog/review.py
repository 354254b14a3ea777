"""Codes about reviews and what they approve (design 5, "review")."""

from __future__ import annotations

from spec_kitty_hooks.catalog.diagnostic import REVIEW, rows

REVIEW_ROWS = rows(REVIEW)
