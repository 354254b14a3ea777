"""What post-merge and post-rewrite print: what was lost first, then at most ten lines of news, else nothing at all.

Every character that came from outside is escaped.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.report.text import describe
from spec_kitty_hooks.text import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.model.aftermath import Aftermath, Contained, Moved

_START = "spec-kitty-hooks: "
_NAME = 60  # characters of an actor


def print_aftermath(found: Aftermath) -> str:
    """Return what there is to say; "" if nothing was lost and nothing is new."""
    lines = list(describe(found.report.findings))
    news = list(_write_news(found))
    if len(news) > limits.SHOWN_NEWS:
        shown = limits.SHOWN_NEWS - 1
        news[shown:] = [f"{_START}... and {len(news) - shown} more: spec-kitty-hooks status"]
    return "".join(f"{line}\n" for line in (*lines, *news))


def _write_news(found: Aftermath) -> Iterator[str]:
    several = len({one.mission for one in found.moved} | {lane.mission for lane in found.contained}) > 1
    planned: dict[str, int] = {}
    for one in found.moved:
        if not one.before and one.after == lanes.PLANNED:
            planned[one.mission] = planned.get(one.mission, 0) + 1
        else:
            yield f"{_START}{_name(one.mission) if several else ''}{_write_move(one)}"
    for lane in found.contained:
        yield f"{_START}{_name(lane.mission) if several else ''}{_write_lane(lane)}"
    for mission, count in planned.items():  # of a plan that is new to this clone, its size is enough
        yield f"{_START}{_name(mission)}{count} new work package{'' if count == 1 else 's'} planned"


def _name(mission: str) -> str:
    return f"{escape(mission)} "


def _write_move(one: Moved) -> str:
    wp_id = escape(one.wp_id, limit=_NAME)
    if not one.after:
        return f"{wp_id}: was {one.before}, and the log knows nothing of it any more"
    by = f" by {escape(one.actor, limit=_NAME)}" if one.actor else ""
    ago = f", {one.age} ago" if one.age else ""
    return f"{wp_id}: {one.before or 'new'} → {one.after}{by}{ago}"


def _write_lane(lane: Contained) -> str:
    packages = ", ".join(f"{escape(wp_id, limit=_NAME)} {state or 'planned'}" for wp_id, state in lane.lanes)
    return f"{escape(lane.lane_id)} is contained in {escape(lane.target)} now ({packages})"
