"""The figures of one run, as far as its dir holds what they are drawn from."""

from __future__ import annotations

from anomalog_exp.metric_terms import MetricScope
from anomalog_exp.report.figures.chart import Chart
from anomalog_exp.report.figures.confusion import confusion_chart
from anomalog_exp.report.figures.curves import Curves, precision_recall_chart, roc_chart
from anomalog_exp.report.figures.losses import losses_chart
from anomalog_exp.report.figures.over_time import anomalies_over_time, templates_over_time
from anomalog_exp.report.figures.score_histogram import score_histogram
from anomalog_exp.results import ScoredUnits, StoredRun

__all__ = ["decided_units", "run_charts"]


def run_charts(stored: StoredRun) -> list[Chart]:
    """Those of a finished run, in the order of the page; none of a run without a result."""
    if stored.status["status"] != "done":
        return []
    block, units = stored.report.decisions, decided_units(stored)
    charts = []
    if (curves := Curves.of(units)) is not None:
        charts += [precision_recall_chart(curves), roc_chart(curves)]
    if len(units.score) and block.diagnostics.threshold is not None:
        charts.append(score_histogram(units, block.diagnostics.threshold))
    if block.confusion is not None and block.confusion.units:
        charts.append(confusion_chart(block.confusion))
    if (timeline := stored.timeline) is not None:
        kind = "events" if block.scope == MetricScope.EVENT_LEVEL_DETECTION else "sequences"
        if any(timeline[kind]["flagged"]) or any(timeline[kind]["anomalous"]):
            charts.append(anomalies_over_time(timeline, kind, kind.removesuffix("s")))
        charts.append(templates_over_time(timeline))
    for number, (whose, curve) in enumerate(stored.learning_curves.items(), 1):
        charts.append(losses_chart(curve, whose, number))
    return charts


def decided_units(stored: StoredRun) -> ScoredUnits:
    """The units whose decisions lead the result: events, or else sequences."""
    scores = stored.scores
    if stored.report.decisions.scope == MetricScope.EVENT_LEVEL_DETECTION and scores.events:
        return scores.events
    return scores.sequences
