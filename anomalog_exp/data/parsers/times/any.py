"""Times whose form is not known: ISO 8601, or a number whose size tells its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.times.base import TimeFormat
from anomalog_exp.data.parsers.times.iso import IsoFormat

if TYPE_CHECKING:
    import polars as pl

__all__ = ["AnyFormat"]

_UNITS: Final = ((1e11, 1e3), (1e14, 1.0), (1e17, 1e-3))
"""Below which number which unit, as milliseconds: the year 5138 in seconds is 1973 in milliseconds."""

_NANOSECONDS: Final = 1e-6


class AnyFormat(TimeFormat):
    """Reads each text by its own look."""

    def __init__(self) -> None:
        self._iso = IsoFormat()

    def ms(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        number = texts.cast(pl.Float64, strict=False)
        if not number.count():
            return self._iso.ms(texts)
        size = pl.lit(_NANOSECONDS)
        for limit, ms in reversed(_UNITS):
            size = pl.when(number < limit).then(ms).otherwise(size)
        counted = pl.select((number * size).cast(pl.Int64, strict=False)).to_series()
        if number.null_count() == texts.null_count():
            return counted
        return pl.select(pl.coalesce(counted, self._iso.ms(texts))).to_series()
