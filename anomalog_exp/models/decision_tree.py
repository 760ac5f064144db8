"""Decision tree on count features, by scikit-learn (CART, Gini impurity).

Source: Breiman, Friedman, Olshen, Stone, "Classification and regression trees", 1984; for logs, Chen et
al., "Failure diagnosis using decision trees", ICAC 2004. Score: natural-log odds of "anomalous" in the
leaf, where a share of 0 counts as 1e-12. Sequences without a label take no part.

Distinct pairs of vector and class weigh by their numbers, which is the same tree: `min_leaf` is a share
of the sequences rather than a number of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.count_detector import CountModelConfig, SupervisedCountDetector
from anomalog_exp.detection.trees import contributions, log_odds
from anomalog_exp.features.weighting import CountWeighting
from anomalog_exp.options.base import Count

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

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
        return DecisionTreeDetector(self.weights(), self.max_depth, self.min_leaf, self.seed)


class DecisionTreeDetector(SupervisedCountDetector):
    """Scores sequences by the leaf that they reach."""

    log_odds: ClassVar[bool] = True

    def __init__(
        self, weights: CountWeighting, max_depth: int | None, min_leaf: float, seed: int
    ) -> None:
        super().__init__(weights)
        self._max_depth = max_depth
        self._min_leaf = min_leaf
        self._seed = seed
        self._tree: DecisionTreeClassifier | None = None

    def fit_classes(
        self,
        features: NDArray[np.float64],
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        from sklearn.tree import DecisionTreeClassifier

        self._tree = DecisionTreeClassifier(
            max_depth=self._max_depth,
            min_weight_fraction_leaf=self._min_leaf,
            random_state=self._seed,
        ).fit(features, anomalous, sample_weight=count)

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self._tree is not None
        return log_odds(self._tree.predict_proba(features))

    def parts(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the splits on each template add to the probability."""
        assert self._tree is not None
        return contributions([self._tree], features)

    def manifest(self) -> dict[str, object]:
        """The tree's size."""
        assert self._tree is not None
        return {"leaves": int(self._tree.get_n_leaves()), "depth": int(self._tree.get_depth())}
