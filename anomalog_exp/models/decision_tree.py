"""Decision tree on count features, by scikit-learn (CART, Gini impurity).

Source: Breiman, Friedman, Olshen, Stone, "Classification and regression trees", 1984; for logs, Chen et
al., "Failure diagnosis using decision trees", ICAC 2004. Score: natural-log odds of "anomalous" in the
leaf, where a share of 0 counts as 1e-12. Sequences without a label take no part.

Distinct pairs of vector and class weigh by their numbers, which is the same tree: `min_leaf` is a share
of the sequences rather than a number of rows. Beyond 10,000 templates vectors keep no zeros, and no mean
is taken from them, which would move the splits alike.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.count_detector import (
    CountModelConfig,
    Features,
    SupervisedCountDetector,
)
from anomalog_exp.detection.forms import Estimator
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.detection.trees import check_trees, contributions, log_odds
from anomalog_exp.options.base import Count

__all__ = ["Config", "DecisionTreeDetector"]


class Config(CountModelConfig):
    """Options of the decision tree."""

    name: Literal["decision_tree"]
    max_depth: Count | None = Field(description="splits on the longest way; null = no limit")
    min_leaf: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        description="share of the training sequences that each leaf holds at least"
    )
    seed: int = Field(ge=0, le=2**32 - 1)

    def build_detector(self) -> DecisionTreeDetector:
        return DecisionTreeDetector(self)


class DecisionTreeDetector(SupervisedCountDetector):
    """Scores sequences by the leaf that they reach."""

    log_odds: ClassVar[bool] = True
    sparse: ClassVar[bool] = True

    config: Config
    _tree: Annotated[
        Estimator,
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._tree.Tree",
    ]

    def fit_classes(
        self,
        features: Features,
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        from sklearn.tree import DecisionTreeClassifier

        self._tree = DecisionTreeClassifier(
            max_depth=self.config.max_depth,
            min_weight_fraction_leaf=self.config.min_leaf,
            random_state=self.config.seed,
        ).fit(features, anomalous, sample_weight=count)

    def restore(self, state: DetectorState) -> None:
        super().restore(state)
        check_trees(self.name, [self._tree], len(self._weights.weight))

    def score_vectors(self, features: Features) -> NDArray[np.float64]:
        return log_odds(self._tree.predict_proba(features))

    def parts(self, features: Features) -> NDArray[np.float64]:
        """What the splits on each template add to the probability."""
        return contributions([self._tree], features)

    def manifest(self) -> dict[str, object]:
        """The tree's size."""
        return {"leaves": int(self._tree.get_n_leaves()), "depth": int(self._tree.get_depth())}
