"""Lines of several formats in one log: a folder with a file for each service, or two programs' output.

Each line is read by the first of some parsers that reads its time; where none does, by the first that
it matches. A line that none of them reads continues the record above it, where one of them joins lines
to records, unless it begins with a time; else it does not match. What a tool has put before all lines,
as `docker compose logs` does, is taken away first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, SerializeAsAny, field_validator, model_validator

from anomalog_exp.data.parsers.base import YEAR_ASSUMED, Parser, ParserConfig, WholeLines
from anomalog_exp.data.parsers.checked import refuse_other_shape
from anomalog_exp.data.parsers.times.shapes import begins_with_time
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.listing import open_option
from anomalog_exp.options.patterns import usable_pattern

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Config", "SeveralParser", "can_be_one_of_several"]

_GROUP: Final = "dataset/structured_parser"
_KEY: Final = "dataset.structured_parser.parsers"
_NO_READER: Final = -1


def can_be_one_of_several(config: ParserConfig) -> bool:
    """Whether a parser reads each line for itself: no table with a header, no lines put together."""
    if config.reads != "lines" or isinstance(config, Config):
        return False
    parser = config.build_parser()
    return not parser.has_header and not parser.joins_lines


def _opened(values: Any) -> Any:
    return tuple(map(_one, values)) if isinstance(values, list | tuple) else values


def _one(value: Any) -> ParserConfig:
    config = open_option(_GROUP, value)
    assert isinstance(config, ParserConfig)
    if not can_be_one_of_several(config):
        raise ConfigError.of(
            _KEY,
            config.name,
            problem="it reads more than one line at a time",
            allowed="parsers that read each line for itself: no tables, no lines in parts, no sessions",
            fix="leave it out, and make a data set of these files alone",
        )
    return config


class Config(ParserConfig):
    """Which parsers read the lines."""

    name: Literal["several"]
    parsers: Annotated[
        tuple[SerializeAsAny[ParserConfig], ...],
        BeforeValidator(_opened),
        Field(min_length=1, description="what reads them, the first choice first"),
    ]
    prefix: str | None = Field(description="pattern of what a tool has put before each line")

    @field_validator("prefix")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        key = "dataset.structured_parser.prefix"
        return usable_pattern(pattern, key, "mend the pattern, or set it to null")

    @model_validator(mode="after")
    def _is_of_several(self) -> Self:
        if len(self.parsers) == 1 and self.prefix is None:
            raise ConfigError.of(
                _KEY,
                self.parsers[0].name,
                problem="there is one parser",
                allowed="two parsers or more, or one behind a `prefix`",
                fix="choose it by itself, as dataset/structured_parser=json",
            )
        return self

    def build_parser(self) -> SeveralParser:
        return SeveralParser(self)


class SeveralParser(Parser):
    """Reads each line by one of its parsers."""

    def __init__(self, config: Config) -> None:
        self._configs = config.parsers
        self._parsers = tuple(one.build_parser() for one in config.parsers)
        self._prefix = config.prefix
        self._has_records = any(map(_joins, self._parsers))
        # Lines are put together of themselves, without what stands before them.
        self.joins_lines = config.prefix is not None
        self.labels_events = any(one.labels_events for one in self._parsers)
        self.reads_times = all(one.reads_times for one in self._parsers)
        self.assumes_year = any(one.assumes_year for one in self._parsers)
        self.assumes_date = all(one.assumes_date for one in self._parsers)
        self.pins_records = any(one.pins_records for one in self._parsers)
        # Where a pattern says what begins a record, a time does not.
        self.timed_lines_begin = not self.pins_records
        self.may_be_1970 = all(one.may_be_1970 for one in self._parsers)
        self.any_field = any(one.any_field for one in self._parsers)
        self.carried = ()

    @property
    def fields(self) -> tuple[str, ...]:  # type: ignore[override]
        names = (name for one in self._parsers for name in one.fields)
        return tuple(dict.fromkeys(names))

    @property
    def carried(self) -> tuple[str, ...]:
        return self._carried

    @carried.setter
    def carried(self, names: tuple[str, ...]) -> None:
        self._carried = names
        for one in self._parsers:
            one.carried = tuple(name for name in names if one.any_field or name in one.fields)

    def whole_lines(self, lines: pl.Series) -> WholeLines | None:
        if self._prefix is None:
            return None
        return WholeLines(self._without_prefix(lines), _series(np.zeros(len(lines), dtype=bool)))

    def _without_prefix(self, lines: pl.Series) -> pl.Series:
        return lines if self._prefix is None else lines.str.replace(f"^(?:{self._prefix})", "")

    def learn(self, lines: pl.Series) -> None:
        lines = self._without_prefix(lines)
        # Each sees its own lines, which others of its kind find.
        read = _read([config.build_parser() for config in self._configs], lines)
        for nth, parser in enumerate(self._parsers):
            own = lines.filter(_series(read.reader == nth))
            if len(own):
                parser.learn(own)

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        return _read(self._parsers, lines).frame

    def begins_record(self, lines: pl.Series, matched: pl.Series) -> pl.Series | None:
        if not self._has_records:
            return None
        read = _read(self._parsers, lines)
        timed = read.frame["time_ms"].is_not_null().to_numpy()
        unread = read.reader == _NO_READER
        # What has a time there is a record of a format that is not in the list.
        begins = ~unread
        begins[unread] = begins_with_time(lines.filter(_series(unread))).to_numpy()
        for nth, parser in enumerate(self._parsers):
            # A pattern of what begins a record may fit a line that no parser reads.
            asked = np.flatnonzero(unread | (read.reader == nth))
            found = parser.begins_record(lines.gather(asked), matched.gather(asked))
            if found is not None:
                own = read.reader[asked] == nth
                sure = timed[asked] if parser.timed_lines_begin else False
                begins[asked] = np.where(
                    own, found.to_numpy() | sure, begins[asked] | found.to_numpy()
                )
        return _series(begins)


class _Read(NamedTuple):
    """Lines as some parsers read them.

    Attributes:
        reader: (lines,) which of the parsers reads each, or `_NO_READER`.
        frame: (lines,) what it gives.
    """

    reader: NDArray[np.int64]
    frame: pl.DataFrame


def _read(parsers: Sequence[Parser], lines: pl.Series) -> _Read:
    """Lines as the first parser reads them that reads their times, or else that they match.

    Raises:
        DataError: a parser does not keep its contract.
    """
    import polars as pl

    reader = np.full(len(lines), _NO_READER)
    left, found = np.arange(len(lines)), []
    for nth, parser in enumerate(parsers):
        frame = parser.parse(lines)
        refuse_other_shape(frame, parser, len(lines))
        if "time_ms" not in frame.columns:
            frame = frame.with_columns(time_ms=pl.lit(None, pl.Int64))
        if any(one.assumes_year for one in parsers):
            frame = frame.with_columns(pl.lit(parser.assumes_year).alias(YEAR_ASSUMED))
        matched = frame["message"].is_not_null()
        timed = matched & frame["time_ms"].is_not_null()
        places = left[matched.to_numpy()]
        reader[places[reader[places] == _NO_READER]] = nth
        reader[left[timed.to_numpy()]] = nth
        found.append((places, frame.filter(matched)))
        left, lines = left[~timed.to_numpy()], lines.filter(~timed)
    rows = [
        (places[own], frame.filter(_series(own)))
        for nth, (places, frame) in enumerate(found)
        for own in [reader[places] == nth]
    ]
    unread = np.flatnonzero(reader == _NO_READER)
    rows.append((unread, pl.DataFrame({"message": [None] * len(unread)}, {"message": pl.String})))
    frame = pl.concat([frame for _, frame in rows], how="diagonal_relaxed")
    return _Read(reader, frame[np.argsort(np.concatenate([places for places, _ in rows]))])


def _series(mask: NDArray[np.bool_]) -> pl.Series:
    import polars as pl

    return pl.Series(mask, dtype=pl.Boolean)


def _joins(parser: Parser) -> bool:
    """Whether a line may continue the record above it."""
    import polars as pl

    none = pl.Series([], dtype=pl.String)
    return parser.begins_record(none, none.is_not_null()) is not None
