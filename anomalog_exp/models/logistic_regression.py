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
from anomalog_exp.options.base import Count

__all__ = ["Config", "LogisticRegressionDetector"]


class Config(CountModelConfig):
    """Options of logistic regression."""

    name: Literal["logistic_regression"]
    c: float = Field(gt=0, description="weight of the loss against the penalty")
    class_weight: Literal["balanced"] | None = Field(
        description="balanced: as if classes were equal"
    )
    tolerance: float = Field(gt=0, description="gradient at which the solver stops")
    max_iterations: Count

    def build_detector(self) -> LogisticRegressionDetector:
        return LogisticRegressionDetector(self)


class LogisticRegressionDetector(LinearDetector):
    """Scores sequences by their log odds."""

    log_odds: ClassVar[bool] = True
    square: ClassVar[bool] = True

    config: Config

    def classifier(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(
            C=self.config.c,
            class_weight=self.config.class_weight,
            tol=self.config.tolerance,
            max_iter=self.config.max_iterations,
            solver="newton-cholesky",
        )
