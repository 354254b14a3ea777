"""What is known of a mission before it is merged or shipped: data only."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.model.divergence import Divergence

MERGE = "merge"
SHIP = "ship"
PURPOSES = (MERGE, SHIP)

LANE = "lane"
MISSION = "mission"
TARGET = "target"


class MergeState(Record):
    """What the client's own record says of a merge that it began (formats 8).

    `remaining` are the work packages still to be merged. `locked` tells that its lock file is there: a merge is
    running, or was killed. `problem` says why the record cannot be read.
    """

    remaining: tuple[str, ...] = ()
    locked: bool = False
    problem: str = ""


class Standing(Record):
    """Where one work package stands: `lane` by the log ("" if it says nothing), `settled` if it may be merged.

    `needs` are the work packages that it depends on, `head` the path of its file (b"" if it has none).
    """

    wp_id: str
    lane: str
    settled: bool
    needs: tuple[str, ...] = ()
    head: bytes = b""


class AbsentBranch(Record):
    """A recorded branch that is neither here nor on a remote as last seen. `what` is lane, mission or target.

    `lane_id` and `wp_ids` say what hangs on it; `start` is where a mission branch could be made anew, "" if nowhere.
    """

    name: str
    what: str
    lane_id: str = ""
    wp_ids: tuple[str, ...] = ()
    start: str = ""


class Gates(Record):
    """What policy.merge_gates asks for; `severity` is "" unless its mode is written."""

    approval: bool = True
    dependencies: bool = True
    severity: str = ""


class Preflight(Record):
    """Everything that one preflight looks at beside reviews and the log.

    `purpose` is merge or ship; `remote` the remote that the target is shared through, "" without one; `checkout` the
    directory that has the target checked out, b"" if none has.
    """

    purpose: str
    standings: tuple[Standing, ...] = ()
    absent: tuple[AbsentBranch, ...] = ()
    gates: Gates = Gates()
    divergence: Divergence | None = None
    remote: str = ""
    checkout: bytes = b""
    merge: MergeState = MergeState()
