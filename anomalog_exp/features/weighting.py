"""Weights and normalisations of count vectors, learned from training.

Source: Xu, Huang, Fox, Patterson, Jordan, "Detecting large-scale system problems by mining console
logs", SOSP 2009, and the feature extraction that He et al., "Experience report: system log analysis for
anomaly detection", ISSRE 2016, published beside it.

`tf_idf` multiplies each count by ln(sequences / sequences that hold the template). `zero_mean` takes the
mean of training away; `sigmoid` maps what is not 0 by 1 / (1 + exp(-x)). Deviation: a template that no
training sequence holds weighs as one that a single sequence holds, as its own quotient is infinite.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["CountWeighting", "Normalization", "Weighting"]

Weighting = Literal["counts", "tf_idf"]
Normalization = Literal["none", "zero_mean", "sigmoid"]


class CountWeighting:
    """Turns count vectors into feature vectors, of a row each, that depend on no other row."""

    def __init__(self, weighting: Weighting, normalization: Normalization) -> None:
        self._weighting = weighting
        self._normalization = normalization
        self._weight: NDArray[np.float64] = np.empty(0)
        self._mean: NDArray[np.float64] = np.empty(0)

    def fit(self, vectors: csr_matrix, count: NDArray[np.int64]) -> Self:
        """Learn weights and means.

        Args:
            vectors: (kinds, templates) counts.
            count: (kinds,) training sequences that have each vector.
        """
        total = count.sum()
        self._weight = np.ones(vectors.shape[1])
        if self._weighting == "tf_idf":
            holding = count @ (vectors > 0).astype(np.float64)
            self._weight = np.log(total / np.maximum(holding, 1))
        self._mean = (count @ vectors) / max(total, 1) * self._weight
        return self

    def dense(self, vectors: csr_matrix) -> NDArray[np.float64]:
        """(rows, templates) float64 features."""
        features = vectors.toarray() * self._weight
        if self._normalization == "zero_mean":
            features -= self._mean
        elif self._normalization == "sigmoid":
            there = features != 0
            features[there] = 1 / (1 + np.exp(-features[there]))
        return features
