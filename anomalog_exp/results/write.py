"""Everything that a scored run writes into its dir."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from anomalog_exp.detection.outcome import ModelRunSummary
from anomalog_exp.files import write_json, write_text
from anomalog_exp.results.anomalies import anomaly_report
from anomalog_exp.results.context import ResultWriteContext
from anomalog_exp.results.predictions import write_predictions
from anomalog_exp.results.report import build_sequence_split_summary
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["build_dataset_manifest", "write_run_outputs"]

_TEMPLATES_SHOWN = 1000


def write_run_outputs(
    context: ResultWriteContext,
    sequences: SequenceSet,
    summary: ModelRunSummary,
    report: dict[str, Any],
) -> None:
    """Write manifests, metrics, the top anomalies and, if asked for, predictions."""
    paths = context.paths
    manifest = build_dataset_manifest(context, sequences, summary)
    write_json(paths.dataset_manifest_path, manifest)
    write_json(paths.model_manifest_path, summary.model_manifest)
    write_json(paths.metrics_path, report)
    with context.clock.stage("anomalies"):
        write_text(paths.anomalies_path, anomaly_report(sequences, summary))
    if context.config.write_predictions:
        with context.clock.stage("predictions"):
            write_predictions(paths, summary)


def build_dataset_manifest(
    context: ResultWriteContext, sequences: SequenceSet, summary: ModelRunSummary
) -> dict[str, Any]:
    """What was read, how it was grouped and split, and what each split holds, JSON-ready."""
    config, dataset = context.config.dataset, sequences.dataset
    return {
        "name": config.name,
        "description": config.description,
        "evaluation_unit": config.evaluation_unit,
        **asdict(context.provenance),
        "dataset": dataset.manifest,
        "template_texts": list(dataset.templates[:_TEMPLATES_SHOWN]),
        "sequences": build_sequence_split_summary(
            sequences, sequence_summary=summary.sequence_summary
        ),
    }
