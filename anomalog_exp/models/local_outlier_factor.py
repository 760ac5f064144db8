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
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.count_detector import (
    CountModelConfig,
    WeightedCountDetector,
    most_frequent,
)
from anomalog_exp.errors import NotApplicable
from anomalog_exp.options.base import Count

__all__ = ["Config", "LocalOutlierFactorDetector"]

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

    config: Config
    _vectors: Annotated[NDArray[np.float64], "vectors", "templates"]
    _reach: Annotated[NDArray[np.float64], "vectors"]
    """How far the neighbourhood of each training vector reaches."""
    _density: Annotated[NDArray[np.float64], "vectors"]
    _neighbors: int

    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        kept = features[most_frequent(count, self.config.max_vectors)]
        # Weights of 0 make different counts the same features.
        self._vectors = np.unique(kept, axis=0)
        if len(self._vectors) < 2:
            raise NotApplicable(
                f"{self.name} needs two different vectors in train (weighted, all counts are the same)"
            )
        self._neighbors = min(self.config.neighbors, len(self._vectors) - 1)
        # The nearest vector to each is itself, which is no neighbour.
        distance, near = self._nearest(self._vectors, self._neighbors + 1)
        distance, near = distance[:, 1:], near[:, 1:]
        self._reach = distance[:, -1].copy()
        self._density = self._densities(distance, near)

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        distance, near = self._nearest(features, self._neighbors)
        return (self._density[near] / self._densities(distance, near)[:, None]).mean(axis=1)

    def _nearest(
        self, features: NDArray[np.float64], number: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(rows, number) distances to the nearest training vectors, and which they are."""
        from sklearn.neighbors import KDTree

        # A tree measures each pair alone; brute force multiplies matrices, and rounds by their size.
        # Which of several as near count depends on the leaves: of 30, as in scikit-learn's own LOF.
        return KDTree(self._vectors, leaf_size=30).query(features, number)

    def _densities(
        self, distance: NDArray[np.float64], near: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(rows,) density around each row, from its distances and neighbours."""
        reached = np.maximum(distance, self._reach[near])
        return 1 / (reached.mean(axis=1) + _NEVER_ZERO)

    def manifest(self) -> dict[str, object]:
        """What was fitted on."""
        return {"distinct_vectors": len(self._vectors), "neighbors": self._neighbors}
