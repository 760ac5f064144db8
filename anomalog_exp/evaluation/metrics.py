"""Metrics of binary decisions and of scores, from arrays.

A ratio whose denominator is zero is 0.0, as for a detector that flags nothing.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.ranking import Steps

__all__ = [
    "Confusion",
    "auroc",
    "average_precision",
    "confusion",
    "f1_interval",
    "percentile_interval",
]


@dataclass(frozen=True)
class Confusion:
    """Counts of units by true and predicted class."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def units(self) -> int:
        return self.tp + self.fp + self.fn + self.tn

    @property
    def precision(self) -> float:
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def accuracy(self) -> float:
        return _ratio(self.tp + self.tn, self.units)

    @property
    def false_positive_rate(self) -> float:
        return _ratio(self.fp, self.fp + self.tn)

    @property
    def specificity(self) -> float:
        return _ratio(self.tn, self.fp + self.tn)

    @property
    def mcc(self) -> float:
        """Matthews correlation coefficient."""
        tp, fp, fn, tn = (float(n) for n in astuple(self))
        scale = ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5
        return (tp * tn - fp * fn) / scale if scale else 0.0


def confusion(anomalous: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Confusion:
    """Count the four cases of (units,) bool arrays."""
    tp = int((anomalous & predicted).sum())
    fp = int(predicted.sum()) - tp
    fn = int(anomalous.sum()) - tp
    return Confusion(tp, fp, fn, len(anomalous) - tp - fp - fn)


def auroc(ranked: Steps) -> float:
    """Area under the ROC curve: how often an anomalous unit scores above a normal one, ties half."""
    _, tp, fp = ranked
    return float(np.trapezoid(tp / tp[-1], fp / fp[-1]))


def average_precision(ranked: Steps) -> float:
    """Precision at each distinct score, weighted by the recall that it adds."""
    _, tp, fp = ranked
    precision = tp[1:] / (tp[1:] + fp[1:])
    return float((np.diff(tp) / tp[-1] * precision).sum())


def f1_interval(cells: Confusion, samples: int, seed: int) -> tuple[float, float]:
    """The 2.5 and 97.5 percentiles of F1 over resamples of the units.

    This is Efron's percentile bootstrap. Units resampled with replacement have cells that are a draw
    from a multinomial, so the cells are drawn and the units never touched.
    """
    shares = np.array(astuple(cells)) / cells.units
    resamples = np.random.default_rng(seed).multinomial(cells.units, shares, size=samples)
    tp, errors = resamples[:, 0], resamples[:, 1] + resamples[:, 2]
    return percentile_interval(2 * tp / np.maximum(2 * tp + errors, 1))


def percentile_interval(resampled: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % interval of a figure by its (resamples,) values: their 2.5 and 97.5 percentiles."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(low), float(high)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
