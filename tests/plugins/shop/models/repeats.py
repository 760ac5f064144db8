"""Repeats: how far the share of events that repeat the event before them is from that of normal training.

A stuck program says the same thing over and over. Score: |share - mean share of normal training|.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.features.segments import segment_sums
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet


class Config(ExperimentModelConfig):
    """Options of the detector."""

    name: Literal["repeats"]
    lag: Count = Field(description="how many events back the same one must stand")

    def build_detector(self) -> RepeatsDetector:
        return RepeatsDetector(self)


class RepeatsDetector(Detector):
    """Scores sequences by how often they repeat themselves."""

    config: Config
    _usual: float

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        shares = self._shares(train.normal())
        self._usual = float(shares.mean()) if len(shares) else 0.0

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return np.abs(self._shares(sequences) - self._usual)

    def _shares(self, sequences: SequenceSet) -> NDArray[np.float64]:
        """(sequences,) share of the events that repeat the one `lag` places before them."""
        templates, place = sequences.templates, np.arange(len(sequences.templates))
        inside = place - np.repeat(sequences.offsets[:-1], sequences.lengths) >= self.config.lag
        repeats = np.zeros(len(templates))
        repeats[inside] = templates[inside] == templates[place[inside] - self.config.lag]
        return segment_sums(repeats, sequences.offsets) / np.maximum(sequences.lengths, 1)

    def manifest(self) -> dict[str, object]:
        return {"usual_share": self._usual}
