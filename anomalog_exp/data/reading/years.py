"""The years of times that are written without one.

The config names the year of the first line, and a log may cross New Year. Lines stand nearly in order
of time. So where a time is more than 183 days before that of the line above, a new year has begun.
Where it is more than 330 days after it, the line is a late one of the old year. After a gap of more
than half a year the years may therefore be wrong. A February 29 is no time if the first year has none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_TIME

__all__ = ["YearsPassed"]

_DAY_MS = 86_400_000
_NEW_YEAR = -183 * _DAY_MS
_OLD_YEAR = 330 * _DAY_MS


class YearsPassed:
    """Counts the years that have passed, over the blocks of a log in the order of the file."""

    def __init__(self, last_ms: int | None = None, years: int = 0) -> None:
        """Args:
        last_ms: The time that was read last, as of the first year.
        years: How many have passed so far.
        """
        self._last = last_ms
        self._years = years

    @property
    def so_far(self) -> tuple[int | None, int]:
        """What another one goes on with."""
        return self._last, self._years

    def dated(
        self, time_ms: NDArray[np.int64], assumed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """(rows,) the times of the next rows in their years, from times read as of the first year.

        Args:
            time_ms: (rows,) as they were read.
            assumed: (rows,) those of which the year is assumed, where others name it; None: all.
        """
        timed = np.flatnonzero((time_ms != NO_TIME) & (True if assumed is None else assumed))
        if not len(timed):
            return time_ms
        read = time_ms[timed]
        steps = np.diff(read, prepend=read[0] if self._last is None else self._last)
        turns = (steps < _NEW_YEAR).astype(np.int64) - (steps > _OLD_YEAR)
        years = self._years + np.cumsum(turns)
        # Never before the first year: where the sum fell below 0, that much is added from there on.
        years -= np.minimum(np.minimum.accumulate(years), 0)
        self._years, self._last = int(years[-1]), int(read[-1])
        dated = time_ms.copy()
        dated[timed] = _later(read, years)
        return dated


def _later(time_ms: NDArray[np.int64], years: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same day and time some years later; February 29 becomes March 1 where there is none."""
    month = time_ms.astype("datetime64[ms]").astype("datetime64[M]")
    within = time_ms - month.astype("datetime64[ms]").astype(np.int64)
    return (month + 12 * years).astype("datetime64[ms]").astype(np.int64) + within
