"""What a decision rule is, and what it may look at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.options.base import Options

__all__ = ["Calibration", "DecisionRule", "LeftOut", "Scored", "Share"]

Share = Annotated[float, Field(gt=0, lt=1)]
"""A share above 0 and below 1."""

Scored = tuple[NDArray[np.float64], NDArray[np.int8]]
"""(units,) scores and labels of units for which the detector gives an answer."""


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Scores of normal units that the fit did not learn from.

    Attributes:
        scores: (units,) scores of normal units.
        way: Where they come from: the validation part; training, each sequence by what all others
            teach; training, those that were not drawn to teach; or training, in folds, each by
            detectors of the other folds.
        monotone: More training can lower a score of this detector, and raises none.
    """

    scores: NDArray[np.float64]
    way: Literal["validation", "others", "not drawn", "folds"]
    monotone: bool


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a rule may look at; what costs more than a number is a call, and made once.

    Attributes:
        scored: Gives scores and labels of the validation part by the fitted detector; of the training
            part where there is none. Labels are int8, -1 where there is none.
        log_odds: The scores are natural-log posterior odds.
        own_threshold: The threshold that the detector derives itself, if it does.
        held_out: From a share to scores of normal units by a detector that never saw them: those of the
            validation part; where there is none, the last share of the training part, by a detector
            fitted on the others.
        left_out: From a number of folds to scores of all normal units by what the others teach.
        test: Gives scores and labels of the test split; the oracle alone calls it.
        part: Which part the scores are of.
    """

    scored: Callable[[], Scored]
    log_odds: bool
    own_threshold: float | None
    held_out: Callable[[float], NDArray[np.float64]]
    left_out: Callable[[int], LeftOut]
    test: Callable[[], Scored]
    part: Literal["training", "validation"]

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """(units,) scores of the part."""
        return self._both[0]

    @cached_property
    def label(self) -> NDArray[np.int8]:
        """(units,) their labels."""
        return self._both[1]

    @cached_property
    def _both(self) -> Scored:
        return self.scored()


class DecisionRule(Options):
    """Base of the rules."""

    oracle: ClassVar[bool] = False
    """The threshold depends on the labels of the test split."""

    scores_training: ClassVar[bool] = True
    """The threshold comes from scores of the training part, or of the validation part."""

    @abstractmethod
    def threshold(self, calibration: Calibration) -> float:
        """The threshold.

        Raises:
            NotApplicable: the detector or the split lacks what the rule looks at.
        """

    def basis(self, calibration: Calibration) -> dict[str, object]:
        """What a manifest says of the scores that made the threshold, JSON-ready; none by default."""
        return {}
