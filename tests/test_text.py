"""Laws of what is shown on a terminal and of what is pasted into a shell."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.text import ELLIPSIS, escape, quote_shell

#: Ranges that must never reach a terminal, from what names them: controls, bidi, zero width, separators, tags.
DANGEROUS = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0x061C, 0x061C),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xDFFF),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE01EF),
)
UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2800\u3000\u3164\ufe00\ufe0f\uffa0\U000e0100\U000e01ef"
NASTY = "\x00\n\t\x1b\x7f\x85\u202e\u2066\u200b\u2028\ufeff\U000e0041\ue000\\'\"$`!%-~ é中"

any_text = st.text(st.characters(categories=None) | st.sampled_from(NASTY + "xuU01"))
any_bytes = st.binary() | any_text.map(lambda text: text.encode("utf-8", "surrogatepass"))


def unescape(shown: str) -> str:
    """Read back what `escape` shows whole, from its documented rule alone."""
    if not any("\\" + letter in shown for letter in "xuU\\"):
        return shown
    text, at = "", 0
    while at < len(shown):
        letter = shown[at + 1] if shown[at] == "\\" else ""
        size = {"x": 2, "u": 4, "U": 8}.get(letter, 0)
        if size:
            code = int(shown[at + 2 : at + 2 + size], 16)
            text += chr(code + 0xDC00 if letter == "x" and code >= 0x80 else code)
        else:
            text += shown[at]
        at += 2 + size if letter else 1
    return text


def is_safe(shown: str) -> bool:
    return shown.isprintable() and not any(low <= ord(c) <= high for c in shown for low, high in DANGEROUS)


@given(any_text | any_bytes, st.integers(1, 300))
def test_whatever_comes_in_only_safe_characters_go_out_and_never_more_than_the_limit(
    data: bytes | str, limit: int
) -> None:
    shown = escape(data, limit)
    assert is_safe(shown)
    assert len(shown) <= limit


@given(any_text)
@example("\\x1b and \x1b")
@example("\\x1b")
@example("\\\\x1b")
@example("\\\x1b")
def test_what_is_shown_whole_stands_for_exactly_one_text(text: str) -> None:
    assert unescape(escape(text, 100_000)) == text


@given(any_bytes)
def test_bytes_are_shown_as_what_surrogateescape_makes_of_them(data: bytes) -> None:
    shown = escape(data, 100_000)
    assert shown == escape(data.decode("utf-8", "surrogateescape"), 100_000)
    assert unescape(shown).encode("utf-8", "surrogateescape") == data


@given(any_text | any_bytes, st.integers(1, 60))
def test_what_is_cut_off_ends_in_an_ellipsis_and_never_inside_an_escape(data: bytes | str, limit: int) -> None:
    shown, whole = escape(data, limit), escape(data, 100_000)
    if len(whole) <= limit:
        assert shown == whole
    else:
        text = data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")
        assert shown.endswith(ELLIPSIS)
        assert text.startswith(unescape(shown.removesuffix(ELLIPSIS)))


def test_every_dangerous_character_is_escaped() -> None:
    for low, high in DANGEROUS:
        for code in range(low, high + 1):
            assert escape(chr(code)).startswith("\\"), hex(code)


@pytest.mark.parametrize("character", UNSEEN, ids=lambda character: f"U+{ord(character):04X}")
def test_a_character_that_nobody_sees_is_escaped(character: str) -> None:
    code = ord(character)
    assert escape(f"a{character}b") == (f"a\\u{code:04x}b" if code <= 0xFFFF else f"a\\U{code:08x}b")


def test_no_control_format_surrogate_private_or_unassigned_character_and_no_odd_space_is_shown() -> None:
    refused = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
    shown = [
        c
        for c in map(chr, range(sys.maxunicode + 1))
        if c != " " and unicodedata.category(c) in refused and escape(c) == c
    ]
    assert shown == []


@pytest.mark.parametrize("text", ["src/a.py", "it's", "Grüße/日本語.md", "a b", "C:\\dir", "100%", "a=b~c", ""])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert escape(text) == escape(text.encode()) == text


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"a\x1b[31mb", "a\\x1b[31mb"),
        (b"a\nb", "a\\x0ab"),
        (b"\xff.py", "\\xff.py"),
        (b"\xc2\x85", "\\u0085"),
        (b"\x85", "\\x85"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("a\\b\x07", "a\\\\b\\x07"),
        ("a\\x1b", "a\\\\x1b"),
    ],
)
def test_escapes_say_which_byte_or_character_it_was(data: bytes | str, shown: str) -> None:
    assert escape(data) == shown


def test_every_byte_that_is_not_utf8_is_shown_as_itself() -> None:
    assert [escape(bytes([byte])) for byte in range(0x80, 0x100)] == [f"\\x{byte:02x}" for byte in range(0x80, 0x100)]


def test_long_text_is_cut_at_the_limit_of_what_is_shown() -> None:
    assert escape("a" * limits.SHOWN_CHARACTERS) == "a" * limits.SHOWN_CHARACTERS
    assert escape("a" * 10_000_000) == "a" * (limits.SHOWN_CHARACTERS - 1) + ELLIPSIS
    assert escape(b"\x1b" * 10_000, 10) == "\\x1b\\x1b" + ELLIPSIS
    assert escape("𝕏".encode() * 10_000, 3) == "𝕏𝕏" + ELLIPSIS


# -- shell words


@given(any_text | any_bytes)
def test_a_quoted_word_is_one_safe_line_that_escape_leaves_alone(data: bytes | str) -> None:
    word = quote_shell(data)
    assert is_safe(word)
    assert escape(word, 100_000) == word


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"src/a.py", "src/a.py"),
        (b"", "''"),
        (b"a b", "'a b'"),
        (b"it's", "'it'\\''s'"),
        (b"$(touch x)", "'$(touch x)'"),
        ("Grüße.md", "'Grüße.md'"),
        (b"a\x1b[31m.py", "\"$(printf %b 'a\\0033[31m.py')\""),
        (b"100%\t!", "\"$(printf %b '100%\\0011\\0041')\""),
        (b"a\n", "\"$(printf %b 'a')${IFS#??}\""),
    ],
)
def test_the_quoted_form_is_the_simplest_that_works(data: bytes | str, word: str) -> None:
    assert quote_shell(data) == word


def generated_names(count: int) -> list[bytes]:
    """Byte strings without NUL, rich in what shells and printf treat specially."""
    chance = random.Random(20)
    pieces = [bytes([code]) for code in range(1, 256)]
    pieces += [c.encode() for c in "é中\u202e\u2028😀"] + [
        b"\\0",
        b"\\033",
        b"\\x",
        b"%s",
        b"%%",
        b"$(",
        b"${IFS}",
        b"\\c",
        b"\n",
        b"'",
        b"-",
    ] * 8
    return [b"".join(chance.choices(pieces, k=chance.randrange(12))) for _ in range(count)]


def read_back(shell: str, words: list[str]) -> list[bytes]:
    """Return the arguments that a shell makes of `words`."""
    script = "printf '%s\\0' " + " ".join(words)
    ran = subprocess.run([shell, "-c", script.encode()], check=True, capture_output=True)
    assert ran.stderr == b""
    return ran.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_a_shell_reads_a_quoted_word_as_exactly_the_same_bytes(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} on this machine")
    names = generated_names(1500) + [bytes([code]) for code in range(1, 256)]
    assert read_back(shell, [quote_shell(name) for name in names]) == names


def test_the_shell_test_catches_a_quoting_that_forgets_the_newline_at_the_end() -> None:
    def forgetful(name: bytes) -> str:
        return quote_shell(name).replace("${IFS#??}", "")

    names = generated_names(1500)
    assert read_back("sh", [forgetful(name) for name in names]) != names
