"""An exclusive lock on an open file, among the writers that take it; the one place that knows how a system does that.

Waits for its turn. The lock goes with the descriptor, so that a killed holder leaves none behind.
"""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    def lock(descriptor: int) -> None:
        """Wait for the lock on an open file and take it; closing the descriptor gives it back."""
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def lock(descriptor: int) -> None:
        """Wait for the lock on an open file and take it; closing the descriptor gives it back."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)
