"""Laws of all checks: no context makes them raise, what they say is fit to show, and no code goes untested."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks import literal
from checks.literal import BRANCH, LOG, MISSION, OTHER, PARENT
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from strategies import assert_caught

from spec_kitty_hooks import catalog, checks
from spec_kitty_hooks.checks import CHECKS, push
from spec_kitty_hooks.model import context, findings, lanes
from spec_kitty_hooks.model.context import Active, Context, LogChange, Owner, Placement, PolicyView
from spec_kitty_hooks.model.divergence import DIVERGED, Divergence, Tally
from spec_kitty_hooks.model.events import LIFECYCLE, TRANSITION, UNKNOWN, Damage, Event, EventLog
from spec_kitty_hooks.model.findings import Finding
from spec_kitty_hooks.model.git import GITLINK, SYMLINK, Change, Situation
from spec_kitty_hooks.model.history import Commit
from spec_kitty_hooks.model.mission import ExecutionLane, LogCopy, WorkPackage
from spec_kitty_hooks.model.push import PushFacts, RefUpdate
from spec_kitty_hooks.pathglob import PatternSet

#: Codes that come from elsewhere: the runner reads policy.
NOT_FROM_CHECKS = {"POLICY_INVALID", "WP_CLAIM_STALLED", "REVIEW_STALLED"}
SOURCES = Path(checks.__file__).parent

_ROLES = (
    *(context.LANE, context.LANE, context.LANE, context.TARGET, context.COORDINATION, context.INTEGRATION),
    *(context.DETACHED_LANE, context.UNRECORDED_LANE, context.OTHER),
)
_BASES = (
    *(context.BY_PROGRESS, context.BY_PROGRESS, context.BY_ENGAGEMENT, context.NOT_STARTED, context.FINISHED),
    *(context.STOPPED, context.UNPROVEN),
)
_words = st.sampled_from(("", "x", "-h", "a b", "'", "\x1b[2J", "\udcff", "\u202e", "{path}", "{", "ß", "refs/heads/m"))
_ids = st.sampled_from(("WP01", "WP02", "WP03", ""))
_paths = st.sampled_from(
    (
        *(b"src/a/x.py", b"src/b/y", b"src/c", b"-h", b":x", b"a*", b"\xff\n\x1b", b"kitty-specs/034-feature/spec.md"),
        *(LOG.encode(), b"kitty-specs/034-feature/tasks/WP01-x.md", b".kittify/config.yaml", b"kitty-specs/"),
    )
)
_lanes = st.sampled_from((*lanes.BOARD, lanes.GENESIS, ""))
_oids = st.sampled_from((PARENT, OTHER))
_REVIEW: dict[str, Any] = {"reviewer": "r", "verdict": "approved", "reference": "x"}
#: Odd records, drawn from a list: building them anew would take most of the time.
_RECORDS: tuple[dict[str, Any], ...] = (
    *({}, {"force": True}, {"force": True, "actor": "a", "reason": "r"}, {"actor": {"tool": None, "role": ["x"]}}),
    *({"actor": 1, "reason": None}, {"review_result": _REVIEW}, {"review_result": [], "review_ref": {}}),
    *({"review_result": {**_REVIEW, "reference": {}}, "review_ref": "y"}, {"evidence": {"review": _REVIEW}}),
    *({"evidence": "x"}, {"evidence": {"review": {"verdict": 1}}}, {"actor": "a", "review_ref": "\ud800"}),
)
_times = st.sampled_from(("", "now", "2026-01-05T09:00:00Z", "2030-01-01", "0001-01-01T00:00:00+23:59", "\ud800"))
_events = st.builds(
    Event,
    st.sampled_from((TRANSITION, TRANSITION, LIFECYCLE, UNKNOWN)),
    st.sampled_from(_RECORDS),
    st.sampled_from((b"", b"x", b"y")),
    st.just(3),
    _words,
    _ids,
    _times,
    _lanes,
    _lanes,
    _words,
)
_damage = st.builds(Damage, line=st.integers(0, 9), reason=_words, torn=st.booleans(), raw=st.just(b"x"))


def _few(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=2).map(tuple)


_modes = st.sampled_from((0, 0o100644, 0o100755, SYMLINK, GITLINK))
_changes = _few(st.builds(Change, _paths, st.sampled_from(("", "A", "D", "M", "T", "U")), _modes, _modes, _oids, _oids))
_logs = st.builds(EventLog, events=_few(_events), damage=_few(_damage), size=st.just(0))
_patterns = _few(st.sampled_from(("src/a/**", "src/*.py", "src/b/", "**", "", "/x", "kitty-specs/**", "\ud800", "[")))


def _owner(wp_id: str, path: bytes, patterns: tuple[str, ...], problem: str, line: int) -> Owner:
    package = WorkPackage(wp_id=wp_id, path=path, owned_files=patterns, problem=problem, line=line)
    return Owner(work_package=package, patterns=PatternSet(patterns))


_owners = _few(st.builds(_owner, _ids, _paths | st.just(b""), _patterns, _words, st.integers(0, 3)))


def _make_active(basis: str, candidates: tuple[Owner, ...], states: dict[str, str], chosen: str) -> Active:
    """Return an answer that can be given: who is in progress or engaged is a candidate, so there is one."""
    engaged = basis in (context.BY_PROGRESS, context.BY_ENGAGEMENT)
    found = candidates or ((literal.WP01,) if engaged else ())
    return Active(basis=basis, candidates=found, lanes=states, chosen=chosen)


_active = st.builds(_make_active, st.sampled_from(_BASES), _owners, st.dictionaries(_ids, _lanes), _ids)
_situations = st.builds(
    Situation,
    branch=_words | st.just(BRANCH),
    detached=st.booleans(),
    rebasing=st.booleans(),
    operation=st.sampled_from(("", "", "merge", "rebase")),
    amend=st.booleans(),
    parents=_few(_oids),
)
_placements = st.builds(
    Placement,
    role=st.sampled_from(_ROLES),
    mission=st.none() | st.just(MISSION) | st.just(MISSION.replace(target_branch="", change_mode="bulk_edit")),
    # A lane that has a work tree of its own has a branch: the work tree was found by it.
    lane=st.none() | st.just(ExecutionLane(lane_id="lane-a", wp_ids=("WP01",), branches=(BRANCH,))),
    plan=_words,
    plan_name=_words,
    own_copy=st.booleans(),
    log_branch=_words,
    problem=_words,
)
_copies = st.builds(
    LogCopy,
    kind=st.sampled_from(("worktree", "branch", "remote", "lane", "commit")),
    where=_words,
    role=st.sampled_from(("authoritative", "authoritative", "superseded", "frozen", "missing", "hidden", "unreadable")),
    commit=_oids | st.just(""),
    log=st.none() | _logs,
    problem=_words,
    withdrawn=st.just(()) | _few(_words),
)
_log_changes = st.builds(
    LogChange,
    path=_paths,
    mission=_words,
    lost=_few(_events),
    taken_back=_few(_events),
    merge_lost=_few(_events),
    added=_few(_events),
    conflicts=_few(st.tuples(_events, _events)),
    broken=_few(st.tuples(_events, _lanes)),
    new_damage=_few(_damage),
    old_damage=_few(_damage),
    kept_at=_words,
    not_a_file=st.sampled_from(("", "", "", "a submodule")),
    drifted=_few(_ids),
    unknown_base=st.booleans(),
)
_commits = st.builds(
    Commit,
    oid=_oids,
    parents=_few(_oids),
    author=_words,
    authored_at=st.integers(0, 1 << 33),
    changes=_changes,
    cut=st.booleans(),
)
_tallies = st.builds(Tally, total=st.integers(0, 9), source=st.integers(0, 9), foreign=st.integers(0, 9))
_pushes = st.builds(
    PushFacts,
    update=st.builds(RefUpdate, ref=_words, new=_oids | st.just(""), old=_oids | st.just(""), remote=_words),
    unknown=st.booleans(),
    apart=st.none() | st.builds(Divergence, state=st.just(DIVERGED), ahead=_tallies, behind=_tallies),
    rewritten=_few(st.tuples(_oids, _paths)),
    targets=st.tuples(_words) | st.tuples(_words, _words),
    only_here=st.dictionaries(_words, st.integers(1, 9), max_size=2),
    foreign=st.dictionaries(_words, st.integers(1, 9), max_size=2),
)
contexts = st.builds(
    Context,
    situation=_situations,
    placement=_placements,
    policy=st.builds(PolicyView, **dict.fromkeys(PolicyView._fields, st.booleans())),
    now=st.floats(-1e12, 1e12),
    active=st.none() | _active | _active,
    changes=_changes,
    own=_changes,
    origins=st.dictionaries(_paths, _oids | st.just("")),
    self_grants=st.frozensets(_paths),
    owners=_owners,
    owner_lanes=st.dictionaries(_ids, _lanes),
    editing=st.booleans(),
    copies=_few(_copies),
    torn_packages=_few(_ids),
    logs=_few(_log_changes),
    withheld=st.just(()) | _few(_paths),
    prefix=st.sampled_from((b"", b"src/", b"src/a/", b"lib/\xff/")),
    compared=st.sampled_from(("", PARENT[:12], f"{PARENT[:12]} {OTHER[:12]}")),
    commit=st.none() | _commits,
    push=st.none() | _pushes,
)


def codes_in(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Constant) and node.value in catalog.DIAGNOSTICS:
            yield node.value


def is_fit_to_show(found: Finding) -> bool:
    return (
        found.diagnostic_code in catalog.DIAGNOSTICS
        and found.severity in ("", *findings.SEVERITIES)
        and bool(found.message)
        and not found.message.endswith(".\n")
        and found.violated_invariant == catalog.DIAGNOSTICS[found.diagnostic_code].invariant
        # The printer escapes what is left; steps are one line each, whatever the path was called.
        and all(step and "\n" not in step and "\x1b" not in step for step in found.remediation)
    )


@settings(max_examples=300, phases=(Phase.explicit, Phase.generate))  # a context hardly ever shrinks
@given(contexts)
def test_no_context_makes_a_check_raise_and_findings_are_fit_to_show(ctx: Context) -> None:
    for check in (*CHECKS, push.check):
        first, second = list(check(ctx)), list(check(ctx))
        assert all(map(is_fit_to_show, first))
        assert first == second


def test_a_check_that_takes_a_parent_for_granted_is_caught() -> None:
    def careless(ctx: Context) -> bool:
        try:
            return bool(ctx.own) and not ctx.situation.parents[0]
        except IndexError:
            return True

    assert_caught(contexts, careless)


def test_every_code_of_the_catalog_has_its_test() -> None:
    made = {code for source in SOURCES.glob("*.py") for code in codes_in(source)}
    assert set(catalog.DIAGNOSTICS) - made == NOT_FROM_CHECKS
    tested = {code for source in Path(__file__).parent.glob("test_checks_*.py") for code in codes_in(source)}
    assert made - tested == set()


def test_the_order_of_checks_is_that_of_their_findings() -> None:
    assert [check.__module__.rpartition(".")[2] for check in CHECKS] == [
        "placement",
        "planning",
        "ownership",
        "log_integrity",
    ]
