"""How the loss of a network fell while it was trained."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.networks.learning_curve import LearningCurve
from anomalog_exp.plural import how_many
from anomalog_exp.report.figures.chart import ANOMALOUS, NORMAL, Chart, rule
from anomalog_exp.report.figures.curves import POINTS, thinned

__all__ = ["losses_chart"]

_COLOURS = {"training": NORMAL, "validation": ANOMALOUS}
_DOTS = 50
"""Up to so many epochs have a dot each."""


def losses_chart(curve: LearningCurve, whose: str = "", number: int = 1) -> Chart:
    """The losses by epoch, of validation too if there is one; a line at the epoch that was kept.

    Args:
        curve: The losses.
        whose: The member or the part of the detector that learned so; empty: the detector itself.
        number: Of the figure among those of the page, from 1 up.
    """
    losses = {"training": curve.loss, "validation": curve.valid_loss}
    losses = {name: loss for name, loss in losses.items() if len(loss)}
    kept, epochs = curve.best + 1, len(curve.loss)
    colour = {
        "field": "data",
        "type": "nominal",
        "scale": {"domain": list(losses), "range": [_COLOURS[name] for name in losses]},
        "legend": {"orient": "top", "title": None},
    }
    lines = {
        "data": {
            "values": [row for name, loss in losses.items() for row in _rows(name, loss, kept)]
        },
        "mark": {"type": "line", "point": epochs <= _DOTS},
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "title": "epoch",
                "scale": {"zero": False, "nice": False},
                "axis": {"tickMinStep": 1, "tickCount": 10, "format": ",d"},
            },
            "y": {"field": "loss", "type": "quantitative", "scale": {"zero": False}},
            "color": colour,
            "tooltip": [
                {"field": "data"},
                {"field": "epoch", "type": "quantitative"},
                {"field": "loss", "type": "quantitative", "format": ".4g"},
            ],
        },
    }
    words = _in_words(losses)
    side: Literal["left", "right"] = "left" if kept > epochs / 2 else "right"
    return Chart(
        "losses" if number == 1 else f"losses-{number}",
        f"How the loss of {whose} fell" if whose else "How the loss fell",
        words,
        {
            "height": 220,
            "description": words,
            "layer": [lines, *rule(kept, "x", f"epoch {kept:,} kept", side)],
        },
        wide=True,
    )


def _rows(name: str, loss: NDArray[np.float64], kept: int) -> list[dict[str, Any]]:
    """Points of a line, among them the epoch that was kept."""
    drawn = np.union1d(thinned(np.arange(len(loss), dtype=np.float64), POINTS), kept - 1)
    return [
        {"data": name, "epoch": i + 1, "loss": float(f"{loss[i]:.6g}")}
        for i in drawn[drawn < len(loss)].tolist()
    ]


def _in_words(losses: dict[str, NDArray[np.float64]]) -> str:
    went = [
        f"over {name} data from {loss[0]:.3g} to {loss[-1]:.3g}" for name, loss in losses.items()
    ]
    epochs = len(losses["training"])
    return (
        f"Mean loss of {how_many(epochs, 'epoch')}: {', '.join(went)}. "
        "The dashed line marks the epoch whose weights were kept."
    )
