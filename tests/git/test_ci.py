"""Which range a CI job is about: what GitHub, GitLab and the pre-commit framework say, whole, broken or hostile."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.git.ci import CiRange, find_range

A, B, C, D = (letter * 40 for letter in "abcd")
ZEROS = "0" * 40
MAIN = "refs/remotes/origin/main"


@pytest.fixture
def github(tmp_path: Path) -> Callable[..., CiRange | None]:
    """Return what finds the range of a job that runs for an event with this payload."""

    def ask(name: str, event: object, **variables: str) -> CiRange | None:
        path = tmp_path / "event.json"
        path.write_bytes(event if isinstance(event, bytes) else json.dumps(event).encode())
        return find_range({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), **variables})

    return ask


def pull_request(**changes: Any) -> dict[str, Any]:
    base = {"ref": "main", "sha": A, "repo": {"full_name": "team/code", "default_branch": "main"}}
    head = {"ref": "kitty/mission-x-lane-a", "sha": B, "repo": {"full_name": "fork/code"}}
    return {"action": "synchronize", "number": 7, "pull_request": {"base": base, "head": {**head, **changes}}}


def pushed(**changes: Any) -> dict[str, Any]:
    repository = {"full_name": "team/code", "default_branch": "main"}
    whole = {"ref": "refs/heads/kitty/mission-x-lane-a", "before": A, "after": B, "created": False, "deleted": False}
    return {**whole, "forced": False, "base_ref": None, "repository": repository, "commits": [], **changes}


# -- GitHub


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "pull_request_review"])
def test_a_pull_request_is_its_head_against_its_base(name: str, github: Callable[..., CiRange | None]) -> None:
    found = github(name, pull_request(), GITHUB_BASE_REF="main", GITHUB_SHA=C, GITHUB_HEAD_REF="other")
    branch = "kitty/mission-x-lane-a"
    assert found == CiRange(service="GitHub", old=A, new=B, branch=branch, fallbacks=(MAIN,))


def test_a_pull_request_without_a_readable_file_is_told_by_its_variables(github: Callable[..., CiRange | None]) -> None:
    variables = {"GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "topic", "GITHUB_SHA": C}
    found = github("pull_request", b"{", **variables)
    assert found == CiRange(service="GitHub", old="", new=C, branch="topic", fallbacks=(MAIN,))
    assert find_range({"GITHUB_EVENT_NAME": "pull_request", **variables}) == found, "nor where none is named"


def test_a_push_is_after_against_before(github: Callable[..., CiRange | None]) -> None:
    found = github("push", pushed())
    branch = "kitty/mission-x-lane-a"
    assert found == CiRange(service="GitHub", old=A, new=B, branch=branch, fallbacks=(MAIN,))


def test_a_new_branch_is_compared_with_the_default_branch(github: Callable[..., CiRange | None]) -> None:
    found = github("push", pushed(before=ZEROS, created=True))
    assert found is not None
    assert (found.old, found.fallbacks) == ("", (MAIN,))


def test_the_new_default_branch_has_nothing_before_it(github: Callable[..., CiRange | None]) -> None:
    found = github("push", pushed(ref="refs/heads/main", before=ZEROS))
    assert found == CiRange(service="GitHub", old="", new=B, branch="main")


def test_a_tag_is_no_branch(github: Callable[..., CiRange | None]) -> None:
    found = github("push", pushed(ref="refs/tags/v1", before=ZEROS))
    assert found == CiRange(service="GitHub", old="", new=B, fallbacks=(MAIN,))


def test_a_deleted_branch_is_no_range(github: Callable[..., CiRange | None]) -> None:
    assert github("push", pushed(after=ZEROS, deleted=True)) is None


def test_a_merge_queue_is_judged_as_its_target(github: Callable[..., CiRange | None]) -> None:
    group = {"base_sha": A, "base_ref": "refs/heads/main", "head_sha": B}
    group["head_ref"] = "refs/heads/gh-readonly-queue/main/pr-7-" + A
    found = github("merge_group", {"merge_group": group})
    assert found == CiRange(service="GitHub", old=A, new=B, branch="main", fallbacks=(MAIN,))


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch", "issue_comment", "push", "merge_group"])
def test_an_event_about_no_range_is_none(name: str, github: Callable[..., CiRange | None]) -> None:
    assert github(name, {"repository": {"default_branch": "main"}}, GITHUB_SHA=C, GITHUB_BASE_REF="") is None


@pytest.mark.parametrize("length", [40, 64])
def test_ids_of_both_hashes_are_read(length: int, github: Callable[..., CiRange | None]) -> None:
    found = github("push", pushed(before="a" * length, after="b" * length))
    assert found is not None
    assert (found.old, found.new) == ("a" * length, "b" * length)


# -- a file that is broken, hostile or no file


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "cut off": json.dumps(pull_request()).encode()[:-9],
    "no UTF-8": b'{"after": "\xff"}',
    "a list": b"[]",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "digits": b'{"number": ' + b"9" * 10_000 + b"}",
    "wrong types": b'{"pull_request": {"base": {"sha": 7, "ref": []}, "head": "x"}, "before": {}, "after": null}',
    "not an id": json.dumps(pushed(before="HEAD~1", after="--output=x")).encode(),
    "too long": b" " * (limits.CI_EVENT_BYTES + 1),
}


@pytest.mark.parametrize("name", ["pull_request", "push", "merge_group"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_event_file_counts_as_none(kind: str, name: str, github: Callable[..., CiRange | None]) -> None:
    assert github(name, BROKEN[kind]) is None


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "link", "relative"])
def test_what_is_no_plain_file_is_not_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        (tmp_path / "target").write_text(json.dumps(pushed()))
        path.symlink_to("target")
    named = "event.json" if kind == "relative" else str(path)
    assert find_range({"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": named}) is None


@pytest.mark.parametrize("name", ["a b", "a\nb", "../x", "refs/tags/v1", "refs/heads/", "\ud800", "@{1}"])
def test_what_is_no_branch_name_is_none(name: str, github: Callable[..., CiRange | None]) -> None:
    found = github("push", {**pushed(ref=name), "repository": {"default_branch": name}})
    assert found == CiRange(service="GitHub", old=A, new=B)


def test_a_branch_that_looks_like_an_option_is_asked_for_by_its_full_name(
    github: Callable[..., CiRange | None],
) -> None:
    found = github("push", {**pushed(), "repository": {"default_branch": "--upload-pack=x"}})
    assert found is not None
    assert found.fallbacks == ("refs/remotes/origin/--upload-pack=x",)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([A, B, ZEROS, "main"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["pull_request", "base", "head", "sha", "ref", "before", "after", "merge_group", "base_sha", "head_sha"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["push", "pull_request", "merge_group"]), _JSON)
def test_any_event_gives_ids_and_names_or_nothing(
    github: Callable[..., CiRange | None], name: str, event: object
) -> None:
    found = github(name, event)
    if found is not None:
        assert found.new in (A, B)
        assert found.old in (A, B, "")


# -- GitLab and the pre-commit framework


def gitlab(**variables: str) -> CiRange | None:
    whole = {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": B, "CI_COMMIT_BEFORE_SHA": ZEROS}
    return find_range({**whole, **variables})


MERGE_REQUEST = {
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": A,
    "CI_PIPELINE_SOURCE": "merge_request_event",
}
RELEASE = "refs/remotes/origin/release"


def test_a_merge_request_is_its_branch_against_where_it_parted() -> None:
    found = gitlab(**MERGE_REQUEST)
    assert found == CiRange(service="GitLab", old=A, new=B, branch="topic", fallbacks=(RELEASE,))


def test_a_pipeline_of_merged_results_judges_the_branch_and_not_gitlabs_merge() -> None:
    tips = {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": C, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": D}
    found = gitlab(**MERGE_REQUEST, **tips)
    assert found == CiRange(service="GitLab", old=D, new=C, branch="topic", fallbacks=(A, RELEASE))


def test_a_push_to_gitlab_is_the_commit_against_the_one_before() -> None:
    found = gitlab(CI_COMMIT_BRANCH="topic", CI_COMMIT_BEFORE_SHA=A, CI_PIPELINE_SOURCE="push")
    assert found == CiRange(service="GitLab", old=A, new=B, branch="topic", fallbacks=(MAIN,))


@pytest.mark.parametrize("source", ["push", "schedule", "web"])
def test_a_new_branch_or_one_run_by_hand_is_compared_with_the_default_branch(source: str) -> None:
    found = gitlab(CI_COMMIT_BRANCH="topic", CI_PIPELINE_SOURCE=source)
    assert found == CiRange(service="GitLab", old="", new=B, branch="topic", fallbacks=(MAIN,))


@pytest.mark.parametrize("source", ["push", "schedule", "web"])
def test_zeros_on_the_default_branch_are_a_range_only_where_it_was_pushed(source: str) -> None:
    found = gitlab(CI_COMMIT_BRANCH="main", CI_PIPELINE_SOURCE=source)
    assert found == (CiRange(service="GitLab", old="", new=B, branch="main") if source == "push" else None)


@pytest.mark.parametrize("variables", [{"CI_COMMIT_SHA": ""}, {"CI_COMMIT_SHA": "main"}])
def test_a_job_of_gitlab_that_names_no_commit_is_about_no_range(variables: dict[str, str]) -> None:
    assert gitlab(**variables) is None
    assert gitlab(**{**MERGE_REQUEST, **variables}) is None


def test_the_framework_names_revisions_and_comes_first() -> None:
    named = {"PRE_COMMIT_FROM_REF": "origin/main", "PRE_COMMIT_TO_REF": "HEAD"}
    assert find_range({**named, "GITLAB_CI": "true"}) == CiRange(service="pre-commit", old="origin/main", new="HEAD")
    assert find_range({**named, "PRE_COMMIT_TO_REF": ""}) is None


def test_outside_of_ci_there_is_no_range() -> None:
    assert find_range({}) is None
