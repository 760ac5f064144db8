"""What a fitted detector says of single events: decisions, and predictions of the next one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import UNLABELLED
from anomalog_exp.detection.calibrate import calibrated_threshold
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.outcome import EventScores, NextEvents
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["judged_events", "predicted_next_events"]


def judged_events(
    config: ExperimentModelConfig, detector: Detector, sequences: SequenceSet
) -> EventScores | None:
    """Decisions about the events that are evaluated; None where events have no labels or no scores.

    The threshold comes from training events by the rule that decides about sequences.
    """
    if not (sequences.dataset.label != UNLABELLED).any():
        return None
    tested, label = _evaluated(sequences), np.asarray(sequences.dataset.label)
    scores = detector.score_events(tested)
    if scores is None:
        return None
    highest = np.full(sequences.dataset.n_events, -np.inf)
    np.maximum.at(highest, tested.rows, scores)
    judged = np.zeros(len(highest), dtype=bool)
    judged[tested.rows] = True
    if sequences.evaluation_events is not None:
        judged &= sequences.evaluation_events
    rows = np.flatnonzero(judged)
    train = sequences.part(Split.TRAIN)
    threshold = calibrated_threshold(
        config,
        detector,
        train,
        score=_learnable_scores,
        label=label[train.rows[train.may_train]],
        own_threshold=None,
        test=lambda: (highest[rows], label[rows]),
    )
    return EventScores(rows, highest[rows], threshold, highest[rows] > threshold)


def _learnable_scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64]:
    """Scores of the events that may train."""
    scores = detector.score_events(sequences)
    assert scores is not None
    return scores[sequences.may_train]


def predicted_next_events(detector: Detector, sequences: SequenceSet) -> NextEvents | None:
    """Ranks of the events that are evaluated; None for detectors that predict none."""
    tested = _evaluated(sequences)
    rank = detector.rank_next_events(tested)
    if rank is None:
        return None
    kept = _kept(tested, sequences.evaluation_events)
    train = sequences.part(Split.TRAIN)
    known = np.zeros(len(sequences.dataset.templates), dtype=bool)
    known[train.templates[train.may_train]] = True
    return NextEvents(tested.rows[kept], rank[kept], known)


def _evaluated(sequences: SequenceSet) -> SequenceSet:
    """The test sequences and, in a stream, training chunks that also hold events to evaluate."""
    chosen = sequences.split == Split.TEST
    if sequences.evaluation_events is not None:
        running = np.concatenate(([0], np.cumsum(sequences.evaluation_events[sequences.order])))
        chosen |= running[sequences.stop] > running[sequences.start]
    return sequences.take(chosen).unlabelled()


def _kept(tested: SequenceSet, evaluated: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    return np.ones(len(tested.rows), dtype=bool) if evaluated is None else evaluated[tested.rows]
