"""The metric report of a run as it is written: what was measured on what, and the metric blocks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.detection.outcome import ModelRunSummary, SequenceSummary
from anomalog_exp.evaluation import evaluate
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["build_metric_metadata", "build_run_metrics_report", "build_sequence_split_summary"]


def build_run_metrics_report(
    config: RunConfig, sequences: SequenceSet, summary: ModelRunSummary
) -> dict[str, Any]:
    """What `metrics.json` holds: JSON-ready, without times and paths, equal for equal results."""
    return {
        "task": build_metric_metadata(config, sequences, summary),
        **evaluate(config, sequences, summary),
    }


def build_metric_metadata(
    config: RunConfig, sequences: SequenceSet, summary: ModelRunSummary
) -> dict[str, Any]:
    """The task that the metric blocks belong to: figures of different tasks do not compare."""
    return {
        "dataset": config.dataset.name,
        "data_digest": sequences.dataset.digest,
        "sequence": config.sequence.name,
        "split": config.split.name,
        "template": config.template.name,
        "labels_from": sequences.labels_from,
        "detector": summary.detector,
        "decision": {"rule": config.model.decision.name, "oracle": summary.oracle},
        "seed": config.seed,
    }


def build_sequence_split_summary(
    sequences: SequenceSet, *, sequence_summary: SequenceSummary
) -> dict[str, Any]:
    """The grouping and split that was asked for, what came of it, and the counts of each part."""
    return {**sequences.report, "summary": asdict(sequence_summary)}
