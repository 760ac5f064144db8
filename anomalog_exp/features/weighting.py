"""Weights and normalisations of count vectors, learned from training.

Source: Xu, Huang, Fox, Patterson, Jordan, "Detecting large-scale system problems by mining console
logs", SOSP 2009, and the feature extraction that He et al., "Experience report: system log analysis for
anomaly detection", ISSRE 2016, published beside it.

`tf_idf` multiplies each count by ln(sequences / sequences that hold the template). `zero_mean` takes the
mean of training away; `sigmoid` maps what is not 0 by 1 / (1 + exp(-x)). Deviation: a template that no
training sequence holds weighs as one that a single sequence holds, as its own quotient is infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["CountWeighting", "Normalization", "Weighting", "template_weights"]

Weighting = Literal["counts", "tf_idf"]
Normalization = Literal["none", "zero_mean", "sigmoid"]


def template_weights(
    vectors: csr_matrix, count: NDArray[np.int64], weighting: Weighting
) -> NDArray[np.float64]:
    """(templates,) float64 weight of each template.

    Args:
        vectors: (kinds, templates) counts.
        count: (kinds,) training sequences that have each vector.
        weighting: The rule.
    """
    if weighting == "counts":
        return np.ones(vectors.shape[1])
    holding = count @ (vectors > 0).astype(np.float64)
    return np.log(count.sum() / np.maximum(holding, 1))


@dataclass(frozen=True, eq=False)
class CountWeighting:
    """Turns count vectors into feature vectors, of a row each, that depend on no other row.

    Attributes:
        weight: (templates,) float64, what a count is multiplied by.
        mean: (templates,) float64 mean of the weighted training counts.
    """

    weight: Annotated[NDArray[np.float64], "templates"]
    mean: Annotated[NDArray[np.float64], "templates"]

    @classmethod
    def learned(cls, vectors: csr_matrix, count: NDArray[np.int64], weighting: Weighting) -> Self:
        """Weights and means of training; the arguments are those of `template_weights`."""
        weight = template_weights(vectors, count, weighting)
        return cls(weight, (count @ vectors) / max(count.sum(), 1) * weight)

    def sparse(self, vectors: csr_matrix, normalization: Normalization) -> csr_matrix:
        """(rows, templates) the same features, from which no mean is taken.

        For what depends on differences of rows alone: a mean that all of them lack changes none.
        """
        features = csr_matrix(vectors.multiply(self.weight))
        features.eliminate_zeros()
        features.sort_indices()
        if normalization == "sigmoid":
            features.data = 1 / (1 + np.exp(-features.data))
        return features

    def dense(self, vectors: csr_matrix, normalization: Normalization) -> NDArray[np.float64]:
        """(rows, templates) float64 features."""
        features = vectors.toarray() * self.weight
        if normalization == "zero_mean":
            features -= self.mean
        elif normalization == "sigmoid":
            there = features != 0
            features[there] = 1 / (1 + np.exp(-features[there]))
        return features
