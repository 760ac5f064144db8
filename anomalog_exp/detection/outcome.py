"""What a detector's run comes to, before anything is measured or written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.triage import TriagedEvents
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["EventScores", "NextEvents", "Outcome", "Verdicts"]


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Decisions about sequences as wholes.

    Attributes:
        scores: (sequences,) float64, higher = more anomalous.
        predicted: (sequences,) bool.
        abstained: (sequences,) bool, where the detector gives no answer and nothing is predicted; None:
            it always answers.
    """

    scores: NDArray[np.float64]
    predicted: NDArray[np.bool_]
    abstained: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class EventScores:
    """Decisions about single events.

    Attributes:
        rows: (events,) int64 dataset rows that were judged, in order, each once.
        scores: (events,) float64; the highest where overlapping windows judge a row several times.
        threshold: Scores above it are predicted anomalous.
        predicted: (events,) bool.
        abstained: (events,) bool, where the detector gives no answer and nothing is predicted; None: it
            always answers.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    threshold: float
    predicted: NDArray[np.bool_]
    abstained: NDArray[np.bool_] | None = None


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


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What a judge makes of sequences.

    Attributes:
        test: The sequences that were judged, with their labels.
        scores: (sequences,) float64, higher = more anomalous.
        threshold: Scores above it are predicted anomalous.
        predicted: (sequences,) bool.
        abstained: (sequences,) bool, where the detector gives no answer and nothing is predicted; None:
            it always answers.
        oracle: The thresholds depend on the labels of these sequences.
        events: Decisions about single events, from detectors that judge them.
        next_events: Predictions of next events, from detectors that make them.
        triage: Clusters of single events, from detectors that group them for review.
    """

    test: SequenceSet
    scores: NDArray[np.float64]
    threshold: float
    predicted: NDArray[np.bool_]
    oracle: bool
    abstained: NDArray[np.bool_] | None = None
    events: EventScores | None = None
    next_events: NextEvents | None = None
    triage: TriagedEvents | None = None
