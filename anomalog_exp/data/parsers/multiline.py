"""Records that span lines, as a config describes them: what begins one.

A format fits more lines than it means: fields take any text, so that four words of a stack trace fit
`<Date> <Time> <Level> <Content>`. A line whose time is read is a first one. Two things tell of others: a
first line does not begin with white space, and where the format begins with the time, there is a digit
in the words that are the time.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import takewhile
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from anomalog_exp.options.base import Options
from anomalog_exp.options.patterns import usable_pattern

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Multiline", "first_line_pattern"]


class Multiline(Options):
    """How lines are joined to records: a stack trace belongs to the line above it."""

    starts_with: str | None = Field(
        description="pattern of lines that begin a record; null: those that the format fits"
    )

    @field_validator("starts_with")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        return usable_pattern(
            pattern,
            "dataset.structured_parser.multiline.starts_with",
            "mend the pattern, or set it to null",
            how=", matched at the begin of a line",
        )

    def begins_record(self, lines: pl.Series, matched: pl.Series, first_line: str) -> pl.Series:
        """(lines,) Boolean: those that the pattern fits at their begin, else by match and `first_line`.

        Args:
            lines: (lines,) String.
            matched: (lines,) Boolean, those that the format fits.
            first_line: Pattern that all first lines fit; see `first_line_pattern`.
        """
        if self.starts_with is not None:
            return lines.str.contains(f"^(?:{self.starts_with})")
        return matched & lines.str.contains(first_line) if first_line else matched


def first_line_pattern(form: str | None, time_fields: Collection[str]) -> str:
    """What tells the first line of a record besides a format; empty where nothing does.

    Args:
        form: The format; None for a regular expression, which says all by itself.
        time_fields: The fields of the time; empty where none is read.
    """
    if form is None or not form.startswith("<"):
        return ""
    words = len(list(takewhile(time_fields.__contains__, re.findall(r"<(\w+)>", form))))
    return rf"^(?:\S+\s+){{0,{words - 1}}}\S*[0-9]" if words else r"^\S"
