"""Gradient boosting on count features: histogram-based trees, by scikit-learn.

Source: Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29,
2001; histograms as in Ke et al., "LightGBM", NeurIPS 2017. Score: natural-log odds of "anomalous", the
sum of the trees. Sequences without a label take no part.

Bins are quantiles of rows and `min_leaf` counts them: weights of distinct vectors would give other
trees, so every sequence is a row, of the templates that can split them: `min_leaf` rows on either side.
No early stopping, which would hold out training sequences at random.
"""

from __future__ import annotations

from itertools import chain
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.count_detector import (
    CountModelConfig,
    SupervisedCountDetector,
    refuse_beyond_memory,
    varying,
)
from anomalog_exp.detection.forms import Estimator
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.detection.trees import check_nodes
from anomalog_exp.options.base import Count

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
        return GradientBoostingDetector(self)


class GradientBoostingDetector(SupervisedCountDetector):
    """Scores sequences by a sum of small trees."""

    log_odds: ClassVar[bool] = True

    config: Config
    _varying: Annotated[NDArray[np.int64], "varying templates"]
    _boosted: Annotated[
        Estimator,
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn.preprocessing._label.LabelEncoder",
        "numpy.random._generator.Generator",
    ]

    def fit_classes(
        self,
        features: NDArray[np.float64],
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        self._varying = _splitting(features, count, self.config.min_leaf)
        size = f"{count.sum():,} sequences of {len(self._varying):,} templates"
        refuse_beyond_memory(self.name, "rows", size, int(count.sum()) * len(self._varying))
        boosted = HistGradientBoostingClassifier(
            max_iter=self.config.trees,
            learning_rate=self.config.learning_rate,
            max_leaf_nodes=self.config.max_leaves,
            min_samples_leaf=self.config.min_leaf,
            early_stopping=False,
            random_state=self.config.seed,
        )
        rows = np.repeat(features[:, self._varying], count, axis=0)
        # It knows no n_jobs, and the members of a sweep share the cores.
        with threadpool_limits(1):
            self._boosted = boosted.fit(rows, np.repeat(anomalous, count))

    def restore(self, state: DetectorState) -> None:
        super().restore(state)
        for tree in chain.from_iterable(self._boosted._predictors):
            nodes = tree.nodes.copy()
            nodes["is_categorical"] = 0  # counts are numbers, and what says otherwise is looked up
            tree.nodes = nodes
            inner = np.flatnonzero(nodes["is_leaf"] == 0)
            children = np.stack((nodes["left"][inner], nodes["right"][inner]))
            feature = nodes["feature_idx"][inner]
            check_nodes(self.name, inner, children, feature, len(nodes), len(self._varying))

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return self._boosted.decision_function(features[:, self._varying])

    def manifest(self) -> dict[str, object]:
        """The number of trees."""
        return {"trees": int(self._boosted.n_iter_)}


def _splitting(
    features: NDArray[np.float64], count: NDArray[np.int64], min_leaf: int
) -> NDArray[np.int64]:
    """The columns with a border that leaves `min_leaf` sequences on either side; the first if none."""
    columns = varying(features)
    columns = np.array(
        [column for column in columns if _splits(features[:, column], count, min_leaf)],
        dtype=np.int64,
    )
    return columns if len(columns) else np.arange(1)


def _splits(values: NDArray[np.float64], count: NDArray[np.int64], min_leaf: int) -> bool:
    """Whether the `min_leaf`-th smallest is below the `min_leaf`-th largest of weighted values."""
    order = np.argsort(values)
    running = np.cumsum(count[order])
    low = np.searchsorted(running, min_leaf)
    high = np.searchsorted(running, running[-1] - min_leaf, side="right")
    return low < len(order) > high and values[order[low]] < values[order[high]]
