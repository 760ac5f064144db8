"""Everything that a scored run writes into its dir."""

from __future__ import annotations

from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.evaluation import MetricReport
from anomalog_exp.files import write_json, write_text
from anomalog_exp.results.anomalies import anomaly_report
from anomalog_exp.results.bundle import write_bundle
from anomalog_exp.results.changes import changes_of
from anomalog_exp.results.context import ResultWriteContext
from anomalog_exp.results.findings import findings_of
from anomalog_exp.results.manifests import build_dataset_manifest
from anomalog_exp.results.predictions import write_predictions
from anomalog_exp.results.scores import RunScores, write_scores
from anomalog_exp.results.timeline import timeline
from anomalog_exp.results.times import has_dates
from anomalog_exp.sequences.sequence_set import SequenceSet
from anomalog_exp.sequences.splits.by_file import ByFileSplitConfig

__all__ = ["write_run_outputs"]


def write_run_outputs(
    context: ResultWriteContext,
    sequences: SequenceSet,
    summary: ModelRunSummary,
    report: MetricReport,
) -> None:
    """Write manifests, metrics, scores, findings, counts over time, changes and predictions."""
    paths = context.paths
    manifest = build_dataset_manifest(context, sequences, summary)
    write_json(paths.dataset_manifest_path, manifest)
    write_json(paths.model_manifest_path, summary.model_manifest)
    write_json(paths.metrics_path, report.to_json())
    if context.config.keep_bundle and context.bundle is None:
        with context.clock.stage("bundle"):
            write_bundle(
                paths.bundle_dir, context.config, paths.run_fingerprint, sequences, summary.judge
            )
    write_scores(paths.scores_path, RunScores.of(summary))
    with context.clock.stage("anomalies"):
        findings = findings_of(sequences, summary)
        write_json(paths.findings_path, findings.to_json())
        write_text(
            paths.anomalies_path,
            anomaly_report(findings, dated=has_dates(sequences.dataset.manifest)),
        )
    with context.clock.stage("timeline"):
        if (counts := timeline(sequences, summary)) is not None:
            write_json(paths.timeline_path, counts)
    if isinstance(context.config.split, ByFileSplitConfig):
        with context.clock.stage("changes"):
            changes = changes_of(sequences.dataset, context.config.split, summary.judge.vocabulary)
            write_json(paths.changes_path, changes.to_json())
    if context.config.write_predictions:
        with context.clock.stage("predictions"):
            write_predictions(paths, summary)
