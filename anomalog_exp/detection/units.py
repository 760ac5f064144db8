"""Units that a threshold is for, with their scores and labels: sequences, or events that may train.

Where a detector abstains, its score is no answer, and the unit is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.rule import Scored
from anomalog_exp.detection.scores import (
    abstained_events,
    abstained_sequences,
    decided,
    event_scores,
    sequence_scores,
)
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = [
    "decided_sequences",
    "event_labels",
    "scored_events",
    "scored_sequences",
    "sequence_labels",
]


def sequence_labels(sequences: SequenceSet) -> NDArray[np.int8]:
    """(sequences,) int8; where single events train, a chunk is no less normal for what else it holds."""
    label = sequences.label
    return label if sequences.train_events is None else np.zeros_like(label)


def event_labels(sequences: SequenceSet) -> NDArray[np.int8]:
    """(events that may train,) int8."""
    return np.asarray(sequences.dataset.label)[sequences.rows[sequences.may_train]]


def scored_sequences(detector: Detector, sequences: SequenceSet) -> Scored:
    """Scores and labels of sequences."""
    scores, kept = decided_sequences(detector, sequences)
    return scores[kept], sequence_labels(sequences)[kept]


def decided_sequences(
    detector: Detector, sequences: SequenceSet
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(sequences,) scores, and which of them are an answer."""
    hidden = sequences.unlabelled()
    abstained = abstained_sequences(detector, hidden)
    return sequence_scores(detector, hidden), decided(abstained, len(sequences))


def scored_events(detector: Detector, sequences: SequenceSet) -> Scored:
    """Scores and labels of the events that may train, of a detector that scores events."""
    hidden = sequences.unlabelled()
    scores = event_scores(detector, hidden)
    assert scores is not None
    kept = decided(abstained_events(detector, hidden), len(scores))
    return scores[sequences.may_train & kept], event_labels(sequences)[kept[sequences.may_train]]
