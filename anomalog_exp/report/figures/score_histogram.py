"""How scores lie by label, with the threshold.

Bars are shares of the units of their label: a few anomalies would vanish beside a million normal units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.report.figures.chart import ANOMALOUS, MIDDLE, NORMAL, Chart, rule
from anomalog_exp.results import ScoredUnits

__all__ = ["BINS", "Binned", "binned_scores", "score_histogram"]

BINS = 50
_LABELS = {0: "normal", 1: "anomalous", -1: "not labelled"}
_COLOURS = {"normal": NORMAL, "anomalous": ANOMALOUS, "not labelled": MIDDLE}
_FAR = 3.0


@dataclass(frozen=True, eq=False)
class Binned:
    """Counts of scores.

    Attributes:
        edges: (bins + 1,) borders; the outer bins also hold what lies beyond.
        counts: Label -> (bins,) units.
    """

    edges: NDArray[np.float64]
    counts: dict[int, NDArray[np.int64]]


def binned_scores(units: ScoredUnits, threshold: float, bins: int = BINS) -> Binned:
    """Count scores by label; a few far away do not squeeze all others into one bar."""
    low, high = float(units.score.min()), float(units.score.max())
    near, far = (float(q) for q in np.quantile(units.score, [0.005, 0.995]))
    near, far = min(near, threshold), max(far, threshold)
    spread = far - near
    if spread > 0:
        low = low if near - low <= _FAR * spread else near - 0.05 * spread
        high = high if high - far <= _FAR * spread else far + 0.05 * spread
    low, high = min(low, threshold), max(high, threshold)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    clipped = np.clip(units.score, low, high)
    counts = {
        label: np.histogram(clipped[units.label == label], edges)[0]
        for label in _LABELS
        if (units.label == label).any()
    }
    return Binned(edges, counts)


def score_histogram(units: ScoredUnits, threshold: float) -> Chart:
    """The bars of each label over another, and a line at the threshold."""
    binned = binned_scores(units, threshold)
    edges = [float(f"{edge:.6g}") for edge in binned.edges]
    values = [
        {
            "from": edges[i],
            "to": edges[i + 1],
            "label": _LABELS[label],
            "units": n,
            "share": n / total,
        }
        for label, counts in binned.counts.items()
        for total in [int(counts.sum())]
        for i, n in enumerate(counts.tolist())
        if n
    ]
    names = [_LABELS[label] for label in binned.counts]
    colour: dict[str, Any] = {
        "field": "label",
        "type": "nominal",
        "scale": {"domain": names, "range": [_COLOURS[name] for name in names]},
        "legend": {"orient": "top", "title": None},
    }
    bars = {
        "data": {"values": values},
        "mark": {"type": "bar", "opacity": 0.65, "binSpacing": 0},
        "encoding": {
            "x": {
                "field": "from",
                "type": "quantitative",
                "bin": "binned",
                "title": "score",
                "scale": {"zero": False, "nice": False},
                "axis": {"tickCount": 6},
            },
            "x2": {"field": "to"},
            "y": {
                "field": "share",
                "type": "quantitative",
                "stack": None,
                "title": "share of the label's units",
                "axis": {"format": "%"},
            },
            "color": colour,
            "tooltip": [
                {"field": "label"},
                {"field": "units", "format": ",", "type": "quantitative"},
                {"field": "from", "type": "quantitative", "format": ".4g"},
                {"field": "to", "type": "quantitative", "format": ".4g"},
            ],
        },
    }
    return Chart(
        "scores",
        "Scores by label",
        "Each bar is a share of the units of its label; the outer bars hold what lies beyond, too. What "
        "scores above the threshold is flagged.",
        {"height": 240, "layer": [bars, *rule(threshold, "x", "threshold")]},
    )
