"""Raw log lines, read in blocks that end at newlines, with nothing lost.

A line is a run of bytes up to `\\n`. One trailing `\\r` is dropped, and so are the codes that colour a
line on a terminal (SGR of ECMA-48, and "erase to the end of the line", which stands beside them): ERROR
in red is the same word. Every other control character stays. Line numbers start at 0 and never shift:
an empty line has one too. They run on from file to file. A byte-order mark at the start of a file is
dropped. Bytes that are not UTF-8 are kept as escapes (`\\xf7`) and their lines counted.

To cut a file into blocks, only a few bytes around each cut are read. The thread that parses a block
reads it, so that threads read side by side. One call of polars splits a block into lines; a block with
invalid bytes is decoded line by line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BLOCK_BYTES", "INDEX", "Block", "block_lines", "raw_lines", "read_blocks"]

BLOCK_BYTES = 6 << 20
"""Bytes read at a time: large enough to feed a core, small enough to hold several at once."""

INDEX = ("line", "source", "offset", "size")
"""Columns of the index of blocks: number of the first line, input, and where in it."""

RecordBegin = Callable[[bytes], int | None]
"""Where in these bytes, which begin with a line, a record begins first; None where none does."""

_CODES = r"\x1b\[[0-9;:]*[mK]"
_CODE_BEGIN = b"\x1b["

_BOM = b"\xef\xbb\xbf"
_GLANCE_BYTES = 1 << 16
_MOST_AHEAD = 1 << 24
"""A record that goes on for more bytes is cut, so that a block fits into memory."""

_DECOMPRESSED_BY_POLARS = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"x\x01", b"x^", b"x\x9c", b"x\xda")
"""The first bytes of gzip, zstd and zlib files. A block of text may begin so too."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        path: The file.
        offset: Byte offset of the first line in it.
        size: Bytes of the lines.
        source: Which of the inputs the file is, from 0.
        lines_before: How many lines of the file stand before a range of lines that begins here.
    """

    path: Path
    offset: int
    size: int
    source: int = 0
    lines_before: int = 0

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
    paths: Sequence[Path],
    block_bytes: int = BLOCK_BYTES,
    line_range: tuple[int, int] | None = None,
    sizes: Sequence[int] | None = None,
    record_begin: RecordBegin | None = None,
) -> Iterator[Block]:
    """Files as blocks of about `block_bytes`; a longer line makes a longer block.

    Args:
        paths: The files, one after the other.
        block_bytes: Bytes read at a time.
        line_range: Only the lines from the first number up to, not including, the second one. Lines
            before them are read and not parsed, lines behind them are not read.
        sizes: Only so many bytes of each file, which may grow meanwhile; None: those they have now.
        record_begin: Blocks begin where this says that a record begins, as far as that is near.
    """
    blocks = (
        replace(block, source=source)
        for source, path in enumerate(paths)
        for size in [None if sizes is None else sizes[source]]
        for block in _blocks_of(path, block_bytes, size, record_begin)
    )
    return blocks if line_range is None else _within(blocks, *line_range)


def _within(blocks: Iterator[Block], first: int, end: int) -> Iterator[Block]:
    number, source, file_begin = 0, 0, 0
    for block in blocks:
        if block.source != source:
            source, file_begin = block.source, number
        data = block.data
        # A line may lack its newline only at a file's end, where it needs no cutting.
        borders = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1
        last = number + len(borders) + (not data.endswith(b"\n"))
        if last > first:
            skipped = max(0, first - number)
            begin = int(borders[skipped - 1]) if skipped else 0
            stop = block.size if last <= end else int(borders[end - number - 1])
            before = number + skipped - file_begin
            yield Block(block.path, block.offset + begin, stop - begin, source, before)
        number = last
        if number >= end:
            return


def _blocks_of(
    path: Path, block_bytes: int, size: int | None, record_begin: RecordBegin | None
) -> Iterator[Block]:
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size if size is None else size
        begin = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        while begin < size:
            stop = _line_end(file, begin + block_bytes - 1, size)
            if record_begin is not None:
                stop = _record_end(file, stop, size, record_begin)
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


def _record_end(file: BinaryIO, place: int, size: int, record_begin: RecordBegin) -> int:
    """Where the next record begins, at or after the line that begins at `place`, or the file ends.

    Where that is too far away, it is the first line beyond `_MOST_AHEAD`.
    """
    furthest, glance = place + _MOST_AHEAD, _GLANCE_BYTES
    while place < min(size, furthest):
        stop = _line_end(file, place + glance - 1, size)
        file.seek(place)
        found = record_begin(file.read(stop - place))
        if found is not None:
            return place + found
        place, glance = stop, 2 * glance
    return place


def block_lines(data: bytes) -> tuple[pl.Series, int]:
    """The lines of a block as strings, without colours, and how many of them held invalid UTF-8."""
    lines, invalid = _lines(data)
    return (lines.str.replace_all(_CODES, "") if _CODE_BEGIN in data else lines), invalid


def _lines(data: bytes) -> tuple[pl.Series, int]:
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


def raw_lines(
    paths: Sequence[Path], index: NDArray[np.int64], numbers: Iterable[int]
) -> dict[int, str]:
    """The text of some lines; only the blocks that hold them are read.

    Args:
        paths: The inputs.
        index: (blocks, 4) int64, its columns are `INDEX`.
        numbers: Zero-based line numbers.

    Returns:
        Line number -> text; numbers of lines that were not read are left out.
    """
    distinct = np.unique(np.fromiter(numbers, dtype=np.int64))
    texts: dict[int, str] = {}
    holders = np.searchsorted(index[:, 0], distinct, side="right") - 1
    for holder in np.unique(holders[holders >= 0]):
        first, source, offset, size = index[holder].tolist()
        lines, _ = block_lines(Block(paths[source], offset, size).data)
        for number in distinct[holders == holder].tolist():
            if number - first < len(lines):
                texts[number] = lines[number - first]
    return texts
