"""The project around the package: manifest, generated tables, versions, sizes, and what the README promises."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from support.hooks import cli
from support.repo import Repo

import spec_kitty_hooks
from spec_kitty_hooks import catalog, errors
from spec_kitty_hooks.mission import policyfields
from tools import docs

ROOT = docs.ROOT
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SOURCES = sorted((ROOT / "spec_kitty_hooks").rglob("*.py"))
FILE_LINES = {"catalog.py": 400}  # a list, not code
FILE_LINES_ELSEWHERE = 300
FUNCTION_LINES = 60

MARKER = "pytest.mark.blocker"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of what the generated parts are made from and written to, all of it up to date."""
    for name in ("README.md", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("docs", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in docs.generated(tmp_path).items():
        path.write_text(text)
    return tmp_path


def test_generated_parts_are_up_to_date() -> None:
    assert docs.stale(ROOT) == [], "run: make docs"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("README.md", ("| 70 |", "| 71 |")),
        ("docs/codes.md", ("`ACTIVE_WP_SCOPE_VIOLATION`", "`ACTIVE_WP_SCOPE`")),
        ("docs/codes.md", ("`PLAN_HEAD_INVALID`", "`PLAN_HEAD`")),
        ("docs/blockers.md", ("| issue | rule | test |", "| issue | rule |")),
        (".pre-commit-hooks.yaml", ("always_run: true", "always_run: false")),
    ],
)
def test_an_outdated_part_is_found(tree: Path, name: str, wrong: tuple[str, str]) -> None:
    text = (tree / name).read_text()
    assert wrong[0] in text
    (tree / name).write_text(text.replace(*wrong))
    assert docs.stale(tree) == [tree / name]


def test_a_new_blocker_test_makes_its_table_outdated(tree: Path) -> None:
    (tree / "tests" / "test_new.py").write_text(f"import pytest\n\n@{MARKER}(950)\ndef test_it_holds(): ...\n")
    assert docs.stale(tree) == [tree / "docs" / "blockers.md"]
    assert "| it holds | [tests/test_new.py](../tests/test_new.py) |" in docs.blockers(tree / "tests")


def test_a_page_without_its_marks_is_refused(tree: Path) -> None:
    page = tree / "docs" / "codes.md"
    page.write_text(page.read_text().replace("<!-- /codes -->", ""))
    with pytest.raises(SystemExit, match="lacks its marks"):
        docs.stale(tree)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (f"@{MARKER}(945)\ndef test_a(): ...", [(945, "test_a")]),
        (f"@{MARKER}(945, 944)\nclass TestA: ...", [(945, "TestA"), (944, "TestA")]),
        (f"class TestA:\n    @{MARKER}(953)\n    def test_b(self): ...", [(953, "test_b")]),
        (
            f"@pytest.mark.parametrize('x', [pytest.param(1, marks={MARKER}(951))])\ndef test_c(x): ...",
            [(951, "test_c")],
        ),
        (f"pytestmark = {MARKER}(904)", [(904, "")]),
        ("@pytest.mark.slow\ndef test_d(): ...", []),
    ],
)
def test_blocker_markers_are_found_wherever_pytest_takes_them(source: str, found: list[tuple[int, str]]) -> None:
    assert list(docs.marked(ast.parse(source))) == found


@pytest.mark.parametrize("arguments", ["", "'945'", "1", "945, 1", "number=945", "*NUMBERS"])
def test_a_blocker_marker_without_a_known_number_is_refused(arguments: str) -> None:
    with pytest.raises(SystemExit, match="must name issues"):
        list(docs.marked(ast.parse(f"@{MARKER}({arguments})\ndef test_a(): ...")))


def test_the_manifest_offers_one_id_per_stage() -> None:
    entries = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [entry["id"] for entry in entries] == [hook.manifest_id for hook in catalog.HOOKS]
    for entry, hook in zip(entries, catalog.HOOKS, strict=True):
        assert entry["stages"] == [hook.name]
        assert entry["entry"].split() == ["python", "-I", "-m", "spec_kitty_hooks", "hook", hook.name]
        assert (entry["always_run"], entry["pass_filenames"], entry["require_serial"]) == (True, False, True)


def test_the_pre_commit_framework_accepts_the_manifest() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_every_hook_has_its_shim() -> None:
    shims = {path.stem for path in (ROOT / "hooks").iterdir()}
    assert {hook.name for hook in catalog.HOOKS} <= shims


def test_the_changelog_opens_with_the_version_of_the_package() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == spec_kitty_hooks.__version__
    assert PYPROJECT["project"]["dynamic"] == ["version"]


def test_exit_codes_are_distinct() -> None:
    codes = [code for code, _ in errors.EXIT_CODES]
    assert len(set(codes)) == len(codes)


def test_readme_names_every_command(repo: Repo) -> None:
    text = cli(repo, "--help").stdout
    listed = re.findall(r"^  ([a-z-]+)", text.partition("Commands:")[2], re.MULTILINE)
    assert listed, text
    readme = (ROOT / "README.md").read_text()
    assert [name for name in listed if not re.search(rf"`{name}\b", readme)] == []


def test_the_policy_page_names_every_key_that_is_read() -> None:
    page = (ROOT / "docs" / "policy.md").read_text()
    sections = {name: fields for name, fields in policyfields.SECTIONS.items() if name != "merge_gates"}
    keys = {f"{section}.{field.key}" for section, fields in sections.items() for field in fields} | {"hooks.severity"}
    assert set(re.findall(r"`((?:commit_guard|hooks)\.[a-z_.]+)`", page)) == keys


def test_links_inside_the_documentation_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= FILE_LINES.get(path.name, FILE_LINES_ELSEWHERE), "split it by noun"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES, node.name
