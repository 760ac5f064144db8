"""Gated: how long a sequence is, once a file is there.

Score: events beyond the longest in training. Each training that has ended leaves a line in a file.
"""

from __future__ import annotations

import time
from typing import Literal

import numpy as np

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.options.base import PathText


class Config(ExperimentModelConfig):
    """A detector that lasts as long as somebody wants."""

    name: Literal["gated"]
    gate: PathText | None
    fits: PathText

    def build_detector(self) -> GatedDetector:
        return GatedDetector(self)


class GatedDetector(Detector):
    """Waits for its gate."""

    config: Config
    learns_from = "all"
    _longest: int

    def fit(self, train, valid=None) -> None:
        while self.config.gate is not None and not self.config.gate.exists():
            time.sleep(0.05)
        with self.config.fits.open("a") as fits:
            fits.write(f"{self.config.gate}\n")
        self._longest = int(train.lengths.max())

    def score(self, sequences):
        return np.maximum(sequences.lengths - self._longest, 0).astype(np.float64)
