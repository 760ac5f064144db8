"""Where the files of a run are: `<output_dir>/<run name>/<fingerprint>/`.

The folder of a fingerprint holds the latest result; older ones stand in `attempts/<n>/` below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.options.fingerprint import stable_fingerprint

__all__ = ["TRACKING_RECORD", "ResultPaths", "prepare_result_paths"]

TRACKING_RECORD = "tracking.json"
"""The file in the folder of a run or a sweep that names its runs in the tracker."""

_FINGERPRINT_DIGITS = 16
_ATTEMPTS = "attempts"


@dataclass(frozen=True)
class ResultPaths:
    """Paths inside one run dir.

    Attributes:
        run_fingerprint: 64 hex digits that name the config's deciding part.
        run_root: The fingerprint's folder.
        run_dir: Where the files are: `run_root`, or an older attempt below it.
    """

    run_fingerprint: str
    run_root: Path
    run_dir: Path

    @classmethod
    def for_config(cls, config: RunConfig, *, run_attempt: int | None = None) -> Self:
        """The paths of a config's latest result, or of an older attempt, counted from 1."""
        fingerprint = stable_fingerprint(config.identity())
        root = config.paths.output_dir / config.name / fingerprint[:_FINGERPRINT_DIGITS]
        attempt = root if run_attempt is None else root / _ATTEMPTS / str(run_attempt)
        return cls(fingerprint, root, attempt)

    @classmethod
    def in_dir(cls, run_dir: Path) -> Self:
        """The paths of a run dir that exists; its name stands for the fingerprint."""
        older = run_dir.parent.name == _ATTEMPTS
        root = run_dir.parents[1] if older else run_dir
        return cls(root.name, root, run_dir)

    @property
    def config_path(self) -> Path:
        return self.run_dir / "config.yaml"

    @property
    def dataset_manifest_path(self) -> Path:
        return self.run_dir / "dataset_manifest.json"

    @property
    def model_manifest_path(self) -> Path:
        return self.run_dir / "model_manifest.json"

    @property
    def metrics_path(self) -> Path:
        return self.run_dir / "metrics.json"

    @property
    def scores_path(self) -> Path:
        return self.run_dir / "scores.npz"

    @property
    def predictions_path(self) -> Path:
        return self.run_dir / "predictions.parquet"

    @property
    def predictions_jsonl_path(self) -> Path:
        return self.run_dir / "predictions.jsonl"

    @property
    def event_predictions_path(self) -> Path:
        return self.run_dir / "event_predictions.parquet"

    @property
    def anomalies_path(self) -> Path:
        return self.run_dir / "anomalies.txt"

    @property
    def bundle_dir(self) -> Path:
        return self.run_dir / "bundle"

    @property
    def findings_path(self) -> Path:
        return self.run_dir / "findings.json"

    @property
    def timeline_path(self) -> Path:
        return self.run_dir / "timeline.json"

    @property
    def changes_path(self) -> Path:
        return self.run_dir / "changes.json"

    @property
    def page_path(self) -> Path:
        return self.run_dir / "report.html"

    @property
    def figures_dir(self) -> Path:
        return self.run_dir / "figures"

    @property
    def environment_path(self) -> Path:
        return self.run_dir / "environment.json"

    @property
    def run_log_path(self) -> Path:
        return self.run_dir / "run.log"

    @property
    def status_path(self) -> Path:
        return self.run_dir / "status.json"

    @property
    def tracking_path(self) -> Path:
        return self.run_dir / TRACKING_RECORD

    @property
    def lock_path(self) -> Path:
        return self.run_root.parent / f".{self.run_root.name}.lock"

    @property
    def attempts_dir(self) -> Path:
        return self.run_root / _ATTEMPTS


def prepare_result_paths(config: RunConfig, *, run_attempt: int | None = None) -> ResultPaths:
    """The paths of a config; the folder that will hold its run dir is made."""
    paths = ResultPaths.for_config(config, run_attempt=run_attempt)
    paths.run_root.parent.mkdir(parents=True, exist_ok=True)
    return paths
