"""What came of a merge or a rebase that git has made already: what it lost, what it contradicts, what is new.

Git facts and mission facts in, an `Aftermath` out. Nothing can be blocked any more, so everything that was lost comes
as a warning; nothing is written, and no lock is waited for.
"""

from __future__ import annotations

from spec_kitty_hooks import catalog
from spec_kitty_hooks.checks import log_integrity
from spec_kitty_hooks.git.passage import FORWARD, REBASE
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.logfacts import LogFacts, find_drift, mission_of
from spec_kitty_hooks.logreader import LogReader
from spec_kitty_hooks.mergelosses import MergeLosses
from spec_kitty_hooks.mission.branches import HEADS, Branches
from spec_kitty_hooks.mission.logchange import find_double_claims
from spec_kitty_hooks.mission.policy import read_committed
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.mission.registry import ROOT
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.aftermath import Aftermath
from spec_kitty_hooks.model.context import Context, LogChange, Placement, PolicyView
from spec_kitty_hooks.model.findings import BLOCK, WARN, Report
from spec_kitty_hooks.news import News
from spec_kitty_hooks.verdict import COMMIT, conclude

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_kitty_hooks.git.passage import Passage
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.git import Change

_MERGES = 1_000  # of one pull; what is older is asked at the next push
_SHOWN_OID = 12


def look_back(git: Git, passage: Passage, environ: Mapping[str, str], now: float) -> Aftermath:
    """Return what there is to say of one move of HEAD; `environ` is as git gave it, `now` is seconds since the epoch.

    Codes, never worse than warnings: MERGE_LOST_EVENTS, EVENT_LOG_NOT_APPEND_ONLY, EVENT_LOG_ROLLED_BACK,
    EVENT_LOG_UNREADABLE, EVENT_ID_CONFLICT, WP_CLAIMED_TWICE, STATUS_SNAPSHOT_DRIFT.
    """
    return _Aftermath(git, passage, environ, now).tell()


class _Aftermath:
    def __init__(self, git: Git, passage: Passage, environ: Mapping[str, str], now: float) -> None:
        self._git = git
        self._passage = passage
        self._environ = environ
        self._now = now
        self._situation = read_situation(git, environ)
        self._branches = Branches(git.refs())
        self._logs = LogReader(git)

    def tell(self) -> Aftermath:
        passage = self._passage
        news = News(self._git, self._logs, self._branches, passage, self._find_branch())
        touched = self._find_touched() if passage.touched else {}
        missions = [mission for mission in map(mission_of, sorted(touched)) if mission]
        return Aftermath(
            report=self._report(tuple(self._gather(touched)) if passage.touched else ()),
            moved=news.find_moved(missions, self._environ, self._now),
            contained=news.find_contained(passage.contained),
        )

    def _find_branch(self) -> str:
        """Return HEAD's branch; `rebase --apply` moves and names it only after the hook: then the one that is left."""
        if self._situation.branch or self._passage.operation != REBASE:
            return str(self._situation.branch)
        waiting = [ref for ref in self._branches.refs if ref.oid == self._passage.before and ref.name.startswith(HEADS)]
        return waiting[0].name[len(HEADS) :] if len(waiting) == 1 else ""

    def _find_touched(self) -> dict[bytes, Change]:
        """Return what the result has otherwise than some side, below the directory of all missions."""
        found: dict[bytes, Change] = {}
        for side in reversed(self._passage.sides):
            found |= {change.path: change for change in self._git.tree_changes(side, self._passage.after, ROOT)}
        return found

    def _gather(self, touched: Mapping[bytes, Change]) -> Iterator[LogChange]:
        dropped = self._find_dropped()
        facts = LogFacts(self._git, self._branches, self._passage.sides, logs=self._logs)
        for log in facts.gather(touched):
            yield from self._narrow(log, dropped.pop(log.mission, ()))
        for mission, events in sorted(dropped.items()):
            yield LogChange(path=log_path(mission).encode(), mission=mission, merge_lost=events)

    def _find_dropped(self) -> dict[str, tuple[Event, ...]]:
        """Return what merges of the way dropped, also one that a forge made, and the result has not got."""
        merges = self._git.merges(self._passage.after, _MERGES, self._passage.before)
        end = self._passage.after
        return MergeLosses(self._git, self._logs, lambda mission: self._logs.read_at(end, mission)).find(merges)

    def _narrow(self, log: LogChange, dropped: tuple[Event, ...]) -> Iterator[LogChange]:
        """Leave of a log's facts what this passage brought; what others wrote legally or not was judged elsewhere."""
        before, after = (
            self._logs.read_at(self._passage.before, log.mission),
            self._logs.read_at(self._passage.after, log.mission),
        )
        known = {item.raw for item in before.damage}
        gone = {event.event_id for event in (*log.lost, *log.merge_lost)}
        lost = (*log.merge_lost, *(event for event in dropped if event.event_id not in gone))
        ids = {event.event_id for event in lost}
        place = f"{self._passage.before}:{ROOT}/{log.mission}/status.json"
        drifted = frozenset(find_drift(self._git, place, reduce_log(before))) if log.drifted else ()
        narrowed: LogChange = log.replace(
            added=(),
            broken=(),
            merge_lost=(),
            kept_at=log.kept_at or (self._passage.sides[0] if log.lost else ""),
            taken_back=tuple(event for event in log.taken_back if event.event_id not in ids),
            old_damage=tuple(item for item in log.old_damage if item.raw not in known),
            drifted=tuple(wp_id for wp_id in log.drifted if wp_id not in drifted),
        )
        if self._passage.operation == FORWARD:
            narrowed = narrowed.replace(claimed_twice=find_double_claims(after, (before,)))
        yield narrowed
        if lost:
            yield LogChange(path=log.path, mission=log.mission, merge_lost=lost, kept_at=self._passage.before)

    def _report(self, logs: tuple[LogChange, ...]) -> Report:
        passage = self._passage
        subject = f"{passage.before[:8]} to {passage.after[:8]}"
        ctx = Context(
            situation=self._situation.replace(parents=passage.sides, operation=passage.operation),
            placement=Placement(role=context.OTHER),
            policy=PolicyView(),
            now=self._now,
            logs=logs,
            compared=f"{passage.before[:_SHOWN_OID]} {passage.after[:_SHOWN_OID]}",
        )
        policy, _source = read_committed(self._git, passage.after, catalog.DIAGNOSTICS)
        report = conclude(policy, COMMIT, log_integrity.check(ctx), subject=subject, applicable=bool(logs), evidence={})
        softened = (f.replace(severity=WARN) if f.severity == BLOCK else f for f in report.findings)
        told: Report = report.replace(verdict="pass", exit_code=0, findings=tuple(softened))
        return told
