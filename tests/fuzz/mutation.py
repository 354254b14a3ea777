"""Seeded mutation of real-looking inputs: what a fuzzer does, without the fuzzer, the same inputs in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

MAX_BYTES = 4_096  # of one input; what grows beyond is cut, as size is the limits' own tests' business

_BYTES = b"\x00\x01\t\n\r\x1b !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\x85\xa0\xad\xc2\xe2\xed\xef\xf0\xff"


def mutations(seeds: Sequence[bytes], words: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` inputs made from `seeds`, with `words` put in; the first are the seeds themselves."""
    source = random.Random(seed)
    pool = list(seeds)
    yield from pool[:count]
    for number in range(len(pool), count):
        data = source.choice(pool)
        for _ in range(source.choice((1, 1, 1, 2, 2, 3, 5, 9))):
            data = _change(source, data, pool, words)[:MAX_BYTES]
        if number % 8 == 0:  # some are changed further, so that inputs move away from the seeds
            pool[len(seeds) + source.randrange(64) :] = [data]
        yield data


def _change(source: random.Random, data: bytes, pool: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Put something in at one place, in place of nothing, a little or much."""
    at, end = sorted((source.randrange(len(data) + 1), source.randrange(len(data) + 1)))
    other = source.choice(pool)
    put = source.choice(
        (
            b"",
            bytes((source.choice(_BYTES),)),
            source.choice(words),
            source.choice(words),
            source.randbytes(source.choice((1, 2, 4))),
            data[at:end] * source.choice((1, 1, 2, 30)),
            other[source.randrange(len(other) + 1) :][: source.choice((20, MAX_BYTES))],
        )
    )
    return data[:at] + put + data[source.choice((at, at + 1, at + source.choice((2, 4, 8)), end)) :]
