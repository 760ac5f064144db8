"""Labels of sequences, inherited from events or from the entities that the events belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import UNLABELLED, LogDataset
from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.grouping import Grouping

__all__ = ["LabelSource", "label_source", "row_labels", "sequence_labels"]

LabelSource = Literal["any", "events", "entities"]
"""Which labels decide that a sequence is anomalous; `any`: events where they exist, else entities."""


def row_labels(dataset: LogDataset, chosen: Literal["events", "entities"]) -> NDArray[np.int8]:
    """(rows,) int8 label of each row: its own, or that of its entity."""
    if chosen == "events":
        return np.asarray(dataset.label)
    # One more entry, so that -1 (no entity) reads as unlabelled.
    return scratch.gathered(np.append(dataset.entity_label, np.int8(UNLABELLED)), dataset.entity)


def sequence_labels(
    dataset: LogDataset, grouping: Grouping, row_label: NDArray[np.int8]
) -> NDArray[np.int8]:
    """(sequences,) int8: 1 if any event is labelled 1, else 0 if any is labelled, else -1.

    Where windows count raw lines, lines labelled anomalous that are no rows count too.
    """
    label = _any_label(scratch.gathered(row_label, grouping.order), grouping)
    unrowed = dataset.unrowed_anomalies
    if grouping.lines is not None and unrowed is not None:
        begin, end = np.searchsorted(unrowed, grouping.lines.T)
        label[end > begin] = 1
    return label


def label_source(dataset: LogDataset, label_from: LabelSource) -> Literal["events", "entities"]:
    """Which labels count: the ones asked for, or those of events where there are any.

    Raises:
        ConfigError: `label_from` names labels that this data set does not have.
    """
    have = {
        "events": dataset.labels_events,
        "entities": bool((dataset.entity_label != UNLABELLED).any()),
    }
    if label_from != "any" and not have[label_from]:
        raise ConfigError.of(
            "sequence.label_from",
            label_from,
            problem=f"this data set labels no {label_from}",
            allowed=", ".join(["any", *(source for source, there in have.items() if there)]),
            fix="choose one that the data set has",
        )
    if label_from != "any":
        return label_from
    return "events" if have["events"] else "entities"


def _any_label(labels: NDArray[np.int8], grouping: Grouping) -> NDArray[np.int8]:
    """Label of each run of `labels` by differences of running counts: windows may overlap."""
    anomalous = _count(lambda part: labels[part] == 1, grouping)
    labelled = _count(lambda part: labels[part] != UNLABELLED, grouping)
    label = np.where(anomalous > 0, 1, np.where(labelled > 0, 0, UNLABELLED))
    return label.astype(np.int8)


def _count(marked: Callable[[slice], NDArray[np.bool_]], grouping: Grouping) -> NDArray[np.integer]:
    running = scratch.running_count(marked, len(grouping.order))
    return running[grouping.stop] - running[grouping.start]
