"""Decision rules: from scores to "anomalous", by a threshold that never saw a test label.

A sequence is predicted anomalous where its score is strictly above the threshold.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.config.base import Options
from anomalog_exp.errors import ConfigError

__all__ = [
    "DecisionConfig",
    "DecisionRule",
    "FixedDecision",
    "PosteriorDecision",
    "QuantileDecision",
]


class DecisionRule(Options):
    """Base of the rules."""

    @abstractmethod
    def threshold(
        self, scores: NDArray[np.float64], label: NDArray[np.int8], *, log_odds: bool
    ) -> float:
        """The threshold.

        Args:
            scores: (training sequences,) what the fitted detector makes of its training split.
            label: (training sequences,) their labels, -1 where there is none.
            log_odds: The detector's scores are posterior log odds.

        Raises:
            ConfigError: the rule does not apply to this detector or split.
        """


class FixedDecision(DecisionRule):
    """A threshold that is given."""

    name: Literal["fixed"]
    value: float = Field(description="scores above it are anomalous")

    def threshold(
        self, scores: NDArray[np.float64], label: NDArray[np.int8], *, log_odds: bool
    ) -> float:
        return self.value


class QuantileDecision(DecisionRule):
    """A quantile of the scores of training sequences that are not labelled anomalous.

    The quantile is a score that occurs (the next one above, numpy's "higher"): sequences just like
    those of training that make it up are not flagged, as the threshold itself is not above itself.
    """

    name: Literal["quantile"]
    quantile: float = Field(ge=0, le=1, description="share of training scores at or below it")

    def threshold(
        self, scores: NDArray[np.float64], label: NDArray[np.int8], *, log_odds: bool
    ) -> float:
        usable = scores[label != 1]
        if not len(usable):
            raise ConfigError.of(
                "model.decision",
                self.name,
                problem="every training sequence is labelled anomalous: there is no normal score",
                allowed="a training split that holds sequences not labelled anomalous",
                fix="use another split, or model/decision=fixed",
            )
        return float(np.quantile(usable, self.quantile, method="higher"))


class PosteriorDecision(DecisionRule):
    """A posterior probability of "anomalous", for detectors whose scores are log odds."""

    name: Literal["posterior"]
    probability: float = Field(gt=0, lt=1, description="more than this is anomalous")

    def threshold(
        self, scores: NDArray[np.float64], label: NDArray[np.int8], *, log_odds: bool
    ) -> float:
        if not log_odds:
            raise ConfigError.of(
                "model.decision",
                self.name,
                problem="the scores of this detector are no probabilities",
                allowed="fixed, quantile",
                fix="choose one of them, as in model/decision=quantile",
            )
        return float(np.log(self.probability) - np.log1p(-self.probability))


DecisionConfig = Annotated[
    FixedDecision | QuantileDecision | PosteriorDecision, Field(discriminator="name")
]
