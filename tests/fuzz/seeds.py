"""Inputs that look real, from which mutations start, and the words that are put between their pieces."""

from __future__ import annotations

import strategies
from support import records

CYCLE = b"kitty-specs/034-feature/tasks/WP01-build/review-cycle-2.md"
_SLUG = "034-feature"
_ID = "01KEXAMPLE0000000000000001"


def _event(wp_id: str, step: int, **more: object) -> bytes:
    from_lane, to_lane = records.ROAD[step], records.ROAD[step + 1]
    at, event_id = f"2026-01-05T10:0{step}:00.000001+00:00", strategies.ulid(1000 + step)
    record = records.transition(
        wp_id,
        from_lane,
        to_lane,
        at=at,
        event_id=event_id,
        mission_slug=_SLUG,
        mission_id=_ID,
        reference="review://1",
    )
    return records.line({**record, **more})[:-1]


ROAD = tuple(_event("WP01", step) for step in range(len(records.ROAD) - 1))
_NOTE = records.annotation(
    "WP02",
    {"note": "x", "shell_pid": 17, "subtasks": {"T001": "done"}, "tracker_refs": ["#1"], "release_runtime_claim": True},
    at="2026-01-05T10:01:00Z",
    event_id=strategies.ulid(7),
)
OTHERS = (
    records.line(_NOTE)[:-1],
    records.line(
        records.lifecycle("WPCreated", {}, timestamp="2026-01-05T10:01:00Z", event_id=_ID, aggregate_id="WP01")
    )[:-1],
    records.line(records.decision("DecisionPointOpened", {}, at="2026-01-05T10:01:00Z", event_id=_ID))[:-1],
    records.line(
        records.retrospective(
            "RetrospectiveCaptured", at="2026-01-05T10:01:00Z", event_id=_ID, mission_slug=_SLUG, mission_id=_ID
        )
    )[:-1],
    _event("WP02", 1, from_lane="doing", actor={"role": "r", "profile": None, "tool": "t", "model": None}),
)
JSON_WORDS = (
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 300, b"1e-400", b"-0", b"true", b"null", b'""', b"{}", b"[]", b"[" * 70),
    *(
        b'"\\ud800"',
        b'"\\u0000"',
        b"\\u2028",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\x1c",
        b"\\",
        b'\\"',
    ),
    *(b'"event_id":', b'"kind":"annotation",', b'"kind":', b'"event_type":', b'"type":"RetrospectiveCaptured",'),
    *(b'"force":true,', b'"evidence":', b'"review_result":', b'"delta":', b'"shell_pid":', b'"subtasks":', b'"at":'),
    *(b'"doing"', b'" Planned "', b'"genesis"', b'"uninitialized"', b"{" + b'"a":{' * 70, b'"tracker_refs":["#2",1]'),
)
LOG_WORDS = (*JSON_WORDS, b"\n", b"\r\n", b"\n\n", b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> x\n", *ROAD[:2])

HEAD = b"""---
work_package_id: WP01
title: "Build: the thing"
owned_files:
- src/a/**
- 'src/[id]/page.tsx'
-   docs/*.md  # the manual
dependencies: []
subtasks: [T001, "T002"]
execution_mode: code_change
history:
- {at: 2026-01-05, agent: x}
---
# Text
"""
SHORT_HEADS = (
    b"---\nowned_files: [a/**, b]\n---\n",
    b"---\r\nwork_package_id: WP01\r\nowned_files:\r\n  - a\r\n---\r\n",
    b"\xef\xbb\xbf---\ntitle: |\n  two\n  lines\n---\n",
    b"---\na: {b: [1, 'x''y']}\n---\n",
    b"---\nsubtasks:\n- id: T1\n  x: 1\n- T2\n---\n",
    b"work_package_id: WP01\nowned_files:\n- a\n",
    b'a: "\\x41\\u00e9"\nb: >-\n  folded\n? c\n: d\n',
)
YAML_WORDS = (
    *(b"&a ", b"*a", b"!!python/object:os.system ", b"!x ", b"<<: ", b"? ", b": ", b"- ", b"-", b"|\n", b">-\n", b"#"),
    *(
        b" #",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b", ",
        b"'",
        b'"',
        b"''",
        b"---\n",
        b"...\n",
        b"%YAML 1.2\n",
        b"\t",
        b"\n  ",
    ),
    *(
        b"\\U00110000",
        b"\\ud800",
        b"\\x0",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
        b"\x00",
        b"\xff",
        b"~",
        b"null",
    ),
    *(
        b"[" * 20,
        b"{a: " * 20,
        b"- " * 20,
        b"yes",
        b"0o17",
        b"2026-01-05",
        b"<<<<<<< a\n",
        b"=======\n",
        b"\r",
        b"\r\n",
    ),
)
REVIEWS = (
    b"---\nverdict: approved\nreviewer_agent: agent-two\nreviewed_at: 2026-01-05T10:00:00Z\n---\nFine.\n",
    b"---\nverdict: changes_requested\ncycle_number: 2\nreviewer: x\nfindings: [a, b]\n---\n",
    b"---\nreview_artifact_override_actor: user\nreview_artifact_override_reason: 'why'\nreviewed_at: ~\n---\n",
    b"# no head\n",
    CYCLE,
)
PATTERNS = (
    b"src/a/**\nsrc/*.py\0src/a/b.py",
    b"src/[id]/page.tsx\0src/[id]/page.tsx",
    b"**/test_*.py\n!x\n./lib/\0lib/x/test_a.py",
    b"a?c/[!a-c]*[]x]\\*\0abc/dxx*",
    b"**/**/*a*a*a*\0" + b"a/" * 20 + b"aaaa",
    "grün/*/ß\0grün/x/ß".encode(),
    b"--output=x\n$(id)\n`a`'b\"c\0-rf ~/$HOME !\x1b[2J",
)
PATTERN_WORDS = (
    *(
        b"**",
        b"**/",
        b"/**",
        b"*",
        b"?",
        b"[",
        b"]",
        b"[!",
        b"[^",
        b"[]",
        b"[z-a]",
        b"[a-",
        b"[[:alpha:]]",
        b"\\",
        b"\\/",
    ),
    *(
        b"/",
        b"//",
        b"./",
        b"../",
        b"..",
        b".",
        b"{a,b}",
        b"!",
        b"\n",
        b"\0",
        b"\x1b[0m",
        b"\xff",
        b"\xc3",
        b"\xe2\x80\xae",
    ),
    *(
        b"\xed\xa0\x80",
        b"*" * 60,
        b"*a" * 30,
        b"a/" * 30,
        b"**/" * 30,
        b"'",
        b'"',
        b"$(",
        b"`",
        b"\xf3\xa0\x84\x80",
        b"\r",
    ),
)
_IDS = (b"a" * 40, b"0" * 40, b"a" * 64, b"0" * 64)
PUSHES = (
    b"refs/heads/main " + _IDS[0] + b" refs/heads/main " + _IDS[1] + b"\n",
    b"(delete) " + _IDS[1] + b" refs/heads/x " + _IDS[0] + b"\nHEAD~0 " + _IDS[0] + b" refs/tags/v " + _IDS[0] + b"\n",
    b"HEAD^{/two words} " + _IDS[2] + b" refs/heads/\xc3\xbc " + _IDS[3] + b"\n",
)
PUSH_WORDS = (
    *(
        b" ",
        b"  ",
        b"\n",
        b"\r\n",
        b"\0",
        b"\t",
        b"-h",
        b"@{-1}",
        b"refs/heads/",
        b"refs/heads/-x",
        b"..",
        b".lock",
        b"0",
    ),
    *(b"(delete) ", b"HEAD", b"\xff", b"\x1b", b"\x0b", b"\x1c", b"\xc2\xa0", *_IDS, *PUSHES[:1]),
)
POLICIES = (
    b"policy:\n  commit_guard:\n    enabled: true\n    mode: block\n    enforce_ownership: false\n",
    b"policy:\n  hooks:\n    severity:\n      WP_NOT_STARTED: off\n    glob: strict\n    stale_claim_minutes: 60\n",
    b"policy:\n  hooks:\n    cannot_judge: {commit: warn, push: block}\n    post_merge:\n      record_done: auto\n",
    b"agents: &x [a]\nmore: *x\npolicy:\n  hooks: {sync: 'off'}\n",
    b"policy:\n  merge_gates:\n    mode: warn\n  hooks:\n    judge_from: "
    + _IDS[0]
    + b"\n    ownership_on_target: true\n",
)
POLICY_WORDS = (
    *YAML_WORDS,
    *(
        b"policy:\n",
        b"  hooks:\n",
        b"    severity:\n",
        b"commit_guard:",
        b"mode: ",
        b"WARN",
        b"True",
        b"'true'",
        b"FALSE",
    ),
    *(b"EVENT_ID_CONFLICT: warn", b"POLICY_INVALID: off", b"0060", b"9" * 30, b"-1", b"1e3", b"null", b"unknown: 1\n"),
)
