"""The metrics that lead a result on a terminal and in the table of a sweep."""

from __future__ import annotations

from anomalog_exp.metric_terms import HEADLINE_COLUMNS, shown_metrics

__all__ = ["HEADLINE_COLUMNS", "shown_metrics"]
