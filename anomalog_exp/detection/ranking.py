"""What every threshold would do: units ranked by score, against their labels.

Scores with ties are taken as they are: all units of one score move together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BestF1", "Steps", "best_f1", "best_step", "steps"]


class Steps(NamedTuple):
    """What is flagged at and above each distinct score.

    Attributes:
        scores: (distinct scores,) highest first.
        tp: (distinct scores + 1,) anomalous units flagged; the first entry is above all scores.
        fp: (distinct scores + 1,) normal units flagged, likewise.
    """

    scores: NDArray[np.float64]
    tp: NDArray[np.float64]
    fp: NDArray[np.float64]


class BestF1(NamedTuple):
    """The largest F1 that any threshold reaches.

    Attributes:
        f1: Its value.
        threshold: The highest score that is not flagged; just below all where everything is.
    """

    f1: float
    threshold: float


def steps(anomalous: NDArray[np.bool_], scores: NDArray[np.float64]) -> Steps:
    """Walk the threshold down through the scores of at least one unit."""
    ranked = np.argsort(-scores, kind="stable")
    ordered, hits = scores[ranked], anomalous[ranked]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    tp = np.cumsum(hits)[last].astype(np.float64)
    return Steps(ordered[last], np.append(0.0, tp), np.append(0.0, last + 1 - tp))


def best_f1(anomalous: NDArray[np.bool_], scores: NDArray[np.float64]) -> BestF1:
    """Find the best threshold with the labels in view: an oracle's figure, no result.

    At least one unit is anomalous.
    """
    return best_step(steps(anomalous, scores))


def best_step(ranked: Steps) -> BestF1:
    """The same, of units that are ranked already."""
    cut, tp, fp = ranked
    f1 = 2 * tp[1:] / (tp[1:] + fp[1:] + tp[-1])
    best = int(f1.argmax())
    below = cut[best + 1] if best + 1 < len(cut) else np.nextafter(cut[best], -np.inf)
    return BestF1(float(f1[best]), float(below))
