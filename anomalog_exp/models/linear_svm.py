"""Linear support vector machine on count features, by liblinear in scikit-learn.

Source: Cortes and Vapnik, "Support-vector networks", Machine Learning 20, 1995; Fan et al., "LIBLINEAR",
JMLR 9, 2008; for logs, Liang et al., "Failure prediction in IBM BlueGene/L event logs", ICDM 2007.
Squared hinge loss with an L2 penalty, in which liblinear includes the bias. Score: the signed distance
from the hyperplane in units of the margin; the hyperplane, 0, is the threshold for model/decision=own.
Sequences without a label take no part.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from anomalog_exp.detection.count_detector import CountModelConfig
from anomalog_exp.detection.linear import LinearDetector
from anomalog_exp.features.weighting import CountWeighting
from anomalog_exp.options.base import Count

__all__ = ["Config", "LinearSVMDetector"]

ClassWeight = Literal["balanced"]


class Config(CountModelConfig):
    """Options of the linear SVM."""

    name: Literal["linear_svm"]
    c: float = Field(gt=0, description="weight of the loss against the penalty")
    class_weight: ClassWeight | None = Field(description="balanced: as if classes were equal")
    tolerance: float = Field(gt=0, description="at which the solver stops")
    max_iterations: Count

    def build_detector(self) -> LinearSVMDetector:
        return LinearSVMDetector(
            self.weights(), self.c, self.class_weight, self.tolerance, self.max_iterations
        )


class LinearSVMDetector(LinearDetector):
    """Scores sequences by the side of the hyperplane on which they lie."""

    def __init__(
        self,
        weights: CountWeighting,
        c: float,
        class_weight: ClassWeight | None,
        tolerance: float,
        max_iterations: int,
    ) -> None:
        super().__init__(weights)
        self._c = c
        self._class_weight = class_weight
        self._tolerance = tolerance
        self._max_iterations = max_iterations

    def classifier(self) -> Any:
        from sklearn.svm import LinearSVC

        # The primal problem: no random numbers, and one variable per template rather than per sequence.
        return LinearSVC(
            C=self._c,
            class_weight=self._class_weight,
            dual=False,
            tol=self._tolerance,
            max_iter=self._max_iterations,
        )

    @property
    def own_threshold(self) -> float:
        return 0.0
