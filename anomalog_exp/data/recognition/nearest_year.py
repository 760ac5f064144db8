"""The year of times that name none, where other formats of the log do: that nearest to their times."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.recognition.formats import Part
from anomalog_exp.data.recognition.reading import PLAUSIBLE_MS, Reading
from anomalog_exp.data.recognition.recognition import ParserChoice

if TYPE_CHECKING:
    import polars as pl

__all__ = ["with_years"]


def with_years(parts: Sequence[Part]) -> list[ParserChoice]:
    """What reads the formats of a log; without a year of their own they get one by the others' times."""
    readings = [part.reading for part in parts]
    times = [
        _plausible(reading.rows["time_ms"])
        for reading in readings
        if not reading.parser.assumes_year
    ]
    if not any(map(len, times)):
        return [part.choice for part in parts]
    begin, end = (int(bound(np.concatenate(times))) for bound in (np.min, np.max))
    return [
        _with_year(part.choice, reading, begin, end)
        if reading.parser.assumes_year and hasattr(part.choice.config, "year")
        else part.choice
        for part, reading in zip(parts, readings, strict=True)
    ]


def _plausible(times: pl.Series) -> NDArray[np.int64]:
    return times.filter(times.is_between(*PLAUSIBLE_MS)).to_numpy()


def _with_year(choice: ParserChoice, reading: Reading, begin: int, end: int) -> ParserChoice:
    first = int(reading.rows["time_ms"].drop_nulls()[0])
    years = range(_date(begin).year - 1, _date(end).year + 2)
    year = min(years, key=lambda year: _off(_in_year(first, year), begin, end))
    return ParserChoice.of(choice.option, choice.config, choice.keys | {"year": year})


def _off(ms: float, begin: int, end: int) -> float:
    """How far a time is from a span."""
    return max(begin - ms, 0, ms - end)


def _date(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _in_year(ms: int, year: int) -> float:
    """The same day and time of a year; March 1 where it has no February 29."""
    date = _date(ms)
    leaped = (date.month, date.day) == (2, 29) and not isleap(year)
    moved = date.replace(year=year, month=3, day=1) if leaped else date.replace(year=year)
    return moved.timestamp() * 1000
