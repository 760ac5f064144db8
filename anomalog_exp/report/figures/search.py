"""A search: how its trials got better, which keys mattered, and what each number that it tried gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from anomalog_exp.report.figures.chart import NORMAL, Chart
from anomalog_exp.results.members import Member

__all__ = ["history_chart", "importance_chart", "metric_by_number", "numbers_of"]

_MANY = 6
"""So many different numbers are an axis; fewer are names."""

_WIDE = 50
"""Positive numbers whose largest is so many times the smallest are shown by their logarithm."""

_DOT: dict[str, Any] = {
    "type": "point",
    "filled": True,
    "size": 55,
    "opacity": 0.75,
    "color": NORMAL,
}


def history_chart(members: Sequence[Member], metric: str) -> Chart:
    """What each trial came to, and the best until then.

    Args:
        members: Those that have the metric.
        metric: Its name.
    """
    ordered = sorted(members, key=lambda member: member.index)
    best = np.maximum.accumulate([member.value or 0.0 for member in ordered]).tolist()
    values = [
        {"member": member.index, "value": member.value, "best": one}
        for member, one in zip(ordered, best, strict=True)
    ]
    x = {"field": "member", "type": "quantitative", "axis": {"tickMinStep": 1, "format": "d"}}
    return Chart(
        "history",
        "How the search went",
        "Each dot is a trial, the line the best until then.",
        {
            "height": 220,
            "data": {"values": values},
            "encoding": {"x": x},
            "layer": [
                {
                    "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                    "encoding": {"y": _y("best", metric)},
                },
                {"mark": _DOT, "encoding": {"y": _y("value", metric), "tooltip": _tips("member")}},
            ],
        },
    )


def importance_chart(importance: Mapping[str, float], metric: str) -> Chart:
    """The share of a metric's variance that each key explains.

    Args:
        importance: Key -> share.
        metric: Its name.
    """
    values = [{"key": key, "share": round(share, 6)} for key, share in importance.items()]
    share = {"field": "share", "type": "quantitative", "axis": {"format": "%"}, "title": None}
    return Chart(
        "importance",
        "Which keys mattered",
        f"Share of the variance of {metric.replace('_', ' ')} that each key explains (fANOVA, Hutter et "
        "al. 2014); of few trials it is a guess.",
        {
            "height": max(60, 30 * len(values)),
            "data": {"values": values},
            "mark": {"type": "bar", "color": NORMAL},
            "encoding": {
                "x": share,
                "y": {"field": "key", "type": "nominal", "sort": "-x", "title": None},
                "tooltip": [{"field": "key"}, share],
            },
        },
    )


def numbers_of(members: Sequence[Member], key: str) -> list[float]:
    """(members,) the value of a key for each; empty where some is no number, or there are only a few."""
    try:
        numbers = [float(member.settings[key]) for member in members]
    except (KeyError, ValueError):
        return []
    return numbers if len(set(numbers)) >= _MANY else []


def metric_by_number(
    members: Sequence[Member], numbers: Sequence[float], key: str, metric: str
) -> Chart:
    """A metric against the numbers that a search chose for a key, one dot a trial.

    Args:
        members: Those that have the metric.
        numbers: (members,) the number of each.
        key: The key.
        metric: The metric's name.
    """
    values = [
        {"member": member.index, "at": at, "value": member.value}
        for member, at in zip(members, numbers, strict=True)
    ]
    is_wide = min(numbers) > 0 and max(numbers) >= _WIDE * min(numbers)
    scale: dict[str, Any] = {"type": "log"} if is_wide else {"zero": False, "nice": True}
    axis = {"tickCount": 5, "format": "~g"}
    return Chart(
        f"{metric}_by_{key.replace('/', '.')}",
        f"{metric.replace('_', ' ')} by {key}",
        "Each dot is a trial.",
        {
            "height": 240,
            "data": {"values": values},
            "mark": _DOT,
            "encoding": {
                "x": {
                    "field": "at",
                    "type": "quantitative",
                    "title": key,
                    "scale": scale,
                    "axis": axis,
                },
                "y": _y("value", metric),
                "tooltip": _tips("member", "at"),
            },
        },
    )


def _y(field: str, metric: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": metric, "scale": {"zero": False}}


def _tips(*fields: str) -> list[dict[str, Any]]:
    value = {"field": "value", "type": "quantitative", "format": ".4f"}
    return [*({"field": field} for field in fields), value]
