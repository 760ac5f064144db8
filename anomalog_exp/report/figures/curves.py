"""Precision-recall and ROC curves, thinned to points that lie on them.

Between two thresholds precision is a step, as in average precision, and the ROC curve a line, as in the
area under it: the area of what is drawn is the figure that the metrics report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.ranking import steps
from anomalog_exp.evaluation.metrics import confusion
from anomalog_exp.report.figures.chart import ANOMALOUS, MIDDLE, Chart
from anomalog_exp.results import ScoredUnits

__all__ = ["POINTS", "Curves", "overlaid_curves", "precision_recall_chart", "roc_chart", "thinned"]

POINTS = 500
"""At most about so many points of a curve are drawn."""

_KEPT = 100
_SHARE = {"scale": {"domain": [0, 1]}, "axis": {"tickCount": 5}}


@dataclass(frozen=True, eq=False)
class Curves:
    """What every threshold would do, and what the run's own does.

    Attributes:
        recall: (points,) of the precision-recall curve, rising.
        precision: (points,) on the stretch that ends at this recall.
        false_positive_rate: (points of the ROC curve,) rising from 0 to 1.
        true_positive_rate: (points of the ROC curve,) likewise.
        chosen: Recall, precision and false positive rate of the decisions of the run.
        anomalous_share: Of the units: the precision of a coin.
    """

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    chosen: tuple[float, float, float]
    anomalous_share: float

    @classmethod
    def of(cls, units: ScoredUnits, points: int = POINTS) -> Self | None:
        """The curves of labelled units; None where these are of one class."""
        counted = units.counted
        anomalous = units.label[counted] == 1
        if not anomalous.any() or anomalous.all():
            return None
        _, tp, fp = steps(anomalous, units.score[counted])
        cells = confusion(anomalous, units.predicted[counted])
        hits = np.flatnonzero(np.diff(tp)) + 1
        recall, precision = tp[hits] / tp[-1], tp[hits] / (tp[hits] + fp[hits])
        # The first hits move precision most.
        few = np.concatenate([np.arange(_KEPT), _KEPT + thinned(recall[_KEPT:], points - _KEPT)])
        few = few[few < len(recall)]
        tpr, fpr = tp / tp[-1], fp / fp[-1]
        kept = thinned(tpr + fpr, points)
        return cls(
            recall[few],
            precision[few],
            fpr[kept],
            tpr[kept],
            (cells.recall, cells.precision, cells.false_positive_rate),
            float(anomalous.mean()),
        )


def thinned(position: NDArray[np.float64], points: int) -> NDArray[np.int64]:
    """Indices of some points of a curve, its first and last among them.

    Args:
        position: (all points,) how far along the curve each lies, rising.
        points: How many stretches of equal length the curve has; the last point of each is kept.
    """
    if len(position) <= points:
        return np.arange(len(position))
    stretch = (position - position[0]) / (position[-1] - position[0]) * (points - 1)
    last = np.flatnonzero(np.diff(np.floor(stretch)))
    return np.unique(np.concatenate([[0], last, [len(position) - 1]]))


def precision_recall_chart(curves: Curves) -> Chart:
    """One run's precision against its recall."""
    recall, precision, _ = curves.chosen
    begin = [{"recall": 0.0, "precision": _rounded(curves.precision[0])}]
    points = begin + _points(recall=curves.recall, precision=curves.precision)
    return Chart(
        "precision_recall",
        "Precision and recall",
        "What every threshold would reach on this test part; the dot is the run's own. The dashed line "
        "is what guessing reaches.",
        {
            "height": 240,
            "layer": [
                _line(points, "recall", "precision", "step-before"),
                _baseline(
                    [(0, curves.anomalous_share), (1, curves.anomalous_share)],
                    "recall",
                    "precision",
                ),
                _dot({"recall": recall, "precision": precision}, "recall", "precision"),
            ],
        },
    )


def roc_chart(curves: Curves) -> Chart:
    """One run's true positives against its false ones."""
    recall, _, false = curves.chosen
    points = _points(
        **{"false positive rate": curves.false_positive_rate, "recall": curves.true_positive_rate}
    )
    x, y = "false positive rate", "recall"
    return Chart(
        "roc",
        "ROC curve",
        "The share of anomalous units that is flagged against that of normal ones. Where anomalies are "
        "rare, precision and recall say more.",
        {
            "height": 240,
            "layer": [
                _line(points, x, y, "linear"),
                _baseline([(0, 0), (1, 1)], x, y),
                _dot({x: false, y: recall}, x, y),
            ],
        },
    )


def overlaid_curves(members: Sequence[tuple[str, Curves]]) -> Chart:
    """Precision against recall of several members.

    Args:
        members: Name and curves of each, best first.
    """
    values = [
        {"member": name, "order": number, **point}
        for name, curves in members
        for number, point in enumerate(
            [{"recall": 0.0, "precision": _rounded(curves.precision[0])}]
            + _points(recall=curves.recall, precision=curves.precision)
        )
    ]
    names = [name for name, _ in members]
    spec = _line(values, "recall", "precision", "step-before")
    spec["mark"] = {"type": "line", "interpolate": "step-before", "strokeWidth": 1.5}
    spec["encoding"] |= {
        "order": {"field": "order"},
        "color": {
            "field": "member",
            "type": "nominal",
            "sort": names,
            "legend": {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 280},
        },
    }
    return Chart(
        "curves",
        "Precision and recall of the best members",
        "What every threshold of a member would reach on its test part.",
        {"height": 280, **spec},
    )


def _points(**columns: NDArray[np.float64]) -> list[dict[str, float]]:
    rounded = [np.round(values, 5).tolist() for values in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*rounded, strict=True)]


def _rounded(value: Any) -> float:
    return round(float(value), 5)


def _axes(x: str, y: str) -> dict[str, Any]:
    return {
        "x": {"field": x, "type": "quantitative", **_SHARE},
        "y": {"field": y, "type": "quantitative", **_SHARE},
    }


def _line(values: list[dict[str, Any]], x: str, y: str, interpolate: str) -> dict[str, Any]:
    encoding = _axes(x, y) | {"order": {"field": x, "type": "quantitative"}}
    if interpolate == "linear":  # a vertical stretch has one x: the points are in order already
        encoding["order"] = {"field": y, "type": "quantitative"}
        values = sorted(values, key=lambda point: (point[x], point[y]))
    return {
        "data": {"values": values},
        "mark": {"type": "line", "interpolate": interpolate, "color": ANOMALOUS},
        "encoding": encoding,
    }


def _baseline(ends: list[tuple[float, float]], x: str, y: str) -> dict[str, Any]:
    values = [{x: at, y: value} for at, value in ends]
    return {
        "data": {"values": values},
        "mark": {"type": "line", "strokeDash": [4, 3], "color": MIDDLE, "strokeWidth": 1},
        "encoding": _axes(x, y),
    }


def _dot(point: dict[str, float], x: str, y: str) -> dict[str, Any]:
    shown = [{"field": name, "format": ".3f", "type": "quantitative"} for name in (x, y)]
    return {
        "data": {"values": [point]},
        "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1, "color": ANOMALOUS},
        "encoding": _axes(x, y) | {"tooltip": shown},
    }
