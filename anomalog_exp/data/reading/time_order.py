"""Whether times rise with the lines: those that fall back are read wrongly, or several logs are mixed.

The time of a row is compared with that of the row before it in the same file, of those that have one.
A second is nothing: threads write past each other.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.places import Places

__all__ = ["TimeOrder"]

_SECOND_MS: Final = 1000
_HOUR_MS: Final = 3_600_000


class TimeOrder:
    """Counts the times that fall back, and keeps the span of each file, block by block.

    Attributes:
        spans: The smallest and the largest time of each input, by its number.
    """

    def __init__(self) -> None:
        self.spans: dict[int, tuple[int, int]] = {}
        self._last: dict[int, int] = {}
        self._by_second = self._by_hour = self._most_ms = 0
        self._first_line: int | None = None

    def add(self, source: int, line: NDArray[np.int64], time_ms: NDArray[np.int64]) -> None:
        """Take the next rows of an input, all of which have a time."""
        if not len(time_ms):
            return
        low, high = int(time_ms.min()), int(time_ms.max())
        lowest, highest = self.spans.get(source, (low, high))
        self.spans[source] = min(low, lowest), max(high, highest)
        step = np.diff(time_ms, prepend=self._last.get(source, time_ms[0]))
        self._last[source] = int(time_ms[-1])
        most = -int(step.min())
        if most <= _SECOND_MS:
            return
        falls = step < -_SECOND_MS
        if self._first_line is None:
            self._first_line = int(line[np.argmax(falls)])
        self._by_second += int(np.count_nonzero(falls))
        self._by_hour += int(np.count_nonzero(step < -_HOUR_MS))
        self._most_ms = max(self._most_ms, most)

    def facts(self, places: Places) -> dict[str, Any]:
        """What the manifest says: rows that fall back by more than a second and an hour, and how far."""
        line = self._first_line
        return {
            "by_more_than_1_s": self._by_second,
            "by_more_than_1_h": self._by_hour,
            "most_ms": self._most_ms,
            "first": None if line is None else str(places.of(line)),
        }
