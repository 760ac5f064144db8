"""The split that comes with the data: the source says which session belongs to which part."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import sequence_labels
from anomalog_exp.sequences.splits.base import Assignment, HoldingSplitConfig

__all__ = ["PredefinedSplitConfig", "predefined_parts"]


class PredefinedSplitConfig(HoldingSplitConfig):
    """The source says which session belongs to which split."""

    name: Literal["predefined"]

    def assign(
        self, dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
    ) -> Assignment:
        label = sequence_labels(dataset, grouping, row_label)
        return Assignment(grouping, label, predefined_parts(dataset, grouping.entity))


def predefined_parts(dataset: LogDataset, entity: NDArray[np.int32]) -> NDArray[np.uint8]:
    """(sequences,) the split in which the source puts each sequence's entity.

    Raises:
        ConfigError: this source says nothing about splits.
    """
    if dataset.entity_split is None or (entity < 0).any():
        raise ConfigError.of(
            "split",
            "predefined",
            problem="this data set, grouped like this, has no splits of its own",
            allowed="sessions of a source with splits, as dataset=hdfs_sessions sequence=entity",
            fix="use split=chronological",
        )
    return np.asarray(dataset.entity_split)[entity]
