"""Local outlier factor: how much sparser it is around a count vector than around its neighbours.

Source: Breunig, Kriegel, Ng, Sander, "LOF: identifying density-based local outliers", SIGMOD 2000, by
scikit-learn. Score: the factor, about 1 among vectors that lie as close to each other, and more outside.

All training sequences teach, and no label is read; split=normal_only gives it normal ones alone.

Deviation: it is fitted on distinct vectors. As many copies as neighbours would make the density of a
vector infinite, and logs are copies nearly all. Beyond `max_vectors` distinct ones, whose neighbours
take time by their square, the most frequent train. What training shows is its own nearest neighbour when
it is scored, as is a test sequence just like it.
"""

from __future__ import annotations

from typing import Any, Literal

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
    _factor: Any

    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        from sklearn.neighbors import LocalOutlierFactor

        kept = features[most_frequent(count, self.config.max_vectors)]
        # Weights of 0 make different counts the same features.
        kept = np.unique(kept, axis=0)
        if len(kept) < 2:
            raise NotApplicable(
                f"{self.name} needs two different vectors in train (weighted, all counts are the same)"
            )
        # A tree measures each pair alone; brute force multiplies matrices, and rounds by their size.
        self._factor = LocalOutlierFactor(
            n_neighbors=min(self.config.neighbors, len(kept) - 1),
            algorithm="kd_tree",
            novelty=True,
            n_jobs=1,
        ).fit(kept)

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return -self._factor.score_samples(features)

    def manifest(self) -> dict[str, object]:
        """What was fitted on."""
        return {
            "distinct_vectors": self._factor.n_samples_fit_,
            "neighbors": self._factor.n_neighbors_,
        }
