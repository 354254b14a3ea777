"""What a check sees: every fact of one judgement, gathered beforehand, so that checks are pure."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.model.events import Damage, Event
    from spec_kitty_hooks.model.git import Change, Situation
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import ExecutionLane, LogCopy, Mission, WorkPackage
    from spec_kitty_hooks.model.push import PushFacts
    from spec_kitty_hooks.model.reviews import MissionReviews
    from spec_kitty_hooks.pathglob import PatternSet

# Roles of the branch a commit belongs to.
LANE = "lane"
TARGET = "target"
COORDINATION = "coordination"
INTEGRATION = "integration"  # the mission branch that lanes are merged into
DETACHED_LANE = "detached lane"
UNRECORDED_LANE = "unrecorded lane"
OTHER = "other"

# How the candidates were found (design 4.4).
BY_PROGRESS = "in_progress"
BY_ENGAGEMENT = "engaged"
NOT_STARTED = "not started"
FINISHED = "finished"
STOPPED = "stopped"
UNPROVEN = "unproven"


class Step(Record):
    """One step of finding out who is active: what was asked, what came out."""

    question: str
    answer: str


class Owner(Record):
    """A work package with its patterns compiled. `patterns` owns nothing if the head has a problem."""

    work_package: WorkPackage
    patterns: PatternSet


class Active(Record):
    """Who may own a change on this lane, and how that was found.

    `basis` is one of the constants above. `candidates` are the owners to hold the change against; `lanes` maps each
    of the lane's work packages to its reduced status lane ("" if the log says nothing of it).
    """

    basis: str
    candidates: tuple[Owner, ...]
    lanes: Mapping[str, str]
    chosen: str = ""  # by SPEC_KITTY_WP, when it names a candidate


class Placement(Record):
    """Where a commit belongs: the branch's role, and the mission and execution lane that record it.

    `plan` is the commit whose planning artifacts count, `plan_name` how to name it to a person, `own_copy` true if
    nothing but the judged branch's own copy could be reached. `log_branch` is the short name of the log's branch;
    `rivals` are sentences about branches that claim to hold the plan as well and are not followed.
    """

    role: str
    mission: Mission | None = None
    lane: ExecutionLane | None = None
    plan: str = ""
    plan_name: str = ""
    own_copy: bool = False
    log_branch: str = ""
    problem: str = ""
    rivals: tuple[str, ...] = ()


class LogChange(Record):
    """What a change does to one event log (path is repository-relative).

    `lost` are events of a parent that the new log lacks or alters and that were published; `taken_back` the same for
    events never published; `merge_lost` events that a merge drops, `unrepaired` those that a past merge dropped and
    nothing brought back; `claimed_twice` pairs of claims of one work package that a merge brings together; `added`
    events in no parent; `conflicts` pairs of one id with two contents; `broken` pairs of a new event and the lane its
    work package was in; `new_damage` and `old_damage` are unreadable lines that this change adds, or that were there.
    """

    path: bytes
    mission: str
    lost: tuple[Event, ...] = ()
    taken_back: tuple[Event, ...] = ()
    merge_lost: tuple[Event, ...] = ()
    unrepaired: tuple[Event, ...] = ()
    claimed_twice: tuple[tuple[Event, Event], ...] = ()
    at_home: bool = True  # the change is on the branch that the log lives on, as far as that is known
    added: tuple[Event, ...] = ()
    conflicts: tuple[tuple[Event, Event], ...] = ()
    broken: tuple[tuple[Event, str], ...] = ()
    new_damage: tuple[Damage, ...] = ()
    old_damage: tuple[Damage, ...] = ()
    kept_at: str = ""  # a published commit that has the lost events, if the parent has them no more
    not_a_file: str = ""
    drifted: tuple[str, ...] = ()  # work packages whose lane in status.json differs
    unknown_base: bool = False  # history is cut off before the point to compare with


class PolicyView(Record):
    """The part of policy that checks need."""

    enforce_ownership: bool = True
    guard_planning: bool = True
    ownership_on_target: bool = False
    upstream_globs: bool = False


class Context(Record):
    """Everything one judgement of a change needs.

    `changes` are the changed paths as the new commit would differ from its first parent; `own` the part that differs
    from every parent (the same unless it is a merge). `origins` names, for a path of `own` in a merge, the parent that
    has the text to take ("": none has the path); a path that both sides changed is not in it. `self_grants` are paths
    whose ownership-deciding content changed. `editing` is true before an edit, when nothing is staged yet. `owners` are
    all work packages of the mission, loaded only when some path is not owned by a candidate. `torn_packages` are those
    whose lane differs between copies of the log that count; `withheld` are objects that a partial clone lacks. `prefix`
    is the directory that the person stands in, as git names it (`src/a/`). `now` is seconds since the epoch.
    `compared` is set where history is judged: the two commits that a person would compare, as words for `git diff`;
    `commit` is the one that `changes` belong to. `push` is what is known of the ref that a push would change;
    `reviews` are those of each mission whose review evidence is judged.
    """

    situation: Situation
    placement: Placement
    policy: PolicyView
    now: float
    active: Active | None = None
    changes: tuple[Change, ...] = ()
    own: tuple[Change, ...] = ()
    origins: Mapping[bytes, str] = {}
    self_grants: frozenset[bytes] = frozenset()
    owners: tuple[Owner, ...] = ()
    owner_lanes: Mapping[str, str] = {}
    editing: bool = False
    copies: tuple[LogCopy, ...] = ()
    torn_packages: tuple[str, ...] = ()
    logs: tuple[LogChange, ...] = ()
    withheld: tuple[bytes, ...] = ()
    prefix: bytes = b""
    compared: str = ""
    commit: Commit | None = None
    push: PushFacts | None = None
    reviews: tuple[MissionReviews, ...] = ()
