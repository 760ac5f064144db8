"""Run dirs: their paths, their life, what is written into them and read back."""

from anomalog_exp.data.digest import sha256_for_file
from anomalog_exp.evaluation import MetricReport, build_metric_metadata
from anomalog_exp.evaluation import evaluate as build_run_metrics_report
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.results.attempt import NO_RESULT_YET, attempt, claimed, why_not_reused
from anomalog_exp.results.bundle import Bundle, bundle_of, read_bundle
from anomalog_exp.results.context import Provenance, ResultWriteContext, package_digest
from anomalog_exp.results.environment import build_environment_metadata
from anomalog_exp.results.frames import runs_frame, scores_frame
from anomalog_exp.results.manifests import build_dataset_manifest, build_sequence_split_summary
from anomalog_exp.results.paths import ResultPaths, prepare_result_paths
from anomalog_exp.results.read import StoredRun, read_run
from anomalog_exp.results.scorer import Scorer, load_bundle
from anomalog_exp.results.scores import RunScores, ScoredUnits
from anomalog_exp.results.write import write_run_outputs

__all__ = [
    "NO_RESULT_YET",
    "Bundle",
    "MetricReport",
    "Provenance",
    "ResultPaths",
    "ResultWriteContext",
    "RunScores",
    "ScoredUnits",
    "Scorer",
    "StoredRun",
    "attempt",
    "build_dataset_manifest",
    "build_environment_metadata",
    "build_metric_metadata",
    "build_run_metrics_report",
    "build_sequence_split_summary",
    "bundle_of",
    "claimed",
    "load_bundle",
    "package_digest",
    "prepare_result_paths",
    "read_bundle",
    "read_run",
    "runs_frame",
    "scores_frame",
    "sha256_for_file",
    "stable_fingerprint",
    "why_not_reused",
    "write_run_outputs",
]
