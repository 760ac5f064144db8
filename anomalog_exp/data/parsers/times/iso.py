"""ISO 8601 and what logs make of it: a space for the T, a comma for the point, any number of digits.

`2024-05-06T07:08:09.123Z`, `2024-05-06 07:08:09,123`, `20240506T070809+0200`, `2024-05-06`. A time
without a zone is UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.times.parts import PartsFormat

if TYPE_CHECKING:
    import polars as pl

__all__ = ["IsoFormat"]

_ZONE: Final = r" ?(?P<z>Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)(?: ?UTC)?| ?UTC"
_DAY: Final = "(?P<Y>[0-9]{4})-?(?P<m>[0-9]{2})-?(?P<d>[0-9]{2})"
_CLOCK: Final = (
    "(?P<H>[01][0-9]|2[0-3]):?(?P<M>[0-5][0-9])(?::?(?P<S>[0-5][0-9])(?:[.,](?P<f>[0-9]+))?)?"
)
_SECONDS: Final = len("2024-05-06T07:08:09")
_END: Final = "^(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
"""What is quick behind the seconds."""

_FORMS: Final = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")


class IsoFormat(PartsFormat):
    """Reads times of ISO 8601."""

    def __init__(self) -> None:
        super().__init__(f"{_DAY}(?:[T ]{_CLOCK}(?:{_ZONE})?)?", None)

    def _quick(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        begin, end = texts.str.head(_SECONDS), texts.str.slice(_SECONDS)
        read = [begin.str.to_datetime(form, strict=False, time_unit="ms") for form in _FORMS]
        time = pl.select(pl.coalesce(read)).to_series().cast(pl.Int64)
        digits = end.str.extract("^[.,]([0-9]{1,3})").str.pad_end(3, "0")
        time += digits.cast(pl.Int64).fill_null(0)
        if end.str.contains("[+-]").any():
            time -= _offsets(end)
        return pl.select(pl.when(end.str.contains(_END)).then(time)).to_series()


def _offsets(ends: pl.Series) -> pl.Series:
    """(lines,) milliseconds that the zone at the end is ahead of UTC; a log has few zones."""
    import polars as pl

    zones = ends.str.extract("([+-][0-9]{2}:?[0-9]{2})$")
    distinct = zones.drop_nulls().unique()
    minutes = [int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[-2:])) for zone in distinct]
    return zones.replace_strict(
        distinct,
        pl.Series([60_000 * one for one in minutes], dtype=pl.Int64),
        default=0,
        return_dtype=pl.Int64,
    )
