"""Labels of events by where or when they are: numbers of lines, or ranges of time.

Lines that are not listed, and times outside the ranges, are normal. Events without a time are not
labelled by ranges.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_TIME, UNLABELLED

__all__ = ["LabelledLines", "LabelledTimes", "PlacedLabels", "Ranges"]


class PlacedLabels(ABC):
    """Labels that are known by an event's place."""

    @abstractmethod
    def of(self, line: NDArray[np.int64], time_ms: NDArray[np.int64]) -> NDArray[np.int8]:
        """(rows,) int8 labels of rows by their zero-based lines and their times."""

    def anomalous_lines(self, begin: int, end: int) -> NDArray[np.int64]:
        """Zero-based numbers from `begin` up to `end` of lines that are anomalous, events or not."""
        return np.empty(0, dtype=np.int64)

    def beyond(self, lines: int) -> NDArray[np.int64]:
        """Zero-based numbers of lines that are named, in order, where the log has fewer lines."""
        return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Ranges:
    """Ranges of numbers, both ends inside, in order of their beginnings; they may overlap."""

    begin: NDArray[np.int64]
    reach: NDArray[np.int64]
    """The largest end of all ranges up to each."""

    @classmethod
    def of(cls, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Self:
        """The ranges from each begin to its end, in any order."""
        order = np.argsort(begin, kind="stable")
        return cls(begin[order], np.maximum.accumulate(end[order]))

    def hold(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(numbers,) which are in one of the ranges."""
        place = np.searchsorted(self.begin, numbers, side="right") - 1
        return (place >= 0) & (numbers <= np.append(self.reach, 0)[place])


@dataclass(frozen=True)
class LabelledLines(PlacedLabels):
    """Lines of some ranges, zero-based, are anomalous."""

    ranges: Ranges

    def of(self, line: NDArray[np.int64], time_ms: NDArray[np.int64]) -> NDArray[np.int8]:
        return self.ranges.hold(line).astype(np.int8)

    def anomalous_lines(self, begin: int, end: int) -> NDArray[np.int64]:
        lines = np.arange(begin, end, dtype=np.int64)
        return lines[self.ranges.hold(lines)]

    def beyond(self, lines: int) -> NDArray[np.int64]:
        # A range that begins within the log may be written to end far behind it.
        return self.ranges.begin[self.ranges.begin >= lines]


@dataclass(frozen=True)
class LabelledTimes(PlacedLabels):
    """Times of some ranges, in milliseconds, are anomalous."""

    ranges: Ranges

    def of(self, line: NDArray[np.int64], time_ms: NDArray[np.int64]) -> NDArray[np.int8]:
        label = self.ranges.hold(time_ms).astype(np.int8)
        label[time_ms == NO_TIME] = UNLABELLED
        return label
