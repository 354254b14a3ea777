"""What runs hooks in tests sees what they change, and gives them what git would."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from support.hooks import COMMIT_HOOKS, exported, hook, install_native, judge
from support.missions import Mission
from support.repo import GitError, Repo
from support.sealed import ROOT_VARIABLE
from support.trace import traces

Untouched = Callable[[Repo], AbstractContextManager[None]]


class TestNoTrace:
    @pytest.mark.parametrize(
        "harm",
        [
            ("add", "new"),
            ("commit", "--allow-empty", "-mx"),
            ("config", "a.b", "c"),
            ("stash",),
            ("update-index", "--chmod=+x", "README.md"),
            ("checkout", "-b", "x"),
        ],
        ids=" ".join,
    )
    def test_every_kind_of_change_is_seen(self, repo: Repo, untouched: Untouched, harm: tuple[str, ...]) -> None:
        repo.write("new", "x")
        repo.append("README.md", b"more\n")
        with pytest.raises(AssertionError, match="changed:"), untouched(repo):
            repo.git(*harm)

    def test_a_mode_and_a_name_are_seen(self, repo: Repo, untouched: Untouched) -> None:
        with pytest.raises(AssertionError, match=r"changed: .*README.md"), untouched(repo):
            (repo.path / "README.md").chmod(0o600)
        with pytest.raises(AssertionError, match="came: "), untouched(repo):
            repo.write(b"\xff", "")
        with pytest.raises(AssertionError, match="went: "), untouched(repo):
            repo.remove(b"\xff")

    def test_reading_and_objects_and_our_own_directory_are_free(self, mission: Mission, untouched: Untouched) -> None:
        lane = mission.start_lane("lane-a")
        for place in (mission.repo, lane):
            with untouched(place):
                place.git("--no-optional-locks", "status")
                place.git("hash-object", "-w", "--stdin", input="x")
                place.write(place.common_dir() / "spec-kitty-hooks" / "journal", "x")

    def test_a_hook_that_writes_is_caught(self, repo: Repo) -> None:
        with pytest.raises(AssertionError, match="came: "):
            judge(repo, command=["sh", "-c", "echo x > left"])
        assert judge(repo, command=["sh", "-c", "exit 3"]).returncode == 3

    def test_a_watched_hook_that_writes_in_a_real_commit_is_caught(self, repo: Repo) -> None:
        install_native(repo, command=["sh", "-c", "git config a.b c; git add -A"])
        repo.write("staged", "x")
        repo.stage("staged")
        repo.write("smuggled", "x")
        assert repo.try_commit().returncode == 0
        found = traces(Path(repo.env[ROOT_VARIABLE]))
        assert [text for text in found if text.endswith("/.git/config'")] == [found[0]]
        assert any("index" in text for text in found)
        for file in (Path(repo.env[ROOT_VARIABLE]) / "traces").iterdir():
            file.unlink()  # this test meant it

    @pytest.mark.parametrize("place", ["home", "primary checkout"])
    def test_a_watched_hook_of_a_lane_that_writes_outside_the_lane_is_caught(
        self, mission: Mission, place: str
    ) -> None:
        lane = mission.start_lane("lane-a")
        left = {"home": Path(lane.env["HOME"]), "primary checkout": mission.repo.path}[place] / "left"
        install_native(lane, command=["sh", "-c", f"echo x > '{left}'"])
        lane.commit(files={"src/a/x.py": "x"})
        assert traces(Path(lane.env[ROOT_VARIABLE])) == [f"pre-commit: came: {str(left)!r}"]
        for file in (Path(lane.env[ROOT_VARIABLE]) / "traces").iterdir():
            file.unlink()  # this test meant it

    def test_git_itself_leaves_no_trace_while_a_hook_runs(self, mission: Mission) -> None:
        repo = mission.repo
        lane = mission.start_lane("lane-a")
        install_native(repo, command=["sh", "-c", "exit 0"])
        for place in (repo, lane):
            place.commit(files={"src/a/x.py": f"{place.path}\n"})
            place.write("src/a/x.py", "again\n")
            place.git("commit", "-q", "-a", "-m", "all")
        repo.git("merge", "-q", "--no-edit", "-X", "ours", lane.current_branch())
        assert traces(Path(repo.env[ROOT_VARIABLE])) == []


DUMP = """\
import json, os, sys
with open(sys.argv[1], "w") as file:
    json.dump({name: value for name, value in os.environ.items() if name.startswith("GIT_")}, file)
"""


class TestHooks:
    @pytest.mark.parametrize("linked", [False, True], ids=["main", "linked"])
    def test_we_export_what_git_exports(self, mission: Mission, linked: bool, tmp_path: Path) -> None:
        place = mission.start_lane("lane-a") if linked else mission.repo
        seen = []
        for way in ("real", "ours"):
            command = [sys.executable, "-c", DUMP, str(tmp_path / way)]
            if way == "real":
                install_native(place, command=command, watched=False)
                place.commit(files={"src/a/x.py": "x\n"})
            else:
                assert hook(place, "pre-commit", command=command).returncode == 0
            seen.append(json.loads((tmp_path / way).read_text()))
        real, ours = seen
        for names in seen:
            assert names.pop("GIT_AUTHOR_DATE").startswith("@")
            names.pop("GIT_COMMITTER_DATE", None)  # ours to step the clock
        assert ours == real

    def test_hooks_get_arguments_and_input(self, repo: Repo) -> None:
        ran = hook(repo, "pre-push", "origin", "url", stdin=b"a b c d\n", command=["sh", "-c", 'echo "$@"; cat', "sh"])
        assert ran.stdout == "origin url\na b c d\n"

    def test_an_installed_hook_can_refuse_a_real_commit_and_scenery_passes_it(self, mission: Mission) -> None:
        install_native(mission.repo, command=["sh", "-c", "echo refused >&2; exit 1"])
        mission.repo.write("src/a/x.py", "x\n")
        mission.repo.stage()
        ran = mission.repo.try_commit()
        assert (ran.returncode, ran.stderr) == (1, "refused\n")
        with pytest.raises(GitError, match="refused"):
            mission.repo.commit(files={"y": ""})
        mission.walk("WP01", "in_progress")

    def test_only_commit_hooks_see_an_index(self, repo: Repo) -> None:
        assert all("GIT_INDEX_FILE" in exported(repo, name) for name in COMMIT_HOOKS)
        assert "GIT_INDEX_FILE" not in exported(repo, "pre-push")
