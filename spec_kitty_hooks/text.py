"""Makes outside text safe to show: `escape` for reading, `quote_shell` for pasting into a POSIX shell.

Pure; a name from a repository can hold any byte but NUL, and a terminal obeys what it is shown.
"""

from __future__ import annotations

from spec_kitty_hooks import limits

ELLIPSIS = "…"
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")
#: Characters that `str.isprintable` lets pass though nothing, or only a blank, is seen of them (Unicode's
#: default-ignorable letters and marks, and the braille blank). Controls, bidi, zero width, line separators, tags,
#: surrogates, private and unassigned characters and every space but the plain one it already refuses.
_UNSEEN = (
    ("\u034f", "\u034f"),
    ("\u115f", "\u1160"),
    ("\u17b4", "\u17b5"),
    ("\u180b", "\u180f"),
    ("\u2800", "\u2800"),
    ("\u3164", "\u3164"),
    ("\ufe00", "\ufe0f"),
    ("\uffa0", "\uffa0"),
    ("\U000e0100", "\U000e01ef"),
)


def escape(data: bytes | str, limit: int = limits.SHOWN_CHARACTERS) -> str:
    r"""Return text that a terminal only shows, at most `limit` (at least 1) characters long.

    Plain text stays as it is. Else `\xNN` is one byte (a control character of ASCII or a byte that is not UTF-8, in
    `str` one kept by surrogateescape), `\uNNNN` and `\UNNNNNNNN` are one character, and every backslash is doubled.
    What is shown whole stands for exactly one text; what is too long ends in an ellipsis, never inside an escape.
    """
    # A character has at most four bytes and shows as at least one character: what is cut off here is never shown.
    text = _decode(data[: 4 * limit + 4])[: limit + 1]
    pieces = list(text) if _is_plain(text) else [_escape_one(character) for character in text]
    if sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    room = limit - len(ELLIPSIS)
    kept = 0
    while (room := room - len(pieces[kept])) >= 0:
        kept += 1
    return "".join(pieces[:kept]) + ELLIPSIS


def quote_shell(data: bytes | str) -> str:
    r"""Return one word that a POSIX shell reads as exactly these bytes, on one line; `escape` leaves it as it is.

    A simple name stays bare and other plain text stands in single quotes. The rest becomes `"$(printf %b '...')"`
    with bytes as `\0NNN`, as dash has no `$'...'`; newlines at its end, which `$(...)` drops, come from the default
    IFS (not so in zsh). `data` holds no NUL; a leading `-` is the caller's business.
    """
    text = _decode(data)
    if text and _WORD.issuperset(text):
        return text
    if _is_plain(text):
        return "'" + text.replace("'", "'\\''") + "'"
    body = text.rstrip("\n")
    newlines = "${IFS#??}" * (len(text) - len(body))
    return f"\"$(printf %b '{''.join(map(_octal, body))}'){newlines}\""


def _decode(data: bytes | str) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")


def _is_plain(text: str) -> bool:
    """Tell whether `text` can be shown as it is: every character is seen, and no backslash looks like an escape."""
    return all(map(_is_seen, text)) and not any("\\" + letter in text for letter in "xuU\\")


def _is_seen(character: str) -> bool:
    return character.isprintable() and (
        character.isascii() or not any(low <= character <= high for low, high in _UNSEEN)
    )


def _escape_one(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if _is_seen(character):
        return character
    code = ord(character)
    if "\udc80" <= character <= "\udcff":  # a byte that is not UTF-8, as surrogateescape keeps it
        return f"\\x{code - 0xDC00:02x}"
    if character.isascii():
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if character <= "\uffff" else f"\\U{code:08x}"


def _octal(character: str) -> str:
    """Return a character as it stands in a `printf %b` argument in single quotes; `!` is history in double quotes."""
    if character not in "'\\!" and _is_seen(character):
        return character
    errors = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\0{byte:03o}" for byte in character.encode("utf-8", errors))
