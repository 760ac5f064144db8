"""What detectors on count features share: distinct vectors in, one score per sequence out.

Sequences that hold the same templates equally often score the same, so every method is fitted on
distinct vectors with their numbers as weights where that gives the same result, and scores each vector
once. Rows are made dense in portions: (65,536 x templates) float64 at a time. Training needs all of its
distinct vectors at once, and is refused where these would take more than 4 GB.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import labelled_for_both_classes
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.count_vectors import CountVectors, count_vectors
from anomalog_exp.features.weighting import CountWeighting, Normalization, Weighting
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = [
    "CountDetector",
    "CountModelConfig",
    "SupervisedCountDetector",
    "most_frequent",
    "varying",
]

_ROWS = 1 << 16
_MOST_CELLS = 1 << 29
_DIGITS = 12


class CountModelConfig(ExperimentModelConfig):
    """Base of the configs: how counts become features."""

    weighting: Weighting = Field(description="counts as they are, or times inverse frequency")
    normalization: Normalization = Field(description="what is done to the weighted counts")

    def weights(self) -> CountWeighting:
        """The weighting, not yet fitted."""
        return CountWeighting(self.weighting, self.normalization)


class CountDetector(Detector):
    """Base of detectors that learn from count vectors and read no label."""

    learns_from: ClassVar[Literal["normal", "all"]] = "all"

    def __init__(self, weights: CountWeighting) -> None:
        self._weights = weights

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        found = count_vectors(train.trainable())
        if not found.vectors.nnz:
            raise NotApplicable(f"{self.name} needs events in train (there are none)")
        self.fit_vectors(self._features(found), found.count)

    def _features(self, found: CountVectors) -> NDArray[np.float64]:
        """Dense features of the training vectors, whose weights are learned here."""
        kinds, templates = found.vectors.shape
        if kinds * templates > _MOST_CELLS:
            raise NotApplicable(
                f"{self.name} needs its training vectors in memory ({kinds:,} distinct ones of "
                f"{templates:,} templates are more than {_MOST_CELLS:,} numbers)"
            )
        return self._weights.fit(found.vectors, found.count).dense(found.vectors)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        found = count_vectors(sequences)
        scores = np.empty(found.vectors.shape[0])
        for start in range(0, len(scores), _ROWS):
            part = slice(start, start + _ROWS)
            scores[part] = self.score_vectors(self._weights.dense(found.vectors[part]))
        return _steady(scores)[found.group]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The templates that drive the score, where the method tells."""
        if not len(sequences):
            return []
        found = count_vectors(sequences)
        parts = self.parts(self._weights.dense(found.vectors))
        if parts is None:
            return super().explain(sequences, top)
        told = strongest(csr_matrix(_steady(parts)), sequences.dataset.templates, top)
        return [list(told[group]) for group in found.group.tolist()]

    @abstractmethod
    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        """Learn from (kinds, templates) distinct feature vectors and the number of each."""

    @abstractmethod
    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(rows,) scores of (rows, templates) feature vectors, one row at least."""

    def parts(self, features: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """(rows, templates) what each template adds to the score; None where it cannot be said."""
        return None


class SupervisedCountDetector(CountDetector):
    """Base of detectors that learn both classes from labelled count vectors."""

    supervised: ClassVar[bool] = True

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        train = labelled_for_both_classes(self.name, train)
        found = count_vectors(train)
        features = self._features(found)
        anomalous = np.bincount(found.group[train.label == 1], minlength=len(found.count))
        counts = np.concatenate((found.count - anomalous, anomalous))
        there = np.flatnonzero(counts)
        kinds = len(found.count)
        self.fit_classes(features[there % kinds], there >= kinds, counts[there])

    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        raise TypeError(f"{self.name} learns from labelled vectors")

    @abstractmethod
    def fit_classes(
        self,
        features: NDArray[np.float64],
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        """Learn from distinct pairs of vector and class.

        Args:
            features: (pairs, templates) float64.
            anomalous: (pairs,) the class of each.
            count: (pairs,) int64 training sequences that are such a pair.
        """


def most_frequent(count: NDArray[np.int64], at_most: int) -> NDArray[np.int64]:
    """Indices, ascending, of the largest counts; of equal ones the first."""
    return np.sort(np.argsort(-count, kind="stable")[:at_most])


def varying(features: NDArray[np.float64]) -> NDArray[np.int64]:
    """The columns that hold different values, all that a tree can split on; the first if none does."""
    columns = np.flatnonzero(np.ptp(features, axis=0))
    return columns if len(columns) else np.arange(1)


def _steady(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values to 12 significant digits.

    Matrix products differ in their last bits by how many rows are multiplied at once: without this a
    sequence would score differently in other company, and above a threshold that it made itself.
    """
    magnitude = np.floor(np.log10(np.abs(values), where=values != 0, out=np.zeros(values.shape)))
    scale = 10.0 ** np.clip(_DIGITS - 1 - magnitude, -300, 300)
    return np.round(values * scale) / scale
