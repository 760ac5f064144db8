"""The words of metric reports: stable values that files, tables and trackers share."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

__all__ = [
    "F1_INTERVAL",
    "HEADLINE_COLUMNS",
    "PRIMARY_FIGURES",
    "VALIDATION",
    "EvaluationUnit",
    "Figure",
    "MetricScope",
    "MetricStatus",
    "Objective",
    "interval_text",
    "shown_metrics",
]


class EvaluationUnit(StrEnum):
    """What is judged, or labelled, or predicted."""

    EVENT = "event"
    SEQUENCE = "sequence"
    WINDOW = "window"
    STREAM = "stream"
    NEXT_EVENT = "next_event"
    CLUSTER = "cluster"
    CHRONOLOGICAL_EVENT_STREAM = "chronological_event_stream"
    CONTINUOUS_EVENT_STREAM = "continuous_event_stream"
    RANGE = "range"


class MetricScope(StrEnum):
    """One block of a metric report."""

    EVENT_LEVEL_DETECTION = "event_level_detection"
    SEQUENCE_LEVEL_DETECTION = "sequence_level_detection"
    WINDOW_LEVEL_DETECTION = "window_level_detection"
    STREAM_LEVEL_DETECTION = "stream_level_detection"
    NEXT_EVENT_PREDICTION = "next_event_prediction"
    CLUSTER_LEVEL_TRIAGE = "cluster_level_triage"
    MANUAL_WORKLOAD_REDUCTION = "manual_workload_reduction"
    SEMI_AUTOMATIC_WORKLOAD_REDUCTION = "semi_automatic_workload_reduction"
    RANGE_LEVEL_DETECTION = "range_level_detection"


class MetricStatus(StrEnum):
    """Whether a block may be read as a result."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_APPLICABLE = "not_applicable"
    DIAGNOSTIC_ONLY = "diagnostic_only"


class Figure(StrEnum):
    """Headline figures by name; blocks of next events also have `top<k>` for every k asked for."""

    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    ACCURACY = "accuracy"
    COVERAGE = "coverage"
    AUROC = "auroc"
    AVERAGE_PRECISION = "average_precision"
    PRECISION_AT_10 = "precision_at_10"
    PRECISION_AT_100 = "precision_at_100"
    R_PRECISION = "r_precision"
    WORKLOAD_90 = "workload_90"
    TOP1 = "top1"
    TOP1_MACRO = "top1_macro"
    TOP1_WEIGHTED = "top1_weighted"
    WORKLOAD_REDUCTION = "workload_reduction"
    REDUCTION_IN_CLUSTERS = "reduction_in_clusters"
    PURITY = "purity"
    OVERESTIMATED = "overestimated"
    UNDERESTIMATED = "underestimated"


class Objective(StrEnum):
    """Figures of the validation part that a search can raise."""

    AUTO = "auto"
    F1 = "f1"
    AVERAGE_PRECISION = "average_precision"
    AUROC = "auroc"
    CONSISTENCY = "consistency"


PRIMARY_FIGURES = {
    MetricScope.EVENT_LEVEL_DETECTION: Figure.F1,
    MetricScope.SEQUENCE_LEVEL_DETECTION: Figure.F1,
    MetricScope.WINDOW_LEVEL_DETECTION: Figure.F1,
    MetricScope.STREAM_LEVEL_DETECTION: Figure.F1,
    MetricScope.NEXT_EVENT_PREDICTION: Figure.TOP1_WEIGHTED,
    MetricScope.CLUSTER_LEVEL_TRIAGE: Figure.ACCURACY,
    MetricScope.MANUAL_WORKLOAD_REDUCTION: Figure.WORKLOAD_REDUCTION,
    MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION: Figure.WORKLOAD_REDUCTION,
    MetricScope.RANGE_LEVEL_DETECTION: Figure.F1,
}
"""The one figure of a scope by which runs are ranked."""

HEADLINE_COLUMNS = (
    Figure.F1,
    Figure.PRECISION,
    Figure.RECALL,
    Figure.AUROC,
    Figure.AVERAGE_PRECISION,
)
"""Headline figures of detection as terminals and tables show them; the first one orders a table."""

F1_INTERVAL = "f1 95 %"
"""The column of a table for people that holds the interval of F1."""


VALIDATION = "validation_"
"""Stands before the names of figures of the validation part where those of the test part stand, too."""


def shown_metrics(metrics: Mapping[str, float]) -> list[str]:
    """Names of the metrics to show: those of detection, or all there are."""
    return [str(name) for name in HEADLINE_COLUMNS if name in metrics] or sorted(metrics)


def interval_text(low: float | None, high: float | None) -> str | None:
    """An interval as a cell of a table; None where there is none.

    Examples:
        >>> interval_text(0.3137, 0.63)
        '0.314-0.630'
    """
    return None if low is None or high is None else f"{low:.3f}-{high:.3f}"
