"""What every way of grouping gives: windows as numbers, before labels and splits."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.metric_terms import EvaluationUnit

__all__ = ["Grouping"]


@dataclass(frozen=True, eq=False)
class Grouping:
    """Sequences without labels and splits.

    Attributes:
        order: (positions,) int64 event positions.
        start: (sequences,) int64 first index into `order`.
        stop: (sequences,) int64 one past the last.
        session: (sequences,) int64, non-decreasing from 0 without gaps: the number of the session that
            a window is cut from, all of which fall in one split. What is no such window has a number
            of its own.
        entity: (sequences,) int32 the entity all events share, or -1.
        unit: What one sequence is: a whole session, a window, or a chunk of a stream.
        dropped_rows: Rows that take no part, by reason.
        origin: (sequences,) int64 first index into `order` from which model state carries over; None
            where nothing carries over.
        times: (sequences, 2) int64 begin and end in Unix milliseconds, where windows are of time.
        cut_from: (sequences,) int64, non-decreasing: the session as it was before a split of rows cut it
            into pieces, each with a number of its own in `session`; None where no split did.
        lines: (sequences, 2) int64 first raw line and one past the last, where windows count raw lines.
    """

    order: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    session: NDArray[np.int64]
    entity: NDArray[np.int32]
    unit: EvaluationUnit
    dropped_rows: dict[str, int]
    origin: NDArray[np.int64] | None = None
    lines: NDArray[np.int64] | None = None
    times: NDArray[np.int64] | None = None
    cut_from: NDArray[np.int64] | None = None

    def sessions(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(sessions,) int64 first index into `order` of each session, and one past its last."""
        first = np.flatnonzero(np.diff(self.session, prepend=-1))
        return self.start[first], np.maximum.reduceat(self.stop, first)

    def covered(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(positions,) bool which places of `order` are in the chosen sequences, (sequences,) bool."""
        size = len(self.order) + 1
        begin, end = (np.bincount(one[chosen], minlength=size) for one in (self.start, self.stop))
        return np.cumsum(begin - end)[:-1] > 0

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """The chosen sequences (a mask or indices) over the same `order`."""
        kept = ("order", "unit", "dropped_rows")
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            self,
            **{
                name: column[chosen]
                for name, column in columns.items()
                if name not in kept and column is not None
            },
        )
