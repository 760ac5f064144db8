"""The conformal rule: a threshold whose rate of false alarms is promised by ranks.

Source: Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005, for detectors as in
Laxhammar, Falkman, "Conformal prediction for distribution-independent anomaly detection in streaming
vessel data", StreamKDD 2010; folds as in Vovk, "Cross-conformal predictors", Annals of Mathematics and
Artificial Intelligence 74, 2015. Of n normal units that the fit did not learn from and a new one, each
is the highest with the chance 1 / (n + 1), if they are exchangeable: if no order of them is likelier
than another. So at most k of n + 1 lie above the k-th highest of n scores, and no rate below
1 / (n + 1) can be promised; a lower one takes the highest score.

The n scores are those of the validation part, where there is one. Else each training sequence has the
score that the others give it, so that all train and all calibrate: a detector that knows it says what
one fitted without the sequence would (`Detector.left_out_scores`), and for others folds are left out in
turn. The promise then needs a detector that is monotone: the n + 1 scores that are exchangeable are of
detectors that learned from the new sequence too, and for these it is none too low to have learned from
fewer. For other detectors it holds about. Jackknife+ and CV+ (Barber, Candès, Ramdas, Tibshirani,
Annals of Statistics 49, 2021) promise twice the rate for any detector, at the price of keeping one
detector a fold to score with, which this rule does not do.
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
    part = "validation" if left_out.way == "validation" else "training"
    alike = f"if they are exchangeable with those of the {part} part"
    least = ""
    if rate > asked:
        least = f" ({_percent(asked)} takes more scores than {len(left_out.scores):,})"
    flagged = f"{_percent(rate)} of new normal sequences are flagged on average"
    if left_out.way == "validation" or left_out.monotone:
        return f"at most {flagged}, {alike}{least}"
    return (
        f"none: about {flagged}, {alike} and the scores of this detector hardly depend on a fold "
        f"of training{least}"
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"
