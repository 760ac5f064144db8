"""Event count vectors: the distance of a sequence's counts to the nearest of normal training.

Source: Landauer, Skopik, Wurzenberger, "A critical review of common log data sets used for evaluation
of sequence-based anomaly detection techniques", Proc. ACM Softw. Eng. 1 (FSE), 2024. Score: Manhattan
distance over its largest possible value, sum w |a - b| / sum w max(a, b), from 0 (a vector that training
showed) to 1 (nothing in common); w is 1, or the inverse document frequency.

Deviations: idf is ln(N / n) of `features/weighting.py`, where the paper has log10((1 + N) / n), so that
a template that every training sequence holds weighs nothing; one that none holds weighs ln(N), there 1.
The paper's code picks the best threshold on the test split; ours is set on training sequences held out.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.count_vectors import count_vectors
from anomalog_exp.features.nearest_counts import NearestCounts
from anomalog_exp.features.weighting import CountWeighting, Weighting
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "EventCountVectorDetector"]


class Config(ExperimentModelConfig):
    """Options of event count vectors."""

    name: Literal["event_count_vector"]
    weighting: Weighting = Field(description="counts as they are, or times inverse frequency")

    def build_detector(self) -> EventCountVectorDetector:
        return EventCountVectorDetector(self.weighting)


class EventCountVectorDetector(Detector):
    """Scores sequences by the nearest training count vector."""

    def __init__(self, weighting: Weighting) -> None:
        self._weighting = weighting
        self._weight: NDArray[np.float64] = np.empty(0)
        self._trained: NearestCounts

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        found = count_vectors(normal_with_events(self.name, train).trainable())
        weights = CountWeighting(self._weighting, "none").fit(found.vectors, found.count)
        ones = csr_matrix(np.ones((1, found.vectors.shape[1])))
        self._weight = weights.dense(ones)[0]
        self._trained = NearestCounts(found.vectors, self._weight)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        found = count_vectors(sequences)
        return self._trained.search(found.vectors)[0][found.group]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The templates that are there more or less often than in the nearest training vector.

        Their weights are their shares of the distance, and add up to it.
        """
        found = count_vectors(sequences)
        nearest = self._trained.vectors[self._trained.search(found.vectors)[1]]
        apart = abs(found.vectors - nearest).multiply(self._weight).tocsr()
        most = found.vectors.maximum(nearest) @ self._weight
        texts = sequences.dataset.templates
        told = []
        for row, whole in enumerate(most.tolist()):
            inside = slice(apart.indptr[row], apart.indptr[row + 1])
            columns, parts = apart.indices[inside], apart.data[inside]
            told.append(
                [
                    (
                        f"{texts[columns[i]]} ({found.vectors[row, columns[i]]:g} times, "
                        f"nearest {nearest[row, columns[i]]:g})",
                        float(parts[i] / whole),
                    )
                    for i in np.lexsort((columns, -parts))[:top]
                    if parts[i] > 0
                ]
            )
        return [list(told[group]) for group in found.group.tolist()]

    def manifest(self) -> dict[str, object]:
        """How many vectors are compared with."""
        return {"training_vectors": self._trained.vectors.shape[0]}
