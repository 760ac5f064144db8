"""Sequence length: how many events a sequence is shorter or longer than any in normal training.

Source: Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for evaluation
of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024. Score: events
outside the trained range, 0 inside. Deviation: the paper flags; the distance ranks what is flagged, and
the default threshold 0 flags the same sequences.

Lengths say something where the log decides them, as in sessions and windows of time. Windows of fixed
size all score 0; the chunks of a stream have no length of their own, and training on them is refused.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.errors import NotApplicable
from anomalog_exp.plural import how_many
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "SequenceLengthDetector"]


class Config(ExperimentModelConfig):
    """Options of the sequence length: the decision rule alone."""

    name: Literal["sequence_length"]

    def build_detector(self) -> SequenceLengthDetector:
        return SequenceLengthDetector(self)


class SequenceLengthDetector(Detector):
    """Scores sequences by how far their length is outside the trained range."""

    config: Config
    _shortest: int
    _longest: int

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        if train.train_events is not None:
            raise NotApplicable(
                f"{self.name} needs whole sequences in train, and in this stream single events train"
            )
        lengths = normal_with_events(self.name, train).lengths
        self._shortest, self._longest = int(lengths.min()), int(lengths.max())

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        lengths = sequences.lengths
        outside = np.maximum(self._shortest - lengths, lengths - self._longest)
        return np.maximum(outside, 0).astype(np.float64)

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The length and the trained range, where it is outside."""
        trained = f"training has {self._shortest:,} to {self._longest:,}"
        outside = self.score(sequences)
        return [
            [(f"{how_many(length, 'event')}, {trained}", weight)][:top] if weight else []
            for length, weight in zip(sequences.lengths.tolist(), outside.tolist(), strict=True)
        ]

    def manifest(self) -> dict[str, object]:
        """The trained range."""
        return {"shortest": self._shortest, "longest": self._longest}
