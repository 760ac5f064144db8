"""What a time format is: texts in, Unix milliseconds UTC out, one call per block of lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TimeFormat"]


class TimeFormat(ABC):
    """Reads times of one form."""

    has_year: bool = True
    """The texts name a year, so that nobody has to."""

    has_date: bool = True
    """The texts name something of a day; else all of them are read as of January 1."""

    @abstractmethod
    def ms(self, texts: pl.Series) -> pl.Series:
        """(lines,) Int64 Unix milliseconds UTC, cut and not rounded; null where a text is no such time.

        Args:
            texts: (lines,) String, with nulls.
        """
