"""Which units all, some or no members of a sweep flag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.report.figures.chart import ANOMALOUS, NORMAL, Chart

__all__ = ["Caught", "caught_by_chart"]

_BARS = 20


@dataclass(frozen=True, eq=False)
class Caught:
    """Test sequences that several members judged.

    Attributes:
        label: (sequences,) 0 normal, 1 anomalous, -1 not labelled.
        flags: (sequences,) how many members flag each.
        members: How many members there are.
    """

    label: NDArray[np.int8]
    flags: NDArray[np.int64]
    members: int

    def numbers(self, label: int) -> dict[str, int]:
        """Sequences of a label that all, some, no members flag."""
        flags = self.flags[self.label == label]
        by_all, by_none = int((flags == self.members).sum()), int((flags == 0).sum())
        return {"all": by_all, "some": len(flags) - by_all - by_none, "none": by_none}


def caught_by_chart(caught: Caught) -> Chart:
    """Sequences by the number of members that flag them; normal ones that nobody flags are left out."""
    bars = min(caught.members, _BARS)
    values: list[dict[str, Any]] = []
    for label, name in ((1, "anomalous"), (0, "normal"), (-1, "not labelled")):
        flags = caught.flags[caught.label == label]
        # Zero is a bar of its own; the others are shares of the members, rounded up.
        bar = -(-flags * bars // caught.members)
        counts = np.bincount(bar, minlength=bars + 1).tolist()
        values += [
            {"share": number / bars, "label": name, "sequences": n}
            for number, n in enumerate(counts)
            if n and (number or label == 1)
        ]
    names = [
        n for n in ("anomalous", "normal", "not labelled") if any(v["label"] == n for v in values)
    ]
    colours = {"anomalous": ANOMALOUS, "normal": NORMAL, "not labelled": NORMAL}
    return Chart(
        "caught_by",
        "Flagged by how many members",
        "Sequences by the share of members that flag them. Anomalous ones on the left are missed by "
        "all, normal ones on the right are false alarms of all.",
        {
            "height": 220,
            "data": {"values": values},
            "mark": "bar",
            "encoding": {
                "x": {
                    "field": "share",
                    "type": "ordinal",
                    "title": "share of members",
                    "axis": {"format": ".0%", "labelAngle": 0, "labelOverlap": "greedy"},
                },
                "xOffset": {"field": "label", "sort": names},
                "y": {
                    "field": "sequences",
                    "type": "quantitative",
                    "scale": {"type": "symlog"},
                    "axis": {"tickCount": 6},
                },
                "color": {
                    "field": "label",
                    "type": "nominal",
                    "scale": {"domain": names, "range": [colours[name] for name in names]},
                    "legend": {"orient": "top", "title": None},
                },
                "tooltip": [
                    {"field": "label"},
                    {"field": "share", "type": "quantitative", "format": ".0%"},
                    {"field": "sequences", "type": "quantitative", "format": ","},
                ],
            },
        },
    )
