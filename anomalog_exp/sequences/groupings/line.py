"""Each row of the log by itself: what stands out is a line, not a window."""

from __future__ import annotations

from typing import Literal

import numpy as np

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.sequences.build import SequenceConfigBase
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["LineSequenceConfig"]


class LineSequenceConfig(SequenceConfigBase):
    """One sequence per row, in line order."""

    name: Literal["line"]

    def group(self, dataset: LogDataset) -> Grouping:
        start = np.arange(dataset.n_events, dtype=np.int64)
        return Grouping(
            order=start,
            start=start,
            stop=start + 1,
            session=start,
            entity=np.asarray(dataset.entity),
            unit=EvaluationUnit.WINDOW,
            dropped_rows={},
        )
