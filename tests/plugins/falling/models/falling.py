"""Falling: a detector of another library than PyTorch, whose loss halves from epoch to epoch.

Score: the length of a sequence.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.networks.learning_curve import LearningCurve
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet


class Config(ExperimentModelConfig):
    """Options of the detector."""

    name: Literal["falling"]
    epochs: Count = Field(description="passes over the training data")

    def build_detector(self) -> FallingDetector:
        return FallingDetector(self)


class FallingDetector(Detector):
    """Scores sequences by their length."""

    config: Config
    _curve: LearningCurve

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        loss = 0.5 ** np.arange(self.config.epochs)
        self._curve = LearningCurve.of(loss, [] if valid is None else loss + 1, len(loss) - 1)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return sequences.lengths.astype(np.float64)

    def manifest(self) -> dict[str, Any]:
        return self._curve.to_json()
