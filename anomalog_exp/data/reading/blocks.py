"""Raw log lines, read in blocks that end at newlines, with nothing lost.

A line is a run of bytes up to `\\n`. One trailing `\\r` is dropped, every other control character
stays. Line numbers start at 0 and never shift: an empty line has one too. A byte-order mark at the
start of the file is dropped. Bytes that are not UTF-8 are kept as escapes (`\\xf7`) and their lines
counted.

To cut a file into blocks, only a few bytes around each cut are read. The thread that parses a block
reads it, so that threads read side by side. One call of polars splits a block into lines; a block with
invalid bytes is decoded line by line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BLOCK_BYTES", "Block", "block_lines", "raw_lines", "read_blocks"]

BLOCK_BYTES = 6 << 20
"""Bytes read at a time: large enough to feed a core, small enough to hold several at once."""

_BOM = b"\xef\xbb\xbf"
_GLANCE_BYTES = 1 << 16
_DECOMPRESSED_BY_POLARS = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"x\x01", b"x^", b"x\x9c", b"x\xda")
"""The first bytes of gzip, zstd and zlib files. A block of text may begin so too."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        path: The file.
        offset: Byte offset of the first line in it.
        size: Bytes of the lines.
    """

    path: Path
    offset: int
    size: int

    @property
    def end(self) -> int:
        """Byte offset one past its last line."""
        return self.offset + self.size

    @property
    def data(self) -> bytes:
        """The lines with their newlines, read now; only the file's last line may lack one."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


def read_blocks(
    path: Path,
    block_bytes: int = BLOCK_BYTES,
    line_range: tuple[int, int] | None = None,
    size: int | None = None,
) -> Iterator[Block]:
    """The file as blocks of about `block_bytes`; a longer line makes a longer block.

    Args:
        path: The file.
        block_bytes: Bytes read at a time.
        line_range: Only the lines from the first number up to, not including, the second one. Lines
            before them are read and not parsed, lines behind them are not read.
        size: Only so many bytes of the file, which may grow meanwhile; None takes those it has now.
    """
    blocks = _all_blocks(path, block_bytes, size)
    return blocks if line_range is None else _within(blocks, *line_range)


def _within(blocks: Iterator[Block], first: int, end: int) -> Iterator[Block]:
    number = 0
    for block in blocks:
        data = block.data
        # A line may lack its newline only at the file's end, where it needs no cutting.
        borders = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1
        last = number + len(borders) + (not data.endswith(b"\n"))
        if last > first:
            begin = 0 if number >= first else int(borders[first - number - 1])
            stop = block.size if last <= end else int(borders[end - number - 1])
            yield Block(block.path, block.offset + begin, stop - begin)
        number = last
        if number >= end:
            return


def _all_blocks(path: Path, block_bytes: int, size: int | None) -> Iterator[Block]:
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size if size is None else size
        begin = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        while begin < size:
            stop = _line_end(file, begin + block_bytes - 1, size)
            yield Block(path, begin, stop - begin)
            begin = stop


def _line_end(file: BinaryIO, place: int, size: int) -> int:
    """One past the first newline at or after `place`; the file's size where there is none."""
    file.seek(place)
    while piece := file.read(_GLANCE_BYTES):
        newline = piece.find(b"\n")
        if newline >= 0:
            return min(place + newline + 1, size)
        place += len(piece)
    return size


def block_lines(data: bytes) -> tuple[pl.Series, int]:
    """The lines of a block as strings, and how many of them held invalid UTF-8."""
    import polars as pl

    try:
        if data.startswith(_DECOMPRESSED_BY_POLARS):
            return pl.read_lines(b"\n" + data).to_series()[1:], 0
        return pl.read_lines(data).to_series(), 0
    except pl.exceptions.ComputeError:
        return _escaped_lines(data)


def _escaped_lines(data: bytes) -> tuple[pl.Series, int]:
    import polars as pl

    invalid = 0
    texts: list[str] = []
    for line in data.removesuffix(b"\n").split(b"\n"):
        try:
            text = line.decode()
        except UnicodeDecodeError:
            invalid += 1
            text = line.decode(errors="backslashreplace")
        texts.append(text.removesuffix("\r"))
    return pl.Series("line", texts, dtype=pl.String), invalid


def raw_lines(path: Path, index: NDArray[np.int64], numbers: Iterable[int]) -> dict[int, str]:
    """The text of some lines of a file; only the blocks that hold them are read.

    Args:
        path: The log.
        index: (blocks, 2) int64, first line number and byte offset of each block.
        numbers: Zero-based line numbers.

    Returns:
        Line number -> text; numbers beyond the file are left out.
    """
    distinct = np.unique(np.fromiter(numbers, dtype=np.int64))
    texts: dict[int, str] = {}
    holders = np.searchsorted(index[:, 0], distinct, side="right") - 1
    borders = np.append(index[:, 1], path.stat().st_size)
    for holder in np.unique(holders):
        block = Block(path, int(borders[holder]), int(borders[holder + 1] - borders[holder]))
        lines, _ = block_lines(block.data)
        for number in distinct[holders == holder]:
            within = int(number - index[holder, 0])
            if within < len(lines):
                texts[int(number)] = lines[within]
    return texts
