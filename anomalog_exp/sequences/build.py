"""SequenceSet from a dataset: group, split, label, and report what was asked and what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.sequence import (
    ChronologicalStreamSequenceConfig,
    EntitySequenceConfig,
    FixedSequenceConfig,
    SequenceConfigBase,
    TimeSequenceConfig,
)
from anomalog_exp.config.split import (
    FractionSplitConfig,
    PredefinedSplitConfig,
    RawEntrySplitConfig,
    SplitApplicationOrder,
    SplitConfig,
)
from anomalog_exp.data.dataset import UNLABELLED, LogDataset
from anomalog_exp.sequences.entity import group_by_entity
from anomalog_exp.sequences.fixed import group_by_position
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import label_source, row_labels, sequence_labels
from anomalog_exp.sequences.raw_split import (
    parts_of_groups,
    parts_of_rows,
    split_stream,
    straddlers_settled,
)
from anomalog_exp.sequences.sequence_set import SequenceSet, Split
from anomalog_exp.sequences.split import check_parts, predefined_parts, split_units
from anomalog_exp.sequences.stream import group_as_stream
from anomalog_exp.sequences.time import group_by_time

__all__ = ["build_sequences"]


def build_sequences(
    dataset: LogDataset, sequence: SequenceConfigBase, split: SplitConfig
) -> SequenceSet:
    """Group the events of a dataset into sequences, label them and assign them to splits.

    Raises:
        ConfigError: the log does not hold what the grouping or the split needs.
    """
    grouping = _group(dataset, sequence)
    labels_from = label_source(dataset, sequence.label_from)
    row_label = row_labels(dataset, labels_from)
    masks: dict[str, NDArray[np.bool_]] = {}
    facts: dict[str, Any] = {}
    if isinstance(split, RawEntrySplitConfig):
        if split.application_order == SplitApplicationOrder.AFTER_GROUPING:
            parts = parts_of_groups(grouping, row_label, split)
        else:
            rows = parts_of_rows(row_label, split)
            facts = {"cutoff_row": rows.cutoff, "rows_by_part": _by_part(rows.part)}
            if isinstance(sequence, ChronologicalStreamSequenceConfig):
                parts, train, evaluated = split_stream(grouping, rows, row_label)
                masks = {"train_events": train, "evaluation_events": evaluated}
            else:
                policy = split.straddling_group_policy
                grouping, parts, straddlers = straddlers_settled(grouping, rows, policy)
                facts |= straddlers
        label = sequence_labels(dataset, grouping, row_label)
    else:
        label = sequence_labels(dataset, grouping, row_label)
        if isinstance(split, PredefinedSplitConfig):
            parts = predefined_parts(dataset, grouping.entity)
        else:
            assert isinstance(split, FractionSplitConfig)
            parts = split_units(_unit_labels(label, grouping.unit), split)[grouping.unit]
    check_parts(parts, split, evaluated=bool(np.any(masks.get("evaluation_events", False))))
    carries = getattr(sequence, "continuous_context", False)
    return SequenceSet(
        dataset=dataset,
        order=grouping.order,
        start=grouping.start,
        stop=grouping.stop,
        label=label,
        split=parts,
        entity=grouping.entity,
        origin=grouping.origin if carries else None,
        **masks,
        report={
            "labels_from": labels_from,
            **facts,
            **_report(dataset, sequence, split, grouping, label, parts),
        },
    )


def _group(dataset: LogDataset, sequence: SequenceConfigBase) -> Grouping:
    match sequence:
        case EntitySequenceConfig():
            return group_by_entity(dataset, sequence)
        case FixedSequenceConfig():
            return group_by_position(dataset, sequence)
        case TimeSequenceConfig():
            return group_by_time(dataset, sequence)
        case ChronologicalStreamSequenceConfig():
            return group_as_stream(dataset, sequence)
        case _:
            raise TypeError(f"no grouping for {type(sequence).__name__}")


def _unit_labels(label: NDArray[np.int8], unit: NDArray[np.int64]) -> NDArray[np.int8]:
    """A unit is anomalous if any of its sequences is: the largest of their labels."""
    return np.maximum.reduceat(label, np.flatnonzero(np.diff(unit, prepend=-1)))


def _report(
    dataset: LogDataset,
    sequence: SequenceConfigBase,
    split: SplitConfig,
    grouping: Grouping,
    label: NDArray[np.int8],
    parts: NDArray[np.uint8],
) -> dict[str, Any]:
    first = np.flatnonzero(np.diff(grouping.unit, prepend=-1))
    units = _by_part(parts[first])
    lengths = grouping.stop - grouping.start
    return {
        "sequence": sequence.model_dump(mode="json"),
        "requested": split.model_dump(mode="json"),
        "rows": dataset.n_events,
        **grouping.dropped_rows,
        "units": {"pool": len(first), **units},
        "realised": {
            "train_fraction": units["train"] / len(first),
            "test_fraction": units["test"] / len(first),
        },
        "sequences": {
            "pool": _counts(label),
            **{part.name.lower(): _counts(label[parts == part]) for part in Split},
        },
        "events": {part.name.lower(): int(lengths[parts == part].sum()) for part in Split},
    }


def _by_part(parts: NDArray[np.uint8]) -> dict[str, int]:
    return {part.name.lower(): int((parts == part).sum()) for part in Split}


def _counts(label: NDArray[np.int8]) -> dict[str, int]:
    return {
        "total": len(label),
        "normal": int((label == 0).sum()),
        "anomalous": int((label == 1).sum()),
        "unlabelled": int((label == UNLABELLED).sum()),
    }
