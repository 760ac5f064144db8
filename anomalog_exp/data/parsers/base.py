"""What a parser is: lines in, four columns out, one call per block of lines.

A parser is two files: a module here with a `Config`, and a YAML in conf/dataset/structured_parser.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.options.base import Options

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Parser", "ParserConfig"]


class Parser(ABC):
    """Turns raw lines into columns."""

    labels_events: bool = False
    """The lines themselves say which events are anomalous."""

    reads_times: bool = True
    """Every line is expected to have a time."""

    assumes_year: bool = False
    """Times are read as of the year of the first line; see `anomalog_exp.data.reading.years`."""

    @abstractmethod
    def parse(self, lines: pl.Series) -> pl.DataFrame:
        """Columns of as many rows as there are lines.

        Args:
            lines: Raw lines, strings.

        Returns:
            `time_ms` Int64 (Unix milliseconds UTC, null where there is none), `entity` String (null
            where there is none), `message` String (null where the line does not match) and, if
            `labels_events`, `label` Int8 (0, 1, null).
        """


class ParserConfig(Options):
    """Base of the parsers' configs."""

    reads: ClassVar[Literal["lines", "sessions"]] = "lines"
    """What the files hold, which decides what builds a data set of them."""

    name: str

    def build_parser(self) -> Parser:
        """The parser that this config describes."""
        raise NotImplementedError(f"{type(self).__module__} does not build a parser")

    def raw_files(self, raw: RawFiles) -> list[Path]:
        """The files that are read: what a data set's digest is made of."""
        return [raw.log]
