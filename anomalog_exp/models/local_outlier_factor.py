"""Local outlier factor: how much sparser it is around a count vector than around its neighbours.

Source: Breunig, Kriegel, Ng, Sander, "LOF: identifying density-based local outliers", SIGMOD 2000, on a
k-d tree of scikit-learn. The density around a vector is one over the mean of its distances to its
neighbours, none of them shorter than the neighbour's own neighbourhood reaches. Score: the mean density
around the neighbours over that around the vector itself, about 1 among vectors that lie as close to each
other, and more outside.

All training sequences teach, and no label is read; split=normal_only gives it normal ones alone.

Deviation: it is fitted on distinct vectors. As many copies as neighbours would make the density of a
vector infinite, and logs are copies nearly all. Beyond `max_vectors` distinct ones, whose neighbours
take time by their square, the most frequent train. What training shows is its own nearest neighbour when
it is scored, as is a test sequence just like it.

Beyond 10,000 templates no tree is faster than all distances, which products of sparse vectors give, and
no mean is taken from these: distances depend on differences alone.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, issparse

from anomalog_exp.detection.count_detector import (
    CountModelConfig,
    Features,
    WeightedCountDetector,
    most_frequent,
)
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.sparse_distances import distinct_positions, squared_distances
from anomalog_exp.options.base import Count

__all__ = ["Config", "LocalOutlierFactorDetector"]

_ROWS = 512
"""Rows whose distances to all training vectors are in memory at once."""

_NEVER_ZERO = 1e-10
"""What scikit-learn adds to distances, so that a density is finite."""


class Config(CountModelConfig):
    """Options of the local outlier factor."""

    name: Literal["local_outlier_factor"]
    neighbors: Count = Field(description="vectors that make up a neighbourhood")
    max_vectors: Count = Field(description="distinct vectors that train")

    def build_detector(self) -> LocalOutlierFactorDetector:
        return LocalOutlierFactorDetector(self)


class LocalOutlierFactorDetector(WeightedCountDetector):
    """Scores sequences by the density around them."""

    sparse: ClassVar[bool] = True

    bounded_by: ClassVar[str] = "max_vectors"

    compares_to_learn: ClassVar[bool] = True

    config: Config
    _vectors: Annotated[csr_matrix, "vectors", "templates"]
    _reach: Annotated[NDArray[np.float64], "vectors"]
    """How far the neighbourhood of each training vector reaches."""
    _density: Annotated[NDArray[np.float64], "vectors"]
    _neighbors: int

    def fit_vectors(self, features: Features, count: NDArray[np.int64]) -> None:
        kept = features[most_frequent(count, self.config.max_vectors)]
        # Weights of 0 make different counts the same features.
        vectors = kept[distinct_positions(kept)] if issparse(kept) else np.unique(kept, axis=0)
        self._vectors = csr_matrix(vectors)
        if vectors.shape[0] < 2:
            raise NotApplicable(
                f"{self.name} needs two different vectors in train (weighted, all counts are the same)"
            )
        self._neighbors = min(self.config.neighbors, vectors.shape[0] - 1)
        # The nearest vector to each is itself, which is no neighbour.
        distance, near = self._nearest(vectors, self._neighbors + 1)
        distance, near = distance[:, 1:], near[:, 1:]
        self._reach = distance[:, -1].copy()
        self._density = self._densities(distance, near)

    def score_vectors(self, features: Features) -> NDArray[np.float64]:
        distance, near = self._nearest(features, self._neighbors)
        return (self._density[near] / self._densities(distance, near)[:, None]).mean(axis=1)

    def _nearest(
        self, features: Features, number: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(rows, number) distances to the nearest training vectors, and which they are."""
        if issparse(features):
            return self._nearest_of_all(features, number)
        from sklearn.neighbors import KDTree

        # A tree measures each pair alone; brute force multiplies matrices, and rounds by their size.
        # Which of several as near count depends on the leaves: of 30, as in scikit-learn's own LOF.
        return KDTree(self._vectors.toarray(), leaf_size=30).query(features, number)

    def _nearest_of_all(
        self, features: csr_matrix, number: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The same from all distances; of several as near the first count."""
        distance = np.empty((features.shape[0], number))
        near = np.empty(distance.shape, dtype=np.int64)
        for start in range(0, len(distance), _ROWS):
            part = slice(start, start + _ROWS)
            apart = np.sqrt(squared_distances(features[part], self._vectors))
            near[part] = np.argsort(apart, axis=1, kind="stable")[:, :number]
            distance[part] = np.take_along_axis(apart, near[part], axis=1)
        return distance, near

    def _densities(
        self, distance: NDArray[np.float64], near: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(rows,) density around each row, from its distances and neighbours."""
        reached = np.maximum(distance, self._reach[near])
        return 1 / (reached.mean(axis=1) + _NEVER_ZERO)

    def manifest(self) -> dict[str, object]:
        """What was fitted on."""
        return {"distinct_vectors": self._vectors.shape[0], "neighbors": self._neighbors}
