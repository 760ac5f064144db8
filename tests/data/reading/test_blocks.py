from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalog_exp.data.reading.blocks import block_lines, raw_lines, read_blocks


def reference(data: bytes) -> tuple[list[str], int]:
    """Lines as SEMANTICS words them, and how many hold invalid UTF-8."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    parts = data.split(b"\n")
    if parts[-1] == b"":
        parts.pop()
    texts = [part.decode(errors="backslashreplace").removesuffix("\r") for part in parts]
    texts = [re.sub("\x1b\\[[0-9;:]*[mK]", "", text) for text in texts]
    invalid = 0
    for part in parts:
        try:
            part.decode()
        except UnicodeDecodeError:
            invalid += 1
    return texts, invalid


def read(path, block_bytes) -> tuple[list[str], int]:
    texts, invalid = [], 0
    for block in read_blocks([path], block_bytes):
        lines, wrong = block_lines(block.data)
        texts += lines.to_list()
        invalid += wrong
    return texts, invalid


PIECES = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"\r",
        b"\x1b[0m",
        b"\x1b[",
        b"\x00",
        b"\xf7",
        b"\xef\xbb\xbf",
        b"a",
        b'"',
        b"x",
        b"^",
        b"\x1f",
        b"\x8b",
        b"\xc3\xa9",
        b"\x0b",
        b"\x85",
        b" ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(data=st.lists(PIECES, max_size=40).map(b"".join), block_bytes=st.integers(1, 50))
def test_any_bytes_in_blocks_of_any_size_give_the_lines_of_the_rules(
    tmp_path_factory, data, block_bytes
):
    path = tmp_path_factory.mktemp("lines") / "any.log"
    path.write_bytes(data)
    assert read(path, block_bytes) == reference(data)


@pytest.mark.parametrize(
    ("data", "lines", "invalid"),
    [
        (b"", [], 0),
        (b"\n", [""], 0),
        (b"a", ["a"], 0),
        (b"a\n\nb\n", ["a", "", "b"], 0),
        (b"a\r\nb\rc\n", ["a", "b\rc"], 0),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", ["a", "\ufeffb"], 0),
        (b"ok\nbad \xf7\n", ["ok", "bad \\xf7"], 1),
        (b"\x1b[01;31m\x1b[KERROR\x1b[0m a\x1b[2J\x1b[m\n", ["ERROR a\x1b[2J"], 0),
        # What polars would take for compressed text.
        (b"x^2\nx\x01\n", ["x^2", "x\x01"], 0),
        (b"\x1f\x8bq", ["\x1f\\x8bq"], 1),
        (b"nul\x00 vt\x0b nel\xc2\x85 ls\xe2\x80\xa8\n", ["nul\x00 vt\x0b nel\x85 ls\u2028"], 0),
    ],
)
def test_lines_worked_out_by_hand(tmp_path, data, lines, invalid):
    path = tmp_path / "a.log"
    path.write_bytes(data)
    assert read(path, 1 << 20) == (lines, invalid)


def test_a_line_longer_than_many_blocks_stays_whole(tmp_path):
    path = tmp_path / "long.log"
    path.write_bytes(b"x" * 100_000 + b"\ny")
    assert read(path, 1000) == (["x" * 100_000, "y"], 0)


@pytest.mark.parametrize("block_bytes", [1, 7, 1000])
def test_raw_lines_finds_any_line_through_the_index_of_blocks(tmp_path, block_bytes):
    path = tmp_path / "raw.log"
    texts = [f"line {i} \xf7 {'x' * (i % 13)}" for i in range(100)]
    path.write_bytes("\n".join(texts).encode("latin-1"))
    index, first = [], 0
    for block in read_blocks([path], block_bytes):
        index.append((first, block.source, block.offset, block.size))
        first += len(block_lines(block.data)[0])
    found = raw_lines([path], np.array(index), [99, 0, 50, 51, 50, 100])
    expected = {i: texts[i].replace("\xf7", "\\xf7") for i in (0, 50, 51, 99)}
    assert found == expected


@pytest.mark.parametrize("block_bytes", [1, 9, 1000])
@pytest.mark.parametrize("expected", [(0, 3), (2, 5), (7, 10), (9, 100), (5, 6), (12, 20)])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_range_of_lines_is_read_whatever_the_blocks(tmp_path, block_bytes, expected, end):
    path = tmp_path / "range.log"
    texts = [f"line {i} {'x' * (3 * i % 7)}" for i in range(10)]
    path.write_bytes("\n".join(texts).encode() + end)
    blocks = list(read_blocks([path], block_bytes, expected))
    found = [line for block in blocks for line in block_lines(block.data)[0].to_list()]
    assert found == texts[expected[0] : expected[1]]
    whole = path.read_bytes()
    assert all(whole[b.offset : b.offset + len(b.data)] == b.data for b in blocks)
