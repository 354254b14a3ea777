"""JSON text: any bytes give a value or one sentence; accepted is what the standard library accepts, less NaN."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import jsontext

_ROOT = Path(jsontext.__file__).parent.parent.parent
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)

BAD: dict[str, tuple[bytes | str, str]] = {
    "nothing": (b"", "a JSON value is missing at character 0"),
    "blanks": (b" \n", "a JSON value is missing at character 2"),
    "a cut object": (b'{"a": 1', "Expecting ',' delimiter at character 7"),
    "a cut string": (b'["abc', "Unterminated string starting at character 1"),
    "a comma too many": (b"[1,]", "a JSON value is missing at character 3"),
    "a raw tab in a string": (b'"a\tb"', "Invalid control character at character 2"),
    "a bad escape": (b'"\\x"', "Invalid \\escape at character 1"),
    "two values": (b"{} {}", "text after the JSON value at character 2"),
    "a line separator after the value": ("{}\u2028", "text after the JSON value at character 2"),
    "not a number": (b'{"a": NaN}', "NaN is not a JSON value"),
    "minus infinity": (b"-Infinity", "-Infinity is not a JSON value"),
    "a number that is infinity": (b"1e999", "a number too large to keep"),
    "a whole number too long": (b"1" * (limits.JSON_DIGITS + 1), "a number with more than 4000 digits"),
    "a fraction too long": (b"0." + b"1" * limits.JSON_DIGITS, "a number with more than 4000 digits"),
    "broken UTF-8": (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
    "a character cut in half": ('"é'.encode()[:-1], "not UTF-8 at byte 1"),
    "UTF-16": ("{}".encode("utf-16"), "not UTF-8 at byte 0"),
    "a surrogate as UTF-8": (b'"\xed\xa0\x80"', "not UTF-8 at byte 1"),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf{}", "a JSON value is missing at character 0"),
    "lists too deep": (b"[" * 65 + b"]" * 65, "nested deeper than 64 levels"),
    "objects too deep": (b'{"a":' * 200 + b"1" + b"}" * 200, "nested deeper than 64 levels"),
    "a hundred thousand brackets": (b"[" * 100_000, "nested deeper than 64 levels"),
    "brackets behind an escaped quote": (b'["\\\\", "\\"", ' + b"[" * 65, "nested deeper than 64 levels"),
}


@given(values, st.booleans())
def test_what_a_writer_writes_is_read_as_it_was(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert jsontext.parse(text) == (value, "")
    assert jsontext.parse(" \r\n" + text + "\t") == (value, "")


@pytest.mark.parametrize("name", BAD)
def test_bad_text_gives_one_sentence(name: str) -> None:
    data, problem = BAD[name]
    assert jsontext.parse(data) == (None, problem)


@given(st.binary() | st.text() | st.text(alphabet='[]{}",:\\ 01eE.-ntf\ufeff\ud800').map(str))
def test_no_content_raises(data: bytes | str) -> None:
    value, problem = jsontext.parse(data)
    assert (value is None) or not problem
    assert isinstance(jsontext.has_duplicate_keys(data), bool)


@given(st.text(alphabet='[]{}",:\\ 01eE.-ntfulrase', max_size=30))
def test_it_agrees_with_the_standard_library_on_what_is_json(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=pytest.fail)
    except ValueError:
        assert jsontext.parse(text)[1]
    else:
        assert jsontext.parse(text) == (expected, "") or expected in (float("inf"), float("-inf"))


def test_one_byte_order_mark_is_dropped() -> None:
    assert jsontext.parse(b'\xef\xbb\xbf{"a": 1}') == ({"a": 1}, "")
    assert jsontext.parse("\ufeff[]") == ([], "")


def test_an_escaped_lone_surrogate_is_kept() -> None:
    assert jsontext.parse(b'"\\ud800"') == ("\ud800", "")


def test_a_line_separator_inside_a_string_is_text() -> None:
    assert jsontext.parse('{"a": "b\u2028c\u0085d"}') == ({"a": "b\u2028c\u0085d"}, "")


def test_of_two_equal_keys_the_last_wins() -> None:
    assert jsontext.parse(b'{"a": 1, "a": 2}') == ({"a": 2}, "")


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert jsontext.parse("[" * 64 + "]" * 64)[1] == ""
    assert jsontext.parse("[" + "[]," * 500 + "[]]")[1] == ""


def test_brackets_inside_strings_do_not_nest() -> None:
    text = json.dumps({"a": "[" * 200, 'b"{': "\\" + "{" * 200, "c": ['"[']})
    assert jsontext.parse(text) == (json.loads(text), "")


@given(values, st.integers(1, 4))
def test_depth_is_what_a_walk_over_the_value_finds(value: Any, limit: int) -> None:
    def depth(item: Any) -> int:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "JSON_DEPTH", limit)
        assert bool(jsontext.parse(json.dumps(value))[1]) == (depth(value) > limit)


def test_without_the_depth_check_the_recursion_limit_still_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JSON_DEPTH", 1_000_000)
    assert jsontext.parse("[" * 100_000) == (None, "nested too deeply")


def test_running_out_of_memory_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(_text: str, _start: int) -> tuple[object, int]:
        raise MemoryError

    monkeypatch.setattr(jsontext, "_scan", exhaust)
    assert jsontext.parse("{}") == (None, "too large to read into memory")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"a": 1, "b": {"a": 2}}', False),
        (b'{"a": 1, "a": 1}', True),
        (b'\xef\xbb\xbf {"b": [{"a": 1, "\\u0061": 2}]}', True),
        ('{"x": 1, "x": 2}', True),
        (b'{"a": 1, "a": 1', False),
        (b"[1, 1]", False),
        (b'{"a": 1, "a": ' + b"[" * 1000 + b"]" * 1000 + b"}", False),
    ],
)
def test_duplicate_keys_are_found_at_any_level(data: bytes | str, found: bool) -> None:
    assert jsontext.has_duplicate_keys(data) is found


def test_good_text_needs_neither_json_nor_re_and_bad_text_reads_the_same() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(_ROOT)!r})\n"
        "from spec_kitty_hooks.mission import jsontext\n"
        "assert jsontext.parse(b'{\"a\": [1, 2.5, null]}') == ({'a': [1, 2.5, None]}, '')\n"
        "assert not {'json', 're'} & set(sys.modules), 'too much is imported'\n"
        "print(jsontext.parse(b'{\"a\" 1}')[1])\n"
    )
    child = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert (child.stdout, child.stderr) == (jsontext.parse(b'{"a" 1}')[1] + "\n", "")
