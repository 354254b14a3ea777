"""An event log read by nothing of ours: what is in it, how often, and whether each work package's chain holds.

Strict, unlike the product: these logs were written by writers of ours alone, so that any oddity is a fault.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any


class Ledger:
    """One log as it is now."""

    def __init__(self, data: bytes) -> None:
        self.torn = 0
        self.records: list[dict[str, Any]] = []
        *lines, rest = data.split(b"\n")
        for line in (*lines, rest) if rest else lines:
            try:
                self.records.append(json.loads(line))
            except ValueError:
                self.torn += 1
        self.torn += bool(rest)
        self.count = Counter(record["event_id"] for record in self.records)

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Read a log file."""
        return cls(path.read_bytes())

    def __contains__(self, event_id: str) -> bool:
        return event_id in self.count

    def lost(self, acknowledged: Iterable[str]) -> list[str]:
        """Return the acknowledged ids that are not in the log."""
        return [event_id for event_id in acknowledged if event_id not in self.count]

    def doubled(self) -> list[str]:
        """Return the ids that stand in the log more than once."""
        return [event_id for event_id, times in self.count.items() if times > 1]

    def chains(self) -> dict[str, list[dict[str, Any]]]:
        """Return the transitions of each work package in the order in which they count: by time and id, as text."""
        chains = defaultdict(list)
        for record in sorted(self._transitions(), key=lambda record: (record["at"], record["event_id"])):
            chains[record["wp_id"]].append(record)
        return dict(chains)

    def lanes(self) -> dict[str, str]:
        """Return the lane of each work package."""
        return {wp_id: chain[-1]["to_lane"] for wp_id, chain in self.chains().items()}

    def breaks(self) -> list[str]:
        """Return where a transition does not start where the one before it ended, or is not later than that one."""
        found = []
        for wp_id, chain in self.chains().items():
            for before, after in pairwise(chain):
                if before["to_lane"] != after["from_lane"] or before["at"] >= after["at"]:
                    found.append(f"{wp_id}: {before['event_id']} to {after['event_id']}")
        return found

    def _transitions(self) -> list[dict[str, Any]]:
        first = {record["event_id"]: record for record in reversed(self.records) if "to_lane" in record}
        return list(first.values())
