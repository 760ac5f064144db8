"""Event count vectors: the distance of a sequence's counts to the nearest of normal training.

Source: Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for evaluation
of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024. Score: Manhattan
distance over its largest possible value, sum w |a - b| / sum w max(a, b), from 0 (a vector that training
showed) to 1 (nothing in common); w is 1, or the inverse document frequency.

Deviations: idf is ln(N / n) of `features/weighting.py`, where the paper has log10((1 + N) / n), so that
a template that every training sequence holds weighs nothing; one that none holds weighs ln(N), there 1.
The paper's code picks the best threshold on the test split; ours comes of distances in training.
`max_references` bounds how many are compared with, see `detection/references.py`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.references import drawn_references
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.count_vectors import count_vectors
from anomalog_exp.features.nearest_counts import NearestCounts
from anomalog_exp.features.weighting import Weighting, template_weights
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "EventCountVectorDetector"]


class Config(ExperimentModelConfig):
    """Options of event count vectors."""

    name: Literal["event_count_vector"]
    weighting: Weighting = Field(description="counts as they are, or times inverse frequency")
    max_references: Count | None = Field(description="distinct vectors to compare with; null = all")
    seed: int = Field(ge=0, le=2**32 - 1, description="of the draw")

    def build_detector(self) -> EventCountVectorDetector:
        return EventCountVectorDetector(self)


class EventCountVectorDetector(Detector):
    """Scores sequences by the nearest training count vector."""

    bounded_by: ClassVar[str] = "max_references"

    config: Config
    _trained: NearestCounts
    _distinct: int = 0
    """Distinct normal training vectors, kept or not."""

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        counts = count_vectors(normal_with_events(self.name, train).trainable())
        weight = template_weights(counts.vectors, counts.count, self.config.weighting)
        self._distinct = len(counts.count)
        drawn = drawn_references(counts.group, self.config.max_references, self.config.seed)
        kept = slice(None) if drawn is None else np.unique(counts.group[drawn])
        self._trained = NearestCounts(counts.vectors[kept], weight)

    @property
    def draws(self) -> bool:
        return bool(self._distinct) and self._distinct > self._trained.vectors.shape[0]

    @property
    def monotone(self) -> bool:
        return self.config.weighting == "counts" and not self.draws

    def left_out_scores(self, train: SequenceSet) -> NDArray[np.float64] | None:
        """The distance to the nearest other; one of several equal vectors has another at 0.

        None where weights are learned, as these would be others without the sequence.
        """
        if self.config.weighting != "counts":
            return None
        normal = train.normal()
        counts = count_vectors(normal)
        drawn = drawn_references(counts.group, self.config.max_references, self.config.seed)
        if drawn is not None:
            return self.score(normal.take(~drawn))
        alone = np.flatnonzero(counts.count == 1)
        distance = np.zeros(len(counts.count))
        distance[alone] = self._trained.apart(alone)
        return distance[counts.group]

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        counts = count_vectors(sequences)
        return self._trained.search(counts.vectors)[0][counts.group]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The templates that are there more or less often than in the nearest training vector.

        Their weights are their shares of the distance, and add up to it.
        """
        counts = count_vectors(sequences)
        weight = self._trained.weight
        nearest = self._trained.vectors[self._trained.search(counts.vectors)[1]]
        apart = abs(counts.vectors - nearest).multiply(weight).tocsr()
        most = counts.vectors.maximum(nearest) @ weight
        texts = sequences.dataset.templates
        evidence = []
        for row, whole in enumerate(most.tolist()):
            inside = slice(apart.indptr[row], apart.indptr[row + 1])
            columns, parts = apart.indices[inside], apart.data[inside]
            evidence.append(
                [
                    (
                        f"{texts[columns[i]]} ({counts.vectors[row, columns[i]]:g} times, "
                        f"nearest {nearest[row, columns[i]]:g})",
                        float(parts[i] / whole),
                    )
                    for i in np.lexsort((columns, -parts))[:top]
                    if parts[i] > 0
                ]
            )
        return [list(evidence[group]) for group in counts.group.tolist()]

    def manifest(self) -> dict[str, object]:
        """How many vectors are compared with, and of how many they were drawn."""
        kept: dict[str, object] = {"training_vectors": self._trained.vectors.shape[0]}
        return kept | {"drawn_from": self._distinct} if self.draws else kept
