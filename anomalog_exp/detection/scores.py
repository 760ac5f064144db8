"""Scores as a detector gives them, checked once where they enter.

A detector that breaks the contract is a defect of its author and raises TypeError.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["event_scores", "highest_of_rows", "sequence_scores"]


def sequence_scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64]:
    """(sequences,) float64, finite.

    Raises:
        TypeError: the detector breaks the contract.
    """
    return _checked(detector, detector.score(sequences), len(sequences))


def event_scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64] | None:
    """(sum of lengths,) float64, finite, sequence by sequence; None if it scores no events.

    Raises:
        TypeError: the detector breaks the contract.
    """
    scores = detector.score_events(sequences)
    return None if scores is None else _checked(detector, scores, int(sequences.offsets[-1]))


def highest_of_rows(
    sequences: SequenceSet, scores: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The dataset rows that are evaluated, in order, and the highest score of each.

    Args:
        sequences: What was scored; overlapping windows score a row several times.
        scores: (sum of lengths,) scores of their events.
    """
    rows, size = sequences.rows, sequences.dataset.n_events
    highest = np.full(size, -np.inf)
    np.maximum.at(highest, rows, scores)
    judged = np.zeros(size, dtype=bool)
    judged[rows] = True
    if sequences.evaluation_events is not None:
        judged &= sequences.evaluation_events
    there = np.flatnonzero(judged)
    return there, highest[there]


def _checked(detector: Detector, scores: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    if scores.dtype != np.float64 or scores.shape != (size,):
        raise TypeError(
            f"{detector.name} must score float64 of shape ({size},), "
            f"not {scores.dtype} of shape {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise TypeError(
            f"{detector.name} must give finite scores: {(~np.isfinite(scores)).sum()} are not"
        )
    return scores
