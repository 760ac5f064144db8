"""Blocks of a log as columns: threads read, parse and mask them side by side, results come in order.

Polars releases the interpreter, so threads are enough. Entities and masked messages become codes of
categories that all blocks share; which number a text gets there depends on which thread came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import COLUMNS, NO_ENTITY
from anomalog_exp.data.parsers.base import YEAR_ASSUMED, Parser
from anomalog_exp.data.parsers.times.shapes import holds_time
from anomalog_exp.data.reading.blocks import Block, block_lines
from anomalog_exp.data.reading.in_order import in_order
from anomalog_exp.data.reading.parse_lines import parse_lines
from anomalog_exp.data.reading.prepared import values_of
from anomalog_exp.data.reading.records import records_of
from anomalog_exp.data.templates.event_fields import with_values
from anomalog_exp.data.templates.masked_values import MaskedValues, TakenApart
from anomalog_exp.data.templates.masking import Masker

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "SAMPLES",
    "ParsedBlock",
    "Reading",
    "SharedCategories",
    "parse_block",
    "parsed_blocks",
]

SAMPLES = 20
"""How many lines of a kind are shown, of a block and of a log."""

_SAMPLE_LENGTH = 300


class SharedCategories(NamedTuple):
    """The categories that all blocks share; they live as long as a series of theirs does."""

    entity: pl.Categorical
    shape: pl.Categorical


class Reading(NamedTuple):
    """How blocks become columns.

    Attributes:
        parser: Has seen the first lines of the log.
        masker: Of the template miner.
        with_fields: The fields that make events.
        keep_messages: Messages are wanted.
        keep_lines: Raw lines are wanted.
    """

    parser: Parser
    masker: Masker
    with_fields: Sequence[str] = ()
    keep_messages: bool = False
    keep_lines: bool = False


@dataclass(frozen=True)
class ParsedBlock:
    """One block as columns.

    Attributes:
        block: Where it stands in the file.
        counts: What the manifest counts, by its names there.
        unparsed: Number within the block and text of the first lines that do not match.
        continued: The same of the lines that continue a record of the block.
        before: The same of the lines before its first record, which may continue one of another block.
        lines_before: How many of these there are.
        has_records: Whether a record begins in the block.
        unrowed: Numbers within the block of anomalous lines that make no row.
        row: (rows,) number within the block of each row's line.
        entity: (rows,) code of the shared categories, or `NO_ENTITY`.
        shape: (rows,) code of the shared categories.
        values: (rows,) each, the columns that a parser gives as numbers, by name.
        fields: The values that each field which makes events has in it.
        messages: (rows,) String; None where nobody wants them.
        year_assumed: (rows,) those whose time names no year, where others do; None: all of them or none.
        taken_apart: The same messages, as `MaskedValues` takes them apart; None where nobody wants that.
        lines: (lines,) String, the raw ones; None where nobody wants them.
    """

    block: Block
    counts: dict[str, int]
    unparsed: list[tuple[int, str]]
    continued: list[tuple[int, str]]
    before: list[tuple[int, str]]
    lines_before: int
    has_records: bool
    unrowed: NDArray[np.int64]
    row: NDArray[np.int64]
    entity: NDArray[np.int64]
    shape: NDArray[np.int64]
    values: dict[str, NDArray[Any]]
    fields: dict[str, set[str | None]]
    messages: pl.Series | None
    lines: pl.Series | None
    year_assumed: NDArray[np.bool_] | None = None
    taken_apart: TakenApart | None = None

    def with_taken_apart(self, values: MaskedValues | None) -> ParsedBlock:
        """The block with its messages taken apart, if somebody wants that; it holds them no more."""
        if values is None or self.messages is None:
            return self
        parts = values.take_apart(self.messages, self.shape)
        return replace(self, messages=None, taken_apart=parts)


def parsed_blocks(
    blocks: Iterable[Block],
    reading: Reading,
    categories: SharedCategories,
    values: MaskedValues | None = None,
) -> Iterator[ParsedBlock]:
    """The blocks as columns, in their order.

    Args:
        blocks: Of the log.
        reading: How they become columns.
        categories: What codes stand for.
        values: Takes messages apart.

    Raises:
        DataError: the parser does not keep its contract.
    """
    import polars as pl

    # One more than cores, which works while others wait for memory or for each other.
    threads = pl.thread_pool_size() + 1
    with ThreadPoolExecutor(threads) as pool:
        yield from in_order(
            pool,
            lambda block: parse_block(block, reading, categories).with_taken_apart(values),
            blocks,
            threads,
        )


def parse_block(block: Block, reading: Reading, categories: SharedCategories) -> ParsedBlock:
    """One block as columns.

    Raises:
        DataError: the parser does not keep its contract.
    """
    import polars as pl

    parser, with_fields = reading.parser, reading.with_fields
    lines, invalid = block_lines(block.data)
    whole = parser.whole_lines(lines)
    texts = lines if whole is None else whole.texts
    frame = parse_lines(texts, parser)
    empty = lines.str.len_bytes() == 0
    if whole is not None:
        empty |= (texts.str.len_bytes() == 0) & ~whole.parts
    header = parser.is_header(texts)
    passed_over = empty if header is None else empty | header
    if whole is not None:
        passed_over |= whole.parts
    matched = frame["message"].is_not_null()
    records = records_of(parser, texts, frame, passed_over)
    matched &= ~passed_over
    missed = ~matched & ~passed_over
    continuing = before = pl.Series(dtype=pl.Boolean)
    left_out = 0
    if records is not None:
        continuing, before = records.continuing, records.before
        matched &= records.begins
        missed &= records.begins
        if continuing.any():
            heads = frame["message"].filter(records.begins)
            messages, left_out = records.messages(heads, texts)
            frame = _with_messages(frame, messages, records.begins)
    if whole is not None:
        parts = whole.parts & ~empty
        continuing = parts if records is None else continuing | parts
    silent = matched & (frame["message"] == "")
    unrowed = silent & (frame["label"] == 1) if silent.any() else silent
    rows = frame.with_row_index("row").filter(matched & ~silent)
    entity = rows["entity"].cast(categories.entity)
    masked, fields = reading.masker.fast(rows["message"]), values_of(rows, with_fields)
    if with_fields:
        masked = with_values(masked, fields)
    shape = masked.cast(categories.shape)
    return ParsedBlock(
        block,
        counts={
            "lines_total": len(lines),
            "lines_empty": int(empty.sum()),
            **({} if header is None else {"lines_header": int((header & ~empty).sum())}),
            "lines_unparsed": int(missed.sum()),
            "lines_continued": int(continuing.sum()),
            "lines_continued_with_time": int(holds_time(lines.filter(continuing)).sum())
            if len(continuing)
            else 0,
            "lines_not_in_messages": left_out,
            "lines_without_message": int(silent.sum()),
            "lines_invalid_utf8": invalid,
            "rows": len(rows),
            "rows_without_time": rows["time_ms"].null_count(),
            "rows_without_entity": entity.null_count(),
            "events_anomalous": int(rows["label"].sum() or 0),
            "events_labelled": rows["label"].count(),
        },
        unparsed=_samples(lines, missed),
        continued=_samples(lines, continuing),
        before=_samples(lines, before),
        lines_before=int(before.sum()),
        has_records=records is not None and bool(records.begins.any()),
        unrowed=unrowed.arg_true().cast(pl.Int64).to_numpy(),
        row=rows["row"].cast(pl.Int64).to_numpy(),
        entity=_filled(entity.to_physical().cast(pl.Int64), NO_ENTITY),
        shape=shape.to_physical().cast(pl.Int64).to_numpy(),
        values={
            name: _filled(rows[name], column.missing)
            for name, column in COLUMNS.items()
            if column.parsed
        },
        fields={name: set(fields[name].unique()) for name in with_fields},
        messages=rows["message"] if reading.keep_messages else None,
        lines=lines if reading.keep_lines else None,
        year_assumed=rows[YEAR_ASSUMED].to_numpy() if YEAR_ASSUMED in rows.columns else None,
    )


def _with_messages(frame: pl.DataFrame, messages: pl.Series, begins: pl.Series) -> pl.DataFrame:
    """The frame with these messages where a record begins."""
    import polars as pl

    record = np.maximum(np.cumsum(begins.to_numpy()) - 1, 0)  # any message before the first record
    return frame.with_columns(
        message=pl.select(pl.when(begins).then(messages.gather(record))).to_series()
    )


def _samples(lines: pl.Series, chosen: pl.Series) -> list[tuple[int, str]]:
    places = chosen.arg_true().head(SAMPLES)
    return [(int(place), lines[place][:_SAMPLE_LENGTH]) for place in places]


def _filled(values: pl.Series, missing: int | None) -> NDArray[Any]:
    return (values.fill_null(missing) if values.null_count() else values).to_numpy()
