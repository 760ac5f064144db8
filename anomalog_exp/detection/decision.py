"""Decision rules: from scores to "anomalous", by a threshold that depends on no test label.

A unit is predicted anomalous where its score is strictly above the threshold. One rule breaks the
promise and says so: `best_f1` is an oracle, for comparison with papers that tune on the test split.
Rules that look at scores look at those of the validation part, where the split holds one back: what
they call training units are then units of that part, see `calibrate`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.conformal import ConformalDecision
from anomalog_exp.detection.ranking import best_f1
from anomalog_exp.detection.rule import Calibration, DecisionRule, Share
from anomalog_exp.errors import NotApplicable

__all__ = ["DecisionConfig"]


class FixedDecision(DecisionRule):
    """A threshold that the config states."""

    scores_training: ClassVar[bool] = False

    name: Literal["fixed"]
    value: float = Field(description="scores above it are anomalous")

    def threshold(self, calibration: Calibration) -> float:
        return self.value


class QuantileDecision(DecisionRule):
    """A quantile of the scores of training units that are not labelled anomalous.

    The quantile is a score that occurs (the next one above, numpy's "higher"): sequences just like
    those of training that make it up are not flagged, as the threshold itself is not above itself.
    """

    name: Literal["quantile"]
    quantile: float = Field(ge=0, le=1, description="share of training scores at or below it")

    def threshold(self, calibration: Calibration) -> float:
        usable = calibration.scores[calibration.label != 1]
        if not len(usable):
            raise NotApplicable(
                f"the decision rule quantile needs a {calibration.part} sequence that is not labelled "
                f"anomalous (all {len(calibration.label):,} are; model/decision=fixed takes a threshold "
                "instead)"
            )
        return float(np.quantile(usable, self.quantile, method="higher"))


class ContaminationDecision(DecisionRule):
    """At most a share of all training units scores above, whatever their labels: none is read."""

    name: Literal["contamination"]
    share: Share = Field(description="of the training units that are taken for anomalous")

    def threshold(self, calibration: Calibration) -> float:
        return _exceeded_by(self.share, calibration.scores, calibration)


class FalsePositiveRateDecision(DecisionRule):
    """At most a share of held-out normal training units scores above.

    They are those of the validation part. Where there is none, the last training units are held out, and
    a detector like this one is fitted on the others. Detectors that remember their training sequences
    score those 0 and everything else more, so only sequences that they have not seen can calibrate
    them.
    """

    name: Literal["false_positive_rate"]
    rate: Share = Field(description="share of held-out normal units above the threshold")
    holdout: Share = Field(description="share of the normal training sequences that is held out")

    def threshold(self, calibration: Calibration) -> float:
        return _exceeded_by(self.rate, calibration.held_out(self.holdout), calibration)


class PosteriorDecision(DecisionRule):
    """A posterior probability of "anomalous", for detectors whose scores are log odds."""

    scores_training: ClassVar[bool] = False

    name: Literal["posterior"]
    probability: Share = Field(description="more than this is anomalous")

    def threshold(self, calibration: Calibration) -> float:
        if not calibration.log_odds:
            raise NotApplicable(
                "the decision rule posterior needs a detector whose scores are log odds (any other rule "
                "applies, as model/decision=quantile)"
            )
        return float(np.log(self.probability) - np.log1p(-self.probability))


class OwnDecision(DecisionRule):
    """The threshold that the method itself derives from training, such as the Q-statistic of PCA."""

    scores_training: ClassVar[bool] = False

    name: Literal["own"]

    def threshold(self, calibration: Calibration) -> float:
        if calibration.own_threshold is None:
            raise NotApplicable(
                "the decision rule own needs a method that derives a threshold for these scores (any "
                "other rule applies, as model/decision=quantile)"
            )
        return calibration.own_threshold


class BestF1Decision(DecisionRule):
    """An oracle: the threshold of largest F1 on the test split itself."""

    oracle: ClassVar[bool] = True
    scores_training: ClassVar[bool] = False

    name: Literal["best_f1"]

    def threshold(self, calibration: Calibration) -> float:
        scores, label = calibration.test()
        anomalous = label[label >= 0] == 1
        if anomalous.all() or not anomalous.any():
            raise NotApplicable("the decision rule best_f1 needs both classes in test")
        return best_f1(anomalous, scores[label >= 0]).threshold


def _exceeded_by(share: float, scores: NDArray[np.float64], calibration: Calibration) -> float:
    """The lowest score that at most this share of the scores, counted exactly, lies above.

    Raises:
        NotApplicable: there is no score.
    """
    if not len(scores):
        raise NotApplicable(
            f"the decision rule needs normal units of the {calibration.part} part, which has none "
            "(another split.validation_fraction may give some; model/decision=fixed takes a threshold)"
        )
    above = int(Decimal(str(share)) * len(scores))
    return float(np.sort(scores)[len(scores) - 1 - above])


DecisionConfig = Annotated[
    FixedDecision
    | QuantileDecision
    | ContaminationDecision
    | FalsePositiveRateDecision
    | ConformalDecision
    | PosteriorDecision
    | OwnDecision
    | BestF1Decision,
    Field(discriminator="name"),
]
