"""Work-package files: where the head is, what it says, and what makes it unusable (formats 5)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.frontmatter import read_work_package, split_head, work_package_id_of
from spec_kitty_hooks.model.mission import WorkPackage

PATH = b"kitty-specs/m/tasks/WP01-first.md"


def read(head: str, path: bytes = PATH) -> WorkPackage:
    return read_work_package(path, f"---\n{head}---\n# Body\n".encode())


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"---\na: b\n---\nbody\n---\n", b"a: b\n"),
        (b"---\na: b\n---", b"a: b\n"),
        (b"---\n---\n", b""),
        (b"\xef\xbb\xbf---\na: b\n---\n", b"a: b\n"),
        (b"---\r\na: b\r\n---\r\nbody", b"a: b\r\n"),
        (b"---\na: b\n  --- \t\nbody", b"a: b\n"),
        (b"---\na: --- \nb: x---\n----\n---x\n---\n", b"a: --- \nb: x---\n----\n---x\n"),
        (b"--- \na: b\n---\n", b"a: b\n"),
    ],
)
def test_the_head_stands_between_the_first_two_fences(data: bytes, head: bytes) -> None:
    found = split_head(data)

    assert (found.yaml, found.first_line, found.problem) == (head, 2, "")


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"", "does not start with", 1),
        (b"# Title\n---\na: b\n---\n", "does not start with", 1),
        (b"\n---\na: b\n---\n", "does not start with", 1),
        (b"---", "does not end", 1),
        (b"---\na: b\n", "does not end", 1),
        (b"---\na: b\n--- x\n", "does not end", 1),
        (b"---\na: b\n<<<<<<< HEAD\nc: d\n=======\n>>>>>>> x\n---\n", "merge conflict", 3),
        (b"---\n" + b"a" * limits.HEAD_BYTES + b"\n---\n", "the limit is", 1),
    ],
)
def test_a_file_without_a_usable_head_says_why_and_where(data: bytes, words: str, line: int) -> None:
    found = split_head(data)
    package = read_work_package(PATH, data)

    assert words in found.problem
    assert found.line == line
    assert (package.wp_id, package.problem, package.line) == ("WP01", found.problem, line)


def test_a_conflict_in_the_body_is_not_the_heads() -> None:
    assert read("title: 'a <<<<<<< b'\n").problem == ""
    assert read_work_package(PATH, b"---\nowned_files: [a]\n---\n<<<<<<< HEAD\n").owned_files == ("a",)


@given(st.lists(st.sampled_from((b"---", b" ---\r", b"-", b"a: b", b"", b"--- x", b"\xff", b"----")), max_size=8))
def test_the_head_ends_where_the_rule_says(lines: list[bytes]) -> None:
    found = split_head(b"\n".join((b"---", *lines)))
    ends = [number for number, line in enumerate(lines) if line.strip() == b"---"]

    assert bool(found.problem) == (not ends)
    if ends:
        assert found.yaml == b"".join(line + b"\n" for line in lines[: ends[0]])


@pytest.mark.parametrize(
    ("name", "wp_id"),
    [
        (b"WP01-first.md", "WP01"),
        (b"WP01.md", "WP01"),
        (b"WP01_first.md", "WP01"),
        (b"WP10-x.md", "WP10"),
        (b"WP100-x.md", "WP100"),
        (b"WP1000.md", "WP1000"),
        (b"WP1-x.md", ""),
        (b"WP10000-x.md", ""),
        (b"WP01x.md", ""),
        (b"WP01", ""),
        (b"WP01 copy.md", ""),
        (b"wp01-x.md", ""),
        (b"XP01-x.md", ""),
        (b"WP\xd9\xa1\xd9\xa2-x.md", ""),
        (b"WP01-x.md.bak", ""),
        (b"WP01-ORIGINAL-INCORRECT.md.bak", ""),
        (b"WP01-\xff.md", "WP01"),
        (b"README.md", ""),
        (b".gitkeep", ""),
        (b"", ""),
    ],
)
def test_the_whole_number_in_the_file_name_is_the_id(name: bytes, wp_id: str) -> None:
    assert work_package_id_of(name) == wp_id


def test_a_head_is_read_field_by_field() -> None:
    found = read(
        "work_package_id: WP01\ntitle: \"A: b\"\ndependencies: [WP02]\nsubtasks:\n- T001\n- 'T002'\n"
        'execution_mode: code_change\nowned_files:\n- src/a/**\n- "src/[id]/page.tsx"\nhistory:\n- at: x\n'
    )

    assert found == WorkPackage(
        wp_id="WP01",
        path=PATH,
        title="A: b",
        owned_files=("src/a/**", "src/[id]/page.tsx"),
        dependencies=("WP02",),
        subtasks=("T001", "T002"),
        execution_mode="code_change",
    )
    assert all(type(text) is str for text in (found.title, *found.owned_files, *found.subtasks))


@pytest.mark.parametrize(
    "empty", ["", "owned_files:\n", "owned_files: []\n", "owned_files: null\n", "owned_files: ''\n"]
)
def test_no_owned_files_is_no_problem_of_the_head(empty: str) -> None:
    found = read(f"work_package_id: WP01\n{empty}")

    assert (found.owned_files, found.problem) == ((), "")


def test_older_shapes_are_understood() -> None:
    assert read("work_package_title: Old\n").title == "Old"
    assert read("title:\nwork_package_title: Old\n").title == "Old"
    assert read('dependencies: "[]"\n').dependencies == ()
    assert read('dependencies: "[]"\n').problem == ""
    assert read("owned_files: [a]\n").wp_id == "WP01"
    assert read("work_package_id: WP07\n", b"tasks/notes.md").wp_id == "WP07"


@pytest.mark.parametrize(
    ("head", "words", "line"),
    [
        ("title: x\nwork_package_id: WP02\n", "says WP02, the file's name says WP01", 3),
        ("work_package_id: WP100\n", "says WP100", 2),
        ("work_package_id: wp01\n", "must be `WP`", 2),
        ("work_package_id: [WP01]\n", "must be one value", 2),
        ("a: b\nowned_files: src/**\n", "owned_files must be a list", 3),
        ("owned_files: '[]'\n", "owned_files must be a list", 2),
        ("owned_files: {a: b}\n", "owned_files must be a list", 2),
        ("owned_files:\n- [a]\n", "owned_files must be a list", 2),
        ("owned_files:\n- ''\n", "owned_files must be a list", 2),
        ("dependencies: WP02\n", "dependencies must be a list", 2),
        ("subtasks: {a: b}\n", "subtasks must be a list", 2),
        ("title: [a]\n", "title must be one value", 2),
        ("execution_mode: {a: b}\n", "execution_mode must be one value", 2),
        ("a: b\na: c\n", "cannot be read: the key `a` appears twice", 3),
        ("a: *b\n", "cannot be read: anchors", 2),
        ("- a\n", "cannot be read: it is not a mapping", 2),
        ("a: b\n\n c: ]\n", "cannot be read: it is not YAML", 4),
        ("owned_files:\n" + "- a\n" * (limits.PATTERNS + 1), "the limit is 2000", 2),
        ("owned_files:\n- " + "\u00e9" * 513 + "\n", "longer than 1024 bytes", 2),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line_in_the_file(head: str, words: str, line: int) -> None:
    found = read(head)

    assert words in found.problem
    assert found.line == line
    assert found.wp_id == "WP01"
    assert found.owned_files == ()


def test_bounds_are_inclusive_and_the_first_problem_is_told() -> None:
    assert len(read("owned_files:\n" + "- a\n" * limits.PATTERNS).owned_files) == limits.PATTERNS
    assert read("owned_files:\n- " + "\u00e9" * 512 + "\n").problem == ""
    both = read("owned_files: a\ntitle: [b]\n")
    assert ("title" in both.problem, both.line) == (True, 3)


def test_a_head_or_a_name_must_give_the_id() -> None:
    found = read("title: x\n", b"tasks/notes.md")

    assert (found.wp_id, found.line) == ("", 0)
    assert "no work_package_id" in found.problem


def test_bytes_that_are_not_utf8_are_a_problem() -> None:
    found = read_work_package(PATH, b"---\na: b\nc: \xff\n---\n")

    assert (found.problem, found.line) == ("the frontmatter cannot be read: it is not UTF-8", 3)


def test_crlf_and_byte_order_mark_change_nothing() -> None:
    head = '---\nwork_package_id: WP01\ntitle: "a\\u2192"\nowned_files:\n- src/**\n---\nbody\n'

    assert read_work_package(PATH, b"\xef\xbb\xbf" + head.replace("\n", "\r\n").encode()) == read_work_package(
        PATH, head.encode()
    )


@given(st.binary(max_size=80), st.binary(max_size=20))
def test_any_bytes_give_a_work_package(head: bytes, name: bytes) -> None:
    found = read_work_package(b"tasks/" + name, b"---\n" + head + b"\n---\n")

    assert found.wp_id == "" or found.wp_id == work_package_id_of(name) or found.wp_id.encode() in head
    assert found.line <= head.count(b"\n") + head.count(b"\r") + 3


def test_every_real_head_is_read_as_pyyaml_reads_it(corpus: Path) -> None:
    files = sorted((corpus / "kitty-specs").glob("*/tasks/WP*.md"))
    patterns = 0
    for file in files:
        found = read_work_package(str(file).encode(), file.read_bytes())
        real = yaml.load(split_head(file.read_bytes()).yaml, Loader=yaml.BaseLoader)
        assert found.problem == ""
        assert found.wp_id == real["work_package_id"] == file.name[:4]
        assert list(found.owned_files) == real.get("owned_files", [])
        assert found.title == real.get("title", real.get("work_package_title"))
        assert list(found.subtasks) == real["subtasks"]
        assert list(found.dependencies) == ([] if real["dependencies"] == "[]" else real["dependencies"])
        assert found.execution_mode == real.get("execution_mode", "")
        patterns += len(found.owned_files)
    assert len(files) > 300
    assert patterns > 1_000
