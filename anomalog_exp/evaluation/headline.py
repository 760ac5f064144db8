"""The metrics that lead a result on a terminal and in the table of a sweep."""

from __future__ import annotations

from collections.abc import Mapping

from anomalog_exp.metric_terms import Figure

__all__ = ["HEADLINE_COLUMNS", "shown_metrics"]

HEADLINE_COLUMNS = (
    Figure.F1,
    Figure.PRECISION,
    Figure.RECALL,
    Figure.AUROC,
    Figure.AVERAGE_PRECISION,
)
"""Headline metrics of detection; the first one orders the table."""


def shown_metrics(metrics: Mapping[str, float]) -> list[str]:
    """Names of the metrics to show: those of detection, or all there are."""
    return [str(name) for name in HEADLINE_COLUMNS if name in metrics] or sorted(metrics)
