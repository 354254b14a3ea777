"""Every state in which a file may be after the power fails, worked out from what a writer asked of the kernel.

A write that was not flushed is on the disk or not, whatever came after it; the last of those that are may have arrived
in part, with anything behind it up to the end of its page. A name is there for certain once its directory was flushed.
What a flush that failed was to bring may never arrive, however often one flushes again (reliability 1, fsync), unless
its pages are written to once more.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from support.strace import Call

_PAGE = 4096
_GARBAGE = bytes(range(128, 256)) * 32
CALLS = "?open,openat,?creat,write,pwrite64,ftruncate,fsync,fdatasync,?rename,?renameat,?renameat2"
_SAID = "pipe:"


@dataclass(frozen=True)
class Change:
    """One write at an offset, or (`data` None) a cut at it. `certain`: it is on the disk; `lost`: no flush helps it."""

    offset: int
    data: bytes | None
    certain: bool = False
    lost: bool = False

    def apply(self, content: bytes) -> bytes:
        """Return the content with this change; a hole reads as zeros."""
        if self.data is None:
            return content[: self.offset].ljust(self.offset, b"\0")
        return content[: self.offset].ljust(self.offset, b"\0") + self.data + content[self.offset + len(self.data) :]


@dataclass
class File:
    """One file as a writer's calls leave it: what it began with, and every change since.

    `named` tells whether its name is on the disk for certain; `acknowledged` what was said so far.
    """

    path: str
    content: bytes
    named: bool
    changes: list[Change] = field(default_factory=list)
    acknowledged: int = 0

    def follow(self, call: Call) -> bool:
        """Take one call into account; return whether it changed what may be on the disk, or what was said."""
        before = (tuple(self.changes), self.named, self.acknowledged)
        place = call.files[0][1] if call.files else ""
        if call.name in ("write", "pwrite64") and place.startswith(_SAID):
            self.acknowledged += call.texts[-1].startswith((b"ACK", b"ALREADY"))
        elif call.result is None:
            pass  # killed before it was carried out
        elif place == self.path:
            self._take(call, call.result)
        elif call.name == "fsync" and call.result == 0 and place == self.path.rpartition("/")[0]:
            self.named = True
        return before != (tuple(self.changes), self.named, self.acknowledged)

    def _take(self, call: Call, result: int) -> None:
        if call.name in ("write", "pwrite64") and result > 0:
            offset = len(self.now) if call.name == "write" else int(call.arguments.rpartition(",")[2])
            self._touch(offset, result)
            self.changes.append(Change(offset, call.texts[-1][:result]))
        elif call.name == "ftruncate" and result == 0:
            self.changes.append(Change(int(call.arguments.rpartition(",")[2]), None))
        elif call.name in ("fsync", "fdatasync"):
            self.changes = [
                change if change.lost or change.certain else replace(change, certain=result == 0, lost=result != 0)
                for change in self.changes
            ]

    def _touch(self, offset: int, size: int) -> None:
        """Let a flush help again what lies wholly in the pages that are written to."""
        first, last = offset // _PAGE * _PAGE, -(-(offset + size) // _PAGE) * _PAGE
        self.changes = [
            replace(change, lost=False)
            if change.lost and first <= change.offset and change.offset + len(change.data or b"") <= last
            else change
            for change in self.changes
        ]

    @property
    def now(self) -> bytes:
        """The content as a reader sees it while the power is on."""
        return apply(self.content, self.changes)

    def states(self, step: int = 1) -> Iterator[bytes | None]:
        """Yield what the file may have in it after a power cut (None: no file), a line cut at every `step`-th byte."""
        if not self.named:
            yield None
        open_ones = [at for at, change in enumerate(self.changes) if not change.certain]
        for length in range(len(open_ones) + 1):
            for chosen in itertools.combinations(open_ones, length):
                arrived = [change for at, change in enumerate(self.changes) if change.certain or at in chosen]
                yield apply(self.content, arrived)
                if chosen:
                    yield from self._torn(chosen, step)

    def _torn(self, chosen: Sequence[int], step: int) -> Iterator[bytes]:
        last = self.changes[chosen[-1]]
        others = [change for at, change in enumerate(self.changes) if change.certain or at in chosen[:-1]]
        before = apply(self.content, others)
        data = last.data or b""
        end = last.offset + len(data)
        for cut in range(0, len(data), step):
            content = replace(last, data=data[:cut]).apply(before)
            yield content
            for length in (end, -(-end // _PAGE) * _PAGE):  # a file grows before its content arrives
                grown = length - len(content)
                yield from (content + fill[:grown] for fill in (bytes(_PAGE), _GARBAGE) if grown > 0)


def apply(content: bytes, changes: Sequence[Change]) -> bytes:
    """Return a content with changes made to it in their order."""
    for change in changes:
        content = change.apply(content)
    return content
