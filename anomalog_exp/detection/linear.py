"""Linear classifiers of count vectors: one weight per template and a bias.

A template that training never shows keeps the weight 0 under an L2 penalty: it takes no part in fitting.
So does every direction in which no training vector points. Of more than 4,096 templates and fewer
vectors, these span a space with fewer axes than templates: the classifier is fitted there, to the same
optimum.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.count_detector import (
    SupervisedCountDetector,
    refuse_beyond_memory,
)
from anomalog_exp.features.row_space import row_space

__all__ = ["LinearDetector"]

_MANY_SHOWN = 4_096
"""Templates that training shows, beyond which a number for each pair of them takes 128 MB and more."""


class LinearDetector(SupervisedCountDetector):
    """Base of detectors whose score is linear in the features.

    Distinct pairs of vector and class weigh by their numbers: the loss sums over sequences all the same.
    """

    _weight: Annotated[NDArray[np.float64], "templates"]
    _bias: float
    _iterations: int

    square: ClassVar[bool] = False
    """Its solver holds a number for each pair of features."""

    @abstractmethod
    def classifier(self) -> Any:
        """The unfitted scikit-learn classifier."""

    def fit_classes(
        self,
        features: NDArray[np.float64],
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        shown = np.flatnonzero(features.any(axis=0))
        if not len(shown):  # sequences without events: the bias alone is learned
            shown = np.arange(1)
        axes, vectors = None, features[:, shown]
        if vectors.shape[1] > max(_MANY_SHOWN, len(vectors)):
            # The axes are orthonormal: lengths, and so the penalty, are the same along them.
            vectors, axes = row_space(vectors)
        if self.square:
            side = vectors.shape[1]
            size = f"those of {side:,} features with each other"
            refuse_beyond_memory(self.name, "second derivatives", size, side**2)
        classifier = self.classifier()
        classifier.fit(vectors, anomalous, sample_weight=count)
        weight = classifier.coef_[0]
        self._weight = np.zeros(features.shape[1])
        self._weight[shown] = weight if axes is None else weight @ axes
        self._bias = float(classifier.intercept_[0])
        self._iterations = int(np.max(classifier.n_iter_))

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        # Not a matrix product, which rounds by how many rows there are.
        return (features * self._weight).sum(axis=1) + self._bias

    def parts(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weight times feature."""
        return features * self._weight

    def manifest(self) -> dict[str, object]:
        """How large the classifier is."""
        return {
            "templates": int(np.count_nonzero(self._weight)),
            "bias": self._bias,
            "iterations": self._iterations,
        }
