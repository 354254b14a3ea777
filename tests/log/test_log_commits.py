"""The event log stays append-only, readable and legal, by real commits on the log's branch (design 5)."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support import records
from support.hooks import cli_json, install_native
from support.judging import printed_codes
from support.missions import Mission, build_mission
from support.repo import Repo

REFUSED = 1


@pytest.fixture
def published(mission: Mission, tmp_path: Path) -> Mission:
    """A mission whose log is on origin, hooks installed; WP01 is in progress and that is published."""
    repo = mission.repo
    mission.walk("WP01", "in_progress")
    repo.add_remote("origin", Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare"))
    repo.push("main")
    install_native(repo)
    return mission


def commit_log(mission: Mission, content: bytes) -> tuple[int, str]:
    """Commit `content` as the log, with hooks, and return exit code and what was printed."""
    repo = mission.repo
    repo.write(mission.log_path, content)
    repo.stage(mission.log_path)
    done = repo.try_commit()
    return done.returncode, done.stderr


def codes_in(said: str) -> tuple[str, ...]:
    return tuple(printed_codes(said))


def lines(mission: Mission) -> list[bytes]:
    return mission.read_log().splitlines(keepends=True)


def transition(mission: Mission, wp_id: str, start: str, end: str, **fields: Any) -> bytes:
    values = {
        "at": mission.clock.at(),
        "event_id": mission.clock.ulid(),
        "mission_slug": mission.directory,
        "mission_id": mission.mission_id,
        **fields,
    }
    return records.line(records.transition(wp_id, start, end, **values))


def test_a_legal_event_passes_in_silence(published: Mission) -> None:
    added = transition(published, "WP02", "planned", "claimed")
    assert commit_log(published, published.read_log() + added) == (0, "")


def test_every_kind_of_record_of_the_client_passes_in_silence(published: Mission) -> None:
    stamp = {"at": published.clock.at(), "event_id": published.clock.ulid()}
    added = [
        records.annotation("WP02", {"subtasks": {"T001": "done"}}, actor="user", **stamp),
        records.decision("DecisionPointOpened", {}, at=stamp["at"], event_id=published.clock.ulid()),
        records.retrospective(
            "RetrospectiveCaptured",
            mission_slug=published.directory,
            mission_id=published.mission_id,
            at=stamp["at"],
            event_id=published.clock.ulid(),
        ),
    ]
    assert commit_log(published, published.read_log() + b"".join(map(records.line, added))) == (0, "")


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_published_event_cannot_be_removed(published: Mission, number: int) -> None:
    kept = lines(published)
    gone = json.loads(kept.pop(number))
    code, said = commit_log(published, b"".join(kept))
    assert code == REFUSED
    assert codes_in(said) == ("EVENT_LOG_NOT_APPEND_ONLY",)
    assert gone["event_id"] in said


def test_a_published_event_cannot_be_changed(published: Mission) -> None:
    kept = lines(published)
    changed = json.loads(kept[-1])
    changed["actor"] = "somebody-else"
    code, said = commit_log(published, b"".join(kept[:-1]) + records.line(changed))
    assert (code, codes_in(said)) == (REFUSED, ("EVENT_LOG_NOT_APPEND_ONLY",))


def test_the_same_event_in_other_bytes_and_another_order_is_no_change(published: Mission) -> None:
    kept = lines(published)
    spaced = [json.dumps(dict(reversed(json.loads(line).items())), indent=None).encode() + b"\n" for line in kept]
    assert commit_log(published, b"".join(reversed(spaced))) == (0, "")


def test_the_whole_log_cannot_be_deleted_once_published(published: Mission) -> None:
    published.repo.git("rm", "-q", "--cached", published.log_path)
    done = published.repo.try_commit()
    assert (done.returncode, codes_in(done.stderr)) == (REFUSED, ("EVENT_LOG_NOT_APPEND_ONLY",))


def test_an_event_never_published_may_be_taken_back_with_a_warning(published: Mission) -> None:
    before = published.read_log()
    published.transition("WP02", "claimed")
    code, said = commit_log(published, before)
    assert (code, codes_in(said)) == (0, ("EVENT_LOG_ROLLED_BACK",))
    assert "WP02 planned > claimed" in said


def test_no_policy_switches_append_only_off(repo: Repo, tmp_path: Path) -> None:
    policy = {"hooks": {"severity": {"EVENT_LOG_ROLLED_BACK": "off"}}, "commit_guard": {"enabled": False}}
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, policy=policy)
    repo.add_remote("origin", Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare"))
    repo.push("main")
    install_native(repo)
    code, said = commit_log(mission, b"".join(lines(mission)[:-1]))
    assert (code, codes_in(said)) == (REFUSED, ("EVENT_LOG_NOT_APPEND_ONLY",))


def test_events_that_only_the_remote_has_are_not_lost_here(published: Mission, tmp_path: Path) -> None:
    origin = published.repo.at(tmp_path / "origin.git")
    origin.git("symbolic-ref", "HEAD", "refs/heads/main")
    other = origin.clone(tmp_path / "other")
    upstream = transition(published, "WP02", "planned", "claimed")
    other.append(published.log_path, upstream)
    other.commit("chore: claim")
    other.push("main")
    published.repo.git("fetch", "-q", "origin", env={"GIT_ALLOW_PROTOCOL": "file"})
    added = transition(published, "WP03", "planned", "claimed")
    assert commit_log(published, published.read_log() + added) == (0, "")


def test_a_loss_that_got_past_the_hook_is_refused_at_the_next_change_of_the_log(published: Mission) -> None:
    published.write_log(b"".join(lines(published)[:-1]))  # as --no-verify would
    added = transition(published, "WP02", "planned", "claimed")
    code, said = commit_log(published, published.read_log() + added)
    assert (code, codes_in(said)) == (REFUSED, ("EVENT_LOG_NOT_APPEND_ONLY",))


@pytest.mark.parametrize("damage", [b"{\n", b"<<<<<<< HEAD\n", b"[1]\n", b'{"event_id": "torn'])
def test_new_damage_is_refused_with_its_line(published: Mission, damage: bytes) -> None:
    number = len(lines(published)) + 1
    code, said = commit_log(published, published.read_log() + damage)
    assert (code, codes_in(said)) == (REFUSED, ("EVENT_LOG_UNREADABLE",))
    assert f"line {number}:" in said


def test_old_damage_warns_and_does_not_stop_the_next_event(published: Mission) -> None:
    published.raw_line(b"{")
    added = transition(published, "WP02", "planned", "claimed")
    code, said = commit_log(published, published.read_log() + added)
    assert (code, codes_in(said)) == (0, ("EVENT_LOG_UNREADABLE",))


def test_other_damage_in_the_place_of_old_damage_is_new(published: Mission) -> None:
    before = published.read_log()
    published.raw_line(b"{")
    code, said = commit_log(published, before + b"{{\n")
    assert (code, codes_in(said)) == (REFUSED, ("EVENT_LOG_UNREADABLE",))


def test_mending_damage_passes_in_silence(published: Mission) -> None:
    before = published.read_log()
    published.raw_line(b"{")
    assert commit_log(published, before) == (0, "")


def test_one_id_with_two_contents_is_refused(published: Mission) -> None:
    event_id = published.clock.ulid()
    one = transition(published, "WP02", "planned", "claimed", event_id=event_id)
    two = transition(published, "WP03", "planned", "claimed", event_id=event_id)
    code, said = commit_log(published, published.read_log() + one + two)
    assert (code, codes_in(said)) == (REFUSED, ("EVENT_ID_CONFLICT",))
    assert "WP02" in said
    assert "WP03" in said


def test_the_same_line_twice_is_no_conflict(published: Mission) -> None:
    one = transition(published, "WP02", "planned", "claimed")
    assert commit_log(published, published.read_log() + one + one) == (0, "")


@pytest.mark.parametrize(
    ("start", "end", "fields", "reason"),
    [
        ("planned", "done", {}, "no way from planned to done"),
        ("done", "planned", {}, "no way from done to planned"),
        ("planned", "done", {"force": True, "actor": " ", "reason": "r"}, "force needs actor"),
        ("planned", "claimed", {"actor": ""}, "actor is blank"),
        ("in_review", "approved", {"review_result": None, "evidence": None}, "review_result is missing"),
        ("approved", "done", {"evidence": None}, "evidence.review is missing"),
        ("approved", "planned", {"review_ref": None}, "review_ref is blank"),
        ("planned", "nowhere", {}, "nowhere"),
    ],
)
def test_a_new_illegal_transition_is_refused_with_the_reason(
    published: Mission, start: str, end: str, fields: dict[str, Any], reason: str
) -> None:
    added = transition(published, "WP02", start, end, **fields)
    code, said = commit_log(published, published.read_log() + added)
    assert (code, codes_in(said)) == (REFUSED, ("EVENT_TRANSITION_ILLEGAL",))
    assert reason in said


def test_force_with_actor_and_reason_goes_everywhere(published: Mission) -> None:
    added = transition(published, "WP02", "done", "planned", force=True, actor="user", reason="reopened")
    assert commit_log(published, published.read_log() + added) == (0, "")


def test_history_with_illegal_edges_stops_nobody(published: Mission) -> None:
    published.write_log(published.read_log() + transition(published, "WP02", "planned", "done"))
    added = transition(published, "WP03", "planned", "claimed")
    assert commit_log(published, published.read_log() + added) == (0, "")


def test_a_broken_chain_is_a_note_and_prints_nothing(published: Mission) -> None:
    added = transition(published, "WP02", "claimed", "in_progress")
    published.repo.write(published.log_path, published.read_log() + added)
    published.repo.stage(published.log_path)
    report = cli_json(published.repo, "check", "--staged")
    assert [finding["diagnostic_code"] for finding in report["findings"]] == ["EVENT_CHAIN_BROKEN"]
    done = published.repo.try_commit()
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_status_json_is_a_note(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, status_json=True)
    repo.append(mission.log_path, transition(mission, "WP01", "planned", "claimed"))
    repo.stage(mission.log_path)
    report = cli_json(repo, "check", "--staged")
    assert [finding["diagnostic_code"] for finding in report["findings"]] == ["STATUS_SNAPSHOT_DRIFT"]
    assert "WP01" in report["findings"][0]["message"]


@pytest.mark.parametrize(("ahead", "code"), [(timedelta(minutes=10), 0), (timedelta(hours=30), REFUSED)])
def test_an_event_from_the_future_warns_and_far_ahead_is_refused(
    published: Mission, ahead: timedelta, code: int
) -> None:
    at = (datetime.now(UTC) + ahead).isoformat()
    added = transition(published, "WP02", "planned", "claimed", at=at)
    got, said = commit_log(published, published.read_log() + added)
    assert (got, codes_in(said)) == (code, ("EVENT_FROM_FUTURE",))


def test_a_clock_a_minute_ahead_is_nobodys_fault(published: Mission) -> None:
    at = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    added = transition(published, "WP02", "planned", "claimed", at=at)
    assert commit_log(published, published.read_log() + added) == (0, "")


def test_a_log_that_becomes_a_link_is_refused(published: Mission) -> None:
    repo = published.repo
    repo.remove(published.log_path)
    os.symlink("elsewhere", repo.locate(published.log_path))
    repo.stage(published.log_path)
    done = repo.try_commit()
    assert (done.returncode, codes_in(done.stderr)) == (REFUSED, ("EVENT_LOG_UNREADABLE",))


def test_the_first_log_of_a_new_mission_passes_in_silence(repo: Repo) -> None:
    install_native(repo)
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    names = [path.decode() for path in repo.tree() if path.startswith(mission.path.encode())]
    content = {name: repo.show("HEAD", name) for name in names}
    repo.checkout("elsewhere", "-b")
    repo.git("rm", "-rq", mission.path)
    repo.commit("chore: without", no_verify=True)
    for name, data in content.items():
        repo.write(name, data)
    repo.stage()
    done = repo.try_commit()
    assert (done.returncode, done.stderr) == (0, "")


class TestMerges:
    """A merge keeps what both sides have."""

    @pytest.fixture
    def sides(self, mission: Mission) -> Mission:
        """main and branch `side` each add one event to the log."""
        repo = mission.repo
        repo.branch("side")
        other = repo.worktree("../side", "side")
        other.append(mission.log_path, transition(mission, "WP02", "planned", "claimed"))
        other.commit("chore: side", no_verify=True)
        mission.transition("WP01", "claimed")
        install_native(repo)
        return mission

    def test_a_conflict_resolved_by_keeping_both_passes(self, sides: Mission) -> None:
        repo = sides.repo
        repo.git("merge", "side", check=False)
        both = repo.show("HEAD", sides.log_path) + repo.show("side", sides.log_path).splitlines(keepends=True)[-1]
        code, said = commit_log(sides, both)
        assert (code, said) == (0, "")
        assert len(repo.ask("rev-list", "--parents", "-1", "HEAD").split()) == 3

    def test_a_conflict_resolved_by_dropping_one_side_is_refused(self, sides: Mission) -> None:
        repo = sides.repo
        repo.git("merge", "side", check=False)
        code, said = commit_log(sides, repo.show("HEAD", sides.log_path))
        assert (code, codes_in(said)) == (REFUSED, ("MERGE_LOST_EVENTS",))
        assert "WP02 planned > claimed" in said

    def test_conflict_markers_are_refused(self, sides: Mission) -> None:
        sides.repo.git("merge", "side", check=False)
        code, said = commit_log(sides, sides.read_log())
        assert code == REFUSED
        assert "EVENT_LOG_UNREADABLE" in codes_in(said)

    def test_a_clean_merge_that_drops_events_is_refused(self, sides: Mission) -> None:
        repo = sides.repo
        before = repo.head()
        done = repo.git("merge", "-q", "--no-edit", "-X", "theirs", "side", check=False)
        assert done.returncode
        assert codes_in(done.stderr) == ("MERGE_LOST_EVENTS",)
        assert "WP01 planned > claimed" in done.stderr
        assert repo.head() == before

    def test_a_union_merge_passes_in_silence(self, sides: Mission) -> None:
        repo = sides.repo
        (repo.common_dir() / "info").mkdir(exist_ok=True)
        (repo.common_dir() / "info" / "attributes").write_text("*.jsonl merge=union\n")
        done = repo.git("merge", "-q", "--no-edit", "side", check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def test_an_event_that_one_side_took_back_is_not_lost(self, mission: Mission) -> None:
        repo = mission.repo
        before = mission.read_log()
        mission.transition("WP01", "claimed")
        repo.branch("side")
        mission.write_log(before)
        other = repo.worktree("../side", "side")
        other.commit("work", files={"notes.txt": "x"}, no_verify=True)
        install_native(repo)
        done = repo.git("merge", "-q", "--no-edit", "side", check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def test_sides_that_disagree_about_one_event_are_refused(self, mission: Mission) -> None:
        repo = mission.repo
        event_id = mission.clock.ulid()
        repo.branch("side")
        other = repo.worktree("../side", "side")
        other.append(mission.log_path, transition(mission, "WP02", "planned", "claimed", event_id=event_id))
        other.commit("chore: side", no_verify=True)
        mission.transition("WP01", "claimed", event_id=event_id)
        install_native(repo)
        repo.git("merge", "side", check=False)
        both = repo.show("HEAD", mission.log_path) + repo.show("side", mission.log_path).splitlines(keepends=True)[-1]
        code, said = commit_log(mission, both)
        assert code == REFUSED
        assert codes_in(said) == ("EVENT_ID_CONFLICT",)
