"""What every way of grouping gives: windows as numbers, before labels and splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grouping"]


@dataclass(frozen=True, eq=False)
class Grouping:
    """Sequences without labels and splits.

    Attributes:
        order: (positions,) int64 event positions.
        start: (sequences,) int64 first index into `order`.
        stop: (sequences,) int64 one past the last.
        unit: (sequences,) int64, non-decreasing from 0 without gaps: sequences of one unit (the
            windows of one session) fall in one split.
        entity: (sequences,) int32 the entity all events share, or -1.
        dropped_rows: Rows that take no part, by reason.
    """

    order: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    unit: NDArray[np.int64]
    entity: NDArray[np.int32]
    dropped_rows: dict[str, int]
