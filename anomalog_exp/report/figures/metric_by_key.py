"""A metric against the keys that a sweep varies: by one of them, and as a field of two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from anomalog_exp.report.figures.chart import NORMAL, Chart
from anomalog_exp.results.members import Member, is_repeat, natural, short

__all__ = ["heat_map", "metric_by_key"]

_COLOURS = 8
"""Of more values a second key gets no colours."""

_NOT_SET = "not set"


def metric_by_key(members: Sequence[Member], key: str, keys: Sequence[str], metric: str) -> Chart:
    """Mean and range of a metric for each value of a key.

    Args:
        members: Those that have the metric.
        key: On the horizontal axis.
        keys: All keys of the sweep: another of them gives the colours.
        metric: Its name.
    """
    by = next((other for other in keys if _gives_colours(members, other, key)), None)
    values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for member in members:
        values[_value(member, key), _value(member, by) if by else ""].append(member.value or 0.0)
    rows: list[dict[str, Any]] = [
        {
            "at": at,
            "by": colour,
            "mean": round(float(np.mean(one)), 6),
            "low": min(one),
            "high": max(one),
            "members": len(one),
        }
        for (at, colour), one in values.items()
    ]
    x = {
        "field": "at",
        "type": "ordinal",
        "sort": _sorted({row["at"] for row in rows}),
        "title": key,
        "axis": {"labelAngle": -30, "labelLimit": 140},
    }
    encoding: dict[str, Any] = {"x": x}
    if by:
        encoding["xOffset"] = {"field": "by", "sort": _sorted({row["by"] for row in rows})}
        encoding["color"] = {
            "field": "by",
            "type": "nominal",
            "sort": _sorted({row["by"] for row in rows}),
            "legend": {"title": by, "orient": "bottom", "columns": 2, "labelLimit": 130},
        }
    zero = {"scale": {"zero": False, "nice": True}}
    tips: list[dict[str, Any]] = [
        {"field": "at", "title": short(key)},
        *([{"field": "by", "title": short(by)}] if by else []),
        *(
            {"field": name, "type": "quantitative", "format": ".4f"}
            for name in ("mean", "low", "high")
        ),
        {"field": "members", "type": "quantitative"},
    ]
    dot: dict[str, Any] = {"type": "point", "filled": True, "size": 55, "opacity": 1}
    line: dict[str, Any] = {"type": "rule", "strokeWidth": 2, "opacity": 0.6}
    if not by:
        dot["color"] = line["color"] = NORMAL
    return Chart(
        f"{metric}_by_{key.replace('/', '.')}",
        f"{_named(metric)} by {key}",
        f"Each dot is the mean, each line the range over {_others(keys, key, by)}.",
        {
            "height": 240,
            "data": {"values": rows},
            "encoding": encoding,
            "layer": [
                {
                    "mark": line,
                    "encoding": {
                        "y": {"field": "low", "type": "quantitative", "title": metric, **zero},
                        "y2": {"field": "high"},
                    },
                },
                {
                    "mark": dot,
                    "encoding": {
                        "y": {"field": "mean", "type": "quantitative", **zero},
                        "tooltip": tips,
                    },
                },
            ],
        },
    )


def heat_map(members: Sequence[Member], across: str, down: str, metric: str) -> Chart:
    """The mean of a metric for each pair of values of two keys."""
    values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for member in members:
        values[_value(member, across), _value(member, down)].append(member.value or 0.0)
    rows: list[dict[str, Any]] = [
        {"across": a, "down": d, "mean": round(float(np.mean(one)), 6), "members": len(one)}
        for (a, d), one in values.items()
    ]
    middle = (min(row["mean"] for row in rows) + max(row["mean"] for row in rows)) / 2
    place = {
        "x": {
            "field": "across",
            "type": "ordinal",
            "title": across,
            "sort": _sorted({row["across"] for row in rows}),
            "axis": {"labelAngle": -30, "labelLimit": 140},
        },
        "y": {
            "field": "down",
            "type": "ordinal",
            "title": down,
            "sort": _sorted({row["down"] for row in rows}),
            "axis": {"labelLimit": 110},
        },
    }
    text_colour = {
        "condition": {"test": f"datum.mean > {middle}", "value": "white"},
        "value": "black",
    }
    return Chart(
        f"{metric}_by_two_keys",
        f"{_named(metric)} by {across} and {down}",
        "Each field is the mean of the members that share both values.",
        {
            "height": max(160, 26 * len({row["down"] for row in rows})),
            "data": {"values": rows},
            "layer": [
                {
                    "mark": "rect",
                    "encoding": place
                    | {
                        "color": {
                            "field": "mean",
                            "type": "quantitative",
                            "scale": {"range": ["#dcebf7", "#1f5b95"], "zero": False},
                            "legend": None,
                        },
                        "tooltip": [
                            {"field": "across", "title": short(across)},
                            {"field": "down", "title": short(down)},
                            {"field": "mean", "type": "quantitative", "format": ".4f"},
                            {"field": "members", "type": "quantitative"},
                        ],
                    },
                },
                {
                    "mark": "text",
                    "encoding": place
                    | {
                        "text": {"field": "mean", "type": "quantitative", "format": ".2f"},
                        "color": text_colour,
                    },
                },
            ],
        },
    )


def _gives_colours(members: Sequence[Member], other: str, key: str) -> bool:
    if other == key or is_repeat(other):
        return False
    return 1 < len({_value(member, other) for member in members}) <= _COLOURS


def _value(member: Member, key: str) -> str:
    return member.settings.get(key, _NOT_SET)


def _sorted(values: set[str]) -> list[str]:
    return sorted(values, key=natural)


def _named(metric: str) -> str:
    return "F1" if metric == "f1" else metric.replace("_", " ")


def _others(keys: Sequence[str], key: str, by: str | None) -> str:
    left = [other for other in keys if other not in (key, by)]
    return ", ".join(left) or "what else differs"
