"""The threshold of a fitted detector: what the decision rule may look at, gathered for it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.decision import Calibration
from anomalog_exp.errors import NotApplicable
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["calibrated_threshold"]

Score = Callable[[Detector, SequenceSet], NDArray[np.float64]]
"""What is judged: the sequences given, or some of their events."""


def calibrated_threshold(
    config: ExperimentModelConfig,
    detector: Detector,
    train: SequenceSet,
    *,
    score: Score,
    label: NDArray[np.int8],
    own_threshold: float | None,
    test: Callable[[], tuple[NDArray[np.float64], NDArray[np.int8]]],
) -> float:
    """The threshold by the config's rule.

    Args:
        config: Of the detector, with the rule.
        detector: Fitted on `train`.
        train: The training split.
        score: Scores of what is judged.
        label: (training units,) int8 labels of what `score` gives for `train`.
        own_threshold: What the detector derived itself for such scores.
        test: Scores and labels of the test split; the oracle alone asks.
    """
    return config.decision.threshold(
        Calibration(
            scores=score(detector, train.unlabelled()),
            label=label,
            log_odds=type(detector).log_odds,
            own_threshold=own_threshold,
            held_out=lambda share: _held_out_scores(config, train, share, score),
            test=test,
        )
    )


def _held_out_scores(
    config: ExperimentModelConfig, train: SequenceSet, share: float, score: Score
) -> NDArray[np.float64]:
    """Scores of the last normal sequences by a detector that never saw them."""
    normal = np.arange(len(train))
    if train.train_events is None:
        normal = np.flatnonzero(train.label != 1)
    held = int((Decimal(str(share)) * len(normal)).to_integral_value(ROUND_CEILING))
    if held >= len(normal):
        raise NotApplicable(
            "the decision rule false_positive_rate needs normal sequences in train to hold some out "
            f"and fit on the others (there are {len(normal)})"
        )
    kept = np.ones(len(train), dtype=bool)
    kept[normal[-held:]] = False
    detector = config.build_detector()
    detector.fit(train.take(kept))
    return score(detector, train.take(~kept).unlabelled())
