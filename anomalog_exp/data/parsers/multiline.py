"""Records that span lines, as a config describes them: what begins one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Options

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Multiline"]


class Multiline(Options):
    """How lines are joined to records: a stack trace belongs to the line above it."""

    starts_with: str | None = Field(
        description="pattern of lines that begin a record; null: those that the format fits"
    )

    @field_validator("starts_with")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        import polars as pl

        if pattern is None:
            return None
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.ComputeError as error:
            raise ConfigError.of(
                "dataset.structured_parser.multiline.starts_with",
                pattern,
                problem=f"it is no pattern: {' '.join(str(error).split())}",
                allowed="a Rust regular expression (no look-around), matched at the begin of a line",
                fix="mend the pattern, or set it to null",
            ) from error
        return pattern

    def begins_record(self, lines: pl.Series, matched: pl.Series) -> pl.Series:
        """(lines,) Boolean: those that the pattern fits at their begin, else those that match."""
        if self.starts_with is None:
            return matched
        return lines.str.contains(f"^(?:{self.starts_with})")
