"""What git tells a pre-push hook is read line by line: from literals, and as the real git writes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import Clock
from support.repo import Repo

from spec_kitty_hooks import limits
from spec_kitty_hooks.git.pushlines import PushLine, PushLines, PushProblem, parse_push_lines

A, B, ZERO = b"a" * 40, b"0b" * 20, b"0" * 40
MAIN = PushLine(local_ref="refs/heads/main", local_oid="a" * 40, remote_ref="refs/heads/main", remote_oid="0b" * 20)
MAIN_LINE = b" ".join((b"refs/heads/main", A, b"refs/heads/main", B))
FOUR = "not four fields: local ref, local id, remote ref, remote id"


def line(local: bytes = b"HEAD", oid: bytes = A, remote: bytes = b"refs/heads/x", old: bytes = B) -> bytes:
    return b" ".join((local, oid, remote, old))


def only(data: bytes, hash_hex: int = 40) -> PushLine:
    found = parse_push_lines(data, hash_hex)
    assert found.problems == ()
    (one,) = found.lines
    return one


def reason(data: bytes, hash_hex: int = 40) -> str:
    found = parse_push_lines(data, hash_hex)
    assert found.lines == ()
    (one,) = found.problems
    assert (one.line, one.raw) == (1, data)
    return one.reason


def test_a_plain_line_has_its_four_fields() -> None:
    assert only(MAIN_LINE + b"\n") == MAIN


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n", b" \n\n"])
def test_a_push_of_nothing_has_no_lines_and_no_problems(data: bytes) -> None:
    assert parse_push_lines(data, 40) == PushLines()


@pytest.mark.parametrize("data", [MAIN_LINE, MAIN_LINE + b"\r\n", b"\n" + MAIN_LINE + b"\n\n"])
def test_line_ends_that_hook_managers_change_make_no_difference(data: bytes) -> None:
    assert only(data) == MAIN


@pytest.mark.parametrize("local", [b"HEAD~0", b"HEAD^{/two words}", b"HEAD^{/a  b c}", b" x", b"(delete)"])
def test_a_local_ref_is_kept_as_typed_though_it_has_spaces(local: bytes) -> None:
    assert only(line(local)) == PushLine(
        local_ref=local.decode(), local_oid="a" * 40, remote_ref="refs/heads/x", remote_oid="0b" * 20
    )


@pytest.mark.parametrize("zeros", [40, 41, 64, 128])
@pytest.mark.parametrize("hash_hex", [40, 64])
def test_zeros_of_any_hash_mean_no_object(zeros: int, hash_hex: int) -> None:
    known = b"a" * hash_hex
    gone = only(line(b"(delete)", b"0" * zeros, old=known), hash_hex)
    assert (gone.local_oid, gone.remote_oid) == ("", known.decode())
    new = only(line(oid=known, old=b"0" * zeros), hash_hex)
    assert (new.local_oid, new.remote_oid) == (known.decode(), "")


@pytest.mark.parametrize(
    "oid", [b"", b"0", b"0" * 39, b"a" * 39, b"a" * 41, b"a" * 64, b"A" * 40, b"g" * 40, b"\xff" * 40]
)
def test_an_id_of_another_shape_is_a_problem(oid: bytes) -> None:
    said = "the {} id is neither 40 hexadecimal digits nor zeros"
    assert reason(line(oid=oid)) == said.format("local")
    assert reason(line(old=oid)) == said.format("remote")


def test_a_sha1_id_is_a_problem_in_a_sha256_repository() -> None:
    assert reason(line(), 64) == "the local id is neither 64 hexadecimal digits nor zeros"


@pytest.mark.parametrize(
    "data", [b"x", b"\0", b"a b c", MAIN_LINE.partition(b" ")[2], b" " + MAIN_LINE.partition(b" ")[2]]
)
def test_a_line_of_fewer_fields_is_a_problem(data: bytes) -> None:
    assert reason(data) == FOUR


@pytest.mark.parametrize(
    "remote",
    [b"main", b"-h", b"--output=x", b"@{-1}", b"refs/heads/", b"refs/x", b"refs/heads/a..b", b"refs/heads/\x1b[2J"],
)
def test_a_remote_ref_that_is_no_full_name_is_a_problem(remote: bytes) -> None:
    assert reason(line(remote=remote)) == "the remote ref is no full ref name"


@pytest.mark.parametrize("remote", [b"refs/heads/-h", b"refs/heads/--output=x", b"refs/heads/@", b"refs/for/main"])
def test_a_remote_ref_with_an_odd_name_is_a_ref_all_the_same(remote: bytes) -> None:
    assert only(line(remote=remote)).remote_ref == remote.decode()


def test_bytes_that_are_not_utf_8_come_back() -> None:
    found = only(line(b"refs/heads/\xff", remote=b"refs/heads/\xff\xc2\x80"))
    names = [name.encode("utf-8", "surrogateescape") for name in (found.local_ref, found.remote_ref)]
    assert names == [b"refs/heads/\xff", b"refs/heads/\xff\xc2\x80"]


def test_a_bad_line_hides_no_good_one() -> None:
    found = parse_push_lines(b"\n".join((MAIN_LINE, b"nonsense", b"", b"more", line(remote=b"refs/tags/v1"))), 40)
    assert [one.remote_ref for one in found.lines] == ["refs/heads/main", "refs/tags/v1"]
    assert found.problems == (
        PushProblem(line=2, reason=FOUR, raw=b"nonsense"),
        PushProblem(line=4, reason=FOUR, raw=b"more"),
    )


@pytest.mark.parametrize("beyond", [-1, 0, 1, 1000])
def test_more_refs_than_the_limit_are_not_read_and_not_hidden(beyond: int) -> None:
    found = parse_push_lines((MAIN_LINE + b"\n") * (limits.PUSHED_REFS + beyond), 40)
    assert len(found.lines) == limits.PUSHED_REFS + min(beyond, 0)
    told = [(problem.line, problem.reason) for problem in found.problems]
    assert told == ([(1001, "more than 1000 refs in one push: the rest is not read")] if beyond > 0 else [])


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_line_is_read_up_to_its_limit(beyond: int) -> None:
    data = line(b"x" * (limits.PUSH_LINE_BYTES - len(line(b"")) + beyond))
    if beyond > 0:
        assert reason(data) == "longer than 16384 bytes"
    else:
        assert len(only(data).local_ref) > 16_000


@given(st.lists(st.sampled_from((MAIN_LINE, line(b"(delete)", ZERO), b"x", b"\0 \0 \0 \0", b"", b" \r")) | st.binary()))
def test_every_line_is_read_or_named(pieces: list[bytes]) -> None:
    data = b"\n".join(pieces)
    found = parse_push_lines(data, 40)
    told = len(found.lines) + len(found.problems)
    assert told == sum(bool(piece) and not piece.isspace() for piece in data.split(b"\n"))


@pytest.mark.parametrize("format_", ["sha1", "sha256"])
def test_what_git_writes_is_read_in_full(tmp_path: Path, sealed: dict[str, str], clock: Clock, format_: str) -> None:
    remote = Repo.init(tmp_path / "remote", sealed, clock, "--bare", f"--object-format={format_}")
    repo = Repo.init(tmp_path / "repo", sealed, clock, f"--object-format={format_}")
    seen = tmp_path / "seen"
    repo.write(".git/hooks/pre-push", f"#!/bin/sh\ncat >>'{seen}'\n", executable=True)
    hash_hex = len(old := repo.commit("two words", allow_empty=True))

    def push(*refspecs: str) -> set[PushLine]:
        seen.write_bytes(b"")
        repo.git("push", "-q", remote.path, *refspecs)
        found = parse_push_lines(seen.read_bytes(), hash_hex)
        assert found.problems == ()
        return set(found.lines)

    def pushed(local_ref: str, local_oid: str, remote_ref: str, remote_oid: str) -> PushLine:
        return PushLine(local_ref=local_ref, local_oid=local_oid, remote_ref=remote_ref, remote_oid=remote_oid)

    assert push("main", "HEAD^{/two w}:refs/heads/b", "HEAD~0:refs/tags/c") == {
        pushed("refs/heads/main", old, "refs/heads/main", ""),
        pushed("HEAD^{/two w}", old, "refs/heads/b", ""),
        pushed("HEAD~0", old, "refs/tags/c", ""),
    }
    assert push("main") == set()
    new = repo.commit("three", allow_empty=True)
    assert push("main", ":b") == {
        pushed("refs/heads/main", new, "refs/heads/main", old),
        pushed("(delete)", "", "refs/heads/b", old),
    }
