"""Pieces of a log as rows: parsed and masked as a run does it, matched with the templates of a bundle.

A masked message is matched once; the code of each that was seen is kept, 200,000 of them at most. So
that memory does not grow with the entities of a log, categories live as long as a few pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.reading.parsed import (
    ParsedBlock,
    Reading,
    SharedCategories,
    parsed_blocks,
)
from anomalog_exp.data.reading.years import YearsPassed
from anomalog_exp.data.templates.pinning import masker_of
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.following.pieces import Piece

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Batch", "Incoming"]

_MOST_SHAPES: Final = 200_000
_LINE_LENGTH: Final = 2000
_MORE: Final = 4
"""Lines of a record that are shown besides its first."""


@dataclass(frozen=True, eq=False)
class Batch:
    """The rows of a piece.

    Attributes:
        piece: Where they come from.
        first_line: The number of its first line, over all that was read.
        rows: (rows,) the columns `complete.ROWS`.
        entity: (rows,) code of each one's entity, -1 without one.
        categories: What the codes stand for.
        counts: Of lines and rows, by the names of a data set's manifest.
        samples: The first lines that do not match, with their numbers within the piece.
    """

    piece: Piece
    first_line: int
    rows: pl.DataFrame
    entity: NDArray[np.int64]
    categories: pl.Categorical
    counts: Counter[str]
    samples: list[tuple[int, str]]

    @property
    def end_line(self) -> int:
        """The number of the first line behind it."""
        return self.first_line + self.counts["lines_total"]

    def entities(self, codes: NDArray[np.int64]) -> list[str | None]:
        """The texts of entities; None for -1."""
        import polars as pl

        there = codes >= 0
        known = pl.Series(np.where(there, codes, 0).astype(np.uint32))
        if not there.any():
            return [None] * len(codes)
        texts = known.cat.to(self.categories).cast(pl.String).to_list()
        return [text if one else None for text, one in zip(texts, there.tolist(), strict=True)]


class Incoming:
    """Makes rows of pieces.

    Attributes:
        lines: How many were read.
        years: The years that have passed, where times are written without one.
    """

    def __init__(self, parser: Parser, templates: Templates, *, messages: bool) -> None:
        """Args:
        parser: Has seen the first lines of the log.
        templates: Of the bundle.
        messages: Keep the messages, for a detector that reads the values in them.
        """
        self._parser = parser
        self._templates = templates
        self._masker = masker_of(templates.config)
        self._messages = messages
        self._code: dict[str, int] = {}
        self.lines = 0
        self.years = YearsPassed()
        self._in_record: int | None = None

    def batches(self, pieces: Iterable[Piece]) -> Iterator[Batch]:
        """The rows of each piece, in order.

        Raises:
            DataError: the parser does not keep its contract.
        """
        import polars as pl

        categories = SharedCategories(*(pl.Categorical(pl.Categories.random()) for _ in range(2)))
        alive = [pl.Series([""]).cast(category) for category in categories]
        code = np.full(0, -1, dtype=np.int32)
        reading = Reading(
            self._parser,
            self._masker,
            self._templates.config.with_fields,
            keep_messages=self._messages,
            keep_lines=True,
        )
        for part in parsed_blocks(pieces, reading, categories):
            code = self._matched(part.shape, code, categories.shape)
            yield self._batch(part, code[part.shape], categories.entity)
        del alive

    def _batch(
        self, part: ParsedBlock, template: NDArray[np.int32], categories: pl.Categorical
    ) -> Batch:
        import polars as pl

        assert isinstance(part.block, Piece)
        time_ms = part.values["time_ms"]
        if self._parser.assumes_year:
            time_ms = self.years.dated(time_ms, part.year_assumed)
        none = pl.Series([None], dtype=pl.String)
        rows = pl.DataFrame(
            {
                "line": part.row + self.lines,
                "time_ms": time_ms,
                "template": template,
                "level": part.values["level"],
                "text": _raw(part),
                "message": none.new_from_index(0, len(part.row))
                if part.messages is None
                else part.messages,
            }
        )
        counts, samples = Counter(part.counts), list(part.unparsed)
        # What stands before the first record of a piece continues one that did not wait for it.
        if self._in_record == part.block.source:
            counts["lines_continued"] += part.lines_before
            counts["lines_not_in_messages"] += part.lines_before
        else:
            counts["lines_unparsed"] += part.lines_before
            samples += part.before
        if part.has_records:
            self._in_record = part.block.source
        batch = Batch(part.block, self.lines, rows, part.entity, categories, counts, samples)
        self.lines = batch.end_line
        return batch

    def _matched(
        self, shape: NDArray[np.int64], code: NDArray[np.int32], categories: pl.Categorical
    ) -> NDArray[np.int32]:
        """(shapes,) the template of each category, of those in `shape` at least."""
        import polars as pl

        top = int(shape.max(initial=-1)) + 1
        if top > len(code):
            code = np.concatenate((code, np.full(2 * top - len(code), -1, dtype=np.int32)))
        new = np.flatnonzero(np.bincount(shape[code[shape] < 0], minlength=1))
        if not len(new):
            return code
        texts = pl.Series(new.astype(np.uint32)).cat.to(categories).cast(pl.String).to_list()
        unseen = [text for text in texts if text not in self._code]
        if len(self._code) + len(unseen) > _MOST_SHAPES:
            self._code.clear()
            unseen = texts
        codes = self._templates.match_shapes(unseen).tolist()
        self._code.update(zip(unseen, codes, strict=True))
        code[new] = [self._code[text] for text in texts]
        return code


def _raw(part: ParsedBlock) -> pl.Series:
    """(rows,) the raw line of each row, with the first lines that continue it; none of them too long."""
    import polars as pl

    lines = part.lines
    assert lines is not None
    first = lines.gather(part.row).str.head(_LINE_LENGTH)
    if not part.counts["lines_continued"]:
        return first + ""  # texts of their own: not the whole piece is kept
    end = np.append(part.row[1:], len(lines))
    parts = [first]
    for nth in range(1, _MORE + 1):
        place = np.where(part.row + nth < end, part.row + nth, 0)
        there = pl.Series(part.row + nth < end)
        text = lines.gather(place).str.head(_LINE_LENGTH)
        parts.append(
            pl.select(
                pl.when(there & (text != "")).then("\n" + text).otherwise(pl.lit(""))
            ).to_series()
        )
    return pl.select(pl.concat_str(parts)).to_series()
