"""Random forest on count features, by scikit-learn.

Source: Breiman, "Random forests", Machine Learning 45, 2001. Score: natural-log odds of the probability
of "anomalous", the mean of that of the leaves over the trees; a mean of 0 counts as 1e-12. Sequences
without a label take no part.

Each tree draws as many sequences as train, with replacement. Drawing distinct pairs of vector and class
in proportion to their numbers is the same drawing; the random numbers differ from those of rows written
out, so single forests do too.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.count_detector import CountModelConfig, SupervisedCountDetector
from anomalog_exp.detection.forms import Estimator
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.detection.trees import check_trees, contributions, log_odds
from anomalog_exp.options.base import Count

__all__ = ["Config", "RandomForestDetector"]


class Config(CountModelConfig):
    """Options of the random forest."""

    name: Literal["random_forest"]
    trees: Count
    max_depth: Count | None = Field(description="splits on the longest way; null = no limit")
    seed: int = Field(ge=0, le=2**32 - 1)

    def build_detector(self) -> RandomForestDetector:
        return RandomForestDetector(self)


class RandomForestDetector(SupervisedCountDetector):
    """Scores sequences by the mean of many trees."""

    log_odds: ClassVar[bool] = True

    config: Config
    _forest: Annotated[
        Estimator,
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._tree.Tree",
    ]

    def fit_classes(
        self,
        features: NDArray[np.float64],
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        from sklearn.ensemble import RandomForestClassifier

        self._forest = RandomForestClassifier(
            n_estimators=self.config.trees,
            max_depth=self.config.max_depth,
            # A number of sequences: by default as many would be drawn as there are pairs.
            max_samples=int(count.sum()),
            random_state=self.config.seed,
            n_jobs=1,
        ).fit(features, anomalous, sample_weight=count)

    def restore(self, state: DetectorState) -> None:
        super().restore(state)
        check_trees(self.name, self._forest.estimators_, len(self._weights.weight))
        self._forest.n_jobs = 1

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return log_odds(self._forest.predict_proba(features))

    def parts(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the splits on each template add to the probability."""
        return contributions(self._forest.estimators_, features)

    def manifest(self) -> dict[str, object]:
        """The forest's size."""
        leaves = [int(tree.get_n_leaves()) for tree in self._forest.estimators_]
        return {"trees": len(leaves), "leaves": sum(leaves)}
