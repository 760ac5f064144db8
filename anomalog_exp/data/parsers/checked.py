"""The contract of parsers, checked where a parser's frame enters.

A parser that drops a row would shift every row behind it, and one that gives microseconds would be
wrong by a factor of a thousand without anybody noticing. Both are refused by name. A few impossible
times are damaged lines: they count as rows without a time. The check costs one minimum and one maximum
per column of numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.columns import COLUMNS, Column
from anomalog_exp.data.parsers.base import YEAR_ASSUMED, Parser, field_column
from anomalog_exp.data.parsers.shown import shown_lines
from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["broken_parser", "checked", "refuse_other_shape"]

_NEARLY_ALL: Final = 0.9
_OURS: Final = "anomalog_exp."


def _ms(year: int) -> int:
    return round(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)


_LATEST_MS: Final = _ms(2200)
_SECONDS: Final = (_ms(1990) // 1000, _ms(2100) // 1000)
"""Times of these years in seconds; as milliseconds they are January and February 1970."""

_PER_SECOND: Final = {"seconds": 1, "microseconds": 10**6, "nanoseconds": 10**9}


def checked(
    frame: pl.DataFrame, parser: Parser, lines: int, texts: pl.Series | None = None
) -> pl.DataFrame:
    """What a parser gave for `lines` lines, if it is what `Parser.parse` promises.

    Args:
        frame: What it gave.
        parser: Which one.
        lines: How many lines it was given.
        texts: (lines,) String, the lines themselves, some of which an error then shows.

    Returns:
        `message`, `entity` and every parsed column of the table, each in its dtype. A column that the
        parser does not give is null in every row, and so is a time before 1970 or after 2199. Then
        `YEAR_ASSUMED`, where the parser gives it, and the fields that it carries.

    Raises:
        DataError: a column is missing, of another kind or out of range, rows are missing or too many,
            or nearly all times look like another unit than milliseconds.
    """
    import polars as pl

    refuse_other_shape(frame, parser, lines)
    fields = [field_column(name) for name in parser.carried]
    strings = [_text(frame, name, parser) for name in ("message", "entity", *fields)]
    numbers = [_numbers(frame, column, parser) for column in COLUMNS.values() if column.parsed]
    assumed = [_whether(frame, YEAR_ASSUMED, parser)] if YEAR_ASSUMED in frame.columns else []
    found = pl.DataFrame([*strings[:2], *numbers, *assumed, *strings[2:]])
    return _with_possible_times(found, parser, texts)


def refuse_other_shape(frame: pl.DataFrame, parser: Parser, lines: int) -> None:
    """Make sure that a parser gave a row for each of `lines` lines, and the columns that it must give.

    Raises:
        DataError: it did not.
    """
    import polars as pl

    if not isinstance(frame, pl.DataFrame):
        raise broken_parser(parser, f"it gives a {type(frame).__name__}", "a polars DataFrame")
    if len(frame) != lines:
        problem = f"it gives {len(frame):,} rows for {lines:,} lines"
        raise broken_parser(parser, problem, "one row per line; null where a line does not match")
    needed = ["message"] + ["time_ms"] * parser.reads_times + ["label"] * parser.labels_events
    for name in needed:
        if name not in frame.columns:
            raise broken_parser(parser, f"it gives no column {name!r}", ", ".join(needed))


def broken_parser(parser: Parser, problem: str, allowed: str, shown: str = "") -> DataError:
    """The error that names a parser which does not keep its contract."""
    module = type(parser).__module__
    return DataError.of(
        "dataset.structured_parser",
        module,
        problem=problem,
        allowed=allowed,
        fix=f"mend parse() in {module}; anomalog_exp.data.parsers.base says what it promises"
        + shown,
    )


def _text(frame: pl.DataFrame, name: str, parser: Parser) -> pl.Series:
    import polars as pl

    if name not in frame.columns:
        return pl.Series(name, [None], dtype=pl.String).new_from_index(0, len(frame))
    if frame[name].dtype != pl.String:
        raise broken_parser(parser, f"its column {name!r} is {frame[name].dtype}", "String")
    return frame[name]


def _whether(frame: pl.DataFrame, name: str, parser: Parser) -> pl.Series:
    import polars as pl

    if frame[name].dtype != pl.Boolean:
        raise broken_parser(parser, f"its column {name!r} is {frame[name].dtype}", "Boolean")
    return frame[name].fill_null(value=False)


def _numbers(frame: pl.DataFrame, column: Column, parser: Parser) -> pl.Series:
    import polars as pl

    name, dtype = column.name, column.polars_dtype
    if name not in frame.columns:
        return pl.Series(name, [None], dtype=dtype).new_from_index(0, len(frame))
    numbers = frame[name]
    if not numbers.dtype.is_integer():
        raise broken_parser(parser, f"its column {name!r} is {numbers.dtype}", "whole numbers")
    if column.allowed is not None:
        _check_range(numbers, column.allowed, parser)
    return numbers.cast(dtype, strict=False)


def _check_range(numbers: pl.Series, allowed: tuple[int, int], parser: Parser) -> None:
    extremes = _extremes(numbers)
    if extremes is None or allowed[0] <= extremes[0] <= extremes[1] <= allowed[1]:
        return
    problem = f"its column {numbers.name!r} holds {extremes[0]} to {extremes[1]}"
    raise broken_parser(parser, problem, f"{allowed[0]} to {allowed[1]}, and null")


def _with_possible_times(
    frame: pl.DataFrame, parser: Parser, texts: pl.Series | None
) -> pl.DataFrame:
    """The frame, null where a time cannot be one: a line is damaged, or a counter has run over.

    Raises:
        DataError: so many are impossible, or of 1970, that all are of another unit.
    """
    import polars as pl

    extremes = _extremes(frame["time_ms"])
    if extremes is None or (extremes[0] >= _SECONDS[1] and extremes[1] < _LATEST_MS):
        return frame
    impossible = (pl.col("time_ms") < 0) | (pl.col("time_ms") >= _LATEST_MS)
    odd = impossible if parser.may_be_1970 else impossible | pl.col("time_ms").is_between(*_SECONDS)
    read = pl.col("message").is_not_null() & pl.col("time_ms").is_not_null()
    times = frame.filter(read & odd)["time_ms"]
    if len(times) <= _NEARLY_ALL * frame.select(read.sum()).item():
        return frame.with_columns(time_ms=pl.when(~impossible).then("time_ms"))
    example = int(times[0])
    shown = "" if texts is None else shown_lines(texts.filter(frame.select(read & odd).to_series()))
    units = (unit for unit, per_s in _PER_SECOND.items() if _is_date(example // per_s))
    looks, allowed = next(units, "no known unit"), "Unix milliseconds UTC of the years 1970 to 2199"
    shown = shown and f"; the first such lines are\n{shown}"
    if not type(parser).__module__.startswith(_OURS):
        problem = f"its column 'time_ms' holds {example}, which looks like {looks}"
        raise broken_parser(parser, problem, allowed, shown)
    # A parser of ours reads numbers in the unit that its config says.
    raise DataError.of(
        "dataset.structured_parser",
        type(parser).__module__.rpartition(".")[2],
        problem=f"it reads the time {example}, which as milliseconds is none: it looks like {looks}",
        allowed=allowed,
        fix="set dataset.structured_parser.time_format to the unit of the times, epoch_s, epoch_ms, "
        f"epoch_us or epoch_ns{shown}",
    )


def _extremes(numbers: pl.Series) -> tuple[int, int] | None:
    """The smallest and the largest number, None where there are only nulls."""
    smallest: Any = numbers.min()
    largest: Any = numbers.max()
    return None if smallest is None else (smallest, largest)


def _is_date(seconds: int) -> bool:
    return _SECONDS[0] <= seconds < _SECONDS[1]
