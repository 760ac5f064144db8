"""What detectors learn from, or why they cannot: normal sequences, or labelled ones of both classes."""

from __future__ import annotations

from anomalog_exp.errors import NotApplicable
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["labelled_for_both_classes", "normal_with_events"]


def labelled_for_both_classes(name: str, train: SequenceSet) -> SequenceSet:
    """The labelled sequences of a training split.

    Args:
        name: Of the detector.
        train: The training split.

    Raises:
        NotApplicable: one class is missing, or single events train.
    """
    if train.train_events is not None:
        raise NotApplicable(
            f"{name} needs sequences with labels, and this stream trains on single normal events"
        )
    normal, anomalous = int((train.label == 0).sum()), int((train.label == 1).sum())
    if not normal or not anomalous:
        raise NotApplicable(
            f"{name} needs both classes in train ({anomalous:,} anomalous and {normal:,} "
            f"normal of {len(train):,})"
        )
    return train.take(train.label >= 0)


def normal_with_events(name: str, train: SequenceSet) -> SequenceSet:
    """The training sequences that are not labelled anomalous; see also their `trainable()`.

    Args:
        name: Of the detector.
        train: The training split.

    Raises:
        NotApplicable: no event of them may train.
    """
    normal = train.normal()
    if not normal.may_train.any():
        raise NotApplicable(
            f"{name} needs events in train that are not labelled anomalous "
            f"(there are none in {len(train):,} sequences)"
        )
    return normal
