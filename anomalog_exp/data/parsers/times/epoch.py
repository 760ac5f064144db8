"""Times as numbers: units since 1970 UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.times.base import TimeFormat

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PER_S", "EpochFormat"]

PER_S: Final = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}
"""Name -> how many of its units a second has."""


class EpochFormat(TimeFormat):
    """Reads numbers of one unit, with or without a fraction."""

    def __init__(self, name: str) -> None:
        self._per_s = PER_S[name]

    def ms(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        number = texts.cast(pl.Float64, strict=False) * (1000 / self._per_s)
        ms = number.cast(pl.Int64, strict=False)
        if self._per_s <= 1000:
            return ms
        # Of whole numbers so long, a float does not hold the last digits.
        whole = texts.cast(pl.Int64, strict=False) // (self._per_s // 1000)
        return pl.select(pl.coalesce(whole, ms)).to_series()
