"""What a figure is, and the colours that figures share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ANOMALOUS", "ERROR", "MIDDLE", "NORMAL", "Chart", "rule"]

NORMAL = "#4a86c8"
ANOMALOUS = "#e4632d"
MIDDLE = "#8a8f98"
ERROR = "#c0392b"
"""Colours that people with any colour vision tell apart, and that stand out on white and on black."""


@dataclass(frozen=True)
class Chart:
    """A figure.

    Attributes:
        name: Of its file, and of its place on the page.
        title: What it shows.
        caption: How to read it.
        spec: Vega-Lite, without width and look.
        wide: It wants the whole width of a page.
    """

    name: str
    title: str
    caption: str
    spec: dict[str, Any]
    wide: bool = False


def rule(
    value: float, channel: str, text: str, side: Literal["left", "right"] = "right"
) -> list[dict[str, Any]]:
    """Layers of a dashed line at a value, and of its name at the top.

    Args:
        value: Where the line stands.
        channel: `x` or `y`: the axis of the value.
        text: What the line is.
        side: Of a line at `x`, where its name stands.
    """
    data = {"values": [{"value": value, "name": text}]}
    place = {channel: {"field": "value", "type": "quantitative"}}
    beside = {"align": "left", "dx": 4} if side == "right" else {"align": "right", "dx": -4}
    label = {"type": "text", **beside, "baseline": "top"}
    return [
        {"data": data, "mark": {"type": "rule", "strokeDash": [4, 3]}, "encoding": place},
        {
            "data": data,
            "mark": label | ({"y": 0} if channel == "x" else {"x": 0}),
            "encoding": place | {"text": {"field": "name"}},
        },
    ]
