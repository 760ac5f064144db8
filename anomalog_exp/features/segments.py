"""Sums and maxima over the events of each sequence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["segment_maxima", "segment_sums"]


def segment_sums(values: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """(segments,) sum of `values[offsets[i]:offsets[i + 1]]`; each depends on its own values only."""
    if len(offsets) == 1:
        return np.zeros(0)
    # A segment more, of one value: a segment may begin at the end, and none may go on to that value, as
    # sums of more values are added up otherwise.
    sums = np.add.reduceat(np.append(values, 0.0), offsets)[:-1]
    return np.where(np.diff(offsets) > 0, sums, 0.0)


def segment_maxima(
    values: NDArray[np.float64], offsets: NDArray[np.int64], lowest: float = 0.0
) -> NDArray[np.float64]:
    """(segments,) largest of `values[offsets[i]:offsets[i + 1]]`; `lowest` where none is above it."""
    maxima = np.full(len(offsets) - 1, lowest)
    np.maximum.at(maxima, np.repeat(np.arange(len(maxima)), np.diff(offsets)), values)
    return maxima
