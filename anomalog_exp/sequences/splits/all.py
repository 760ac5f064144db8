"""No split: every sequence trains, and every one is judged. For a log that only needs ranking."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import sequence_labels
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.base import Assignment, SplitConfigBase

__all__ = ["AllSplitConfig"]


class AllSplitConfig(SplitConfigBase):
    """Train on all sequences and judge all of them.

    Each sequence stands in the set twice, once to train and once to be judged: two numbers more, no
    copy of its events.
    """

    name: Literal["all"]

    @property
    def caveat(self) -> str:
        return "judged on what it was trained on"

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        label = sequence_labels(dataset, grouping, row_label)
        n = len(label)
        twice = grouping.take(np.tile(np.arange(n), 2))
        twice.session[n:] += grouping.session[-1] + 1 if n else 0
        parts = np.repeat(np.array([Split.TRAIN, Split.TEST], dtype=np.uint8), n)
        return Assignment(twice, np.tile(label, 2), parts, judged_twice=True)
