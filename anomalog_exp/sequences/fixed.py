"""Windows of a fixed number of rows over the whole log, in line order; full windows only."""

from __future__ import annotations

import numpy as np

from anomalog_exp.config.sequence import FixedSequenceConfig
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["group_by_rows"]


def group_by_rows(dataset: LogDataset, config: FixedSequenceConfig) -> Grouping:
    """Windows of `window_size` rows, `step` apart: 1 + (rows - window_size) // step of them.

    Raises:
        ConfigError: the log has fewer rows than one window.
    """
    rows, size = dataset.n_events, config.window_size
    step = config.step or size
    if rows < size:
        raise ConfigError.of(
            "sequence.window_size",
            size,
            problem=f"the log has only {rows:,} rows: not one full window",
            allowed=f"1 to {rows}",
            fix="lower sequence.window_size",
        )
    start = np.arange(1 + (rows - size) // step, dtype=np.int64) * step
    covered = min(rows, int(start[-1]) + size) if step <= size else len(start) * size
    return Grouping(
        order=np.arange(rows, dtype=np.int64),
        start=start,
        stop=start + size,
        unit=np.arange(len(start)),
        entity=np.full(len(start), -1, dtype=np.int32),
        dropped_rows={"rows_outside_windows": rows - covered},
    )
