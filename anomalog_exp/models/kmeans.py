"""K-means: the distance of a count vector from the nearest centroid of training.

Source: Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28, 1982,
with the starts of Arthur and Vassilvitskii, "k-means++", SODA 2007, by scikit-learn. Score: the distance
to the nearest centroid, in the unit of the weighted counts.

All training sequences teach, and no label is read; split=normal_only gives it normal ones alone.
Distinct vectors weigh by their numbers, so the centroids are means of sequences.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial.distance import cdist

from anomalog_exp.detection.count_detector import CountModelConfig, WeightedCountDetector
from anomalog_exp.options.base import Count

__all__ = ["Config", "KMeansDetector"]


class Config(CountModelConfig):
    """Options of k-means."""

    name: Literal["kmeans"]
    clusters: Count
    starts: Count = Field(description="random starts, of which the best counts")
    seed: int = Field(ge=0, le=2**32 - 1)

    def build_detector(self) -> KMeansDetector:
        return KMeansDetector(self)


class KMeansDetector(WeightedCountDetector):
    """Scores sequences by the distance to the nearest centroid."""

    config: Config
    _centroids: Annotated[NDArray[np.float64], "clusters", "templates"]

    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        # Weights of 0 make different counts the same features: there may be fewer than clusters.
        distinct = len(np.unique(features, axis=0))
        means = KMeans(
            min(self.config.clusters, distinct),
            n_init=self.config.starts,
            random_state=self.config.seed,
        )
        # Threads add up the parts of a mean in the order in which they finish.
        with threadpool_limits(1):
            means.fit(features, sample_weight=count)
        self._centroids = means.cluster_centers_

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return cdist(features, self._centroids).min(axis=1)

    def parts(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The squared deviation of each template from the nearest centroid."""
        nearest = cdist(features, self._centroids).argmin(axis=1)
        return (features - self._centroids[nearest]) ** 2

    def manifest(self) -> dict[str, object]:
        """How many clusters there are."""
        return {"clusters": len(self._centroids)}
