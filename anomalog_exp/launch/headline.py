"""The metrics that lead a result: those shown first, and the one by which results are ordered."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["HEADLINE_COLUMNS", "primary_metric", "shown_metrics"]

HEADLINE_COLUMNS = ("f1", "precision", "recall", "auroc", "average_precision")
"""Headline metrics of detection."""

_PRIMARY = ("f1", "top1_weighted")
"""What orders results of detection, and those of next events: the share predicted first."""


def primary_metric(metrics: Mapping[str, float] | None) -> float | None:
    """The figure of a result that is to be as high as possible; None where it has no metrics."""
    return next((metrics[name] for name in _PRIMARY if name in metrics), None) if metrics else None


def shown_metrics(metrics: Mapping[str, float]) -> list[str]:
    """Names of the metrics to show: those of detection, or all there are."""
    return [name for name in HEADLINE_COLUMNS if name in metrics] or sorted(metrics)
