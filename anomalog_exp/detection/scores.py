"""Scores as a detector gives them, checked once where they enter.

A detector that breaks the contract is a defect of its author and raises TypeError.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = [
    "abstained_events",
    "abstained_sequences",
    "blamed_events",
    "decided",
    "event_scores",
    "highest_of_rows",
    "judged_rows",
    "left_out_scores",
    "sequence_scores",
]


def sequence_scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64]:
    """(sequences,) float64, finite.

    Raises:
        TypeError: the detector breaks the contract.
    """
    return _checked(detector, detector.score(sequences), len(sequences))


def left_out_scores(detector: Detector, train: SequenceSet) -> NDArray[np.float64] | None:
    """(normal sequences of train,) float64, finite; None if the detector knows no quick way.

    Of a detector that draws: (normal sequences that it did not draw,), fewer.

    Raises:
        TypeError: the detector breaks the contract.
    """
    scores = detector.left_out_scores(train)
    if scores is None:
        return None
    size = len(train.normal())
    return _checked(detector, scores, min(len(scores), size) if detector.draws else size)


def event_scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64] | None:
    """(sum of lengths,) float64, finite, sequence by sequence; None if it scores no events.

    Raises:
        TypeError: the detector breaks the contract.
    """
    scores = detector.score_events(sequences)
    return None if scores is None else _checked(detector, scores, int(sequences.offsets[-1]))


def blamed_events(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64] | None:
    """(sum of lengths,) float64, finite, sequence by sequence; None if it blames no single events.

    Raises:
        TypeError: the detector breaks the contract.
    """
    blame = detector.blamed_events(sequences)
    return None if blame is None else _checked(detector, blame, int(sequences.offsets[-1]))


def abstained_sequences(detector: Detector, sequences: SequenceSet) -> NDArray[np.bool_] | None:
    """(sequences,) bool where the detector gives no answer; None if it always does.

    Raises:
        TypeError: the detector breaks the contract.
    """
    return _checked_abstention(detector, detector.abstained(sequences), len(sequences))


def abstained_events(detector: Detector, sequences: SequenceSet) -> NDArray[np.bool_] | None:
    """(sum of lengths,) bool, the same for single events.

    Raises:
        TypeError: the detector breaks the contract.
    """
    found = detector.abstained_events(sequences)
    return _checked_abstention(detector, found, int(sequences.offsets[-1]))


def decided(abstained: NDArray[np.bool_] | None, units: int) -> NDArray[np.bool_]:
    """(units,) bool, where an answer is given."""
    return np.ones(units, dtype=bool) if abstained is None else ~abstained


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


def judged_rows(
    detector: Detector, sequences: SequenceSet
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_] | None] | None:
    """The dataset rows that are evaluated, the score of each, and whether the detector gives no answer.

    A row that overlapping windows show several times has the highest score of those that give an answer.
    None if the detector scores no events.

    Raises:
        TypeError: the detector breaks the contract.
    """
    scores = event_scores(detector, sequences)
    if scores is None:
        return None
    rows, highest = highest_of_rows(sequences, scores)
    abstained = abstained_events(detector, sequences)
    if abstained is None:
        return rows, highest, None
    _, answered = highest_of_rows(sequences, np.where(abstained, -np.inf, scores))
    nowhere = answered == -np.inf
    return rows, np.where(nowhere, highest, answered), nowhere


def _checked_abstention(
    detector: Detector, abstained: NDArray[np.bool_] | None, size: int
) -> NDArray[np.bool_] | None:
    if abstained is not None and (abstained.dtype != np.bool_ or abstained.shape != (size,)):
        raise TypeError(
            f"{detector.name} must abstain by truth values of shape ({size},), "
            f"not {abstained.dtype} of shape {abstained.shape}"
        )
    return abstained


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
