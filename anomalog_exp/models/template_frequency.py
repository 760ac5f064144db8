"""Template frequency: the mean negative log likelihood of a sequence's templates.

A unigram model: each event is drawn by the share of its template among the events of training sequences
that are not labelled anomalous, with additive smoothing over the templates seen there and one more for
all that were not. Score: nats per event; an empty sequence scores 0. It is the simplest likelihood
there is, and shows what order and co-occurrence add.

Evidence is what lifts a sequence above the average training event: of each template its number of
events, times the nats by which it is rarer than that one. So a common template never leads, however
often it comes; together with those that lower the score, the weights of a sequence add up to what it
scores above average, times its length.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.features.counts import template_counts, weighted_counts
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "TemplateFrequencyDetector"]


class Config(ExperimentModelConfig):
    """Options of template frequency."""

    name: Literal["template_frequency"]
    smoothing: float = Field(gt=0, description="added to every template's count")

    def build_detector(self) -> TemplateFrequencyDetector:
        return TemplateFrequencyDetector(self)


class TemplateFrequencyDetector(Detector):
    """Scores sequences by how rare their templates are."""

    config: Config
    _surprise: Annotated[NDArray[np.float64], "templates"]
    _average: float

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = train.normal()
        seen = normal.trainable_counts()
        kinds = np.count_nonzero(seen) + 1
        smoothed = seen + self.config.smoothing
        total = seen.sum() + self.config.smoothing * kinds
        self._surprise = -np.log(smoothed / total)
        self._average = float(seen @ self._surprise) / max(int(seen.sum()), 1)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        surprise = weighted_counts(sequences, self._surprise)
        return surprise / np.maximum(sequences.lengths, 1)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return self._surprise[sequences.templates]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The templates rarer than the average training event, with what they add above it in nats."""
        parts = template_counts(sequences).multiply(self._surprise - self._average).tocsr()
        return strongest(parts, sequences.dataset.templates, top)
