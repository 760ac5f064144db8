"""Windows of time: complete when the log, or the wall clock while nothing comes, has passed their end.

As in a finished log, windows begin at the earliest time. It is known when the log has come one window
on: until then all rows wait. Threads write past each other, so a window waits for a while (`delay_ms`,
in the time of the log) behind its end. An event of a window that was judged is late: it takes part in
none, and is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_TIME
from anomalog_exp.following.complete import Complete
from anomalog_exp.following.incoming import Batch
from anomalog_exp.following.open_sequences import OpenSequences
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.sequences.groupings.time import TimeSequenceConfig
from anomalog_exp.sequences.sequence_set import end_of_log

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TimeWindows"]


class TimeWindows(OpenSequences):
    """Windows of a fixed duration."""

    def __init__(self, shown: NDArray[np.int64], config: TimeSequenceConfig, delay_ms: int) -> None:
        super().__init__(shown)
        self._span, self._step = config.time_span_ms, config.step or config.time_span_ms
        self._emit_empty = config.emit_empty
        self._delay = delay_ms
        self._t0: int | None = None
        self._earliest: int | None = None
        self._next = 0  # the number of the first window that is not judged
        self._shows: int | None = None

    def add(self, batch: Batch, clock: NDArray[np.int64]) -> Complete | None:
        import polars as pl

        time_ms = batch.rows["time_ms"].to_numpy()
        timed = time_ms != NO_TIME
        self.counts["rows_without_time"] += int(np.count_nonzero(~timed))
        time_ms, clock = time_ms[timed], clock[timed]
        if not len(time_ms):
            return None
        rows = batch.rows if timed.all() else batch.rows.filter(pl.Series(timed))
        if self._t0 is None:
            self._anchor(time_ms, clock)
        if self._t0 is not None:
            before = np.append(clock[0] if self._shows is None else self._shows, clock[:-1])
            late = time_ms < self._judged_up_to(np.maximum(self._complete_at(before), self._next))
            if late.any():
                self.counts["rows_late"] += int(np.count_nonzero(late))
                rows = rows.filter(pl.Series(~late))
        self._shows = int(clock[-1])
        self.hold(rows)
        return self.passed(self._shows)

    def passed(self, clock_ms: int) -> Complete | None:
        if self._t0 is None and self._earliest is not None:
            if clock_ms - self._earliest < self._span:
                return None
            self._t0 = self._earliest
        if self._t0 is None:
            return None
        self._shows = max(clock_ms, self._shows or clock_ms)
        end = int(self._complete_at(np.array([self._shows]))[0])
        return self._judged(end, None) if end > self._next else None

    def end(self) -> Complete | None:
        if not len(self.held):
            return None
        last = int(self.held["time_ms"].to_numpy().max())
        if self._t0 is None:
            self._t0 = self._earliest
        assert self._t0 is not None
        return self._judged((last - self._t0) // self._step + 1, end_of_log(last))

    def _anchor(self, time_ms: NDArray[np.int64], clock: NDArray[np.int64]) -> None:
        """Find where windows begin, once the log has come one window on."""
        begin = time_ms[0] if self._earliest is None else min(self._earliest, time_ms[0])
        earliest = np.minimum.accumulate(np.append(begin, time_ms[1:]))
        there = np.flatnonzero(clock - earliest >= self._span)
        self._earliest = int(earliest[-1])
        if len(there):
            self._t0 = int(earliest[there[0]])

    def _complete_at(self, clock: NDArray[np.int64]) -> NDArray[np.int64]:
        """(times,) the number of the first window that is not complete yet when the clock shows this."""
        assert self._t0 is not None
        ended = (clock - self._t0 - self._span - self._delay) // self._step + 1
        return np.maximum(ended, 0)

    def _judged_up_to(self, window: NDArray[np.int64]) -> NDArray[np.int64]:
        """(windows,) where the window before each ends; where the first begins, if there is none."""
        assert self._t0 is not None
        ends = self._t0 + (window - 1) * self._step + self._span
        return np.where(window > 0, ends, self._t0)

    def _judged(self, end: int, log_end_ms: int | None) -> Complete | None:
        """The windows up to, not including, this one."""
        assert self._t0 is not None
        time_ms = self.held["time_ms"].to_numpy()
        by_time = np.argsort(time_ms, kind="stable")
        rows, time_ms = self.held[by_time], time_ms[by_time]
        if self._emit_empty:
            window = np.arange(self._next, end, dtype=np.int64)
        else:
            latest = (time_ms - self._t0) // self._step
            back = np.arange(-(-self._span // self._step))
            window = np.unique(latest[:, None] - back)
            window = window[(window >= self._next) & (window < end)]
        begin = self._t0 + window * self._step
        start = np.searchsorted(time_ms, begin).astype(np.int64)
        stop = np.searchsorted(time_ms, begin + self._span).astype(np.int64)
        kept = (stop > start) | self._emit_empty
        times = np.stack([begin, begin + self._span], axis=1)[kept]
        self._next = end
        here = self.held["time_ms"].to_numpy()
        self.keep(here >= self._t0 + end * self._step)
        if not len(times):
            return None
        # A window that is complete is covered by the log as a whole, whatever rows are held.
        log_end = int(times[-1, 1]) if log_end_ms is None else log_end_ms
        return Complete(
            rows, start[kept], stop[kept], EvaluationUnit.WINDOW, times=times, log_end_ms=log_end
        )

    def state(self) -> dict[str, Any]:
        return {
            "t0": self._t0,
            "earliest": self._earliest,
            "next": self._next,
            "shows": self._shows,
        }

    def restore(self, state: dict[str, Any], held: pl.DataFrame) -> None:
        super().restore(state, held)
        self._t0, self._earliest = state["t0"], state["earliest"]
        self._next, self._shows = state["next"], state["shows"]
