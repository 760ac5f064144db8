"""Intervals of shares that are counted, for figures that the metrics give without one."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from anomalog_exp.evaluation import MetricBlock
from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.metric_terms import Figure

__all__ = ["headline_intervals", "in_brackets", "wilson"]

_Z = 1.959963984540054
_AT_K = "precision_at_"


def wilson(part: float, whole: float) -> tuple[float, float] | None:
    """The 95 % interval of a share, after Wilson (1927); None of nothing.

    Examples:
        >>> [round(end, 4) for end in wilson(8, 10)]
        [0.4902, 0.9433]
    """
    if whole <= 0:
        return None
    share, square = part / whole, _Z * _Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = (
        _Z / (1 + square / whole) * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    )
    return max(0.0, middle - half), min(1.0, middle + half)


def headline_intervals(block: MetricBlock) -> Mapping[str, tuple[float, float]]:
    """95 % intervals of headline figures by name: that of F1 as measured, shares after Wilson."""
    found: dict[str, tuple[float, float] | None] = {}
    low, high = block.diagnostics.f1_interval_low, block.diagnostics.f1_interval_high
    if low is not None and high is not None:
        found[Figure.F1] = (low, high)
    if (cells := block.confusion) is not None:
        found[Figure.PRECISION] = wilson(cells.tp, cells.tp + cells.fp)
        found[Figure.RECALL] = wilson(cells.tp, cells.tp + cells.fn)
        found[Figure.ACCURACY] = wilson(cells.tp + cells.tn, cells.units)
        for name, value in (block.headline or {}).items():
            if k := _looked_at(name, cells):
                found[name] = wilson(value * k, k)
    elif block.counts is not None:
        counted = block.counts.counted
        for name, value in (block.headline or {}).items():
            if name.startswith("top") and name.removeprefix("top").isdecimal():
                found[name] = wilson(value * counted, counted)
    return {name: interval for name, interval in found.items() if interval is not None}


def in_brackets(low: float | None, high: float | None) -> str:
    """An interval of F1 behind it in a sentence; empty where there is none."""
    return "" if low is None or high is None else f" (95 % interval {low:.3f} to {high:.3f})"


def _looked_at(name: str, cells: Confusion) -> int | None:
    """Of how many units a precision of the highest scores is a share; None of other figures."""
    if name == Figure.R_PRECISION:
        return cells.tp + cells.fn
    return int(name.removeprefix(_AT_K)) if name.startswith(_AT_K) else None
