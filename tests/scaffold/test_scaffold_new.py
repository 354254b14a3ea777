"""`mission new` writes a whole mission into the primary checkout, over nothing, and says what to do next."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.clock import Clock
from support.missions import Mission
from support.repo import Repo

from spec_kitty_hooks.cli.app import execute
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.frontmatter import read_work_package
from spec_kitty_hooks.mission.identity import read_mission
from spec_kitty_hooks.model.events import LIFECYCLE
from spec_kitty_hooks.model.ids import is_ulid
from spec_kitty_hooks.scaffold.checkout import Checkout
from spec_kitty_hooks.scaffold.creation import ENTROPY_BYTES, Request, create_mission

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ENTROPY = bytes(range(ENTROPY_BYTES))
Made = dict[str, Any]
Say = Callable[..., tuple[int, str, str]]
Limit = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run `mission ARGS` in a repository; returns exit code, standard output and standard error."""

    def run(repo: Repo, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(repo.path)
        code = execute(["mission", *arguments])
        return code, *capsys.readouterr()

    return run


def made(outcome: tuple[int, str, str]) -> Made:
    code, out, err = outcome
    assert (code, err) == (0, ""), out + err
    found: Made = json.loads(out)
    return found


def refused(outcome: tuple[int, str, str], code: str) -> Made:
    status, out, err = outcome
    assert (status, err) == (2, ""), out + err
    found: Made = json.loads(out)
    assert found["diagnostic_code"] == code
    assert found["remediation"]
    return found


def files_of(repo: Repo) -> set[str]:
    root = repo.path / "kitty-specs"
    return {str(path.relative_to(repo.path)) for path in root.rglob("*") if path.is_file()} if root.exists() else set()


def test_a_new_mission_has_the_files_that_it_names_and_no_others(repo: Repo, say: Say) -> None:
    mission = made(say(repo, "new", "csv-export", "--json"))
    assert mission["mission"] == f"csv-export-{mission['mission_id'][:8]}"
    assert files_of(repo) == set(mission["files"])
    assert {Path(name).name for name in mission["files"]} == {
        *("meta.json", "spec.md", "plan.md", "tasks.md", "README.md", "WP01-first-work-package.md"),
        "status.events.jsonl",
    }


def test_our_own_readers_understand_every_file(repo: Repo, say: Say) -> None:
    mission = made(say(repo, "new", "csv-export", "--name", "CSV – Export", "--json"))
    path = mission["path"]
    read = read_mission(mission["mission"], repo.read(f"{path}/meta.json"), None)
    assert read.problems == ()
    assert (read.mission_id, read.target_branch, read.topology) == (mission["mission_id"], "main", "lanes")
    assert read.mission_branch == f"kitty/mission-{mission['mission']}"
    log = parse_log(repo.read(f"{path}/status.events.jsonl"))
    assert (log.damage, [event.kind for event in log.events]) == ((), [LIFECYCLE])
    head = read_work_package(b"tasks/WP01-first-work-package.md", repo.read(f"{path}/tasks/WP01-first-work-package.md"))
    assert (head.problem, head.wp_id, head.owned_files) == ("", "WP01", ())


def test_meta_json_is_spelled_as_every_real_one(repo: Repo, say: Say) -> None:
    mission = made(say(repo, "new", "csv-export", "--name", "CSV – Export", "--topology", "single_branch", "--json"))
    text = repo.read(f"{mission['path']}/meta.json").decode()
    meta = json.loads(text)
    assert text == json.dumps(meta, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert "CSV – Export" in text
    assert set(meta) == {
        *("created_at", "flattened", "friendly_name", "mission_id", "mission_number", "mission_slug", "mission_type"),
        *("slug", "target_branch", "topology"),
    }
    assert (meta["mission_number"], meta["flattened"], meta["topology"]) == (None, False, "single_branch")
    assert is_ulid(meta["mission_id"])


def test_meta_json_has_the_keys_that_all_real_missions_have(repo: Repo, say: Say, corpus: Path) -> None:
    mission = made(say(repo, "new", "csv-export", "--json"))
    metas = [json.loads(path.read_bytes()) for path in corpus.glob("kitty-specs/*/meta.json")]
    assert len(metas) > 50
    assert set.intersection(*map(set, metas)) <= set(json.loads(repo.read(f"{mission['path']}/meta.json")))


def test_the_same_moment_and_entropy_make_the_same_bytes(tmp_path: Path) -> None:
    made_files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        mission = create_mission(Checkout(os.fsencode(tmp_path / name), "main"), Request("csv-export"), NOW, ENTROPY)
        made_files.append({file: (tmp_path / name / file).read_bytes() for file in mission.files})
    assert made_files[0] == made_files[1]


def test_nothing_is_staged_or_committed_unless_asked(repo: Repo, say: Say) -> None:
    before = repo.head()
    made(say(repo, "new", "csv-export", "--json"))
    assert repo.head() == before
    assert repo.ask("status", "--porcelain") == "?? kitty-specs/"


def test_commit_takes_the_new_directory_and_nothing_that_is_staged_beside_it(repo: Repo, say: Say) -> None:
    repo.git("config", "user.name", "Configured Here")
    repo.write("src/a/other.py", "x = 1\n")
    repo.stage("src/a/other.py")
    mission = made(say(repo, "new", "csv-export", "--commit", "--json"))
    assert mission["commit"] == repo.head()
    changed = repo.ask("show", "--format=", "--name-only", "HEAD").split("\n")
    assert set(changed) == set(mission["files"])
    assert repo.ask("status", "--porcelain") == "A  src/a/other.py"
    assert repo.ask("log", "-1", "--format=%an") == "Configured Here"


def test_a_commit_that_a_hook_refuses_leaves_the_files_and_says_how_to_go_on(repo: Repo, say: Say) -> None:
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho 'not today' >&2\nexit 1\n", executable=True)
    code, out, err = say(repo, "new", "csv-export", "--commit")
    assert (code, out) == (1, "")
    assert "the files are written" in err
    assert "not today" in err
    (name,) = os.listdir(repo.path / "kitty-specs")
    assert f'  next: git commit -m "Add scaffold for mission {name}" -- kitty-specs/{name}\n' in err


def test_the_text_ends_with_the_next_two_steps(repo: Repo, say: Say) -> None:
    code, out, err = say(repo, "new", "csv-export")
    (name,) = os.listdir(repo.path / "kitty-specs")
    assert (code, err) == (0, "")
    assert out.startswith(f"Made kitty-specs/{name} for branch main:\n")
    assert out.endswith(f"  next: spec-kitty-hooks mission finalize {name}\n")
    assert "\n  next: edit kitty-specs/" in out


def test_a_repository_without_a_commit_is_enough(
    tmp_path: Path, sealed: dict[str, str], clock: Clock, say: Say
) -> None:
    repo = Repo.init(tmp_path / "fresh", sealed, clock)
    assert made(say(repo, "new", "csv-export", "--commit", "--json"))["commit"] == repo.head()


def test_a_subdirectory_or_another_directory_gives_the_same_mission(repo: Repo, say: Say, tmp_path: Path) -> None:
    made(say(repo.at(repo.path / "src" / "a"), "new", "from-below", "--json"))
    elsewhere = repo.at(tmp_path)
    mission = made(say(elsewhere, "new", "from-outside", "-C", str(repo.path), "--json"))
    assert len(os.listdir(repo.path / "kitty-specs")) == 2
    assert mission["next_steps"][-1] == f"spec-kitty-hooks mission finalize {mission['mission']} -C {repo.path}"


def test_a_slug_that_is_taken_is_refused_and_the_mission_stays_as_it_is(repo: Repo, say: Say) -> None:
    mission = made(say(repo, "new", "csv-export", "--json"))
    repo.write(f"{mission['path']}/spec.md", "mine\n")
    found = refused(say(repo, "new", "csv-export", "--json"), "MISSION_EXISTS")
    assert found["remediation"][0] == f"spec-kitty-hooks mission finalize {mission['mission']}"
    assert files_of(repo) == set(mission["files"])
    assert repo.read(f"{mission['path']}/spec.md") == b"mine\n"


def test_a_directory_of_the_very_name_is_never_written_over(tmp_path: Path) -> None:
    checkout = Checkout(os.fsencode(tmp_path), "main")
    first = create_mission(checkout, Request("csv-export"), NOW, ENTROPY)
    (tmp_path / first.path / "meta.json").unlink()  # so that it is no mission any more
    with pytest.raises(Exception, match="in the way"):
        create_mission(checkout, Request("csv-export"), NOW, ENTROPY)
    assert sorted(os.listdir(tmp_path / "kitty-specs")) == [first.mission]


def test_a_mission_that_cannot_be_written_whole_leaves_nothing(tmp_path: Path, file_size_limit: Limit) -> None:
    with file_size_limit(100), pytest.raises(OSError, match="too large"):
        create_mission(Checkout(os.fsencode(tmp_path), "main"), Request("csv-export"), NOW, ENTROPY)
    assert os.listdir(tmp_path / "kitty-specs") == []


def test_a_linked_kitty_specs_is_refused(repo: Repo, say: Say, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    repo.symlink("kitty-specs", tmp_path / "outside")
    refused(say(repo, "new", "csv-export", "--json"), "MISSION_EXISTS")
    assert os.listdir(tmp_path / "outside") == []


def test_a_file_in_the_place_of_kitty_specs_is_an_answer_not_a_crash(repo: Repo, say: Say) -> None:
    repo.write("kitty-specs", "a file\n")
    code, _out, err = say(repo, "new", "csv-export")
    assert code == 1
    assert "the file system refused to write" in err


@pytest.mark.parametrize("slug", ["Csv", "a/b", "-C", "..", "x" * 58, "a\x1b[31m"])
def test_a_slug_that_cannot_be_one_is_refused(repo: Repo, say: Say, slug: str) -> None:
    code, out, err = say(repo, "new", "--", slug)
    assert (code, out) == (2, "")
    assert "\x1b" not in err
    assert not repo.exists("kitty-specs")


def test_a_target_that_is_not_checked_out_is_refused_with_the_switch_to_it(repo: Repo, say: Say) -> None:
    found = refused(say(repo, "new", "csv-export", "--target", "feat/x", "--json"), "MISSION_TARGET_NOT_CHECKED_OUT")
    assert found["remediation"][0] == "git switch feat/x"
    repo.branch("feat/x")
    repo.git(*found["remediation"][0].split()[1:])
    assert made(say(repo, "new", "csv-export", "--target", "feat/x", "--json"))["target_branch"] == "feat/x"


def test_a_linked_worktree_is_refused_with_the_primary_checkout(repo: Repo, say: Say) -> None:
    linked = repo.worktree("wt", "feat/x", "HEAD")
    found = refused(say(linked, "new", "csv-export", "--json"), "WORKTREE_INVOCATION_REFUSED")
    assert found["remediation"] == [f"spec-kitty-hooks mission new csv-export -C {repo.path}"]
    assert not linked.exists("kitty-specs")


def test_a_bare_repository_is_refused(repo: Repo, say: Say, tmp_path: Path) -> None:
    refused(say(repo.clone(tmp_path / "bare.git", "--bare"), "new", "csv-export", "--json"), "REPOSITORY_UNSUPPORTED")


def test_a_detached_head_is_refused(repo: Repo, say: Say) -> None:
    repo.checkout("HEAD", "--detach")
    refused(say(repo, "new", "csv-export", "--json"), "DETACHED_HEAD")


def test_the_middle_of_a_rebase_is_refused_without_advice_to_rebase(repo: Repo, say: Say) -> None:
    repo.commit("two", files={"src/a/a.py": "a = 2\n"})
    repo.git("rebase", "-q", "-i", "HEAD~1", env={"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/"})
    found = refused(say(repo, "new", "csv-export", "--json"), "DETACHED_HEAD")
    assert "a rebase is in progress" in found["message"]
    assert found["remediation"][0] == "git status"


@pytest.mark.parametrize("branch", ["lane", "mission"])
def test_a_branch_of_lanes_is_refused_with_the_target_branch(mission: Mission, say: Say, branch: str) -> None:
    repo = mission.repo
    repo.branch(mission.mission_branch)
    repo.branch(mission.lane_branch("lane-a"))
    repo.checkout(mission.lane_branch("lane-a") if branch == "lane" else mission.mission_branch)
    found = refused(say(repo, "new", "other", "--json"), "PLANNING_ON_LANE_REFUSED")
    assert found["remediation"][0] == "git switch main"


def test_a_branch_that_is_only_named_like_a_lane_is_refused(mission: Mission, say: Say) -> None:
    mission.repo.checkout("kitty/mission-nobody-01KZZZZZ-lane-a", "-b")
    refused(say(mission.repo, "new", "other", "--json"), "PLANNING_ON_LANE_REFUSED")


def test_inside_the_git_directory_is_refused(repo: Repo, say: Say) -> None:
    refused(say(repo.at(repo.path / ".git"), "new", "csv-export", "--json"), "REPOSITORY_UNSUPPORTED")


def test_a_slug_that_is_a_whole_directory_name_is_taken(repo: Repo, say: Say) -> None:
    repo.write("kitty-specs/kernel-clock/meta.json", "{}\n")
    refused(say(repo, "new", "kernel-clock", "--json"), "MISSION_EXISTS")
