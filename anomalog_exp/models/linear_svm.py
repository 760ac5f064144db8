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
from anomalog_exp.options.base import Count

__all__ = ["Config", "LinearSVMDetector"]


class Config(CountModelConfig):
    """Options of the linear SVM."""

    name: Literal["linear_svm"]
    c: float = Field(gt=0, description="weight of the loss against the penalty")
    class_weight: Literal["balanced"] | None = Field(
        description="balanced: as if classes were equal"
    )
    tolerance: float = Field(gt=0, description="at which the solver stops")
    max_iterations: Count

    def build_detector(self) -> LinearSVMDetector:
        return LinearSVMDetector(self)


class LinearSVMDetector(LinearDetector):
    """Scores sequences by the side of the hyperplane on which they lie."""

    config: Config

    def classifier(self) -> Any:
        from sklearn.svm import LinearSVC

        # The primal problem: no random numbers, and one variable per template rather than per sequence.
        return LinearSVC(
            C=self.config.c,
            class_weight=self.config.class_weight,
            dual=False,
            tol=self.config.tolerance,
            max_iter=self.config.max_iterations,
        )

    @property
    def own_threshold(self) -> float:
        return 0.0
