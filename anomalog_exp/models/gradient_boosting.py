"""Gradient boosting on count features: histogram-based trees, by scikit-learn.

Source: Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29,
2001; histograms as in Ke et al., "LightGBM", NeurIPS 2017. Score: natural-log odds of "anomalous", the
sum of the trees. Sequences without a label take no part.

Bins are quantiles of rows and `min_leaf` counts them: weights of distinct vectors would give other
trees, so every sequence is a row, of the templates whose counts vary. No early stopping, which would
hold out training sequences at random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.count_detector import CountModelConfig, SupervisedCountDetector, varying
from anomalog_exp.features.weighting import CountWeighting
from anomalog_exp.options.base import Count

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

__all__ = ["Config", "GradientBoostingDetector"]


class Config(CountModelConfig):
    """Options of gradient boosting."""

    name: Literal["gradient_boosting"]
    trees: Count
    learning_rate: float = Field(gt=0, le=1, description="share of each tree that counts")
    max_leaves: Annotated[int, Field(ge=2)] = Field(description="leaves of each tree")
    min_leaf: Count = Field(description="training sequences that each leaf holds at least")
    seed: int = Field(ge=0, le=2**32 - 1)

    def build_detector(self) -> GradientBoostingDetector:
        return GradientBoostingDetector(
            self.weights(),
            trees=self.trees,
            learning_rate=self.learning_rate,
            max_leaves=self.max_leaves,
            min_leaf=self.min_leaf,
            seed=self.seed,
        )


class GradientBoostingDetector(SupervisedCountDetector):
    """Scores sequences by a sum of small trees."""

    log_odds: ClassVar[bool] = True

    def __init__(
        self,
        weights: CountWeighting,
        *,
        trees: int,
        learning_rate: float,
        max_leaves: int,
        min_leaf: int,
        seed: int,
    ) -> None:
        super().__init__(weights)
        self._trees = trees
        self._learning_rate = learning_rate
        self._max_leaves = max_leaves
        self._min_leaf = min_leaf
        self._seed = seed
        self._varying: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._boosted: HistGradientBoostingClassifier | None = None

    def fit_classes(
        self,
        features: NDArray[np.float64],
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        self._varying = varying(features)
        boosted = HistGradientBoostingClassifier(
            max_iter=self._trees,
            learning_rate=self._learning_rate,
            max_leaf_nodes=self._max_leaves,
            min_samples_leaf=self._min_leaf,
            early_stopping=False,
            random_state=self._seed,
        )
        rows = np.repeat(features[:, self._varying], count, axis=0)
        # It knows no n_jobs, and the members of a sweep share the cores.
        with threadpool_limits(1):
            self._boosted = boosted.fit(rows, np.repeat(anomalous, count))

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        from threadpoolctl import threadpool_limits

        assert self._boosted is not None
        with threadpool_limits(1):
            return self._boosted.decision_function(features[:, self._varying])

    def manifest(self) -> dict[str, object]:
        """The number of trees."""
        assert self._boosted is not None
        return {"trees": int(self._boosted.n_iter_)}
