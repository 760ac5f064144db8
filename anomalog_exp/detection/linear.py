"""Linear classifiers of count vectors: one weight per template and a bias.

A template that training never shows keeps the weight 0 under an L2 penalty: it takes no part in fitting.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.count_detector import SupervisedCountDetector

__all__ = ["LinearDetector"]


class LinearDetector(SupervisedCountDetector):
    """Base of detectors whose score is linear in the features.

    Distinct pairs of vector and class weigh by their numbers: the loss sums over sequences all the same.
    """

    _weight: Annotated[NDArray[np.float64], "templates"]
    _bias: float
    _iterations: int

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
        classifier = self.classifier()
        classifier.fit(features[:, shown], anomalous, sample_weight=count)
        self._weight = np.zeros(features.shape[1])
        self._weight[shown] = classifier.coef_[0]
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
