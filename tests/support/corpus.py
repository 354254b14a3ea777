"""The real missions that some machines have: never part of this repository, and skipped with a reason elsewhere."""

from __future__ import annotations

from pathlib import Path

MISSING = "no corpus of real missions here; SPEC_KITTY_CORPUS can name one"
_ROOT = Path(__file__).resolve().parents[2]


def find_corpus(named: str) -> Path | None:
    """Return the folder with golden.json and kitty-specs/; `named` is what SPEC_KITTY_CORPUS says, None if none is."""
    place = Path(named) if named else _ROOT.parent / "shared" / "corpus"
    return place if (place / "golden.json").is_file() else None


def list_logs(corpus: Path) -> list[Path]:
    """Return the event logs of all missions, in the order of their names."""
    return sorted(corpus.glob("kitty-specs/*/status.events.jsonl"))
