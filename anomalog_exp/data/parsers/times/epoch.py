"""Times as numbers: units since 1970 UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.times.base import TimeFormat

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PER_MS", "EpochFormat"]

PER_MS: Final = {"epoch_s": 1e-3, "epoch_ms": 1.0, "epoch_us": 1e3, "epoch_ns": 1e6}
"""Name -> how many of its units a millisecond has."""


class EpochFormat(TimeFormat):
    """Reads numbers of one unit, with or without a fraction."""

    def __init__(self, name: str) -> None:
        self._per_ms = PER_MS[name]

    def ms(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        number = texts.cast(pl.Float64, strict=False)
        number = number * 1000 if self._per_ms < 1 else number / self._per_ms
        return number.cast(pl.Int64, strict=False)
