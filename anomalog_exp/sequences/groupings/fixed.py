"""Windows of a fixed number of rows or raw lines over the whole log; full windows only.

Raw lines count whether they were parsed or not: a window may then hold fewer rows, even none, and is
where it is whatever the parser left out.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Literal

import numpy as np
from pydantic import Field

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.base import Count
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.build import SequenceConfigBase
from anomalog_exp.sequences.coverage import union_size
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["FixedSequenceConfig", "FixedWindowBasis", "group_by_position"]

_LOG = logging.getLogger(__name__)


class FixedWindowBasis(StrEnum):
    """What fixed windows count."""

    STRUCTURED_ROWS = "structured_rows"
    RAW_POSITIONS = "raw_positions"


class FixedSequenceConfig(SequenceConfigBase):
    """Windows of a fixed number of rows over the whole log."""

    name: Literal["fixed"]
    window_size: Count = Field(description="rows, or raw lines, per window")
    step: Count | None = Field(description="the same between window starts; null = window_size")
    window_basis: FixedWindowBasis = Field(strict=False, description="what is counted")
    window_alignment_offset: int = Field(ge=0, description="rows or lines before the first window")

    def group(self, dataset: LogDataset) -> Grouping:
        return group_by_position(dataset, self)


def group_by_position(dataset: LogDataset, config: FixedSequenceConfig) -> Grouping:
    """Windows of `window_size`, `step` apart: 1 + (n - window_size) // step of them.

    Raises:
        ConfigError: the log is shorter than one window.
    """
    raw = config.window_basis == FixedWindowBasis.RAW_POSITIONS
    size, step = config.window_size, config.step or config.window_size
    first = config.window_alignment_offset + (dataset.first_line if raw else 0)
    end = dataset.first_line + dataset.n_lines if raw else dataset.n_events
    if end - first < size:
        counted = "raw lines" if raw else "rows"
        raise ConfigError.of(
            "sequence.window_size",
            size,
            problem=f"the log has only {max(0, end - first):,} {counted}: not one full window",
            allowed=f"1 to {max(0, end - first)}",
            fix="lower sequence.window_size",
        )
    if step > size:
        _LOG.warning(
            "sequence.step=%d > sequence.window_size=%d: what lies between windows is in none",
            step,
            size,
        )
    begin = first + np.arange(1 + (end - first - size) // step, dtype=np.int64) * step
    start, stop = begin, begin + size
    if raw:
        start = np.searchsorted(dataset.line, begin).astype(np.int64)
        stop = np.searchsorted(dataset.line, begin + size).astype(np.int64)
    return Grouping(
        order=scratch.positions(dataset.n_events),
        start=start,
        stop=stop,
        session=np.arange(len(start)),
        entity=np.full(len(start), -1, dtype=np.int32),
        unit=EvaluationUnit.WINDOW,
        dropped_rows={"rows_outside_windows": dataset.n_events - union_size(start, stop)},
        lines=np.stack([begin, begin + size], axis=1) if raw else None,
    )
