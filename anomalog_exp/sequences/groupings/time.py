"""Windows of a fixed duration: [t0 + k * step, t0 + k * step + span), t0 the earliest time.

Rows stand in order of (time, line). Windows without rows are left out unless they are asked for, so that
silence can be judged; rows without a time take no part.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from anomalog_exp.data.dataset import NO_TIME, LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.build import SequenceConfigBase
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
    timed = np.flatnonzero(dataset.time_ms != NO_TIME)
    if not len(timed):
        raise ConfigError.of(
            "sequence",
            config.name,
            problem="no line of this log has a time",
            allowed="a log whose parser finds times",
            fix="use sequence=fixed, or tell the parser how times are written (time_format)",
        )
    time = dataset.time_ms[timed]
    by_time = np.argsort(time, kind="stable")
    time, order = time[by_time], timed[by_time]
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
    inside = np.zeros(len(order) + 1, dtype=np.int64)
    np.add.at(inside, start, 1)
    np.subtract.at(inside, stop, 1)
    return Grouping(
        order=order,
        start=start,
        stop=stop,
        session=np.arange(len(start)),
        entity=np.full(len(start), -1, dtype=np.int32),
        unit=EvaluationUnit.WINDOW,
        dropped_rows={
            "rows_without_time": dataset.n_events - len(timed),
            "rows_outside_windows": int((np.cumsum(inside)[:-1] == 0).sum()),
            "windows_without_rows": int((~kept).sum()),
        },
        times=np.stack([begin, begin + config.time_span_ms], axis=1)[kept],
    )
