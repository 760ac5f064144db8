"""What a log holds and what was found in it, over time; see `anomalog_exp.results.timeline`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from anomalog_exp.report.figures.chart import ANOMALOUS, MIDDLE, NORMAL, Chart
from anomalog_exp.results.times import duration

__all__ = ["anomalies_over_time", "templates_over_time"]

_SHOWN = 40
_TICKS = 6
_END = {"field": "end", "type": "temporal"}  # without the type, its domain would be another
_HOUR = 3_600_000
_DAY = 24 * _HOUR
_PALETTE = [
    "#4a86c8", "#e4632d", "#3a9e6d", "#b07cc6", "#c9a227",
    "#4db6c6", "#d0628f", "#8c6d4f", "#7f9f3f", "#6c75d6",
]  # fmt: skip
"""One colour for each template that has a name."""


def anomalies_over_time(timeline: Mapping[str, Any], kind: str, unit: str) -> Chart:
    """What was flagged, upwards, and what is labelled anomalous, downwards, by bin.

    Args:
        timeline: What `timeline.json` holds.
        kind: `sequences` or `events`.
        unit: What these are called.
    """
    counts = timeline[kind]
    labelled = any(counts["anomalous"])
    shown = {"flagged": ANOMALOUS} | ({"labelled anomalous": NORMAL} if labelled else {})
    sides = {"flagged": counts["flagged"]}
    if labelled:
        sides["labelled anomalous"] = [-n for n in counts["anomalous"]]
    values = [
        {"time": begin, "end": end, "what": name, "height": height, "units": abs(height)}
        | {"judged": counts["judged"][i]}
        for name, heights in sides.items()
        for i, (begin, end) in enumerate(_bins(timeline))
        for height in heights[i : i + 1]
        if height
    ]
    below = " What is labelled anomalous hangs below the line." if labelled else ""
    return Chart(
        "anomalies_over_time",
        "Anomalies over time",
        f"{_about_bins(timeline)} A {unit} counts where it begins.{below}",
        {
            "height": 180,
            "data": {"values": values},
            "mark": {"type": "rect"},
            "encoding": {
                "x": _time_axis(timeline, _judged_bins(counts["judged"])),
                "x2": _END,
                "y": {
                    "field": "height",
                    "type": "quantitative",
                    "title": f"{unit}s",
                    "axis": {
                        "labelExpr": "format(abs(datum.value), ',')",
                        "values": _whole_ticks([value["height"] for value in values]),
                    },
                },
                "y2": {"datum": 0},
                "color": {
                    "field": "what",
                    "type": "nominal",
                    "scale": {"domain": list(shown), "range": list(shown.values())},
                    "legend": {"orient": "top", "title": None},
                },
                "tooltip": [
                    _time_tip(),
                    {"field": "what"},
                    {"field": "units", "type": "quantitative"},
                    {"field": "judged", "type": "quantitative"},
                ],
            },
        },
        wide=True,
    )


def templates_over_time(timeline: Mapping[str, Any]) -> Chart:
    """Lines by bin, stacked by template."""
    templates = timeline["templates"]
    names = [_name(number, one["text"]) for number, one in enumerate(templates, 1)]
    colours = [
        MIDDLE if one["text"] is None else _PALETTE[number % len(_PALETTE)]
        for number, one in enumerate(templates)
    ]
    tops = [0] * len(timeline["rows"])
    values = []
    for name, one in zip(names, templates, strict=True):
        for i, (begin, end) in enumerate(_bins(timeline)):
            if lines := one["rows"][i]:
                place = {"time": begin, "end": end, "from": tops[i], "to": tops[i] + lines}
                values.append({"template": name, "lines": lines, **place})
                tops[i] += lines
    return Chart(
        "templates_over_time",
        "Lines over time, by template",
        f"{_about_bins(timeline)} The most frequent templates have a colour of their own.",
        {
            "height": 220,
            "data": {"values": values},
            "mark": {"type": "rect"},
            "encoding": {
                "x": _time_axis(timeline, range(len(tops))),
                "x2": _END,
                "y": {"field": "from", "type": "quantitative", "title": "lines"},
                "y2": {"field": "to"},
                "color": {
                    "field": "template",
                    "type": "nominal",
                    "scale": {"domain": names, "range": colours},
                    "legend": {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 300},
                },
                "tooltip": [
                    _time_tip(),
                    {"field": "template"},
                    {"field": "lines", "type": "quantitative", "format": ","},
                ],
            },
        },
        wide=True,
    )


def _bins(timeline: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Begin and end of each bin."""
    start, width = timeline["start_ms"], timeline["bin_ms"]
    for number in range(len(timeline["rows"])):
        yield start + number * width, start + (number + 1) * width


def _name(number: int, text: str | None) -> str:
    if text is None:
        return "all others"
    # Texts often begin alike, so the middle is left out.
    half = _SHOWN // 2
    return f"{number} {text if len(text) <= _SHOWN else f'{text[:half]}…{text[-half:]}'}"


def _about_bins(timeline: Mapping[str, Any]) -> str:
    width = duration(timeline["bin_ms"])
    # "by minute", as one says, and "by 1 ms".
    return f"Counts by {width if width == '1 ms' else width.removeprefix('1 ')}, in UTC."


def _judged_bins(judged: Sequence[int]) -> range:
    """From the first to the last bin in which anything was judged."""
    filled = [number for number, n in enumerate(judged) if n]
    return range(filled[0], filled[-1] + 1)


def _whole_ticks(heights: Sequence[int]) -> list[int]:
    """A few whole numbers over the range of heights, zero among them."""
    low, high = min(0, *heights), max(0, *heights)
    step = next(
        size
        for power in itertools.count()
        for size in (10**power, 2 * 10**power, 5 * 10**power)
        if (high - low) / size <= _TICKS
    )
    return list(range(-(-low // step) * step, high + 1, step))


def _time_axis(timeline: Mapping[str, Any], bins: range) -> dict[str, Any]:
    """The axis over some of the bins."""
    start, width = timeline["start_ms"], timeline["bin_ms"]
    span = width * len(bins)
    limits = (
        (600_000, "%H:%M:%S"),
        (_DAY, "%H:%M"),
        (4 * _DAY, "%-d %b %H:%M"),
        (700 * _DAY, "%-d %b"),
    )
    shown = next((text for limit, text in limits if span <= limit), "%b %Y")
    return {
        "field": "time",
        "type": "temporal",
        "scale": {
            "type": "utc",
            "domain": [start + width * bins.start, start + width * bins.stop],
            "nice": False,
        },
        "title": None,
        "axis": {"format": shown, "labelOverlap": "greedy", "tickCount": 6},
    }


def _time_tip() -> dict[str, Any]:
    return {"field": "time", "type": "temporal", "timeUnit": "utcyearmonthdatehoursminutesseconds"}
