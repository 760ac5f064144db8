"""Isolation forest: how few random splits separate a count vector from the others.

Source: Liu, Ting, Zhou, "Isolation forest", ICDM 2008, by scikit-learn. Score: 2 to the power of minus
the mean path length over the expected one, in (0, 1); around 0.5 where nothing stands out, which is the
threshold for model/decision=own.

All training sequences teach, and no label is read; split=normal_only gives it normal ones alone. Every
tree draws `samples` of the sequences, each as often as it occurs: rows are written out as numbered, in
float32, and only the templates whose counts vary, as no tree can split on the others. So a template that
training never shows counts for nothing here.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.count_detector import CountModelConfig, WeightedCountDetector, varying
from anomalog_exp.detection.forms import Estimator
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.detection.trees import check_trees
from anomalog_exp.options.base import Count

__all__ = ["Config", "IsolationForestDetector"]


class Config(CountModelConfig):
    """Options of the isolation forest."""

    name: Literal["isolation_forest"]
    trees: Count
    samples: Count = Field(description="training sequences that each tree draws")
    seed: int = Field(ge=0, le=2**32 - 1)

    def build_detector(self) -> IsolationForestDetector:
        return IsolationForestDetector(self)


class IsolationForestDetector(WeightedCountDetector):
    """Scores sequences by how easily they are isolated."""

    config: Config
    _varying: Annotated[NDArray[np.int64], "varying templates"]
    _forest: Annotated[
        Estimator,
        "sklearn.ensemble._iforest.IsolationForest",
        "sklearn.tree._classes.ExtraTreeRegressor",
        "sklearn.tree._tree.Tree",
    ]

    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        from sklearn.ensemble import IsolationForest

        self._varying = varying(features)
        rows = np.repeat(features[:, self._varying].astype(np.float32), count, axis=0)
        self._forest = IsolationForest(
            n_estimators=self.config.trees,
            max_samples=min(self.config.samples, len(rows)),
            random_state=self.config.seed,
            n_jobs=1,
        ).fit(rows)

    def restore(self, state: DetectorState) -> None:
        super().restore(state)
        check_trees(self.name, self._forest.estimators_, len(self._varying))
        # Trees of fewer features than there are would be asked with those alone.
        self._forest._max_features = len(self._varying)
        self._forest.n_jobs = 1

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return -self._forest.score_samples(features[:, self._varying])

    @property
    def own_threshold(self) -> float:
        return 0.5
