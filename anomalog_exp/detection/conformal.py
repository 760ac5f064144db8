"""The conformal rule: a threshold whose rate of false alarms is promised by ranks.

Source: Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005, for detectors as in
Laxhammar, Falkman, "Conformal prediction for distribution-independent anomaly detection in streaming
vessel data", StreamKDD 2010; folds as in Vovk, "Cross-conformal predictors", Annals of Mathematics and
Artificial Intelligence 74, 2015. If n normal units that the fit did not learn from and a new one are
exchangeable, so that no order of them is likelier than another, the new one is above the k-th highest of
the n scores with the chance k / (n + 1) at most. No rate below 1 / (n + 1) can be promised: where one is
asked for, the threshold is the highest score.

The n scores are those of the validation part, where there is one; the promise is then about detectors
that do not stop early by it. Without one, each training sequence has the score that the others give it,
so that all of them train and all of them calibrate. Where an option bounds how many teach, these are
drawn by chance, and the scores are those of the others (`detection/references.py`). Some detectors know
this score (`Detector.left_out_scores`); for others folds are left out in turn. The promise then needs a
detector that is monotone. What is exchangeable are n + 1 scores by all the others, the new one among
them, and these are no higher than the scores that the rule has, which come of fewer sequences. For
detectors that are not monotone the rate holds about. Jackknife+ and CV+ (Barber, Candès, Ramdas,
Tibshirani, "Predictive inference with the jackknife+", Annals of Statistics 49, 2021) promise about
twice the rate for any detector, at the price of keeping one for each fold to score with, which this
rule does not do.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import numpy as np
from pydantic import Field

from anomalog_exp.detection.rule import Calibration, DecisionRule, LeftOut, Share
from anomalog_exp.errors import NotApplicable

__all__ = ["ConformalDecision"]

_CAME_OF = {
    "validation": "validation sequences",
    "others": "training sequences, each by what the others teach",
    "not drawn": "training sequences that were not drawn to be compared with",
    "folds": "training sequences, each by a detector of the other folds",
}


class ConformalDecision(DecisionRule):
    """At most a share of new normal units scores above, by the ranks of units left out of the fit."""

    name: Literal["conformal"]
    rate: Share = Field(description="share of new normal units above the threshold")
    folds: int = Field(ge=2, description="that are left out in turn, where no quicker way is known")

    def threshold(self, calibration: Calibration) -> float:
        left_out = self._left_out(calibration)
        return float(np.sort(left_out.scores)[-self._above(left_out)])

    def basis(self, calibration: Calibration) -> dict[str, object]:
        """The number of scores, where they come from, and what is promised in a sentence."""
        left_out = self._left_out(calibration)
        count = len(left_out.scores)
        return {
            "calibration_scores": count,
            "calibrated_on": _CAME_OF[left_out.way],
            "guarantee": _promise(left_out, self._above(left_out) / (count + 1), self.rate),
        }

    def _left_out(self, calibration: Calibration) -> LeftOut:
        left_out = calibration.left_out(self.folds)
        if not len(left_out.scores):
            raise NotApplicable(
                f"the decision rule conformal needs normal units of the {calibration.part} part, which "
                "has none (another split.validation_fraction may give some; model/decision=fixed takes "
                "a threshold)"
            )
        return left_out

    def _above(self, left_out: LeftOut) -> int:
        """How many of one more than the scores may lie above the threshold; 1 at least."""
        return max(1, int(Decimal(str(self.rate)) * (len(left_out.scores) + 1)))


def _promise(left_out: LeftOut, rate: float, asked: float) -> str:
    """What a threshold of such scores promises, in a sentence."""
    alike = "if they are exchangeable with those of the training part"
    if left_out.way == "validation":
        alike = "if they are exchangeable with those of the validation part, which no fit looked at"
    least = ""
    if rate > asked:
        least = f" ({_percent(asked)} takes more scores than {len(left_out.scores):,})"
    flagged = f"{_percent(rate)} of new normal sequences are flagged on average"
    if left_out.way in ("validation", "not drawn") or left_out.monotone:
        return f"at most {flagged}, {alike}{least}"
    return (
        f"none: about {flagged}, {alike} and the scores of this detector hardly depend on a fold "
        f"of training{least}"
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"
