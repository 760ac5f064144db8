"""What a detector's run comes to, before anything is measured or written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["EventScores", "ModelRunSummary", "NextEvents", "SequenceSummary"]

Explain = Callable[[NDArray[np.int64], int], list[list[tuple[str, float]]]]


@dataclass(frozen=True)
class SequenceSummary:
    """Counts of the sequences of a run; label counts are keyed by label: 0, 1, and -1 for none."""

    sequence_count: int
    train_sequence_count: int
    test_sequence_count: int
    train_label_counts: dict[int, int]
    test_label_counts: dict[int, int]
    ignored_label_counts: dict[int, int]
    ignored_sequence_count: int

    @classmethod
    def of(cls, sequences: SequenceSet) -> SequenceSummary:
        """Count the sequences of all splits."""
        labels = {part: sequences.label[sequences.split == part] for part in Split}
        return cls(
            sequence_count=len(sequences),
            train_sequence_count=len(labels[Split.TRAIN]),
            test_sequence_count=len(labels[Split.TEST]),
            train_label_counts=_label_counts(labels[Split.TRAIN]),
            test_label_counts=_label_counts(labels[Split.TEST]),
            ignored_label_counts=_label_counts(labels[Split.IGNORED]),
            ignored_sequence_count=len(labels[Split.IGNORED]),
        )


@dataclass(frozen=True, eq=False)
class EventScores:
    """Decisions about single events.

    Attributes:
        rows: (events,) int64 dataset rows that were judged, in order, each once.
        scores: (events,) float64; the highest where overlapping windows judge a row several times.
        threshold: Scores above it are predicted anomalous.
        predicted: (events,) bool.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    threshold: float
    predicted: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class NextEvents:
    """Predictions of next events.

    Attributes:
        rows: (predictions,) int64 dataset rows that followed.
        rank: (predictions,) int64 their places among what was expected, 0 first; -1 without history.
        known: (templates,) bool which templates training showed.
    """

    rows: NDArray[np.int64]
    rank: NDArray[np.int64]
    known: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ModelRunSummary:
    """A fitted and scored detector.

    Attributes:
        detector: Its name.
        test: The test sequences, with their labels.
        scores: (test sequences,) float64, higher = more anomalous.
        threshold: Scores above it are predicted anomalous.
        predicted: (test sequences,) bool.
        oracle: The threshold has seen the labels of the test split.
        model_manifest: What the fitted detector says of itself, JSON-ready.
        sequence_summary: Counts of all splits.
        seconds: Time of fitting and of scoring.
        events: Decisions about single events, from detectors that judge them.
        next_events: Predictions of next events, from detectors that make them.
        explain: Evidence for some of the test sequences: (indices, top) -> lists of (text, weight).
    """

    detector: str
    test: SequenceSet
    scores: NDArray[np.float64]
    threshold: float
    predicted: NDArray[np.bool_]
    oracle: bool
    model_manifest: dict[str, Any]
    sequence_summary: SequenceSummary
    seconds: dict[str, float]
    explain: Explain
    events: EventScores | None = None
    next_events: NextEvents | None = None


def _label_counts(label: NDArray[np.int8]) -> dict[int, int]:
    values, counts = np.unique(label, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))
