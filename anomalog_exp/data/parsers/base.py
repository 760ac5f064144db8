"""What a parser is: lines in, a few columns out, one call per block of lines.

A parser is two files: a module here with a `Config`, and a YAML in conf/dataset/structured_parser.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple

from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.options.base import Options

if TYPE_CHECKING:
    import polars as pl

__all__ = ["YEAR_ASSUMED", "Parser", "ParserConfig", "WholeLines", "field_column"]

YEAR_ASSUMED: Final = "year_assumed"
"""The column of a parser that `assumes_year` for some of its lines."""


class WholeLines(NamedTuple):
    """Lines of which some are parts of others.

    Attributes:
        texts: (lines,) String, the whole text in place of its first part, and nothing in place of the
            others.
        parts: (lines,) Boolean, those others.
    """

    texts: pl.Series
    parts: pl.Series


class Parser(ABC):
    """Turns raw lines into columns."""

    labels_events: bool = False
    """The lines themselves say which events are anomalous: `label` is among the columns."""

    reads_times: bool = True
    """Every line is expected to have a time: `time_ms` is among the columns."""

    assumes_year: bool = False
    """Times are read as of the year of the first line; see `anomalog_exp.data.reading.years`."""

    assumes_date: bool = False
    """Times name no day: all are read as of January 1, which says nothing."""

    pins_records: bool = False
    """The user says what begins a record: few records of many lines are then no mistake."""

    timed_lines_begin: bool = False
    """A line whose time is read begins a record: `begins_record` is asked of the others alone."""

    may_be_1970: bool = False
    """Times in early 1970 are meant, as of a clock that began at 0, and are no mistaken seconds."""

    fields: tuple[str, ...] = ()
    """Names of what lines hold besides the message and the time, as far as that is known."""

    any_field: bool = False
    """Lines may hold fields of any name: `fields` are those seen so far."""

    has_header: bool = False
    """Each file of a log may name its columns: `other_header` is asked of those behind the first."""

    joins_lines: bool = False
    """Some lines are parts of others: `whole_lines` puts them together."""

    carried: tuple[str, ...] = ()
    """The fields that `parse` gives too, in columns named by `field_column`; set by who needs them."""

    labels: Callable[[pl.Series, pl.DataFrame], pl.Series] | None = None
    """Labels of events that a reader of labels takes from lines and what was parsed: (lines,) Int8."""

    def learn(self, lines: pl.Series) -> None:  # noqa: B027 - most parsers know all they need
        """Take note of the first lines of the log, before any is parsed: a header, names of fields.

        Args:
            lines: (lines,) String, those with which the file begins, at least one.
        """

    def is_header(self, lines: pl.Series) -> pl.Series | None:
        """(lines,) Boolean: the lines that name columns, and are no events; None where none do."""
        return None

    def other_header(self, lines: pl.Series) -> str | None:
        """What names columns where another file begins, if these are not the columns that it knows.

        Args:
            lines: (lines,) String, those with which another file of the log begins, at least one.
        """
        return None

    def whole_lines(self, lines: pl.Series) -> WholeLines | None:
        """Lines that are parts of one put together, before any is parsed; None where none are.

        Args:
            lines: (lines,) String, the first of which is no part of one before it.
        """
        return None

    def first_whole(self, lines: pl.Series) -> int | None:
        """The place of the first line that is no part of one before it; None where that is not known.

        Args:
            lines: (lines,) String, from anywhere in a file.
        """
        return 0

    @abstractmethod
    def parse(self, lines: pl.Series) -> pl.DataFrame:
        """Columns of as many rows as there are lines, in their order.

        A line's row depends on that line alone, so that results do not depend on the blocks. What this
        promises is checked where it enters; see `anomalog_exp.data.parsers.checked`.

        Args:
            lines: (lines,) String, without nulls; any text, empty lines too.

        Returns:
            `message` String, null where the line does not match. Where the lines have them, `entity`
            String and the columns that `anomalog_exp.data.columns` marks as parsed, whole numbers:
            `time_ms`, `label`, `level`. A null or a column left out means that there is none. The
            fields that are `carried`, String, each in the column that `field_column` names. Where the
            times of some lines alone are of an assumed year, `YEAR_ASSUMED` says of which, Boolean.
        """

    def begins_record(self, lines: pl.Series, matched: pl.Series) -> pl.Series | None:
        """Which lines begin a record; the others continue the record before them.

        A record is one event, which may span lines. Its first line is parsed; its message is that of the
        first line and its other lines, each behind a newline.

        Args:
            lines: (lines,) String, as `parse` has got them.
            matched: (lines,) Boolean, those that `parse` gives a message for.

        Returns:
            (lines,) Boolean, which depends on each line alone; None: every line is a record, which is
            what a parser says that does not override this. It is asked with no lines, too.
        """
        return None


def field_column(name: str) -> str:
    """The name of a field's column in a parser's frame, which no other column has."""
    return f"field {name}"


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
        return [one.path for one in raw.inputs]
