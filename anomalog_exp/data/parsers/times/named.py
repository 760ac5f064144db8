"""Which time format a config means: a name of one, or a strptime format."""

from __future__ import annotations

from typing import Final

from anomalog_exp.data.parsers.times.any import AnyFormat
from anomalog_exp.data.parsers.times.base import TimeFormat
from anomalog_exp.data.parsers.times.epoch import PER_S, EpochFormat
from anomalog_exp.data.parsers.times.iso import IsoFormat
from anomalog_exp.data.parsers.times.strptime import DIRECTIVES, StrptimeFormat
from anomalog_exp.errors import ConfigError

__all__ = ["TIME_FORMAT", "time_format", "time_format_or_any"]

_KEY: Final = "dataset.structured_parser"
TIME_FORMAT: Final = f"strptime format of Python, iso8601, {', '.join(PER_S)}"
"""What a `time_format` may be, in words."""


def time_format(form: str, year: int | None) -> TimeFormat:
    """The format that `time_format` and `year` of a parser's config mean.

    Raises:
        ConfigError: it is none, or texts without a year are given none.
    """
    if form == "iso8601":
        return IsoFormat()
    if form in PER_S:
        return EpochFormat(form)
    try:
        found = StrptimeFormat(form, year)
    except ValueError as error:
        raise ConfigError.of(
            f"{_KEY}.time_format",
            form,
            problem=str(error),
            allowed=f"iso8601, {', '.join(PER_S)}, or a format with {DIRECTIVES}",
            fix="write the format as for Python's datetime.strptime",
        ) from error
    if not found.has_year and year is None:
        raise ConfigError.of(
            f"{_KEY}.year",
            None,
            problem=f"the time format {form!r} has no year",
            allowed="a year, or a time format with %Y or %y",
            fix=f"add {_KEY}.year=2024, the year in which the log was written",
        )
    return found


def time_format_or_any(form: str | None, year: int | None) -> TimeFormat:
    """The same, where null stands for any form that can be told by its look."""
    return AnyFormat() if form is None else time_format(form, year)
