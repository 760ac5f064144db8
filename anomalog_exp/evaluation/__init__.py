"""Measuring results: a typed report of metric blocks, one per scope."""

from anomalog_exp.evaluation.block import Diagnostics, MetricBlock
from anomalog_exp.evaluation.evaluate import evaluate
from anomalog_exp.evaluation.report import MetricReport, PrimaryMetric
from anomalog_exp.evaluation.task import TaskMetadata, build_metric_metadata

__all__ = [
    "Diagnostics",
    "MetricBlock",
    "MetricReport",
    "PrimaryMetric",
    "TaskMetadata",
    "build_metric_metadata",
    "evaluate",
]
