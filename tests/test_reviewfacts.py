"""What is gathered about reviews: from logs, from artifacts in commits, from lanes; and over all real missions."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.missions import Mission
from support.repo import Repo

from spec_kitty_hooks.checks.review_consistency import check, check_thoroughly, weigh
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.ranges import read_range
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.registry import list_directories
from spec_kitty_hooks.model.context import TARGET, Context, Placement, PolicyView
from spec_kitty_hooks.model.findings import Finding
from spec_kitty_hooks.model.git import Situation
from spec_kitty_hooks.model.reviews import REJECTING, MissionReviews, PackageReview
from spec_kitty_hooks.reviewfacts import gather_pushed, list_touched

CONFLICT = "REJECTED_REVIEW_ARTIFACT_CONFLICT"


def gather(
    repo: Repo, *directories: str, branch: str = "main", tip: str = "", **made: Any
) -> tuple[MissionReviews, ...]:
    """Gather as a push of `branch` would: of these missions, or of all at its tip."""
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        commit = tip or repo.resolve(branch)
        found = directories or list_directories(git, commit)
        return gather_pushed(git, Branches(git.refs()), branch, commit, found, made or None)


def one(mission: Mission, wp_id: str = "WP01", **options: Any) -> PackageReview:
    (reviews,) = gather(mission.repo, mission.directory, **options)
    return next(package for package in reviews.packages if package.wp_id == wp_id)


def judge(*reviews: MissionReviews, thorough: bool = False) -> list[Finding]:
    situation = Situation(branch="main", detached=False, rebasing=False, operation="", amend=False, parents=())
    place = Placement(role=TARGET)
    ctx = Context(situation=situation, placement=place, policy=PolicyView(), now=0.0, editing=True, reviews=reviews)
    return list((check_thoroughly if thorough else check)(ctx))


def say(mission: Mission) -> str:
    return weigh(one(mission))[0]


# -- the log


def test_what_nobody_reviewed_has_neither_verdict_nor_approval(mission: Mission) -> None:
    mission.walk("WP01", "in_progress", actor="agent-seven")
    found = one(mission)
    assert (found.lane, found.verdict, found.approvals, found.artifact, found.landed_at) == (
        "in_progress",
        "",
        (),
        None,
        0,
    )
    assert found.stints[0][1] == float("inf")
    assert one(mission, "WP02").stints == ()


def test_an_ordinary_review_gives_verdict_approval_people_and_artifact(mission: Mission) -> None:
    mission.walk("WP01", "approved", actor="agent-seven")
    found = one(mission)
    assert (found.lane, found.verdict, found.implementer, found.approver) == (
        "approved",
        "approved",
        "agent-seven",
        "agent-two",
    )
    assert found.artifact is not None
    assert (found.artifact.number, found.artifact.verdict, found.numbers) == (1, "", (1,))
    (approval,) = found.approvals
    assert found.landed_at == found.verdict_at == approval.at == found.artifact.at > found.stints[0][0]
    assert found.stints[0][1] == found.landed_at
    assert not approval.weak
    assert judge(*gather(mission.repo), thorough=True) == []


def test_a_mission_that_went_the_whole_way_is_sound(mission: Mission) -> None:
    for wp_id in ("WP01", "WP02", "WP03"):
        mission.walk(wp_id, "done", actor="agent-one")
    assert judge(*gather(mission.repo), thorough=True) == []


@pytest.mark.blocker(904)
def test_forcing_a_rejected_work_package_through_is_refused(mission: Mission) -> None:
    mission.walk("WP01", "in_review")
    mission.transition("WP01", "in_progress")
    mission.transition("WP01", "approved", force=True, reason="ship it")
    assert say(mission) == "block"
    (found,) = judge(*gather(mission.repo))
    assert (found.diagnostic_code, found.details["latest_review_cycle_verdict"]) == (CONFLICT, "changes_requested")


@pytest.mark.blocker(904)
def test_the_shape_of_the_report_is_refused_too(mission: Mission) -> None:
    """Review-cycle-2 says rejected, the log has no verdict, and the orchestrator forced it."""
    mission.walk("WP01", "in_review")
    mission.review_cycle("WP01", 2, "rejected")
    mission.transition("WP01", "approved", force=True, reason="ship it")
    assert say(mission) == "block"


@pytest.mark.parametrize("verdict", sorted(REJECTING))
def test_a_work_package_that_was_repaired_is_not_blocked_by_its_past(mission: Mission, verdict: str) -> None:
    mission.walk("WP01", "in_review")
    mission.review_cycle("WP01", 1, verdict)
    mission.transition("WP01", "in_progress")
    assert say(mission) == ""
    mission.walk("WP01", "in_review")
    mission.transition("WP01", "approved", artifact=False)
    assert one(mission).artifact is not None
    assert say(mission) == ""


def test_evidence_without_a_verdict_clears_a_rejecting_file(mission: Mission) -> None:
    mission.walk("WP01", "in_progress")
    mission.review_cycle("WP01", 1, "rejected")
    mission.transition("WP01", "approved")
    found = one(mission)
    assert (found.verdict, [approval.weak for approval in found.approvals]) == ("", [False])
    assert say(mission) == ""


def test_evidence_that_is_forced_or_a_merges_own_leaves_a_warning(mission: Mission) -> None:
    mission.walk("WP01", "in_progress")
    mission.review_cycle("WP01", 1, "rejected")
    mission.transition("WP01", "approved", force=True, reason="ship it")
    assert say(mission) == "block"
    mission.transition("WP01", "done")
    assert [approval.weak for approval in one(mission).approvals] == [True]
    assert say(mission) == "warn"


def test_an_approval_that_an_annotation_carries_counts(mission: Mission) -> None:
    mission.walk("WP01", "in_review")
    mission.transition("WP01", "in_progress")
    mission.transition("WP01", "approved", force=True, reason="ship it")
    verdict = {"reviewer": "agent-two", "verdict": "approved", "reference": "x"}
    mission.annotate("WP01", review_result=verdict)
    assert say(mission) == "warn"


@pytest.mark.parametrize("missing", ["", "at", "actor", "wp_id", "reason"])
def test_only_a_complete_override_excuses(mission: Mission, missing: str) -> None:
    mission.walk("WP01", "in_review")
    mission.transition("WP01", "in_progress")
    mission.transition("WP01", "approved", force=True, reason="ship it")
    said = {"at": "2026-01-05T09:00:00Z", "actor": "operator", "wp_id": "WP01", "reason": "the deadline"}
    mission.annotate("WP01", review={**said, **({missing: ""} if missing else {})})
    assert say(mission) == ("block" if missing else "")
    assert (one(mission).override is None) == bool(missing)


@pytest.mark.parametrize("missing", ["", "actor", "reason", "at"])
def test_an_old_artifact_may_carry_its_override(mission: Mission, missing: str) -> None:
    keys: dict[str, Any] = {
        f"review_artifact_override_{key}": "x" for key in ("actor", "reason", "at") if key != missing
    }
    mission.walk("WP01", "in_review")
    mission.review_cycle("WP01", 1, "rejected", **keys)
    mission.transition("WP01", "approved", force=True, reason="ship it")
    assert say(mission) == ("block" if missing else "")


def test_the_log_itself_may_tell_of_a_self_approval(mission: Mission) -> None:
    mission.walk("WP01", "approved")
    mission.lifecycle("ReviewerSelfApproval", about="WP01", wp_id="WP01")
    assert [found.diagnostic_code for found in judge(*gather(mission.repo), thorough=True)] == ["REVIEW_SELF_APPROVAL"]


def test_who_implements_and_approves_under_one_name_is_named(mission: Mission) -> None:
    mission.walk("WP01", "in_review", actor="agent-two")
    mission.transition("WP01", "approved", actor="agent-two")
    (found,) = judge(*gather(mission.repo), thorough=True)
    assert found.message == "WP01 was approved by agent-two, who also implemented it"


# -- artifacts


def test_the_latest_artifact_has_the_highest_number_in_whatever_directory(mission: Mission) -> None:
    mission.walk("WP01", "in_review")
    for number in (2, 10):
        mission.review_cycle("WP01", number, "rejected" if number == 10 else "approved")
    mission.repo.write(f"{mission.path}/tasks/WP01/review-cycle-4.md", "---\nverdict: approved\n---\n")
    mission.repo.write(f"{mission.path}/tasks/WP011/review-cycle-99.md", "---\nverdict: approved\n---\n")
    mission.repo.write(f"{mission.path}/tasks/other/review-cycle-99.md", "---\nverdict: approved\n---\n")
    mission.repo.commit("more", no_verify=True)
    found = one(mission)
    assert found.artifact is not None
    assert (found.artifact.verdict, found.numbers) == ("rejected", (2, 4, 10))


def test_only_what_is_committed_is_evidence(mission: Mission) -> None:
    mission.walk("WP01", "in_review")
    mission.repo.write(mission.review_path("WP01", 1), "---\nverdict: rejected\n---\n")
    assert one(mission).artifact is None


@pytest.mark.parametrize("content", [b"---\nverdict: [", b"---\nverdict: {a: b}\n---\n", b"---\n\xff\n---\n", b"---\n"])
def test_an_artifact_that_cannot_be_read_is_said_to_be(mission: Mission, content: bytes) -> None:
    mission.walk("WP01", "in_review")
    mission.review_cycle("WP01", 1, content=content)
    assert [found.diagnostic_code for found in judge(*gather(mission.repo))] == ["REVIEW_ARTIFACT_SCHEMA_INVALID"]


def test_an_artifact_that_is_a_link_is_not_followed(mission: Mission) -> None:
    mission.walk("WP01", "in_review")
    mission.repo.write("elsewhere.md", "---\nverdict: approved\n---\n")
    path = mission.repo.path / mission.review_path("WP01", 1)
    path.parent.mkdir(exist_ok=True)
    path.symlink_to("../../../../elsewhere.md")
    mission.repo.commit("link", no_verify=True)
    found = one(mission).artifact
    assert found is not None
    assert (found.verdict, found.problem) == ("", "it is no plain file, or too large")


def test_a_reviewed_commit_counts_if_it_is_here(mission: Mission) -> None:
    mission.walk("WP01", "in_review")
    here = mission.repo.head()
    for number, said in enumerate((here, here[:12], "f" * 40, "HEAD", "--help", "\\0"), 1):
        mission.review_cycle("WP01", number, content=f'---\nverdict: approved\nreviewed_commit: "{said}"\n---\n')
        found = one(mission).artifact
        assert found is not None
        assert found.reviewed == (here if number < 3 else ""), said


# -- what a push has of it


def test_the_log_of_a_pushed_log_branch_is_the_one_that_is_pushed(mission: Mission) -> None:
    mission.walk("WP01", "in_progress")
    before = mission.repo.head()
    mission.walk("WP01", "approved")
    assert one(mission, tip=before).lane == "in_progress"
    assert one(mission).lane == "approved"


def test_a_lane_is_judged_by_the_log_where_it_counts(mission: Mission) -> None:
    lane = mission.implement("WP01")
    mission.walk("WP01", "in_review")
    branch = mission.lane_branch("lane-a")
    assert one(mission, branch=branch).lane == "in_review"
    assert lane.show("HEAD", mission.log_path) != mission.repo.show("main", mission.log_path)


def test_commits_of_a_lane_make_its_approval_stale(mission: Mission) -> None:
    lane = mission.implement("WP01")
    lane.commit("work", files={"src/a/x.py": "1\n"}, no_verify=True)
    mission.walk("WP01", "approved")
    assert stale(mission) == []
    lane.clock.tick()
    late = lane.commit("late", files={"src/a/x.py": "2\n"}, no_verify=True)
    assert [(found.work_package_id, found.commit) for found in stale(mission)] == [("WP01", late)]
    mission.transition("WP01", "in_progress")
    mission.walk("WP01", "approved")
    assert stale(mission) == []


def stale(mission: Mission) -> list[Finding]:
    with Git.open(os.fsencode(mission.repo.path), mission.repo.env, hook=False) as git:
        commits = tuple(read_range(git, (mission.repo.resolve(mission.lane_branch("lane-a")),), (git.layout.head,)))
    made: dict[str, Any] = {mission.directory: {"lane-a": commits}}
    return judge(*gather(mission.repo, mission.directory, branch=mission.lane_branch("lane-a"), **made))


def test_missions_that_a_range_touches_are_listed(mission: Mission) -> None:
    base = mission.repo.head()
    files = {"kitty-specs/034-x/spec.md": "", "kitty-specs/README": "", "src/y": ""}
    mission.repo.commit("other", files=files, no_verify=True)
    mission.walk("WP01", "claimed")
    with Git.open(os.fsencode(mission.repo.path), mission.repo.env, hook=False) as git:
        commits = tuple(read_range(git, (git.layout.head,), (base,)))
    assert list_touched(commits) == tuple(sorted(("034-x", mission.directory)))
    assert gather(mission.repo, "034-x") == ()  # a directory that plans nothing


# -- real missions

REFUSED = {("merge-preflight-remote-state-boundary-separation-01KTBE5M", "WP03")}
WARNED = {("067-runtime-recovery-and-audit-safety", "WP06")}


def test_of_all_real_work_packages_that_a_file_rejects_one_is_refused(repo: Repo, corpus: Path) -> None:
    shutil.copytree(corpus / "kitty-specs", repo.path / "kitty-specs")
    repo.commit("bring in missions", no_verify=True)
    found = gather(repo)
    weights = {
        (reviews.mission.directory, package.wp_id): (weigh(package)[0], package)
        for reviews in found
        for package in reviews.packages
        if package.lane in ("approved", "done")
    }
    rejected = [key for key, (_w, one) in weights.items() if one.artifact and one.artifact.verdict in REJECTING]
    assert (len(found), len(weights), len(rejected)) == (57, 348, 10)
    assert {key for key, (severity, _one) in weights.items() if severity == "block"} == REFUSED
    assert {key for key, (severity, _one) in weights.items() if severity == "warn"} == WARNED
    codes = Counter(one.diagnostic_code for one in judge(*found))
    assert codes == {CONFLICT: 2}, "hooks say no more of a past that nobody can mend"
