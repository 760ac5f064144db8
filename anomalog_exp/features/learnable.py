"""What detectors of the normal learn from, or why they cannot."""

from __future__ import annotations

from anomalog_exp.errors import NotApplicable
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["normal_with_events"]


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
