"""What a change does to an event log: old copies and the new one in, facts out. Pure (design 5, "Published")."""

from __future__ import annotations

from spec_kitty_hooks.mission.eventlog import duplicates, new_events, same_content
from spec_kitty_hooks.mission.reducer import order_transitions
from spec_kitty_hooks.model.context import LogChange
from spec_kitty_hooks.model.events import TRANSITION, EventLog
from spec_kitty_hooks.model.lanes import CLAIMED, IN_PROGRESS, PLANNED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_kitty_hooks.model.events import Damage, Event

    Index = dict[str, Event]

_HELD = (CLAIMED, IN_PROGRESS)


def compare(
    path: bytes,
    mission: str,
    *,
    new: EventLog,
    parents: Sequence[EventLog],
    published: Mapping[str, EventLog] | None = None,
    merge_bases: Sequence[EventLog] = (),
) -> LogChange:
    """Compare a log as it would be committed with what it was.

    `parents` are the logs of the new commit's parents (one for an ordinary commit; missing ones are empty logs),
    `published` the logs of published commits that the new commit builds on, by commit, `merge_bases` those of the
    merge's bases.
    """
    now, known = _index(new), [_index(log) for log in parents]
    at = {commit: _index(log) for commit, log in (published or {}).items()}
    public = _merge_indexes(list(at.values()))
    lost = tuple(event for event in public.values() if _is_gone(event, now))
    gone: tuple[Event, ...] = ()
    merge_lost: tuple[Event, ...] = ()
    if len(known) == 1:
        gone = tuple(event for event in known[0].values() if _is_gone(event, now) and event.event_id not in public)
    elif len(known) > 1:
        merge_lost = _find_merge_lost(now, known, _merge_indexes([_index(log) for log in merge_bases]))
    added = new_events(parents, new)
    new_damage, old_damage = _split_damage(new, parents)
    return LogChange(
        path=path,
        mission=mission,
        lost=lost,
        kept_at=_find_keeper(lost, known, at),
        taken_back=gone,
        merge_lost=tuple(event for event in merge_lost if event.event_id not in {e.event_id for e in lost}),
        claimed_twice=find_double_claims(new, parents) if len(known) > 1 else (),
        added=added,
        conflicts=_find_conflicts(new, parents, known),
        broken=_find_broken(new, added),
        new_damage=new_damage,
        old_damage=old_damage,
    )


def _index(log: EventLog) -> Index:
    found: Index = {}
    for event in log.events:
        if event.event_id:
            found.setdefault(event.event_id, event)
    return found


def _merge_indexes(indexes: Sequence[Index]) -> Index:
    merged: Index = {}
    for index in indexes:
        for event_id, event in index.items():
            merged.setdefault(event_id, event)
    return merged


def _find_keeper(lost: Sequence[Event], parents: Sequence[Index], published: Mapping[str, Index]) -> str:
    """Return a published commit that has the most of the lost events; "" if a parent has them all as they were."""
    if any(not any(_is_gone(event, parent) for event in lost) for parent in parents):
        return ""
    return max(published, key=lambda commit: sum(not _is_gone(e, published[commit]) for e in lost), default="")


def _is_gone(event: Event, now: Index) -> bool:
    kept = now.get(event.event_id)
    return kept is None or not same_content(kept, event)


def _find_merge_lost(now: Index, parents: Sequence[Index], base: Index) -> tuple[Event, ...]:
    """Across a merge an event is lost only if no parent removed it relative to the merge base (design 5)."""
    return tuple(
        event
        for event in _merge_indexes(parents).values()
        if event.event_id not in now
        and not (event.event_id in base and any(event.event_id not in parent for parent in parents))
    )


def find_double_claims(new: EventLog, parents: Sequence[EventLog]) -> tuple[tuple[Event, Event], ...]:
    """Return pairs of claims of one work package, neither knowing of the other, that no one of `parents` has both of.

    Only of work packages that are still held: what is finished, or was let go of, needs no settling.
    """
    claims: dict[str, Event] = {}
    lanes: dict[str, str] = {}
    found: dict[str, tuple[Event, Event]] = {}
    for event in order_transitions(new):
        if (event.from_lane, event.to_lane) == (PLANNED, CLAIMED):
            if event.wp_id in claims and lanes.get(event.wp_id) in _HELD:
                found[event.wp_id] = claims[event.wp_id], event
            claims[event.wp_id] = event
        lanes[event.wp_id] = event.to_lane
    if not found:
        return ()
    known = [_index(log) for log in parents]
    pairs = (pair for wp_id, pair in sorted(found.items()) if lanes[wp_id] in _HELD)
    return tuple(pair for pair in pairs if not any(all(e.event_id in side for e in pair) for side in known))


def _find_conflicts(
    new: EventLog, parents: Sequence[EventLog], known: Sequence[Index]
) -> tuple[tuple[Event, Event], ...]:
    """Return pairs that this change brings about: inside the new log, or between the sides of a merge."""
    pairs = [(conflict.first, conflict.second) for conflict in duplicates(new)]
    if pairs:
        before = {conflict.event_id for log in parents for conflict in duplicates(log)}
        pairs = [pair for pair in pairs if pair[0].event_id not in before]
    for index, side in enumerate(known):
        for other in known[index + 1 :]:
            torn = [(event, other[i]) for i, event in side.items() if i in other and not same_content(event, other[i])]
            pairs += [pair for pair in torn if not _is_settled(pair, new)]
    return tuple(pairs)


def _is_settled(pair: tuple[Event, Event], new: EventLog) -> bool:
    """Tell whether the new log has both contents of an id on which the sides of a merge differ: one under a new id."""
    return all(any({**kept.record, "event_id": one.event_id} == one.record for kept in new.events) for one in pair)


def _find_broken(new: EventLog, added: Sequence[Event]) -> tuple[tuple[Event, str], ...]:
    """Return added transitions that do not start where their work package was, in reading order (formats 2.7)."""
    wanted = {id(event) for event in added if event.kind == TRANSITION and event.record.get("force") is not True}
    if not wanted:
        return ()
    lanes: dict[str, str] = {}
    broken = []
    transitions = (event for event in new.events if event.kind == TRANSITION)
    for event in sorted(transitions, key=lambda item: (item.at, item.event_id)):
        before = lanes.get(event.wp_id)
        if before is not None and id(event) in wanted and event.from_lane != before:
            broken.append((event, before))
        lanes[event.wp_id] = event.to_lane
    return tuple(broken)


def _split_damage(new: EventLog, parents: Sequence[EventLog]) -> tuple[tuple[Damage, ...], tuple[Damage, ...]]:
    """Split unreadable lines into those that this change adds and those that a parent has, byte for byte."""
    known = {item.raw for log in parents for item in log.damage}
    added = tuple(item for item in new.damage if item.raw not in known)
    return added, tuple(item for item in new.damage if item.raw in known)
