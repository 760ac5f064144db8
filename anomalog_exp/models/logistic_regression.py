"""Logistic regression on count features, with an L2 penalty, by scikit-learn.

Source: for logs, Bodik et al., "Fingerprinting the datacenter: automated classification of performance
crises", EuroSys 2010, and He et al., "Experience report: system log analysis for anomaly detection",
ISSRE 2016. Score: natural-log odds of "anomalous". Sequences without a label take no part.

Newton's method: counts differ in scale by orders of magnitude, which gradient methods take thousands of
steps over.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from anomalog_exp.detection.count_detector import CountModelConfig
from anomalog_exp.detection.linear import LinearDetector
from anomalog_exp.features.weighting import CountWeighting
from anomalog_exp.options.base import Count

__all__ = ["Config", "LogisticRegressionDetector"]

ClassWeight = Literal["balanced"]


class Config(CountModelConfig):
    """Options of logistic regression."""

    name: Literal["logistic_regression"]
    c: float = Field(gt=0, description="weight of the loss against the penalty")
    class_weight: ClassWeight | None = Field(description="balanced: as if classes were equal")
    tolerance: float = Field(gt=0, description="gradient at which the solver stops")
    max_iterations: Count

    def build_detector(self) -> LogisticRegressionDetector:
        return LogisticRegressionDetector(
            self.weights(), self.c, self.class_weight, self.tolerance, self.max_iterations
        )


class LogisticRegressionDetector(LinearDetector):
    """Scores sequences by their log odds."""

    log_odds: ClassVar[bool] = True

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
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(
            C=self._c,
            class_weight=self._class_weight,
            tol=self._tolerance,
            max_iter=self._max_iterations,
            solver="newton-cholesky",
        )
