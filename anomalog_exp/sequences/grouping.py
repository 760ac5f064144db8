"""What every way of grouping gives: windows as numbers, before labels and splits."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

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
        origin: (sequences,) int64 first index into `order` from which state may carry over.
        dropped_rows: Rows that take no part, by reason.
        lines: (sequences, 2) int64 first raw line and one past the last, where windows count raw lines.
    """

    order: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    unit: NDArray[np.int64]
    entity: NDArray[np.int32]
    origin: NDArray[np.int64]
    dropped_rows: dict[str, int]
    lines: NDArray[np.int64] | None = None

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """The chosen sequences (a mask or indices) over the same `order`."""
        kept = ("order", "dropped_rows")
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            self,
            **{
                name: column[chosen]
                for name, column in columns.items()
                if name not in kept and column is not None
            },
        )
