"""Broken input gets one message that names file and line, its code and exit status, and never a traceback."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from support.hostile import Said, Scene, complaints

from spec_kitty_hooks import limits

HEAD = "ACTIVE_WP_METADATA_INVALID"
OWNED = 'owned_files: ["src/a/**"]'


@dataclass(frozen=True)
class Bad:
    """Bad content of one file, where the message must point, and a word of what it must say."""

    name: str
    content: bytes
    line: int
    words: str


def _head(*lines: str | bytes) -> bytes:
    text = [line if isinstance(line, bytes) else line.encode() for line in ("---", *lines, "---", "")]
    return b"\n".join(text)


def _policy(*lines: str) -> bytes:
    return "\n".join(("policy:", *lines, "")).encode()


HEADS = (
    Bad("alias", _head("x: &a 1", "y: *a", OWNED), 2, "anchors and aliases"),
    Bad("tag", _head("x: 1", "y: !!python/object/apply:os.system [id]", OWNED), 3, "tags"),
    Bad("merge key", _head("x: 1", "<<: {a: 1}", OWNED), 3, "merge keys"),
    Bad("duplicate key", _head(OWNED, "x: 1", "x: 2"), 4, "appears twice"),
    Bad("deep flow", _head("x: " + "[" * 400 + "]" * 400, OWNED), 2, "nested deeper"),
    Bad("deep block", _head(*("  " * depth + f"k{depth}:" for depth in range(30))), 18, "nested deeper"),
    Bad("conflict", _head("<<<<<<< ours", OWNED, "=======", ">>>>>>> theirs"), 2, "merge conflict"),
    Bad("tab", _head("x:", "\t- y", OWNED), 3, "it is not YAML"),
    Bad("unclosed", _head('owned_files: ["src/a/**"'), 3, "it is not YAML"),
    Bad("NUL", _head("x: 1", "y: \0", OWNED), 3, "control character"),
    Bad("latin-1", _head("x: 1", b"y: caf\xe9", OWNED), 3, "not UTF-8"),
    Bad("two documents", _head("x: 1", "...", "y: 2", OWNED), 4, ""),
    Bad("no mapping", _head("- x", "- y"), 2, "not a mapping"),
    Bad("no head", b"# WP01\n", 1, "does not start with"),
    Bad("head without end", b"---\nx: 1\n", 1, "does not end"),
    Bad("another package's id", _head("work_package_id: WP07", OWNED), 2, "WP07"),
    Bad("no text in owned_files", _head("x: 1", "owned_files: {a: b}"), 3, "must be a list of words"),
    Bad("too many patterns", _head("owned_files:", *["- p"] * (limits.PATTERNS + 1)), 2, "the limit is 2000"),
    Bad("too long a pattern", _head("owned_files: [" + "p" * (limits.PATTERN_BYTES + 1) + "]"), 2, "longer than 1024"),
    Bad("too long", _head("x: " + "y" * limits.HEAD_BYTES), 1, f"the limit is {limits.HEAD_BYTES}"),
)
POLICIES = (
    Bad("no mapping", b"policy: yes\n", 1, "policy must be a mapping"),
    Bad("capital word", _policy("  commit_guard:", "    mode: Off"), 3, "policy.commit_guard.mode must be one of"),
    Bad("text for a flag", _policy("  commit_guard:", '    enabled: "false"'), 3, "without quotes"),
    Bad("yes for a flag", _policy("  commit_guard:", "    enforce_ownership: no"), 3, "must be `true` or `false`"),
    Bad("list for a section", _policy("  commit_guard: [off]"), 2, "must be a mapping"),
    Bad("merge gates", _policy("  merge_gates:", "    enabled: 0"), 3, "policy.merge_gates.enabled"),
    Bad("unknown key", _policy("  hooks:", "    x: 1", "    globs: strict"), 3, "policy.hooks.x is not known"),
    Bad("glob", _policy("  hooks:", "    glob: Strict"), 3, "policy.hooks.glob must be one of"),
    Bad("flag", _policy("  hooks:", "    ownership_on_target: 1"), 3, "ownership_on_target must be"),
    Bad("minutes", _policy("  hooks:", "    stale_claim_minutes: -5"), 3, "must be a whole number"),
    Bad("commit", _policy("  hooks:", "    judge_from: main"), 3, "must be a full commit id"),
    Bad("sync", _policy("  hooks:", "    sync: on"), 3, "policy.hooks.sync must be one of"),
    Bad("situation", _policy("  hooks:", "    cannot_judge:", "      commit: off"), 4, "must be one of block, warn"),
    Bad("unknown situation", _policy("  hooks:", "    cannot_judge:", "      merge: block"), 4, "is not known"),
    Bad(
        "post_merge", _policy("  hooks:", "    post_merge:", "      record_done: yes"), 4, "record_done must be one of"
    ),
    Bad("unknown code", _policy("  hooks:", "    severity:", "      NOPE: off"), 4, "names no diagnostic code"),
    Bad("severity", _policy("  hooks:", "    severity:", "      WP_NOT_STARTED: Block"), 4, "must be one of"),
    Bad("untouchable", _policy("  hooks:", "    severity:", "      EVENT_ID_CONFLICT: off"), 4, "cannot be lowered"),
    Bad("tag", _policy("  hooks: !!python/name:os.system"), 2, "tags"),
    Bad("duplicate", _policy("  hooks: {}", "  hooks: {}"), 3, "appears twice"),
    Bad("conflict", b"<<<<<<< ours\npolicy:\n=======\n>>>>>>> theirs\n", 1, "merge conflict"),
    Bad("NUL", b"policy:\n  hooks: \0\n", 2, "control character"),
    Bad("too long", b"#" * (limits.POLICY_BYTES + 1), 0, f"the limit is {limits.POLICY_BYTES}"),
)
JSONS = (
    Bad("cut off", b'{"version": 1,\n "lanes": [\n', 3, "missing"),
    Bad("no JSON", b"{\n}\nx", 2, "text after the JSON value"),
    Bad("NaN", b'{"lanes":\n NaN}', 0, "NaN is not a JSON value"),
    Bad("a list", b"[]", 0, "it is not an object"),
    Bad("a word", b"null", 0, "it is not an object"),
    Bad("nothing", b"", 1, "a JSON value is missing"),
    Bad("latin-1", b'{"x":\n "caf\xe9"}', 2, "not UTF-8"),
    Bad("NUL", b'{"x":\n "\0"}', 2, "control character"),
    Bad("deep", b"[" * 100 + b"]" * 100, 0, "nested deeper than 64"),
    Bad("too long", b"{}" + b" " * limits.JSON_FILE_BYTES, 0, f"the limit is {limits.JSON_FILE_BYTES}"),
)
FIELDS: tuple[tuple[str, dict[str, object], str], ...] = (
    ("meta.json", {"target_branch": ["main"]}, "target_branch is not a string"),
    ("meta.json", {"target_branch": "a..b"}, "target_branch cannot be a branch name"),
    ("meta.json", {"mission_id": "x"}, "mission_id is not a ULID"),
    ("meta.json", {"topology": 1}, "topology is not a string"),
    ("lanes.json", {"lanes": {}}, "lanes is not a list"),
    ("lanes.json", {"lanes": ["x"]}, "lane number 1 has no lane_id"),
    ("lanes.json", {"lanes": [{"lane_id": "lane-a", "wp_ids": "WP01"}]}, "wp_ids of lane number 1 is not a list"),
    ("lanes.json", {"version": 2}, "its version is not 1"),
)


def _complete(said: Said, code: int, *words: str) -> None:
    assert said.code == code, said.text
    assert all(word in said.text for word in words), said.text
    assert not complaints(said)


@pytest.mark.parametrize("bad", HEADS, ids=lambda bad: bad.name)
def test_a_bad_head_is_named_with_its_line(bad: Bad, scene: Scene) -> None:
    scene.plan("tasks/WP01-part-01.md", bad.content)
    path = scene.mission.wp_path("WP01")
    said = scene.command("check-path", "src/a/new.py")
    _complete(said, 3, HEAD, f"{path} line {bad.line} at main", bad.words)
    assert said.text.count(HEAD) == 1


@pytest.mark.parametrize("bad", POLICIES, ids=lambda bad: bad.name)
def test_a_bad_policy_is_named_with_its_line_and_read_strictly(bad: Bad, scene: Scene) -> None:
    scene.mission.edit(".kittify/config.yaml", bad.content)
    said = scene.command("check-path", "src/b/new.py")
    where = f".kittify/config.yaml line {bad.line}: " if bad.line else ".kittify/config.yaml: "
    _complete(said, 1, "POLICY_INVALID", where, bad.words, "the strictest reading holds", "ACTIVE_WP_SCOPE_VIOLATION")


@pytest.mark.parametrize("name", ["lanes.json", "meta.json"])
@pytest.mark.parametrize("bad", JSONS, ids=lambda bad: bad.name)
def test_a_bad_json_file_is_named_with_its_line(bad: Bad, name: str, scene: Scene) -> None:
    scene.plan(name, bad.content)
    where = f"problem: {name}: line {bad.line}: " if bad.line else f"problem: {name}: "
    _complete(scene.command("status"), 0, where, bad.words)
    _complete(scene.command("check-path", "src/c/new.py"), 1, "ACTIVE_WP_SCOPE_VIOLATION")


@pytest.mark.parametrize(("name", "changes", "words"), FIELDS, ids=[f"{field[2]}" for field in FIELDS])
def test_a_field_of_the_wrong_type_is_named(name: str, changes: dict[str, object], words: str, scene: Scene) -> None:
    scene.plan_json(name, **changes)
    _complete(scene.command("status"), 0, f"problem: {name}: {words}")
    _complete(scene.command("check-path", "src/c/new.py"), 1, "ACTIVE_WP_SCOPE_VIOLATION")


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + _head(OWNED), _head(OWNED).replace(b"\n", b"\r\n")])
def test_a_byte_order_mark_and_carriage_returns_are_no_damage(content: bytes, scene: Scene) -> None:
    scene.plan("tasks/WP01-part-01.md", content)
    _complete(scene.command("check-path", "src/a/new.py"), 0)
    _complete(scene.command("check-path", "src/b/new.py"), 1, "ACTIVE_WP_SCOPE_VIOLATION")


def test_duplicate_keys_of_json_do_not_choose_between_readers(scene: Scene) -> None:
    text = scene.repo.read(f"{scene.mission.path}/meta.json").rstrip().removesuffix(b"}")
    scene.plan("meta.json", text + b', "target_branch": "main"}')
    _complete(scene.command("check-path", "src/b/new.py"), 1, "ACTIVE_WP_SCOPE_VIOLATION")


def test_errors_are_one_json_value_too(scene: Scene) -> None:
    scene.plan("tasks/WP01-part-01.md", b"---\nx: *a\n---\n")
    said = scene.command("check-path", "src/a/new.py", "--json")
    assert said.code == 3
    assert [finding["diagnostic_code"] for finding in json.loads(said.out)["findings"]] == [HEAD]
    assert not said.error
