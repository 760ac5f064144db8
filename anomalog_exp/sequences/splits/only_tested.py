"""No training: every sequence is judged, by a detector that was trained on another log."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import sequence_labels
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.base import Assignment, SplitConfigBase

__all__ = ["OnlyTestedSplitConfig"]


class OnlyTestedSplitConfig(SplitConfigBase):
    """Judge all sequences; what judges them comes from a bundle.

    It is no option of conf/split: `score` sets it, and only a run with a bundle can have it.
    """

    trains: ClassVar[bool] = False

    name: Literal["test_only"]

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        label = sequence_labels(dataset, grouping, row_label)
        return Assignment(grouping, label, np.full(len(label), Split.TEST, dtype=np.uint8))
