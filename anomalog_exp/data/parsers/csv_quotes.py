"""Quoted fields of tables that go on over several lines.

Whether a line stands inside quotes depends on all lines before it, and one stray quote would swallow the
rest of the file. So a line that is a record by itself ends what is open: it has all fields and, where
the table has a time, a readable one. What is left depends on the lines since the last such one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from anomalog_exp.data.parsers.base import WholeLines

if TYPE_CHECKING:
    import polars as pl

__all__ = ["QuotedLines"]


class QuotedLines:
    """Tells which lines a quoted field spans, for one separator."""

    def __init__(self, separator: str) -> None:
        mark = re.escape(separator)
        inside = '(?:[^"]|"")*'
        fields = rf'(?:(?:"{inside}"|[^"{mark}][^{mark}]*)?{mark})*'
        self._opens = rf'^{fields}"{inside}$'
        self._closes = rf'^{inside}"(?:{mark}{fields}(?:"{inside}"|[^"{mark}][^{mark}]*)?)?$'

    def opens(self, lines: pl.Series) -> pl.Series:
        """(lines,) Boolean: those that begin outside quotes and end inside."""
        return _match(lines, self._opens)

    def closes(self, lines: pl.Series) -> pl.Series:
        """(lines,) Boolean: those that may begin inside quotes and end outside."""
        return _match(lines, self._closes)

    def joined(self, lines: pl.Series, opening: pl.Series, whole: pl.Series) -> WholeLines:
        """The lines of each open field put together.

        Args:
            lines: (lines,) String.
            opening: (lines,) Boolean, those that begin a record whose last field goes on.
            whole: (lines,) Boolean, those that are a record by themselves.
        """
        import polars as pl

        # Each line opens, closes, or leaves things as they are: what counts is the last that did either.
        opens = opening.to_numpy()
        decides = opens | (whole | self.closes(lines)).to_numpy()
        last = np.maximum.accumulate(np.where(decides, np.arange(len(lines)), -1))
        before = np.concatenate(([-1], last[:-1]))
        parts = np.append(opens, False)[before] & ~opens & ~whole.to_numpy()
        record = np.cumsum(~parts) - 1
        joined = (
            pl.DataFrame({"record": record, "text": lines})
            .group_by("record", maintain_order=True)
            .agg(pl.col("text").str.join("\n"))["text"]
        )
        part = pl.Series(parts)
        texts = pl.select(pl.when(~part).then(joined.gather(record)).otherwise(pl.lit("")))
        return WholeLines(texts.to_series(), part)


def _match(lines: pl.Series, pattern: str) -> pl.Series:
    """(lines,) Boolean; only lines with a quote can."""
    found = lines.str.contains('"', literal=True)
    return found.scatter(found.arg_true(), lines.filter(found).str.contains(pattern))
