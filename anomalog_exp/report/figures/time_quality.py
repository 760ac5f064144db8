"""What a member of a sweep costs, and how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anomalog_exp.report.figures.chart import NORMAL, Chart
from anomalog_exp.results.members import Member, is_repeat

__all__ = ["time_quality_chart"]

_COLOURS = 10


def time_quality_chart(members: Sequence[Member], keys: Sequence[str], metric: str) -> Chart:
    """Seconds against a metric, one dot a member.

    Args:
        members: Those that have the metric.
        keys: The keys of the sweep.
        metric: Its name.
    """
    by = next((key for key in keys if not is_repeat(key)), None)
    values = [
        {
            "member": member.name(keys),
            "by": member.settings.get(by, "not set") if by else "",
            "seconds": round(member.seconds, 3),
            "value": member.value,
        }
        for member in members
        if member.seconds is not None
    ]
    colour: dict[str, Any] = {"value": NORMAL}
    if by and len({value["by"] for value in values}) <= _COLOURS:
        legend = {"title": by, "orient": "bottom", "columns": 2, "labelLimit": 130}
        colour = {"field": "by", "type": "nominal", "legend": legend}
    return Chart(
        "time_quality",
        "Time and quality",
        "Seconds that a member took against what it reached; the best are at the upper left.",
        {
            "height": 240,
            "data": {"values": values},
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.75},
            "encoding": {
                "x": {
                    "field": "seconds",
                    "type": "quantitative",
                    "scale": {"type": "log", "nice": True},
                    "axis": {"tickCount": 5, "format": "~g"},
                },
                "y": {
                    "field": "value",
                    "type": "quantitative",
                    "title": metric,
                    "scale": {"zero": False},
                },
                "color": colour,
                "tooltip": [
                    {"field": "member"},
                    {"field": "seconds", "type": "quantitative"},
                    {"field": "value", "type": "quantitative", "title": metric, "format": ".4f"},
                ],
            },
        },
    )
