"""SequenceSet from a dataset: group, label, split, and report what was asked and what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.sequence import (
    EntitySequenceConfig,
    FixedSequenceConfig,
    SequenceConfigBase,
)
from anomalog_exp.config.split import FractionSplitConfig
from anomalog_exp.data.dataset import UNLABELLED, LogDataset
from anomalog_exp.sequences.entity import group_by_entity
from anomalog_exp.sequences.fixed import group_by_rows
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import label_source, sequence_labels
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.split import split_units

__all__ = ["build_sequences"]


def build_sequences(
    dataset: LogDataset, sequence: SequenceConfigBase, split: FractionSplitConfig
) -> SequenceSet:
    """Group the events of a dataset into sequences, label them and assign them to splits.

    Raises:
        ConfigError: the log does not hold what the grouping or the split needs.
    """
    grouping = _group(dataset, sequence)
    labels_from = label_source(dataset, sequence.label_from)
    label = sequence_labels(dataset, grouping, labels_from)
    unit_split = split_units(_unit_labels(label, grouping.unit), split)
    parts = unit_split[grouping.unit]
    return SequenceSet(
        dataset=dataset,
        order=grouping.order,
        start=grouping.start,
        stop=grouping.stop,
        label=label,
        split=parts,
        entity=grouping.entity,
        continuous=isinstance(sequence, EntitySequenceConfig) and sequence.continuous_context,
        report={
            "labels_from": labels_from,
            **_report(dataset, sequence, split, grouping, label, unit_split),
        },
    )


def _group(dataset: LogDataset, sequence: SequenceConfigBase) -> Grouping:
    if isinstance(sequence, EntitySequenceConfig):
        return group_by_entity(dataset, sequence)
    assert isinstance(sequence, FixedSequenceConfig)
    return group_by_rows(dataset, sequence)


def _unit_labels(label: NDArray[np.int8], unit: NDArray[np.int64]) -> NDArray[np.int8]:
    """A unit is anomalous if any of its sequences is: the largest of their labels."""
    return np.maximum.reduceat(label, np.flatnonzero(np.diff(unit, prepend=-1)))


def _report(
    dataset: LogDataset,
    sequence: SequenceConfigBase,
    split: FractionSplitConfig,
    grouping: Grouping,
    label: NDArray[np.int8],
    unit_split: NDArray[np.uint8],
) -> dict[str, Any]:
    parts = unit_split[grouping.unit]
    units = {part.name.lower(): int((unit_split == part).sum()) for part in Split}
    return {
        "sequence": sequence.model_dump(mode="json"),
        "requested": split.model_dump(mode="json"),
        "rows": dataset.n_events,
        **grouping.dropped_rows,
        "units": {"pool": len(unit_split), **units},
        "realised": {
            "train_fraction": units["train"] / len(unit_split),
            "test_fraction": units["test"] / len(unit_split),
        },
        "sequences": {
            "pool": _counts(label),
            **{part.name.lower(): _counts(label[parts == part]) for part in Split},
        },
        "events": {
            part.name.lower(): int((grouping.stop - grouping.start)[parts == part].sum())
            for part in Split
        },
    }


def _counts(label: NDArray[np.int8]) -> dict[str, int]:
    return {
        "total": len(label),
        "normal": int((label == 0).sum()),
        "anomalous": int((label == 1).sum()),
        "unlabelled": int((label == UNLABELLED).sum()),
    }
