"""Windows of so many rows or raw lines, and single rows: complete when the last of them is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.following.complete import CONTEXT, Complete
from anomalog_exp.following.incoming import Batch
from anomalog_exp.following.open_sequences import OpenSequences
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.sequences.groupings.fixed import FixedSequenceConfig
from anomalog_exp.sequences.groupings.stream import ChronologicalStreamSequenceConfig

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LineWindows", "RowWindows", "SingleRows"]


class SingleRows(OpenSequences):
    """Each row by itself."""

    def add(self, batch: Batch, clock: NDArray[np.int64]) -> Complete | None:
        if not len(batch.rows):
            return None
        start = np.arange(len(batch.rows), dtype=np.int64)
        entity = batch.entities(batch.entity)
        return Complete(batch.rows, start, start + 1, EvaluationUnit.WINDOW, entity)


class RowWindows(OpenSequences):
    """Windows of a fixed number of rows, and chunks of a stream, whose last one may be shorter."""

    def __init__(
        self,
        shown: NDArray[np.int64],
        config: FixedSequenceConfig | ChronologicalStreamSequenceConfig,
    ) -> None:
        super().__init__(shown)
        if isinstance(config, FixedSequenceConfig):
            self._size, self._step = config.window_size, config.step or config.window_size
            self._next = config.window_alignment_offset
            self._unit, self._chunks, self._carries = EvaluationUnit.WINDOW, False, False
        else:
            self._size = self._step = config.chunk_size
            self._next = 0
            self._unit, self._chunks = EvaluationUnit.STREAM, True
            self._carries = config.continuous_context
        self._first = 0  # the number of the first row that is held, over all rows

    def add(self, batch: Batch, clock: NDArray[np.int64]) -> Complete | None:
        self.hold(batch.rows)
        begin = np.arange(self._next, self._end - self._size + 1, self._step, dtype=np.int64)
        if not len(begin):
            return None
        complete = self._complete(begin, begin + self._size)
        self._next = int(begin[-1]) + self._step
        self._let_go()
        return complete

    def end(self) -> Complete | None:
        if not self._chunks or self._end <= self._next:
            return None
        complete = self._complete(np.array([self._next]), np.array([self._end]))
        self._next = self._end
        self._let_go()
        return complete

    @property
    def _end(self) -> int:
        return self._first + len(self.held)

    def _complete(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Complete:
        start = begin - self._first
        origin = np.zeros(len(begin), dtype=np.int64) if self._carries else None
        return Complete(self.held, start, end - self._first, self._unit, origin=origin)

    def _let_go(self) -> None:
        needed = min(self._next, self._end) - (CONTEXT if self._carries else 0)
        gone = max(0, needed - self._first)
        self.keep(np.arange(len(self.held)) >= gone)
        self._first += gone

    def state(self) -> dict[str, Any]:
        return {"first": self._first, "next": self._next}

    def restore(self, state: dict[str, Any], held: pl.DataFrame) -> None:
        super().restore(state, held)
        self._first, self._next = state["first"], state["next"]


class LineWindows(OpenSequences):
    """Windows of a fixed number of raw lines, parsed or not."""

    def __init__(self, shown: NDArray[np.int64], config: FixedSequenceConfig) -> None:
        super().__init__(shown)
        self._size, self._step = config.window_size, config.step or config.window_size
        self._next = config.window_alignment_offset

    def add(self, batch: Batch, clock: NDArray[np.int64]) -> Complete | None:
        self.hold(batch.rows)
        last = batch.end_line - self._size
        begin = np.arange(self._next, last + 1, self._step, dtype=np.int64)
        if not len(begin):
            return None
        line = self.held["line"].to_numpy()
        start, stop = np.searchsorted(line, begin), np.searchsorted(line, begin + self._size)
        complete = Complete(
            self.held, start.astype(np.int64), stop.astype(np.int64), EvaluationUnit.WINDOW
        )
        self._next = int(begin[-1]) + self._step
        self.keep(line >= self._next)
        return complete

    def state(self) -> dict[str, Any]:
        return {"next": self._next}

    def restore(self, state: dict[str, Any], held: pl.DataFrame) -> None:
        super().restore(state, held)
        self._next = state["next"]
