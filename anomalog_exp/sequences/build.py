"""SequenceSet from a dataset: group, split, label, and report what was asked and what came of it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from pydantic import Field

from anomalog_exp.data.dataset import UNLABELLED, LogDataset
from anomalog_exp.options.base import Options
from anomalog_exp.sequences.coverage import meets, merged
from anomalog_exp.sequences.grouping import Grouping
from anomalog_exp.sequences.labels import LabelSource, label_source, row_labels
from anomalog_exp.sequences.sequence_set import SequenceSet, Split, count_by_part
from anomalog_exp.sequences.splits.base import Assignment, SplitConfigBase, check_parts
from anomalog_exp.sequences.splits.validation import with_validation

__all__ = ["SequenceConfigBase"]


class SequenceConfigBase(Options):
    """Base of the groupings, each of which says how it groups; what follows is the same for all."""

    label_from: LabelSource = Field(description="which labels a sequence inherits")

    @abstractmethod
    def group(self, dataset: LogDataset) -> Grouping:
        """Group the events of a dataset.

        Raises:
            ConfigError: the log does not hold what the grouping needs.
        """

    def apply(self, dataset: LogDataset, split: SplitConfigBase) -> SequenceSet:
        """Group the events of a dataset into sequences, label them and assign them to splits.

        Raises:
            ConfigError: the log does not hold what the grouping or the split needs.
        """
        grouping = self.group(dataset)
        labels_from = label_source(dataset, self.label_from)
        assigned = split.assign(dataset, grouping, row_labels(dataset, labels_from))
        evaluated = assigned.evaluation_events
        check_parts(assigned.part, split, evaluated=evaluated is not None and bool(evaluated.any()))
        assigned = with_validation(assigned, split)
        grouping = assigned.grouping
        return SequenceSet(
            dataset=dataset,
            order=grouping.order,
            start=grouping.start,
            stop=grouping.stop,
            label=assigned.label,
            split=assigned.part,
            entity=grouping.entity,
            origin=grouping.origin,
            times=grouping.times,
            train_events=assigned.train_events,
            evaluation_events=assigned.evaluation_events,
            unit=grouping.unit,
            labels_from=labels_from,
            report={
                "sequence": self.model_dump(mode="json"),
                "requested": split.model_dump(mode="json"),
                "labels_from": labels_from,
                **({"caveat": split.caveat} if split.caveat else {}),
                **assigned.facts,
                **_realised(dataset, assigned),
            },
        )


def _realised(dataset: LogDataset, assigned: Assignment) -> dict[str, Any]:
    """What came of grouping and split."""
    grouping, label, part = assigned.grouping, assigned.label, assigned.part
    first = np.flatnonzero(np.diff(grouping.session, prepend=-1))
    sessions = count_by_part(part[first])
    # What is there twice counts once in the pool.
    pool = part == Split.TRAIN if assigned.judged_twice else np.ones(len(part), dtype=bool)
    units = int(pool[first].sum())
    lengths = grouping.stop - grouping.start
    rows = assigned.row_part
    return {
        **({} if rows is None else {"rows_by_part": count_by_part(rows)}),
        "rows": dataset.n_events,
        **grouping.dropped_rows,
        "units": {"pool": units, **sessions},
        "realised": {
            "train_fraction": sessions["train"] / units,
            "test_fraction": sessions["test"] / units,
            "validation_fraction": sessions["validation"] / units,
        },
        "sequences": {
            "pool": _counts(label[pool]),
            **{one.name.lower(): _counts(label[part == one]) for one in Split},
        },
        "events": {one.name.lower(): int(lengths[part == one].sum()) for one in Split},
        **_shared(assigned),
    }


def _shared(assigned: Assignment) -> dict[str, int]:
    """How many test sequences hold events of training sequences, as overlapping windows do; if any."""
    grouping, test = assigned.grouping, assigned.part == Split.TEST
    if assigned.judged_twice:
        return {}
    train = assigned.part == Split.TRAIN
    trained = merged(grouping.start[train], grouping.stop[train])
    sharing = int(meets(grouping.start[test], grouping.stop[test], trained).sum())
    return {"test_sharing_events_with_train": sharing} if sharing else {}


def _counts(label: np.ndarray) -> dict[str, int]:
    return {
        "total": len(label),
        "normal": int((label == 0).sum()),
        "anomalous": int((label == 1).sum()),
        "unlabelled": int((label == UNLABELLED).sum()),
    }
