"""The demonstration: every command in it is really run, and what it claims is checked while it plays."""

from __future__ import annotations

from pathlib import Path

from support.hooks import cli
from support.repo import Repo

from spec_kitty_hooks.demonstration.story import Story


def test_the_demo_comes_out_as_told_and_leaves_nothing_behind(repo: Repo, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    done = cli(repo, "demo", env={"TMPDIR": str(place)})
    assert (done.returncode, done.stderr) == (0, "")
    assert "ACTIVE_WP_SCOPE_VIOLATION: src/command/main.py (added)" in done.stdout
    assert "ACTIVE_WP_SCOPE_VIOLATION: src/stats/__init__.py (deleted)" in done.stdout
    assert "matches src/stats/**" in done.stdout
    assert "active: WP02" in done.stdout
    assert not list(place.iterdir())


def test_keep_leaves_the_repository_and_says_where(repo: Repo, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    done = cli(repo, "demo", "--keep", env={"TMPDIR": str(place)})
    kept = Path(done.stdout.splitlines()[-1].removeprefix("The repository is in "))
    assert kept.is_relative_to(place)
    assert (kept / "kitty-specs").is_dir()


def test_a_hook_that_does_not_refuse_is_told_apart(tmp_path: Path) -> None:
    """The broken variant: without hooks nothing is refused, and the story says so."""

    class Unguarded(Story):
        def _expect(self, came_true: bool, what: str) -> None:
            super()._expect(came_true, what)
            if what == "install":
                self._stage.git("config", "core.hooksPath", str(tmp_path / "none"))

    root = tmp_path / "repository"
    root.mkdir()
    story = Unguarded(root, lambda _text: None)
    story.play()
    assert "src/command/main.py is refused" in story.surprises
    assert "the rename is refused" in story.surprises
