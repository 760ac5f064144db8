"""Units by true and predicted class."""

from __future__ import annotations

from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.report.figures.chart import ANOMALOUS, NORMAL, Chart

__all__ = ["confusion_chart"]

_CLASSES = ["anomalous", "normal"]


def confusion_chart(cells: Confusion) -> Chart:
    """Four fields; the stronger the colour, the larger the share of its true class."""
    counts = {
        ("anomalous", "anomalous"): (cells.tp, "caught"),
        ("anomalous", "normal"): (cells.fn, "missed"),
        ("normal", "anomalous"): (cells.fp, "false alarms"),
        ("normal", "normal"): (cells.tn, "passed"),
    }
    totals = {"anomalous": cells.tp + cells.fn, "normal": cells.fp + cells.tn}
    values = [
        {
            "label": label,
            "predicted": predicted,
            "units": units,
            "text": f"{units:,}",
            "name": name,
            "right": label == predicted,
            "share": units / totals[label] if totals[label] else 0.0,
        }
        for (label, predicted), (units, name) in counts.items()
    ]
    place = {
        "x": {
            "field": "predicted",
            "type": "nominal",
            "sort": _CLASSES,
            "axis": {"labelAngle": 0, "orient": "top", "title": "predicted"},
        },
        "y": {"field": "label", "type": "nominal", "sort": _CLASSES, "title": "labelled"},
    }
    fields = {
        "mark": {"type": "rect", "cornerRadius": 3},
        "encoding": place
        | {
            "color": {
                "field": "right",
                "type": "nominal",
                "scale": {"domain": [True, False], "range": [NORMAL, ANOMALOUS]},
                "legend": None,
            },
            "opacity": {
                "field": "share",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0.08, 0.6]},
                "legend": None,
            },
            "tooltip": [
                {"field": "name"},
                {"field": "units", "type": "quantitative", "format": ","},
                {"field": "share", "type": "quantitative", "format": ".2%"},
            ],
        },
    }
    number = {"type": "text", "fontSize": 17, "dy": -7}
    name = {"type": "text", "dy": 11}
    return Chart(
        "confusion",
        "Confusion matrix",
        "Labelled units by what they are and what was decided. The stronger the colour, the larger the "
        "share of its row.",
        {
            "height": 200,
            "data": {"values": values},
            "layer": [
                fields,
                {"mark": number, "encoding": place | {"text": {"field": "text"}}},
                {"mark": name, "encoding": place | {"text": {"field": "name"}}},
            ],
        },
    )
