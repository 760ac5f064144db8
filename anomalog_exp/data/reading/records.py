"""Records of several lines: a line that begins none continues the one before it.

A parser says which lines begin a record; see `Parser.begins_record`. Empty lines belong to no record.
A record ends with its file. Of the lines that continue a record its message holds the first hundred, as
far as they fit into 16 KiB: a configuration printed over 100,000 lines says what it is on the first
ones. The others are counted all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.parsers.checked import broken_parser
from anomalog_exp.data.reading.blocks import RecordBegin, block_lines
from anomalog_exp.data.reading.parse_lines import parse_lines

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Records", "last_record", "record_begin", "records_of"]

_MOST_LINES: Final = 100
_MOST_BYTES: Final = 1 << 14
_GLANCE_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class Records:
    """Which lines of a block begin records.

    Attributes:
        begins: (lines,) Boolean.
        continuing: (lines,) Boolean, those that are not empty and continue a record of this block.
        before: (lines,) Boolean, those that are not empty and stand before its first record.
    """

    begins: pl.Series
    continuing: pl.Series
    before: pl.Series

    def messages(self, heads: pl.Series, lines: pl.Series) -> tuple[pl.Series, int]:
        """Messages with the lines that continue them.

        Args:
            heads: (records,) the messages of first lines; null where a line does not match.
            lines: (lines,) of the block.

        Returns:
            (records,) String, null where `heads` is; and how many lines were left out as too many.
        """
        import polars as pl

        place = self.continuing.arg_true().to_numpy()
        record = np.cumsum(self.begins.to_numpy())[place] - 1
        texts = lines.gather(place)
        kept = _first_ones(record, texts.str.len_bytes().to_numpy())
        joined = (
            pl.DataFrame({"record": record[kept], "text": texts.filter(kept)})
            .group_by("record", maintain_order=True)
            .agg(pl.col("text").str.join("\n"))
        )
        rest = np.full(len(heads), -1, dtype=np.int64)
        rest[joined["record"].to_numpy()] = np.arange(len(joined))
        behind = joined["text"].gather(pl.Series(rest).replace(-1, None))
        whole = pl.select(
            pl.when(heads.is_null() | behind.is_null())
            .then(heads)
            .when(heads == "")
            .then(behind)
            .otherwise(heads + "\n" + behind)
        ).to_series()
        return whole, int(np.count_nonzero(~kept))


def records_of(
    parser: Parser, lines: pl.Series, frame: pl.DataFrame, empty: pl.Series
) -> Records | None:
    """Where records begin; None where every line is one.

    Args:
        parser: What the lines were parsed by.
        lines: (lines,) String.
        frame: (lines,) what came of them.
        empty: (lines,) Boolean, those that belong to no record.

    Raises:
        DataError: the parser does not say it of each line.
    """
    matched = frame["message"].is_not_null()
    timed = matched & frame["time_ms"].is_not_null() if parser.timed_lines_begin else None
    if timed is None or not timed.any():
        begins = _asked(parser, lines, matched)
    elif timed.all():
        begins = timed
    else:
        others = _asked(parser, lines.filter(~timed), matched.filter(~timed))
        begins = None if others is None else timed.scatter((~timed).arg_true(), others)
    if begins is None:
        return None
    begins &= ~empty
    begun = begins.cum_max() if len(begins) else begins
    return Records(begins, begun & ~begins & ~empty, ~begun & ~empty)


def _asked(parser: Parser, lines: pl.Series, matched: pl.Series) -> pl.Series | None:
    """What the parser says of each line, checked."""
    import polars as pl

    begins = parser.begins_record(lines, matched)
    if begins is None:
        return None
    if begins.dtype != pl.Boolean or len(begins) != len(lines) or begins.null_count():
        problem = (
            f"its begins_record() gives {len(begins):,} {begins.dtype} for {len(lines):,} lines"
        )
        raise broken_parser(parser, problem, "true or false for each line, or None for all of them")
    return begins


def record_begin(parser: Parser) -> RecordBegin | None:
    """What finds the begin of a record in some bytes; None where every line is a record."""
    import polars as pl

    none = pl.Series([], dtype=pl.String)
    has_records = parser.begins_record(none, none.is_not_null()) is not None
    if not has_records and not parser.joins_lines:
        return None

    def first(data: bytes) -> int | None:
        lines, _ = block_lines(data)
        number = parser.first_whole(lines)
        if number is not None and has_records:
            found = _first_record(parser, lines[number:])
            number = None if found is None else number + found
        if number is None:
            return None
        # Texts may hold escapes in place of bytes: only the bytes themselves say where a line begins.
        newlines = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
        return int(newlines[number - 1]) + 1 if number else 0

    return first


def last_record(parser: Parser) -> Callable[[bytes], int] | None:
    """What finds where the last record of some lines begins; None where every line is a record.

    It takes whole lines, the first of which begins a record, and gives 0 where no other line does.
    """
    if record_begin(parser) is None:
        return None

    def last(data: bytes) -> int:
        glance = len(data) if parser.joins_lines else _GLANCE_BYTES
        while True:
            place = data.rfind(b"\n", 0, max(len(data) - glance, 0)) + 1
            number = _last_begin(parser, block_lines(data[place:])[0])
            if number or place == 0:
                rest = np.frombuffer(data[place:], dtype=np.uint8)
                newlines = np.flatnonzero(rest == ord("\n"))
                return place + int(newlines[number - 1]) + 1 if number else 0
            glance *= 4

    return last


def _last_begin(parser: Parser, lines: pl.Series) -> int:
    """The place of the last line that begins a record; 0 where none but the first does."""
    records, outside = _records_in(parser, lines)
    places = (~outside if records is None else records.begins).arg_true()
    return int(places[-1]) if len(places) else 0


def _first_record(parser: Parser, lines: pl.Series) -> int | None:
    """The place of the first line that begins a record."""
    records, _ = _records_in(parser, lines)
    return records.begins.arg_max() if records is not None and records.begins.any() else None


def _records_in(parser: Parser, lines: pl.Series) -> tuple[Records | None, pl.Series]:
    """Where records begin, and (lines,) Boolean which lines belong to none, or are parts of others."""
    whole = parser.whole_lines(lines)
    texts = lines if whole is None else whole.texts
    outside = texts.str.len_bytes() == 0
    if whole is not None:
        outside |= whole.parts
    return records_of(parser, texts, parse_lines(texts, parser), outside), outside


def _first_ones(record: NDArray[np.int64], size: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """(lines,) whether each line is among the first of its record that a message holds.

    Args:
        record: (lines,) the record that each line continues, not falling.
        size: (lines,) its bytes.
    """
    first = np.searchsorted(record, record)
    count = np.arange(len(record)) - first + 1
    through = np.cumsum(size, dtype=np.int64)
    bytes_so_far = through - (through[first] - size[first])
    return (count <= _MOST_LINES) & (bytes_so_far <= _MOST_BYTES)
