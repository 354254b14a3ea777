"""The ownership check on contexts written down: what is refused, who is named, and what to type next."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import (
    BASE,
    BRANCH,
    LANES,
    OTHER,
    PARENT,
    SIDE,
    TASKS,
    WP01,
    WP02,
    WP03,
    active,
    change,
    codes,
    find,
    judged,
    merged,
    owner,
    placement,
    situation,
)

from spec_kitty_hooks.checks.ownership import check, find_owner
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import Active, PolicyView
from spec_kitty_hooks.model.git import GITLINK, SYMLINK

OUTSIDE = "src/c/x.py (modified) is outside what WP01 owns (WP01 is active on lane-a); it belongs to WP03 (done)"
EXPLAIN = "spec-kitty-hooks explain src/c/x.py"
GRANT = f"or add it to owned_files in {TASKS}WP01-x.md on branch main, and commit that there"


def test_what_the_active_work_package_owns_passes() -> None:
    assert codes(check, judged("src/a/x.py", "src/a/deep/y.py")) == []


def test_a_foreign_path_is_refused_with_owner_lane_and_next_command() -> None:
    found = find(check, judged("src/a/x.py", "src/c/x.py"))
    assert found.diagnostic_code == "ACTIVE_WP_SCOPE_VIOLATION"
    assert found.message == OUTSIDE
    assert found.severity == ""
    assert (found.mission, found.work_package_id, found.branch_or_work_package) == ("034-feature", "WP01", "WP01")
    assert found.violated_invariant == "changed_paths_must_be_owned_by_the_active_work_package"
    assert (found.path, found.change, found.pattern) == (b"src/c/x.py", "M", "")
    assert found.details == {"owned_by": ["WP03"]}
    assert found.remediation == ("git restore --staged -- src/c/x.py", EXPLAIN, GRANT)


def test_every_foreign_path_is_refused_by_itself() -> None:
    assert [found.path for found in check(judged("src/c/x.py", "src/d", "src/a/x"))] == [b"src/c/x.py", b"src/d"]


def test_a_path_of_nobody_is_said_to_belong_to_nobody() -> None:
    found = find(check, judged("lib/x.py"))
    assert found.message == "lib/x.py (modified) is outside what WP01 owns (WP01 is active on lane-a)"
    assert found.details == {}


def test_a_path_of_several_names_them_all_with_their_lanes() -> None:
    ctx = judged("src/c/x.py", owners=(WP01, WP03, owner("WP04", "src/c/**")))
    found = find(check, ctx)
    assert found.message.endswith("; it belongs to WP03 (done), WP04 (not in the log)")
    assert found.details == {"owned_by": ["WP03", "WP04"]}


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (change("src/c/x.py", "A"), "added"),
        (change("src/c/x.py", "D"), "deleted"),
        (change("src/c/x.py", "T", new=SYMLINK), "type changed"),
        (change("src/c/x.py", "M", GITLINK, GITLINK), "submodule changed"),
    ],
)
def test_every_kind_of_change_counts(kind: Any, word: str) -> None:
    found = find(check, judged(kind))
    assert found.message.startswith(f"src/c/x.py ({word}) is outside")
    assert found.change == kind.status


def test_a_submodule_is_owned_by_a_pattern_of_its_subtree() -> None:
    assert codes(check, judged(change("src/a", "A", new=GITLINK))) == []
    assert codes(check, judged(change("src/a", "A"))) == ["ACTIVE_WP_SCOPE_VIOLATION"]


def test_before_an_edit_nothing_is_unstaged_and_no_change_is_named() -> None:
    found = find(check, judged(change("src/c/x.py", ""), editing=True))
    assert found.message.startswith("src/c/x.py is outside what WP01 owns")
    assert found.remediation == (EXPLAIN, GRANT)


def test_two_active_work_packages_are_both_named() -> None:
    found = find(check, judged("src/c/x.py", active=active(WP01, WP02)))
    assert found.message.startswith(
        "src/c/x.py (modified) is outside what WP01 or WP02 owns (WP01 or WP02 is active on"
    )
    assert (found.work_package_id, found.branch_or_work_package) == ("", BRANCH)
    assert found.remediation[-1] == GRANT, "the first of them is as good as the other"


@pytest.mark.parametrize("basis", [context.UNPROVEN, context.NOT_STARTED])
def test_without_an_active_work_package_the_whole_lane_is_named(basis: str) -> None:
    *_, found = check(judged("src/c/x.py", active=active(WP01, WP02, basis=basis)))
    assert found.diagnostic_code == "ACTIVE_WP_SCOPE_VIOLATION"
    assert found.message.startswith("src/c/x.py (modified) is outside what any work package of lane-a owns; it belongs")


def test_on_a_stopped_lane_nothing_may_change() -> None:
    ctx = judged("src/a/x.py", active=active(basis=context.STOPPED, WP01="blocked", WP02="canceled"))
    found = find(check, ctx)
    assert found.message.startswith(
        "src/a/x.py (modified) cannot change on lane-a: WP01 is blocked, WP02 is canceled; "
    )
    assert found.work_package_id == ""
    assert found.remediation == ("git restore --staged -- src/a/x.py", "spec-kitty-hooks explain src/a/x.py")


def test_a_pattern_that_upstream_reads_more_loosely_is_pointed_out() -> None:
    loose = active(owner("WP01", "src/*.py", "src/c/*"))
    found = find(check, judged("src/deep/x.py", active=loose, owners=()))
    said = "; Spec Kitty's looser rule would let src/*.py match it (policy.hooks.glob: spec-kitty)"
    assert found.message.endswith("(WP01 is active on lane-a)" + said)
    assert found.details == {"upstream_pattern": "src/*.py"}


def test_the_looser_rule_of_any_candidate_is_pointed_out() -> None:
    found = find(check, judged("src/deep/x.py", active=active(WP01, owner("WP02", "src/*.py"))))
    assert found.details == {"upstream_pattern": "src/*.py"}


def test_the_looser_rule_takes_nothing_away() -> None:
    strict = active(owner("WP01", "src/**/test_*.py"))
    assert codes(check, judged("src/test_a.py", active=strict, policy=PolicyView(upstream_globs=True))) == []


def test_policy_can_accept_the_looser_rule() -> None:
    loose = active(owner("WP01", "lib", "src/*.py"))
    ctx = judged("src/deep/x.py", active=loose, policy=PolicyView(upstream_globs=True))
    assert codes(check, ctx) == []
    assert codes(check, judged("src/c/x.rs", active=loose, policy=PolicyView(upstream_globs=True))) != []


def test_policy_can_switch_ownership_off() -> None:
    assert codes(check, judged("src/c/x.py", policy=PolicyView(enforce_ownership=False))) == []


def test_where_nobody_can_be_active_nothing_is_judged() -> None:
    assert codes(check, judged("src/c/x.py", active=None)) == []
    assert codes(check, merged("src/b/x.py", active=None)) == []
    assert codes(check, judged(active=active(basis=context.NOT_STARTED))) == []


def test_planning_paths_and_self_grants_are_left_to_planning() -> None:
    ctx = judged("kitty-specs/034-feature/spec.md", ".kittify/config.yaml", self_grants={b".kittify/config.yaml"})
    assert codes(check, ctx) == []


# -- lanes that are done, or not begun


def test_on_a_finished_lane_every_path_is_late() -> None:
    ctx = judged("src/b/x.py", "lib/y", active=active(basis=context.FINISHED, WP01="approved", WP02="done"))
    first, second = check(ctx)
    assert first.diagnostic_code == second.diagnostic_code == "WP_ALREADY_APPROVED"
    assert first.message == (
        "src/b/x.py (modified): nothing may change on lane-a any more: WP01 is approved, WP02 is done"
    )
    assert (first.work_package_id, second.work_package_id) == ("WP02", "WP01")
    assert (first.path, first.change) == (b"src/b/x.py", "M")
    assert first.remediation == (
        "git restore --staged -- src/b/x.py",
        "or have WP02 moved back to in_progress first, so that it is reviewed again",
        "spec-kitty-hooks context",
    )


def test_on_a_finished_lane_a_work_package_of_another_lane_is_not_to_be_reopened() -> None:
    ctx = judged("src/c/x.py", active=active(basis=context.FINISHED, WP01="approved", WP02="done"))
    assert find(check, ctx).work_package_id == "WP01"


def test_on_a_finished_lane_of_which_nothing_is_known_nobody_is_to_be_reopened() -> None:
    found = find(check, judged("x", active=Active(basis=context.FINISHED, candidates=(), lanes={})))
    assert (found.work_package_id, found.branch_or_work_package) == ("", BRANCH)


def test_before_the_first_start_a_hint_says_whom_to_start() -> None:
    begun = active(WP01, WP02, basis=context.NOT_STARTED, WP01="planned", WP02="")
    found = find(check, judged("src/a/x.py", active=begun))
    assert found.diagnostic_code == "WP_NOT_STARTED"
    assert found.message == "no work package of lane-a has been started: WP01 is planned, WP02 is not in the log"
    assert found.work_package_id == "WP01"
    assert found.path is None
    assert found.remediation == (
        "spec-kitty-hooks start WP01 --mission 034-feature",
        "spec-kitty-hooks context",
    )


def test_before_the_first_start_nobody_can_be_named_where_nobody_is_known() -> None:
    found = find(check, judged("kitty-specs/x", active=active(basis=context.NOT_STARTED)))
    assert (found.work_package_id, found.remediation) == ("", ("spec-kitty-hooks context",))


def test_a_lane_without_record_is_called_by_its_branch() -> None:
    ctx = judged("src/c/x.py", placement=placement(lane=None))
    assert f"(WP01 is active on {BRANCH})" in find(check, ctx).message


# -- heads that say nothing


@pytest.mark.parametrize(
    ("head", "code", "message", "steps"),
    [
        (
            owner("WP01", problem="it is not UTF-8", line=3),
            "ACTIVE_WP_METADATA_INVALID",
            f"the head of {TASKS}WP01-x.md line 3 at main cannot be read: it is not UTF-8",
            (f"git show {'c' * 40}:{TASKS}WP01-x.md", f"mend {TASKS}WP01-x.md on branch main, and commit that there"),
        ),
        (
            owner("WP01", problem="it holds a tag"),
            "ACTIVE_WP_METADATA_INVALID",
            f"the head of {TASKS}WP01-x.md at main cannot be read: it holds a tag",
            (f"git show {'c' * 40}:{TASKS}WP01-x.md", f"mend {TASKS}WP01-x.md on branch main, and commit that there"),
        ),
        (
            owner("WP01", path=b""),
            "ACTIVE_WP_METADATA_MISSING",
            "WP01 is active but has no file in tasks/ at main",
            (
                f"put a file for WP01 into {TASKS} on branch main, and commit that there",
                "spec-kitty-hooks where 034-feature",
            ),
        ),
        (
            owner("WP01"),
            "ACTIVE_WP_OWNERSHIP_MISSING",
            f"{TASKS}WP01-x.md at main lists no owned_files, so WP01 owns nothing",
            (
                f"git show {'c' * 40}:{TASKS}WP01-x.md",
                f"list owned_files in {TASKS}WP01-x.md on branch main, and commit that there",
            ),
        ),
    ],
)
def test_a_head_that_cannot_be_used_is_reported_once_and_not_held_against_paths(
    head: Any, code: str, message: str, steps: tuple[str, ...]
) -> None:
    found = find(check, judged("src/c/x.py", "src/d/y.py", active=active(head, WP02)))
    assert (found.diagnostic_code, found.message, found.remediation) == (code, message, steps)
    assert (found.work_package_id, found.path) == ("WP01", None)


def test_a_head_that_cannot_be_used_does_not_matter_to_what_another_candidate_owns() -> None:
    assert codes(check, judged("src/b/x.py", active=active(owner("WP01", problem="?"), WP02))) == []


def test_a_head_whose_problem_leaves_patterns_is_a_problem_all_the_same() -> None:
    assert codes(check, judged("lib/x", active=active(owner("WP01", "a", problem="?")))) == [
        "ACTIVE_WP_METADATA_INVALID"
    ]


def test_a_head_is_not_complained_about_where_objects_are_lacking() -> None:
    assert codes(check, judged("lib/x", active=active(owner("WP01", problem="?")), withheld=(b"x",))) == []


def test_a_missing_head_without_a_mission_has_no_place_to_name() -> None:
    ctx = judged("lib/x", active=active(owner("WP01", path=b"")), placement=placement(mission=None))
    assert find(check, ctx).remediation == ()


# -- a change that no single active work package owns


def test_a_split_change_says_who_owns_what_and_how_to_commit_a_part() -> None:
    both = active(WP01, WP02, basis=context.BY_ENGAGEMENT)
    found = find(check, judged("src/a/x", "src/b/1", "src/b/2", active=both))
    assert found.diagnostic_code == "ACTIVE_WP_CONTEXT_AMBIGUOUS"
    assert found.message == (
        "the change is split between work packages that are active at once: "
        "WP01 owns src/a/x; WP02 owns src/b/1, src/b/2"
    )
    assert found.remediation == ("git commit --only -- src/b/1 src/b/2", "spec-kitty-hooks context")
    assert (found.path, found.work_package_id, found.change, found.details) == (None, "", "", {})


@pytest.mark.parametrize("how", [{"amend": True}, {"operation": "rebase"}])
def test_a_split_change_that_cannot_be_committed_in_part_is_unstaged_in_part(how: dict[str, Any]) -> None:
    ctx = judged("src/a/x", "src/b/1", "src/a/y", active=active(WP01, WP02), situation=situation(**how))
    command = f"git restore --staged --source={BASE} --" if "amend" in how else "git restore --staged --"
    assert find(check, ctx).remediation == (f"{command} src/b/1", "spec-kitty-hooks context")


@pytest.mark.parametrize(
    ("origins", "steps"),
    [
        ((OTHER, OTHER), (f"git restore --staged --source={SIDE} -- src/b/1 src/b/2",)),
        ((OTHER, PARENT), ()),
        ((PARENT, OTHER), ()),
        ((PARENT, ""), ()),
    ],
)
def test_paths_of_a_split_merge_are_taken_out_together_only_if_they_go_back_to_one_side(
    origins: tuple[str, str], steps: tuple[str, ...]
) -> None:
    known = dict.fromkeys((b"src/a/1", b"src/a/2"), PARENT) | dict(zip((b"src/b/1", b"src/b/2"), origins, strict=True))
    paths = [path.decode() for path in known]
    found = find(check, merged(*paths, active=active(WP01, WP02), origins=known))
    assert found.remediation == (*steps, "spec-kitty-hooks context")


@pytest.mark.parametrize(("paths", "end"), [(3, "src/a/2"), (4, "src/a/2 ...")])
def test_of_a_long_share_three_paths_are_listed(paths: int, end: str) -> None:
    changes = [f"src/a/{number}" for number in range(paths)]
    message = find(check, judged(*changes, "src/b/x", active=active(WP01, WP02))).message
    assert message.endswith(f"WP01 owns src/a/0, src/a/1, {end}; WP02 owns src/b/x")


def test_who_owns_nothing_of_a_split_change_is_not_listed() -> None:
    message = find(check, judged("src/a/x", "src/b/x", active=active(WP01, WP02, WP03))).message
    assert "WP03" not in message


def test_a_change_that_one_of_several_owns_is_not_split() -> None:
    wide = owner("WP02", "src/**")
    ctx = judged("src/a/x", "src/b/x", active=active(WP01, wide))
    assert codes(check, ctx) == []
    assert find_owner(ctx, ctx.own) is wide


def test_the_most_specific_owner_of_the_whole_change_is_found() -> None:
    narrow = owner("WP05", "src/a/x.py")
    ctx = judged("src/a/x.py", active=active(WP01, narrow, owner("WP04", "**")))
    assert find_owner(ctx, ctx.own) is narrow
    assert find_owner(ctx, (change("src/c"),)) is not None
    assert find_owner(judged(active=None), ()) is None


@pytest.mark.parametrize("basis", [context.NOT_STARTED, context.UNPROVEN])
def test_nothing_is_split_between_work_packages_that_are_not_active(basis: str) -> None:
    ctx = judged("src/a/x", "src/b/x", active=active(WP01, WP02, basis=basis))
    assert "ACTIVE_WP_CONTEXT_AMBIGUOUS" not in codes(check, ctx)


# -- merges, and other ways to take a path out again


def test_a_merge_that_unites_both_sides_of_the_lanes_own_file_needs_no_active_owner() -> None:
    assert codes(check, merged("src/b/x.py")) == []


@pytest.mark.parametrize(
    ("ctx", "codes_"),
    [
        (judged("src/b/x.py"), ["ACTIVE_WP_SCOPE_VIOLATION"]),  # no merge
        (merged("src/b/x.py", origins={b"src/b/x.py": OTHER}), ["ACTIVE_WP_SCOPE_VIOLATION"]),  # one side's alone
        (merged("src/c/x.py"), ["ACTIVE_WP_SCOPE_VIOLATION"]),  # another lane's
        (merged("kitty-specs/034-feature/spec.md", active=active(basis=context.FINISHED, **LANES)), []),
    ],
)
def test_nothing_else_of_a_merge_goes_without_an_owner(ctx: Any, codes_: list[str]) -> None:
    assert codes(check, ctx) == codes_


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (PARENT, "git restore --staged -- src/c/x.py"),
        (OTHER, f"git restore --staged --source={SIDE} -- src/c/x.py"),
        ("", "git rm --cached -- src/c/x.py"),
        (None, ""),
    ],
)
def test_in_a_merge_a_path_goes_back_to_the_side_it_came_from(origin: str | None, command: str) -> None:
    origins = {} if origin is None else {b"src/c/x.py": origin}
    remedies = find(check, merged("src/c/x.py", origins=origins)).remediation
    assert remedies == (*((command,) if command else ()), EXPLAIN, GRANT)


@pytest.mark.parametrize(
    ("how", "command"),
    [
        ({"amend": True}, f"git restore --staged --source={BASE} -- src/c/x.py"),
        ({"parents": ()}, "git rm --cached -- src/c/x.py"),
        ({"amend": True, "parents": ()}, "git rm --cached -- src/c/x.py"),
    ],
)
def test_a_path_is_taken_out_of_an_amended_or_a_first_commit_in_its_own_way(how: dict[str, Any], command: str) -> None:
    assert find(check, judged("src/c/x.py", situation=situation(**how))).remediation[0] == command


@pytest.mark.parametrize(
    ("prefix", "path", "word"),
    [
        (b"", "src/c/x y", "'src/c/x y'"),
        (b"", ":x", "':(literal):x'"),
        (b"", "~x", "'~x'"),
        (b"", "a*", "':(literal)a*'"),
        (b"", "a?", "':(literal)a?'"),
        (b"", "a[b", "':(literal)a[b'"),
        (b"", "a\\b", "':(literal)a\\b'"),
        (b"src/a/", "src/c/x", "../c/x"),
        (b"src/c/", "src/c/x", "x"),
        (b"src/c/d/", "src/c", "../../c"),
        (b"src/c/", "src/c*/x", "':(literal)../c*/x'"),
        (b"lib/", "src/:x", "../src/:x"),
        (b"src/", "src/:x", "':(literal):x'"),
    ],
)
def test_a_command_names_the_path_itself_from_where_the_person_stands(prefix: bytes, path: str, word: str) -> None:
    assert find(check, judged(path, prefix=prefix)).remediation[0] == f"git restore --staged -- {word}"


@pytest.mark.parametrize(
    ("prefix", "path", "word"),
    [(b"", "-h", "./-h"), (b"lib/", "lib/--help", "./--help"), (b"lib/", "x*", "'../x*'"), (b"", "a:b", "a:b")],
)
def test_a_path_as_an_argument_is_no_option(prefix: bytes, path: str, word: str) -> None:
    assert find(check, judged(path, prefix=prefix)).remediation[1] == f"spec-kitty-hooks explain {word}"


def test_bytes_of_a_name_stay_recognisable() -> None:
    found = find(check, judged(change(b"caf\xe9")))
    assert found.message.startswith("caf\udce9 (modified)")
    assert found.path == b"caf\xe9"
