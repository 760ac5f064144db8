"""Some lines of a log as one parser reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.base import Parser, ParserConfig, field_column
from anomalog_exp.data.reading.parse_lines import parse_lines
from anomalog_exp.data.reading.records import Records, records_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LEARNS_FROM", "PLAUSIBLE_MS", "Reading", "read"]

PLAUSIBLE_MS: Final = (631_152_000_000, 4_102_444_800_000)
"""From 1990 up to 2100: any number is a time of 1970."""

LEARNS_FROM: Final = 1000
_MOST_FIELDS: Final = 60


@dataclass(frozen=True)
class Reading:
    """Some lines as a parser reads them.

    Attributes:
        config: Of the parser.
        parser: It has seen the lines.
        lines: (lines,) String, without empty ones and headers.
        frame: (lines,) what it gives.
        records: Which lines begin a record, and which continue one; None where every line is one.
    """

    config: ParserConfig
    parser: Parser
    lines: pl.Series
    frame: pl.DataFrame
    records: Records | None

    @property
    def matched(self) -> pl.Series:
        """(lines,) Boolean: those that match, and begin a record."""
        found = self.frame["message"].is_not_null()
        return found if self.records is None else found & self.records.begins

    @property
    def rows(self) -> pl.DataFrame:
        """(records,) what the parser gives of the lines that match."""
        return self.frame.filter(self.matched)

    @property
    def timed(self) -> int:
        """How many records have a time that a log may have."""
        return int(self.rows["time_ms"].is_between(*PLAUSIBLE_MS).sum())

    @property
    def told(self) -> float:
        """How many things a record tells besides its message, the mean.

        They are its time, level, entity and label, and fields that are not the same on every line.
        """
        rows = self.rows
        known = sum(rows[name].count() for name in ("time_ms", "level", "entity", "label"))
        for name in self.parser.carried:
            values = rows[field_column(name)]
            if values.n_unique() > 1:
                known += values.count()
        return float(known / len(rows))


def read(config: ParserConfig, lines: pl.Series, learns_from: pl.Series | None = None) -> Reading:
    """The lines as a parser reads them that has seen them, with its fields.

    Args:
        config: Of the parser.
        lines: (lines,) String.
        learns_from: Those that it has seen; None: the first of the lines.

    Raises:
        ConfigError: the parser cannot be used on them.
    """
    parser = config.build_parser()
    if len(lines):
        parser.learn(lines.head(LEARNS_FROM) if learns_from is None else learns_from)
    parser.carried = tuple(parser.fields[:_MOST_FIELDS])
    kept = lines.filter(lines.str.len_bytes() > 0)
    whole = parser.whole_lines(kept)
    if whole is not None:
        kept = whole.texts.filter(~whole.parts & (whole.texts.str.len_bytes() > 0))
    header = parser.is_header(kept)
    if header is not None:
        kept = kept.filter(~header)
    frame = parse_lines(kept, parser)
    matched = frame["message"].is_not_null()
    nothing = matched & ~matched
    return Reading(config, parser, kept, frame, records_of(parser, kept, frame, nothing))
