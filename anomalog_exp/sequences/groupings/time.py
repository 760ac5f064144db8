"""Windows of a fixed duration: [t0 + k * step, t0 + k * step + span), t0 the earliest time.

Rows stand in order of (time, line). Windows without rows are left out unless they are asked for, so that
silence can be judged; rows without a time take no part.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.dataset import NO_TIME, LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import Count
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.build import SequenceConfigBase
from anomalog_exp.sequences.coverage import union_size
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["TimeSequenceConfig", "group_by_time"]

_MOST_WINDOWS = 100_000_000


class TimeSequenceConfig(SequenceConfigBase):
    """Windows of a fixed duration, in order of time."""

    added_since: ClassVar[dict[str, Any]] = {"emit_empty": False}

    name: Literal["time"]
    time_span_ms: Count = Field(description="milliseconds per window")
    step: Count | None = Field(description="milliseconds between window starts; null = the span")

    emit_empty: bool = Field(description="also give windows without rows")

    def group(self, dataset: LogDataset) -> Grouping:
        return group_by_time(dataset, self)


def group_by_time(dataset: LogDataset, config: TimeSequenceConfig) -> Grouping:
    """Windows in order of their start.

    Raises:
        ConfigError: no row has a time, or the windows are too many to be meant.
    """
    order = _by_time(dataset.time_ms)
    if not len(order):
        raise ConfigError.of(
            "sequence",
            config.name,
            problem="no line of this log has a time",
            allowed="a log whose parser finds times",
            fix="use sequence=fixed, or tell the parser how times are written (time_format)",
        )
    time = scratch.gathered(dataset.time_ms, order)
    step = config.step or config.time_span_ms
    count = int(time[-1] - time[0]) // step + 1
    if count > _MOST_WINDOWS:
        raise ConfigError.of(
            "sequence.step",
            step,
            problem=f"that makes {count:,} windows",
            allowed=f"at most {_MOST_WINDOWS:,} windows of this log",
            fix="take a larger step; both it and the span are in milliseconds",
        )
    begin = time[0] + np.arange(count, dtype=np.int64) * step
    start = np.searchsorted(time, begin)
    stop = np.searchsorted(time, begin + config.time_span_ms)
    kept = (stop > start) | config.emit_empty
    start, stop = start[kept].astype(np.int64), stop[kept].astype(np.int64)
    return Grouping(
        order=order,
        start=start,
        stop=stop,
        session=np.arange(len(start)),
        entity=np.full(len(start), -1, dtype=np.int32),
        unit=EvaluationUnit.WINDOW,
        dropped_rows={
            "rows_without_time": dataset.n_events - len(order),
            "rows_outside_windows": len(order) - union_size(start, stop),
            "windows_without_rows": int((~kept).sum()),
        },
        times=np.stack([begin, begin + config.time_span_ms], axis=1)[kept],
    )


def _by_time(time_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows with a time, in order of (time, line); those of a log in order need no sorting in memory."""
    if _in_order(time_ms):
        return scratch.positions(len(time_ms))
    timed = np.flatnonzero(time_ms != NO_TIME)
    return timed[np.argsort(time_ms[timed], kind="stable")]


def _in_order(time_ms: NDArray[np.int64]) -> bool:
    """Whether every row has a time, and none an earlier one than the row before."""
    latest = NO_TIME
    for part in scratch.portions(len(time_ms)):
        times = time_ms[part]
        if times[0] < latest or times[0] == NO_TIME or (times[1:] < times[:-1]).any():
            return False
        latest = times[-1]
    return True
